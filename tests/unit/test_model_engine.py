"""The engine of the model: its algebra against dense matrices, its sites and nodes, and its laws."""

from typing import Any

import numpy as np
import pytest
from scipy import special
from scipy.stats import qmc

from postlude.evidence.model import elimination, mixture, nodes, propagation, sites
from postlude.evidence.model.fitting import Fit, fit
from postlude.evidence.model.structure import Structure, grouping, structure

PROBABILITIES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)


def _problem(seed: int = 1, rows: int = 40, *, order: Any = None, labels: Any = None) -> tuple[Structure, sites.Sites]:
    """Arms of trials with a class, an intervention, flagged trials; rows and labels can be permuted."""
    rng = np.random.default_rng(seed)
    trial = rng.integers(0, rows // 2, rows)
    intervention = rng.integers(0, 6, rows)
    x = np.column_stack([np.ones(rows), rng.integers(0, 2, rows)])
    n = rng.integers(5, 80, rows)
    events = rng.binomial(n, special.expit(rng.normal(-0.5, 1.0, 6)[intervention] + 0.5 * rng.normal(size=rows)))
    order = np.arange(rows) if order is None else order
    labels = np.arange(6) if labels is None else labels
    flagged = np.arange(rows // 2) % 3 == 0
    model = structure(
        x[order],
        [-0.5, 0.3],
        [1.0, 0.3],
        [
            grouping("class", (intervention % 2)[order], 0.5, kept=True),
            grouping("intervention", labels[intervention][order], 0.75, levels=6, kept=True),
            grouping("trial", trial[order], 0.75, levels=rows // 2, flagged=flagged, extra=0.3),
            grouping("arm", np.arange(rows), 0.3),
        ],
    )
    return model, sites.counted(events[order], n[order])


def _new(done: Fit, intervention: int) -> mixture.Normals:
    """A new trial of one intervention, first class, all covariates 0."""
    coefficients = np.zeros((1, done.phi.shape[1]))
    coefficients[0, 0] = 1.0
    coefficients[0, done.columns["class"].start] = 1.0
    coefficients[0, done.columns["intervention"].start + intervention] = 1.0
    return done.combine(coefficients, ["trial", "arm"])


def _one(n: float = 0.0, events: float = 0.0, *, sd: float = 1.0) -> Fit:
    return fit(structure([[1.0]], [-0.5], [sd]), sites.counted([events], [n]))


# --- the algebra ------------------------------------------------------------------------------------


def _crossed(seed: int, *, nested: bool) -> Structure:
    rng = np.random.default_rng(seed)
    rows = 30
    trial = np.sort(rng.integers(0, 8, rows))
    arm = np.unique(10 * trial + rng.integers(0, 2, rows), return_inverse=True)[1]
    trial[arm == arm[3]] = -1
    if not nested:
        trial = rng.integers(-1, 8, rows)
    shuffled = rng.permutation(rows)
    x = np.column_stack([np.ones(rows), rng.normal(size=rows)])
    return structure(
        x,
        [0.2, 0.3],
        [1.0, 0.5],
        [
            grouping("a", rng.integers(0, 5, rows), 0.7, kept=True, weight=rng.normal(size=rows)),
            grouping("trial", trial[shuffled], 0.6, levels=9, flagged=np.arange(9) % 3 == 0, extra=0.4),
            grouping("arm", arm[shuffled], 0.3, weight=rng.normal(size=rows)),
            grouping("row", np.arange(rows), 0.2),
            grouping("crossing", rng.integers(-1, 4, rows), 0.3),
        ],
    )


@pytest.mark.parametrize("nested", [True, False])
def test_elimination_is_the_dense_posterior(*, nested: bool) -> None:
    model = _crossed(1, nested=nested)
    how = elimination.plan(model)
    eliminated = {model.groupings[stage.place].name for stage in how.stages}
    assert eliminated == ({"row", "arm", "trial"} if nested else {"row", "arm"})
    rng = np.random.default_rng(2)
    scales = np.abs(rng.normal(size=(3, len(model.scale_names))))
    scales[2, 0] = 0.0  # a scale may be 0
    tau, nu = rng.exponential(2.0, (3, model.rows)), rng.normal(size=(3, model.rows))
    tau[:, 4] = nu[:, 4] = 0.0  # a row may say nothing
    before = elimination.prior(how, model, scales)
    now = elimination.solve(how, before, tau[:, how.order], nu[:, how.order], detail=True)
    assert now.detail is not None
    base = model.covariates @ model.mean
    for k in range(3):
        loads = [(g.level[:, None] == np.arange(g.levels)) * g.weight[:, None] for g in model.groupings]
        variances = [v[k] for v in model.variances(scales)]
        prior = (model.covariates * model.sd**2) @ model.covariates.T
        for load, v in zip(loads, variances, strict=True):
            prior += (load * v) @ load.T
        gain = np.linalg.solve(np.eye(model.rows) + prior * tau[k], np.eye(model.rows))
        posterior = gain @ prior
        shift = posterior @ (nu[k] - tau[k] * base)
        np.testing.assert_allclose(now.shift[k], shift[how.order], atol=1e-11)
        np.testing.assert_allclose(now.variance[k], np.diag(posterior)[how.order], atol=1e-11)
        log_determinant = np.linalg.slogdet(np.eye(model.rows) + prior * tau[k])[1]
        assert now.log_determinant[k] == pytest.approx(log_determinant, abs=1e-10)
        rest = nu[k] - tau[k] * (base + shift)
        sharp = np.diag(tau[k]) @ gain
        for stage, (mean, variance) in zip(how.stages, now.detail.effects, strict=True):
            load, v = loads[stage.place], variances[stage.place]
            has = np.flatnonzero(model.groupings[stage.place].level[how.order][stage.starts] >= 0)
            level = stage.level[has]
            np.testing.assert_allclose(mean[k, has], (v * (load.T @ rest))[level], atol=1e-11)
            dense = v - v**2 * np.einsum("nl,nm,ml->l", load, sharp, load)
            np.testing.assert_allclose(variance[k, has], dense[level], atol=1e-11)


def test_slopes_are_the_derivatives_of_the_log_marginal_likelihood() -> None:
    model, data = _problem()
    how = elimination.plan(model)
    at = np.array([[0.3, 0.5, 0.4, 0.25, 0.2]])
    step = 1e-4
    tried = np.concatenate([at, at + step * np.eye(5), at - step * np.eye(5)])
    before = elimination.prior(how, model, tried)
    found = propagation.propagate(how, before, data.take(how.order), tolerance=1e-10)
    now = elimination.solve(how, before, found.precision, found.linear, detail=True)
    assert now.detail is not None
    slope = elimination.slopes(how, model, tried, now.detail)[0]
    measured = (found.log_likelihood[1:6] - found.log_likelihood[6:]) / (2 * step)
    np.testing.assert_allclose(slope, measured, rtol=1e-5, atol=1e-6)


# --- structures and sites that are refused ----------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda: grouping("g", [0, 2], 0.5, levels=2), "between -1 and 1"),
        (lambda: grouping("g", [0, -2], 0.5), "between -1 and 0"),
        (lambda: grouping("g", [0.5], 0.5), "whole numbers"),  # type: ignore[list-item]
        (lambda: grouping("g", [0], -1.0), "scale is -1.0"),
        (lambda: grouping("g", [0], 0.5, extra=np.inf), "extra is inf"),
        (lambda: grouping("g", [0], 0.5, weight=[1.0, 2.0]), "1 finite numbers"),
        (lambda: grouping("g", [0], 0.5, flagged=[True, False]), "1 entries"),
        (lambda: structure([[1.0]], [0.0], [1.0, 2.0]), "must be"),
        (lambda: structure([[np.nan]], [0.0], [1.0]), "finite"),
        (lambda: structure([[1.0]], [0.0], [-1.0]), "negative"),
        (lambda: structure([[1.0]], [0.0], [1.0], [grouping("g", [0, 0], 0.5)]), "has 2 rows"),
        (lambda: structure([[1.0]], [0.0], [1.0], [grouping("g", [0], 0.5)] * 2), "twice"),
        (lambda: sites.counted([3], [2]), "0 <= events <= n"),
        (lambda: sites.counted([1], [2, 3]), "one shape"),
        (lambda: sites.counted([[1]], [[2]], [[-np.inf]]), "at least one component"),
        (lambda: sites.counted([1], [2], power=[0.0]), "above 0"),
        (lambda: sites.measured([1.0], [0.0]), "positive"),
        (lambda: sites.measured([1.0], [1.0, 1.0]), "one length"),
        (lambda: fit(structure([[1.0]], [0.0], [1.0]), sites.counted([1, 1], [2, 2])), "2 rows"),
        (lambda: nodes.sobol(8, 11), "at most 10"),
    ],
)
def test_what_makes_no_sense_is_refused(bad: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        bad()


def test_names_that_are_not_there() -> None:
    done = _one()
    for missing in (lambda: done.effect("g"), lambda: done.scale("g"), lambda: done.new_variance(["g"])):
        with pytest.raises(KeyError):
            missing()


# --- sites and propagation --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        sites.counted([0], [14]),
        sites.counted([26.0], [26.0]),
        sites.counted([1.5], [4.25], power=[0.4]),
        sites.counted([[7, 12, 0]], [[20, 35, 0]], [[-0.5, -1.0, -np.inf]]),
        sites.counted([300_000], [1_000_000]),
    ],
)
def test_one_row_is_exact(data: sites.Sites) -> None:
    """With one row there is nothing to approximate: moments and mass are those of dense quadrature."""
    done = fit(structure([[1.0]], [-0.5], [1.5]), data)
    centre, sd = mixture.moments(done.row())
    eta = np.linspace(centre[0] - 14 * sd[0], centre[0] + 14 * sd[0], 20_001)
    log = np.full(eta.shape, -np.inf)
    for x, n, weight in zip(data.events[0], data.n[0], data.log_weight[0], strict=True):
        coefficient = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
        log = np.logaddexp(log, weight + coefficient + x * eta - n * np.logaddexp(0, eta))
    log = data.power[0] * log - 0.5 * ((eta + 0.5) / 1.5) ** 2 - np.log(1.5 * np.sqrt(2 * np.pi))
    mass = np.exp(log - log.max())
    total = mass.sum()
    assert done.log_marginal == pytest.approx(log.max() + np.log(total * (eta[1] - eta[0])), abs=1e-6)
    mean = mass @ eta / total
    assert centre[0] == pytest.approx(mean, abs=1e-6)
    assert sd[0] == pytest.approx(np.sqrt(mass @ (eta - mean) ** 2 / total), rel=1e-6)


