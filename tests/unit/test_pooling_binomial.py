"""Pooling counts by likelihood: references from R, brute-force integrals, and laws."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from postlude.evidence.pooling import quadrature
from postlude.evidence.pooling.binomial_normal import one_arm, two_arm
from postlude.evidence.pooling.fit import Fit

REFERENCE = Path(__file__).parents[2] / "validation" / "reference"


def case(number):
    found = json.loads(next(REFERENCE.glob(f"{number}_*.json")).read_text())
    data = {name: np.array(column) for name, column in found["input"]["dat"].items()}
    return data, found["expected"]


def near(value, rel=1e-6):
    return pytest.approx(value, rel=rel, abs=1e-7)


def equal(one, other, rel=1e-6, but=()):
    for name in set(Fit._fields) - set(but):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rel, atol=1e-7, err_msg=name)


def log_binomial(x, n, p):
    return np.array([np.log(float(_choose(int(i), int(j)))) for i, j in zip(x, n, strict=True)]) + (
        np.where(x > 0, x * np.log(p), 0) + np.where(x < n, (n - x) * np.log1p(-p), 0)
    )


def _choose(x, n):
    return np.prod([(n - i) / (i + 1) for i in range(x)]) if x else 1.0


# -- references ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "rel"), [("A07", 2e-6), ("A15", 1e-5), ("L01", 2e-6)])
def test_the_optimum_of_the_exact_likelihood(number, rel):
    data, expected = case(number)
    fit = one_arm(data["xi"], data["ni"])
    exact = expected["exact"]
    assert fit.beta == near(exact["b"], rel)
    assert fit.se == near(exact["se"], rel)
    assert fit.tau2 == near(exact["tau2"], rel)
    assert fit.log_likelihood == near(exact["logLik"], rel)


def test_metafor_on_single_arms():
    data, expected = case("A07")
    fit = one_arm(data["xi"], data["ni"])
    for theirs, ours in {"b": "beta", "se": "se", "ci_lb": "low", "ci_ub": "high", "tau2": "tau2", "I2": "i2"}.items():
        assert getattr(fit, ours) == near(expected[theirs], 1e-4)
    assert fit.p == near(expected["p"], 1e-3)
    assert fit.h2 == near(expected["H2"], 1e-4)
    assert fit.q == near(expected["QE_Wld"])
    assert (fit.prediction_low, fit.prediction_high) == (near(expected["pi_lb"], 1e-4), near(expected["pi_ub"], 1e-4))
    assert (fit.k, fit.df) == (14, 13)


def test_what_metafor_prints_as_likelihood_is_that_of_the_data_given_the_modes():
    # metafor 3.8-1 takes lme4's conditional deviance off the saturated likelihood; ours is the marginal likelihood.
    data, expected = case("A07")
    x, n = data["xi"].astype(float), data["ni"].astype(float)
    fit = one_arm(x, n)
    eta = quadrature.modes(x, n, fit.beta, np.sqrt(fit.tau2), np.log((x + 0.5) / (n - x + 0.5)))
    conditional = log_binomial(x, n, 1 / (1 + np.exp(-eta))).sum()
    assert conditional == pytest.approx(expected["logLik"]["ML"], rel=1e-4)
    assert fit.log_likelihood < conditional


def test_a_moderator_of_single_arms():
    # rma.glmm(measure="PLO", xi, ni, mods=~months, data=L01, nAGQ=25), metafor 3.8-1.
    data, _ = case("L01")
    fit = one_arm(data["xi"], data["ni"], np.stack([np.ones(8), data["months"]], axis=-1))
    assert fit.beta == near([-0.849984848, 0.0186686206], 2e-5)
    assert fit.se == near([0.453342935, 0.0177345322], 1e-5)
    assert fit.tau2 == near(0.680998466, 1e-5)
    assert (fit.i2, fit.h2, fit.q) == (near(88.2418275, 1e-5), near(8.50472301, 1e-5), near(48.3412255))
    assert np.isnan(fit.prediction_low)


def test_trials_of_two_arms():
    data, expected = case("B09")
    fit = two_arm(data["ai"], data["n1i"], data["ci"], data["n2i"])
    theirs = expected["UM.FS"]
    assert (fit.k, fit.df) == (17, 16)
    # lme4 stops within 1e-6 here; what metafor prints as likelihood is another thing, see above.
    assert fit.beta == near([theirs["b"]], 2e-6)
    assert fit.se == near([theirs["se"]], 2e-6)
    assert fit.tau2 == near(theirs["tau2"], 2e-6)
    assert fit.q == near(theirs["QE_Wld"])


def test_a_moderator_of_trials():
    # rma.glmm(measure="OR", tpos, tneg, cpos, cneg, mods=~ablat, data=dat.bcg, nAGQ=15): tau2 is 0.
    data, _ = case("B02")
    design = np.stack([np.ones(13), data["ablat"]], axis=-1)
    fit = two_arm(data["tpos"], data["tpos"] + data["tneg"], data["cpos"], data["cpos"] + data["cneg"], design)
    assert fit.tau2 == 0
    assert fit.beta == near([0.398859045, -0.0333291442])
    assert fit.se == near([0.0822144375, 0.00278536168])
    assert fit.q == near(25.0954177)


# -- the integral ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "n"), [(0, 9), (9, 9), (1, 1), (4, 10), (0, 200), (150, 400), (0, 0)])
@pytest.mark.parametrize(("m", "tau"), [(-2.0, 0.3), (0.5, 0.8), (-1.0, 1.2), (1.0, 0.0)])
def test_the_integral_and_its_derivatives(x, n, m, tau):
    z = np.linspace(-12, 12, 20_001)

    def brute(m, tau):
        eta = m + tau * z
        height = x * eta - n * np.logaddexp(0, eta) - z * z / 2
        return np.log(np.trapezoid(np.exp(height - height.max()), z) / np.sqrt(2 * np.pi)) + height.max()

    arrays = [np.array([float(part)]) for part in (x, n, m, tau)]
    start = np.log((arrays[0] + 0.5) / (arrays[1] - arrays[0] + 0.5))
    found = quadrature.integrate(*arrays, quadrature.modes(*arrays, start), quadrature.rule(61))
    h = 1e-4
    assert found.value == pytest.approx(brute(m, tau), abs=1e-9)
    assert found.m == pytest.approx((brute(m + h, tau) - brute(m - h, tau)) / (2 * h), abs=2e-5, rel=1e-5)
    assert found.tau == pytest.approx((brute(m, tau + h) - brute(m, tau - h)) / (2 * h), abs=2e-5, rel=1e-5)
    mtau = (brute(m + h, tau + h) - brute(m + h, tau - h) - brute(m - h, tau + h) + brute(m - h, tau - h)) / (4 * h * h)
    assert found.mm == pytest.approx((brute(m + h, tau) - 2 * brute(m, tau) + brute(m - h, tau)) / h**2, abs=2e-4)
    assert found.tautau == pytest.approx(
        (brute(m, tau + h) - 2 * brute(m, tau) + brute(m, tau - h)) / h**2, abs=2e-3, rel=1e-5
    )
    assert found.mtau == pytest.approx(mtau, abs=2e-4)


def test_a_rule_has_a_point_in_the_centre():
    with pytest.raises(ValueError, match="odd"):
        quadrature.rule(8)


# -- laws ------------------------------------------------------------------------------------------------------------

arms = st.lists(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=8
).filter(lambda rows: 0 < sum(x for x, _ in rows) < sum(n for _, n in rows))
# Arms of nothing but none and all have no finite tau.
arms = arms.filter(lambda rows: sum(0 < x < n for x, n in rows) >= 2)


def columns(rows):
    return tuple(np.array(column, np.float64) for column in zip(*rows, strict=True))


@settings(max_examples=20, deadline=None)
@given(arms, st.randoms())
def test_the_order_of_arms_does_not_matter(rows, random):
    equal(one_arm(*columns(rows)), one_arm(*columns(random.sample(rows, len(rows)))), rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(arms)
def test_counting_the_others_turns_the_sign(rows):
    x, n = columns(rows)
    one, other = one_arm(x, n), one_arm(n - x, n)
    np.testing.assert_allclose(one.beta, -other.beta, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one.low, -other.high, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one.tau2, other.tau2, rtol=1e-5, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(arms, st.integers(1, 5))
def test_absent_arms_and_empty_arms_change_nothing(rows, more):
    x, n = columns(rows)
    padded = [np.concatenate([part, np.full(more, filler)]) for part, filler in ((x, 7.0), (n, 9.0))]
    mask = np.arange(len(x) + more) < len(x)
    equal(one_arm(x, n), one_arm(*padded, mask=mask), rel=1e-7)
    empty = [np.concatenate([part, np.zeros(more)]) for part in (x, n)]
    equal(one_arm(x, n), one_arm(*empty), rel=1e-7)


def test_many_at_once_are_each_by_itself():
    random = np.random.default_rng(5)
    n = random.integers(1, 90, (130, 7))
    x = random.binomial(n, 1 / (1 + np.exp(-random.normal(-0.5, 1, (130, 7)))))
    together = one_arm(x.reshape(13, 10, 7), n.reshape(13, 10, 7))
    assert together.tau2.shape == (13, 10)
    assert together.cov.shape == (13, 10, 1, 1)
    for i in (0, 1, 64, 129):
        alone = one_arm(x[i], n[i])
        equal(alone, Fit(*(part[i // 10, i % 10] for part in together)), rel=1e-9)
    both = two_arm(x[:, :3], n[:, :3], x[:, 3:6], n[:, 3:6])
    for i in (0, 77, 129):
        equal(two_arm(x[i, :3], n[i, :3], x[i, 3:6], n[i, 3:6]), Fit(*(part[i] for part in both)), rel=1e-9)


def test_without_variance_between_arms_it_is_logistic_regression():
    x, n = np.array([6, 12, 9]), np.array([20, 40, 30])
    fit = one_arm(x, n)
    assert fit.tau2 == 0
    assert fit.beta == near([np.log(0.3 / 0.7)])
    assert fit.se == near([1 / np.sqrt(90 * 0.3 * 0.7)])
    assert fit.log_likelihood == near(log_binomial(x, n, 0.3).sum())
    assert (fit.i2, fit.h2) == (0, 1)


def test_large_arms_speak_for_themselves():
    share = np.array([0.2, 0.35, 0.5, 0.6])
    logit = np.log(share / (1 - share))
    fit = one_arm(share * 1e7, np.full(4, 1e7))
    assert fit.beta == near([logit.mean()], 1e-4)
    assert fit.tau2 == near(logit.var(), 1e-4)
    alone = one_arm([0.37e7], [1e7])
    assert alone.beta == near([np.log(0.37 / 0.63)])
    assert alone.tau2 == 0


@pytest.mark.parametrize("points", [7, 15, 31, 61])
def test_more_points_come_to_the_same(points):
    x, n = np.array([3, 9, 0, 14, 40, 5]), np.array([10, 12, 6, 60, 55, 5])
    equal(one_arm(x, n, points=points), one_arm(x, n, points=151), rel=5e-6)


def test_a_wide_problem_gets_more_points_by_itself():
    x, n = np.array([0, 30, 2, 0, 58, 0, 45, 9]), np.array([40, 30, 50, 600, 60, 9, 90, 9])
    fit = one_arm(x, n)
    assert fit.tau2 > 5
    equal(fit, one_arm(x, n, points=151), rel=1e-5)


@pytest.mark.parametrize(
    ("x", "n", "tau2"),
    [
        # Newton's full steps run away from these two; the third is concave only near its maximum.
        ([132, 2, 31, 91, 402, 16, 1392, 38, 2, 35], [160, 2, 43, 113, 533, 24, 1873, 52, 3, 48], 0.0),
        ([2, 63, 0, 0, 1, 23, 136, 398, 0, 0], [10, 392, 2, 2, 24, 108, 806, 2171, 2, 8], 0.0),
        ([0, 0, 0, 487, 0, 0, 1, 0, 0, 2], [124, 5, 2, 932, 5, 5, 243, 9, 604, 3], 20.83508),
    ],
)
def test_steps_do_not_lead_downhill(x, n, tau2):
    fit = one_arm(x, n)
    assert fit.tau2 == near(tau2, 1e-5)
    if tau2 == 0:
        assert fit.beta == near([np.log(sum(x) / (sum(n) - sum(x)))])


def test_each_moderator_level_pools_alone_when_nothing_varies():
    x, n = np.array([2, 4, 30, 15]), np.array([10, 20, 60, 30])
    fit = one_arm(x, n, np.array([[1, 0], [1, 0], [1, 1], [1, 1]]))
    assert fit.beta == near([np.log(0.25), np.log(4)])
    assert fit.tau2 == 0


def test_a_large_moderator_costs_no_digits():
    x, n, year = np.array([2, 5, 9, 20, 30]), np.array([20, 25, 27, 45, 50]), np.array([0.0, 2, 3, 7, 9])
    near_zero = one_arm(x, n, np.stack([np.ones(5), year], axis=-1))
    far = one_arm(x, n, np.stack([np.ones(5), year + 2000], axis=-1))
    assert far.beta[1] == near(near_zero.beta[1])
    assert far.se[1] == near(near_zero.se[1])
    assert far.tau2 == near(near_zero.tau2)


@pytest.mark.parametrize(
    ("x", "n", "design"),
    [
        ([0, 0, 0], [5, 8, 9], None),
        ([5, 8, 9], [5, 8, 9], None),
        ([0, 0, 4, 6], [9, 8, 9, 12], [[1, 0], [1, 0], [1, 1], [1, 1]]),
        ([2, 3, 4], [9, 8, 9], [[1, 2], [1, 2], [1, 2]]),
        ([0, 9, 0, 8], [7, 9, 12, 8], None),
    ],
    ids=["no event", "events only", "separated", "a column follows", "none and all"],
)
def test_where_there_is_no_maximum_nothing_is_said(x, n, design):
    fit = one_arm(x, n, None if design is None else np.array(design))
    for name in ("beta", "se", "low", "p", "tau2", "log_likelihood", "q", "i2", "prediction_low"):
        assert np.isnan(getattr(fit, name)).all(), name
    assert fit.k == len(x)


def test_a_problem_without_maximum_does_not_disturb_the_others():
    x, n = np.array([[0, 0, 0], [2, 6, 9]]), np.array([[5, 8, 9], [9, 9, 10]])
    fit = one_arm(x, n)
    assert np.isnan(fit.tau2[0])
    assert fit.beta[1] == near(one_arm(x[1], n[1]).beta, 1e-9)


def test_one_arm_alone_and_bad_levels():
    fit = one_arm([3], [10])
    assert fit.beta == near([np.log(3 / 7)])
    assert (fit.k, fit.df, float(fit.tau2)) == (1, 0, 0.0)
    assert np.isnan(fit.q)
    assert np.isnan(fit.i2)
    with pytest.raises(ValueError, match="level"):
        one_arm([3], [10], level=95)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n), st.integers(1, n - 1))),
        min_size=2,
        max_size=6,
    )
)
def test_the_arms_of_trials_change_places(rows):
    x1, n, x2 = columns(rows)
    one, other = two_arm(x1, n, x2, n), two_arm(x2, n, x1, n)
    assume(not np.isnan(one.tau2))
    np.testing.assert_allclose(one.beta, -other.beta, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one.tau2, other.tau2, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=1e-7)


def test_trials_that_say_nothing_do_not_count():
    x1, n1, x2, n2 = (np.array(part) for part in ([3, 8, 2], [20, 25, 30], [6, 12, 9], [22, 25, 31]))
    more = [np.concatenate([part, rest]) for part, rest in ((x1, [0, 5]), (n1, [9, 5]), (x2, [0, 6]), (n2, [8, 6]))]
    equal(two_arm(x1, n1, x2, n2), two_arm(*more), rel=1e-9)


def test_trials_with_one_odds_ratio_are_logistic_regression():
    # Each trial has the odds ratio 4 exactly; levels differ.
    x1, n1, x2, n2 = np.array([20, 80]), np.array([40, 100]), np.array([10, 50]), np.array([50, 100])
    fit = two_arm(x1, n1, x2, n2)
    assert fit.tau2 == 0
    assert fit.beta == near([np.log(4)])
    assert fit.se == near([1 / np.sqrt(sum(1 / (1 / a + 1 / b + 1 / c + 1 / d) for a, b, c, d in
                                           ((20, 20, 10, 40), (80, 20, 50, 50))))])  # fmt: skip
