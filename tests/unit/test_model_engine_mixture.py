"""Mixtures of normals on the logit scale, against dense quadrature and draws."""

import numpy as np
import pytest
from scipy import special

from postlude.evidence.model import mixture
from postlude.evidence.model.structure import Floats

PROBABILITIES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)


def _mixture(seed: int = 0) -> mixture.Normals:
    rng = np.random.default_rng(seed)
    weight = rng.dirichlet(np.ones(7))
    return mixture.Normals(weight, rng.normal(0, 1.5, (7, 5)), rng.uniform(0.01, 4.0, (7, 5)))


def _dense(normals: mixture.Normals, target: int) -> tuple[Floats, Floats]:
    eta = np.linspace(-25, 25, 50_001)
    sd = np.sqrt(normals.variance[:, target, None])
    density = normals.weight @ (np.exp(-0.5 * ((eta - normals.mean[:, target, None]) / sd) ** 2) / sd)
    return eta, density / density.sum()


def test_shares_are_those_of_dense_quadrature() -> None:
    normals = _mixture()
    said = mixture.predict(normals, PROBABILITIES)
    for target in range(5):
        eta, mass = _dense(normals, target)
        p = special.expit(eta)
        assert said.mean[target] == pytest.approx(mass @ p, abs=1e-7)
        assert said.sd[target] == pytest.approx(np.sqrt(mass @ (p - mass @ p) ** 2), abs=1e-7)
        assert mixture.above(normals, 0.4)[target] == pytest.approx(mass[p > 0.4].sum(), abs=1e-3)


def test_quantiles_invert_the_distribution() -> None:
    normals = _mixture()
    found = mixture.quantiles(normals, PROBABILITIES)
    for p, eta in zip(PROBABILITIES, found, strict=True):
        np.testing.assert_allclose(mixture.cumulative(normals, eta), p, atol=1e-9)


def test_quantiles_of_far_apart_and_of_known_numbers() -> None:
    """Two narrow heaps with nothing between them, and a number that is simply known."""
    weight = np.array([0.3, 0.7])
    apart = mixture.Normals(weight, np.array([[-20.0, 1.5], [20.0, 1.5]]), np.array([[1e-4, 0.0], [1e-4, 0.0]]))
    found = mixture.quantiles(apart, [0.15, 0.65, 0.999])
    np.testing.assert_allclose(found[:, 0], [-20.0, 20.0, 20.0 + 0.01 * special.ndtri(1 - 0.001 / 0.7)], atol=1e-4)
    np.testing.assert_allclose(found[:, 1], 1.5, atol=1e-9)


def test_gain_is_that_of_draws() -> None:
    rng = np.random.default_rng(5)
    weight = np.array([0.4, 0.6])
    base = mixture.Normals(weight, np.array([[-0.5], [0.2]]), np.array([[0.3], [0.8]]))
    effect = mixture.Normals(weight, np.array([[0.4], [0.7]]), np.array([[0.2], [0.1]]))
    together = np.array([[-0.1], [0.05]])
    which = rng.choice(2, 400_000, p=weight)
    drawn = np.empty((len(which), 2))
    for k in range(2):
        covariance = [[base.variance[k, 0], together[k, 0]], [together[k, 0], effect.variance[k, 0]]]
        drawn[which == k] = rng.multivariate_normal(
            [base.mean[k, 0], effect.mean[k, 0]], covariance, (which == k).sum()
        )
    gained = special.expit(drawn.sum(axis=1)) - special.expit(drawn[:, 0])
    for margin in (-0.1, 0.0, 0.05, 0.2):
        assert mixture.gain(base, effect, together, margin)[0] == pytest.approx((gained >= margin).mean(), abs=0.003)
    known = mixture.Normals(np.ones(1), np.zeros((1, 1)), np.zeros((1, 1)))
    step = mixture.Normals(np.ones(1), np.full((1, 1), 0.5), np.full((1, 1), 0.04))
    needed = special.logit(0.6)
    assert mixture.gain(known, step, np.zeros((1, 1)), 0.1)[0] == pytest.approx(special.ndtr((0.5 - needed) / 0.2))


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_quantiles_of_what_is_certain_are_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        mixture.quantiles(_mixture(), [probability])