def test_measured_rows_are_exact() -> None:
    """Two numbers with one mean: the textbook posterior and marginal likelihood."""
    y, v = np.array([0.3, 1.1]), np.array([0.5, 0.2])
    done = fit(structure([[1.0], [1.0]], [0.2], [2.0]), sites.measured(y, v))
    precision = 1 / 4.0 + (1 / v).sum()
    assert done.phi[0, 0] == pytest.approx((0.2 / 4.0 + (y / v).sum()) / precision)
    assert done.covariance[0, 0, 0] == pytest.approx(1 / precision)
    whole = np.diag(v) + 4.0
    apart = y - 0.2
    density = -0.5 * (apart @ np.linalg.solve(whole, apart) + np.linalg.slogdet(2 * np.pi * whole)[1])
    assert done.log_marginal == pytest.approx(density)


def test_a_power_is_a_smaller_study() -> None:
    whole = fit(structure([[1.0]], [0.0], [1.0]), sites.counted([10], [40]))
    doubled = fit(structure([[1.0]], [0.0], [1.0]), sites.counted([20], [80], power=[0.5]))
    np.testing.assert_allclose(doubled.phi, whole.phi, atol=1e-9)
    number = fit(structure([[1.0]], [0.0], [1.0]), sites.measured([1.0], [0.5], power=[0.5]))
    weaker = fit(structure([[1.0]], [0.0], [1.0]), sites.measured([1.0], [1.0]))
    np.testing.assert_allclose(number.covariance, weaker.covariance)


