"""Laws of pooling by inverse variance that hold for any studies."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from postlude.evidence.pooling import conversions, measures
from postlude.evidence.pooling.conversions import Group
from postlude.evidence.pooling.fit import Fit
from postlude.evidence.pooling.inverse_variance import fit
from postlude.evidence.pooling.regression import orthonormal, slopes

METHODS = ("reml", "ml", "dl", "pm", "fixed")
estimates = st.floats(-5, 5).map(lambda x: round(x, 3))
variances = st.floats(0.01, 4).map(lambda x: round(x, 3))
studies = st.lists(st.tuples(estimates, variances), min_size=2, max_size=12)
methods = st.sampled_from(METHODS)
intervals = st.sampled_from(["wald", "hartung-knapp"])
fewer = settings(max_examples=max(settings.default.max_examples // 3, 10))  # a dozen laws share five seconds


def arrays(rows):
    return np.array([y for y, _ in rows]), np.array([v for _, v in rows])


def equal(one, other, rtol=1e-7, atol=1e-9, but=()):
    for name in Fit._fields:
        if name not in but:
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, atol=atol, err_msg=name)


@fewer
@given(studies, methods, intervals, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, tau2, interval, random):
    shuffled = random.sample(rows, len(rows))
    equal(fit(*arrays(rows), tau2=tau2, interval=interval), fit(*arrays(shuffled), tau2=tau2, interval=interval))


@fewer
@given(studies, methods, intervals, st.floats(0.1, 100), st.floats(-10, 10))
def test_another_unit_and_another_zero(rows, tau2, interval, unit, zero):
    y, v = arrays(rows)
    one, other = (
        fit(y, v, tau2=tau2, interval=interval),
        fit(zero + unit * y, unit**2 * v, tau2=tau2, interval=interval),
    )
    for name in ("beta", "low", "high", "prediction_low", "prediction_high"):
        np.testing.assert_allclose(getattr(other, name), zero + unit * getattr(one, name), rtol=1e-6, atol=1e-6 * unit)
    np.testing.assert_allclose(other.se, unit * one.se, rtol=1e-6, atol=1e-9 * unit)
    for name in ("tau2", "tau2_low", "tau2_high"):
        np.testing.assert_allclose(getattr(other, name), unit**2 * getattr(one, name), rtol=1e-6, atol=1e-7 * unit**2)
    for name in ("i2", "h2", "q", "q_p"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-6, atol=1e-6)


@fewer
@given(studies, methods, intervals, estimates)
def test_a_study_that_says_nothing_changes_nothing(rows, tau2, interval, y):
    equal(
        fit(*arrays(rows), tau2=tau2, interval=interval),
        fit(*arrays([*rows, (y, np.inf)]), tau2=tau2, interval=interval),
    )


@fewer
@given(studies, methods)
def test_a_study_of_vast_variance_changes_next_to_nothing(rows, tau2):
    one, other = fit(*arrays(rows), tau2=tau2), fit(*arrays([*rows, (0.0, 1e12)]), tau2=tau2)
    if tau2 in ("ml", "fixed"):  # the others divide by degrees of freedom, which even such a study adds
        np.testing.assert_allclose(other.beta, one.beta, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(other.se, one.se, rtol=1e-4)
    assert other.k == one.k + 1


@fewer
@given(studies, methods)
def test_what_bounds_what(rows, tau2):
    found = fit(*arrays(rows), tau2=tau2)
    assert found.tau2 >= 0
    assert 0 <= found.i2 <= 100
    assert found.low <= found.beta <= found.high
    if tau2 == "fixed":
        assert np.isnan(found.prediction_low)
    else:
        assert found.tau2_low <= found.tau2_high
        assert found.prediction_low <= found.low
        assert found.high <= found.prediction_high


@fewer
@given(studies)
def test_paule_and_mandel_make_q_its_expectation(rows):
    y, v = arrays(rows)
    tau2 = fit(y, v, tau2="pm").tau2
    assume(tau2 > 1e-6)
    assert fit(y, v + tau2, tau2="fixed").q == pytest.approx(len(rows) - 1)


@fewer
@given(studies, st.sampled_from(["ml", "reml"]), st.floats(0, 30))
def test_no_tau2_near_by_is_likelier(rows, tau2, factor):
    y, v = arrays(rows)
    found = fit(y, v, tau2=tau2)

    def likelihood(t):
        # Taking tau2 as part of the sampling variance leaves the likelihood of a model without it.
        w = 1 / (v + t)
        mean = (w * y).sum() / w.sum()
        full = -0.5 * (len(y) * np.log(2 * np.pi) - np.log(w).sum() + (w * (y - mean) ** 2).sum())
        more = 0.5 * np.log(2 * np.pi) + 0.5 * np.log(len(y)) - 0.5 * np.log(w.sum()) if tau2 == "reml" else 0
        return full + more

    best = likelihood(found.tau2)
    assert found.log_likelihood == pytest.approx(best, abs=1e-9)
    for near in (found.tau2 * 0.99, found.tau2 * 1.01 + 1e-6):
        assert likelihood(near) <= best + 1e-9


@fewer
@given(st.lists(studies, min_size=1, max_size=4), methods, intervals)
def test_many_at_once_equal_one_by_one(problems, tau2, interval):
    most = max(map(len, problems))
    padded = [[*rows, *[(np.nan, np.nan)] * (most - len(rows))] for rows in problems]
    y, v = (np.array(part) for part in zip(*map(arrays, padded), strict=True))
    mask = np.arange(most) < np.array([[len(rows)] for rows in problems])
    together = fit(y, v, tau2=tau2, interval=interval, mask=mask)
    for i, rows in enumerate(problems):
        equal(fit(*arrays(rows), tau2=tau2, interval=interval), Fit(*(part[i] for part in together)), rtol=1e-9)


@fewer
@given(st.lists(st.tuples(estimates, variances, estimates), min_size=4, max_size=12), methods, intervals)
def test_moderators_of_any_size_and_place(rows, tau2, interval):
    y, v, m = (np.array(part) for part in zip(*rows, strict=True))
    assume(np.ptp(m) > 0.5)
    one = fit(y, v, np.stack([np.ones_like(m), m], -1), tau2=tau2, interval=interval)
    other = fit(y, v, np.stack([np.ones_like(m), 2000 + 100 * m], -1), tau2=tau2, interval=interval)
    for name in ("tau2", "tau2_low", "tau2_high", "i2", "h2", "q", "q_p"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(100 * other.beta[1], one.beta[1], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(other.p[1], one.p[1], rtol=1e-6, atol=1e-9)


@fewer
@given(studies, methods, intervals)
def test_an_intercept_alone_is_a_regression_on_ones(rows, tau2, interval):
    # The two ways of computing, by sums and by matrices, are held together.
    y, v = arrays(rows)
    equal(
        fit(y, v, tau2=tau2, interval=interval),
        fit(y, v, np.ones((len(y), 1)), tau2=tau2, interval=interval),
        but=("prediction_low", "prediction_high"),
    )


@fewer
@given(studies, st.booleans())
def test_what_newton_needs_by_whole_matrices(rows, regress):
    y, v = arrays(rows)
    x = np.stack([np.ones_like(y), np.arange(len(y))], -1)[:, : 1 + (regress and len(y) > 2)]
    w = np.diag(1 / v)
    p = w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    found = slopes(y[None], 1 / v[None], orthonormal(x[None])[0] if x.shape[1] > 1 else None)
    expected = [y @ p @ y, y @ p @ p @ y, y @ p @ p @ p @ y]
    expected += [np.trace(matrix) for matrix in (p, p @ p, w, w @ w)]
    np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-6, atol=1e-6 * np.max(expected))


def test_what_cannot_be_told_is_nan_and_leaves_the_others_alone():
    y, v = np.array([[1.0, 2.0, 4.0, 3.0]] * 3), np.ones((3, 4))
    x = np.stack([np.ones((3, 4)), np.array([[0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 1, 1]])], -1)
    found = fit(y, v, x)
    assert np.isnan(found.beta[1]).all()
    assert np.isnan(found.tau2[1])
    for i in (0, 2):
        equal(fit(y[i], v[i], x[i]), Fit(*(part[i] for part in found)))
    nothing = fit(np.array([np.nan]), np.array([1.0]))
    assert nothing.k == 0
    assert np.isnan(nothing.beta[0])


def test_no_warning_where_all_estimates_are_the_same():
    for tau2 in METHODS:
        found = fit(np.zeros(4), np.ones(4), tau2=tau2)
        assert (found.q, found.tau2) == (0, 0)


@pytest.mark.parametrize(
    ("more", "what"), [({"tau2": "he"}, "tau2 'he'"), ({"interval": "t"}, "interval 't'"), ({"level": 95}, "level 95")]
)
def test_what_it_does_not_have(more, what):
    with pytest.raises(ValueError, match=what):
        fit(np.ones(3), np.ones(3), **more)


def test_variances_are_above_0():
    with pytest.raises(ValueError, match="variance is not above 0"):
        fit(np.ones(2), np.array([1.0, 0.0]))


@fewer
@given(st.integers(0, 40), st.integers(1, 40))
def test_freeman_tukey_goes_back(events, n):
    assume(events <= n)
    found = measures.from_freeman_tukey(measures.freeman_tukey(events, n).y, n)
    assert found == pytest.approx(events / n, abs=1e-6)


@fewer
@given(st.lists(st.floats(-50, 50), min_size=4, max_size=20), st.data())
def test_merging_groups_is_describing_all(values, data):
    cut = data.draw(st.integers(2, len(values) - 2))
    one, other = (Group(float(len(part)), np.mean(part), np.std(part, ddof=1)) for part in (values[:cut], values[cut:]))
    found = conversions.merged(one, other)
    assert found == pytest.approx((len(values), np.mean(values), np.std(values, ddof=1)), abs=1e-7)