def test_counted_and_measured_rows_together() -> None:
    model, data = _problem()
    extra = _problem(rows=len(data.y))[0]
    both = structure(
        np.concatenate([model.covariates, [[1.0, 0.0]]]),
        model.mean,
        model.sd,
        [
            grouping(
                g.name, [*g.level.tolist(), -1], g.scale, levels=g.levels, kept=g.kept, flagged=g.flagged, extra=g.extra
            )
            for g in extra.groupings
        ],
    )
    vague = fit(both, sites.both(data, sites.measured([0.0], [1e12])))
    np.testing.assert_allclose(vague.phi, fit(model, data).phi, atol=1e-5)
    sharp = fit(both, sites.both(data, sites.measured([0.7], [1e-8])))
    assert sharp.eta[0, -1] == pytest.approx(0.7, abs=1e-4)


def test_propagation_says_when_it_did_not_converge() -> None:
    model, data = _problem()
    how = elimination.plan(model)
    before = elimination.prior(how, model, np.full((2, 5), 0.5))
    assert not propagation.propagate(how, before, data.take(how.order), most_rounds=2).converged.any()
    assert propagation.propagate(how, before, data.take(how.order)).converged.all()


# --- nodes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimensions", range(1, nodes.MOST_SCALES + 1))
def test_sobol_is_the_published_sequence(dimensions: int) -> None:
    published = qmc.Sobol(dimensions, scramble=False).random(1024)
    np.testing.assert_array_equal(nodes.sobol(1024, dimensions), published + 1 / 2048)


def test_scales_have_half_normal_priors() -> None:
    zeta = np.linspace(-6, 6, 25)[:, None]
    prior = np.array([0.7])
    scales = nodes.scales(zeta, prior)
    np.testing.assert_allclose(special.erf(scales / prior / np.sqrt(2)), special.ndtr(zeta), atol=1e-12)
    step = 1e-5
    measured = (nodes.scales(zeta + step, prior) - nodes.scales(zeta - step, prior)) / (2 * step)
    np.testing.assert_allclose(nodes.growth(zeta, prior), measured, rtol=1e-5, atol=1e-10)


def test_nodes_have_the_moments_of_their_proposal() -> None:
    proposal = nodes.Proposal(np.array([0.5, -1.0]), np.array([[1.0, 0.0], [0.4, 0.3]]))
    zeta = nodes.nodes(proposal, 64)
    np.testing.assert_allclose(zeta.mean(axis=0), proposal.mean, atol=1e-12)
    np.testing.assert_allclose(np.cov(zeta.T, bias=True), proposal.root @ proposal.root.T, atol=1e-12)


def test_nodes_are_spent_where_the_scales_are() -> None:
    done = fit(*_problem())
    assert done.effective_nodes > 20
    assert done.converged


# --- laws of the fit --------------------------------------------------------------------------------


def _close(a: mixture.Normals, b: mixture.Normals, within: float = 1e-6) -> None:
    for one, other in zip(mixture.predict(a, PROBABILITIES), mixture.predict(b, PROBABILITIES), strict=True):
        np.testing.assert_allclose(one, other, atol=within)


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = fit(*_problem()), fit(*_problem())
    for name in ("weight", "phi", "covariance", "eta", "precision"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_order_of_rows_does_not_matter() -> None:
    order = np.random.default_rng(3).permutation(40)
    plain, shuffled = fit(*_problem()), fit(*_problem(order=order))
    _close(_new(plain, 2), _new(shuffled, 2))
    np.testing.assert_allclose(plain.eta[:, order], shuffled.eta, atol=1e-5)


def test_names_of_levels_do_not_matter() -> None:
    labels = np.array([3, 5, 0, 1, 4, 2])
    plain, renamed = fit(*_problem()), fit(*_problem(labels=labels))
    for level in range(6):
        _close(_new(plain, level), _new(renamed, int(labels[level])))


def test_a_row_without_people_changes_nothing() -> None:
    model, data = _problem()
    levels = {"class": 0, "intervention": 1, "trial": 3, "arm": 40}
    longer = structure(
        np.concatenate([model.covariates, [[1.0, 1.0]]]),
        model.mean,
        model.sd,
        [
            grouping(g.name, [*g.level.tolist(), levels[g.name]], g.scale, levels=max(g.levels, levels[g.name] + 1),
                     kept=g.kept, extra=g.extra, flagged=g.flagged if g.name != "arm" else None)
            for g in model.groupings
        ],
    )  # fmt: skip
    _close(_new(fit(model, data), 1), _new(fit(longer, sites.both(data, sites.counted([0], [0]))), 1))


def test_an_arm_in_two_halves_is_the_same_arm() -> None:
    def halves(parts: int) -> Fit:
        trial = np.repeat([0, 1, 2], [parts, 1, 1])
        events, n = [*[12 / parts] * parts, 5, 9], [*[40 / parts] * parts, 20, 15]
        model = structure(
            np.ones((len(n), 1)), [0.0], [1.0], [grouping("trial", trial, 0.7), grouping("arm", np.arange(len(n)), 0.0)]
        )
        return fit(model, sites.counted(events, n))

    coefficient = np.ones((1, 1))
    _close(halves(1).combine(coefficient, ["trial"]), halves(2).combine(coefficient, ["trial"]), within=1e-4)
    # Each half has its own approximation, so that they agree nearly, not exactly.


def test_without_data_there_is_the_prior() -> None:
    model, data = _problem()
    empty = fit(model, sites.counted(np.zeros(40), np.zeros(40)), 256)
    nobody = np.zeros(0, dtype=int)
    groupings = [grouping(g.name, nobody, g.scale, levels=6, kept=g.kept) for g in model.groupings]
    none = fit(structure(np.zeros((0, 2)), model.mean, model.sd, groupings), sites.counted([], []), 256)
    assert empty.log_marginal == pytest.approx(0.0, abs=0.02)
    for done in (empty, none):
        coefficients = np.zeros((1, done.phi.shape[1]))
        coefficients[0, [0, done.columns["class"].start, done.columns["intervention"].start]] = 1.0
        normals = done.combine(coefficients, ["trial", "arm"])
        mean, sd = mixture.moments(normals)
        assert mean[0] == pytest.approx(-0.5)
        expected = 1.0 + 0.5**2 + 0.75**2 + 0.75**2 + 0.3**2
        assert done.prior_variance(coefficients, ["trial", "arm"])[0] == pytest.approx(expected)
        assert sd[0] ** 2 == pytest.approx(expected, rel=0.03)
    assert fit(model, data).prior_variance(np.eye(10))[9] == pytest.approx(0.75**2)


@pytest.mark.parametrize("n", [10**4, 10**6, 10**8])
def test_many_people_give_their_own_share(n: int) -> None:
    done = _one(n, 0.3 * n)
    assert mixture.share(done.row())[0][0] == pytest.approx(0.3, abs=3 / n)
    assert done.converged


def test_a_level_without_a_row_keeps_its_prior() -> None:
    model = structure(
        np.ones((3, 1)),
        [0.0],
        [1.0],
        [grouping("trial", [0, 1, -1], 0.5, levels=4, flagged=[False, False, False, True], extra=0.4)],
    )
    done = fit(model, sites.counted([3, 8, 2], [10, 10, 10]))
    mean, variance = done.effects["trial"]
    np.testing.assert_array_equal(mean[:, 2:], 0.0)
    np.testing.assert_array_equal(variance[:, 2], done.scales[:, 0] ** 2)
    np.testing.assert_allclose(variance[:, 3], (done.scales**2).sum(axis=1))


def test_a_weight_says_how_much_of_an_effect_a_row_carries() -> None:
    """A contrast: the effect enters the treated rows only, and one unit of it is one log odds ratio."""
    study = np.repeat(np.arange(4), 2)
    treated = np.tile([0.0, 1.0], 4)
    n, events = np.full(8, 4000.0), 4000.0 * special.expit(-1.0 + 0.5 * treated + 0.3 * study)
    model = structure(
        np.zeros((8, 0)), [], [], [
            grouping("study", study, 2.0),
            grouping("effect", np.zeros(8, dtype=int), 1.0, weight=treated, kept=True),
            grouping("difference", study, 0.2, weight=treated),
        ],
    )  # fmt: skip
    done = fit(model, sites.counted(events, n))
    assert mixture.moments(done.effect("effect"))[0][0] == pytest.approx(0.5, abs=0.02)


def test_leaving_a_trial_out_is_a_fit_without_it() -> None:
    model, data = _problem()
    left_out = model.grouping("trial").level == 4
    assert left_out.sum() > 1
    quick = fit(model, data).without(left_out)
    keep = np.flatnonzero(~left_out)
    flags = model.grouping("trial").flagged
    slow = fit(
        structure(
            model.covariates[keep], model.mean, model.sd,
            [grouping(g.name, g.level[keep], g.scale, levels=g.levels, kept=g.kept, extra=g.extra,
                      flagged=flags if g.name == "trial" else None) for g in model.groupings],
        ),
        data.take(keep),
        256,
    )  # fmt: skip
    assert quick.rounds < slow.rounds
    for intervention in range(6):
        _close(_new(quick, intervention), _new(slow, intervention), within=0.015)


# --- what is stored ---------------------------------------------------------------------------------


def test_uncertain_counts_in_a_hierarchy_converge() -> None:
    """Each row several counts with one share, from few people to thousands; and one row with two far peaks."""
    rng = np.random.default_rng(63)
    model, _ = _problem()
    n = np.floor(np.exp(rng.uniform(0, 9, (40, 1))) * np.linspace(0.6, 1.4, 4)) + 1
    data = sites.counted(
        np.round(n * rng.uniform(size=(40, 1))), n, rng.normal(size=(40, 4)), rng.uniform(0.1, 1.0, 40)
    )
    done = fit(model, data)
    assert done.converged
    assert done.rounds < 30
    torn = fit(structure([[1.0]], [0.0], [1.0]), sites.counted([[0, 8000]], [[8000, 8000]], [[0.0, 0.0]]))
    assert np.isfinite(torn.phi).all()
