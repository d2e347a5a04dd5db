"""Small studies against large ones; held against metafor's regtest, ranktest and trimfill."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from postlude.evidence.pooling import measures
from postlude.evidence.pooling.small_study import begg, egger, funnel, suits, trim_and_fill

REFERENCE = Path(__file__).parents[2] / "validation" / "reference"


def near(value, rel=1e-6):
    return pytest.approx(value, rel=rel, abs=1e-8)


@pytest.fixture
def magnesium():
    found = json.loads(next(REFERENCE.glob("B11_*.json")).read_text())
    a, n1, c, n2 = (np.array(found["input"]["dat"][name], np.float64) for name in ("ai", "n1i", "ci", "n2i"))
    estimate = measures.log_odds_ratio(measures.cells(a, n1, c, n2))
    return estimate.y, estimate.v, n1 + n2, found["expected"]


def test_egger_by_least_squares(magnesium):
    y, v, _, expected = magnesium
    found, theirs = egger(y, v), expected["egger_lm"]
    assert (found.statistic, found.p, found.df) == (near(theirs["stat"]), near(theirs["p"]), theirs["df"])
    assert found.limit == near(theirs["intercept"])
    # regtest(r, model="lm"): limits of the estimate at a standard error of 0.
    assert (found.limit_low, found.limit_high) == (near(0.0272528481773815), near(0.171981439458889))


def test_egger_by_the_mixed_model(magnesium):
    y, v, n, expected = magnesium
    found, theirs = egger(y, v, model="mixed"), expected["egger_rma"]
    assert (found.statistic, found.p, found.df) == (near(theirs["stat"]), near(theirs["p"]), None)
    assert (found.limit, [found.limit_low, found.limit_high]) == (near(theirs["est"]), near(theirs["ci"]))
    by_size, theirs = egger(y, v, model="mixed", predictor=n), expected["ni"]
    assert (by_size.statistic, by_size.p) == (near(theirs["stat"]), near(theirs["p"]))


def test_begg(magnesium):
    y, v, _, expected = magnesium
    found = begg(y, v, exact=False)
    assert (found.tau, found.p, found.exact) == (near(expected["begg"]["tau"]), near(expected["begg"]["p"]), False)
    # ranktest(r), exact.
    assert begg(y, v) == (near(0.15), near(0.450284886272046), True)


def test_begg_where_the_pooled_estimate_shares_much_with_a_study():
    # ranktest(y, v), exact; dividing by the standard error alone gives other ranks.
    found = begg([-1.0, -0.2, -0.2, 0.5, 0.2], [0.34, 0.51, 0.9, 0.94, 0.39])
    assert found == (near(0.2), near(0.816666666666667), True)


@pytest.mark.parametrize("estimator", ["L0", "R0"])
def test_trim_and_fill(magnesium, estimator):
    y, v, _, expected = magnesium
    found, theirs = trim_and_fill(y, v, estimator=estimator), expected["trimfill"][estimator]
    assert (found.missing, found.side) == (theirs["k0"], theirs["side"])
    # trimfill passes no tighter tolerance on, so that metafor's own tau2 is good to 1e-5 here.
    assert (found.fit.beta[0], found.fit.se[0]) == (near(theirs["b"], 2e-5), near(theirs["se"], 2e-5))
    assert found.fit.tau2 == near(theirs["tau2"], 2e-5)
    assert len(found.y) == len(found.v) == len(y) + found.missing


def test_the_exact_p_counts_permutations():
    order = (0, 2, 1, 4, 3)
    v = np.array([1.0, 2, 3, 4, 5])
    # Far apart, so that the standardised estimates have the ranks of ``order``.
    y = np.array(order) * 100.0
    found = begg(y, v)
    scores = [
        sum(math.copysign(1, p[j] - p[i]) for i, j in itertools.combinations(range(5), 2))
        for p in itertools.permutations(range(5))
    ]
    share = sum(score >= 10 * found.tau - 1e-9 for score in scores) / len(scores)
    assert found.p == near(2 * share)


def test_ties_take_the_normal_distribution():
    y, v = np.array([0.1, 0.5, 0.3, 0.9, 0.2]), np.array([1.0, 1.0, 2.0, 3.0, 3.0])
    assert not begg(y, v).exact
    assert math.isnan(begg(y, np.ones(5)).tau)


def test_turning_all_results_round(magnesium):
    y, v, _, _ = magnesium
    assert egger(-y, v).statistic == near(-egger(y, v).statistic)
    assert begg(-y, v).tau == near(-begg(y, v).tau)
    one, other = trim_and_fill(y, v), trim_and_fill(-y, v)
    assert (one.missing, one.side, other.side) == (other.missing, "right", "left")
    assert one.fit.beta == near(-other.fit.beta)


def test_a_symmetric_funnel_lacks_nothing():
    y, v = np.array([-0.4, 0.4, -0.2, 0.2, 0.0]), np.array([1.0, 1.0, 0.5, 0.5, 0.1])
    found = trim_and_fill(y, v, side="left")
    assert found.missing == 0
    assert found.fit.beta == near([0.0])
    assert egger(y, v).statistic == near(0.0)


def test_too_few_studies_are_refused():
    with pytest.raises(ValueError, match="at least 3 studies; there are 2"):
        egger([0.1, 0.2], [1.0, 2.0])
    with pytest.raises(ValueError, match="at least 3 studies"):
        trim_and_fill([0.1, 0.2], [1.0, 2.0])
    with pytest.raises(ValueError, match="at least 2 studies"):
        begg([0.1], [1.0])


def test_lines_of_a_funnel():
    lines = funnel(0.2, np.array([0.1, 0.5]), points=3)
    assert lines.se.tolist() == [0, 0.25, 0.5]
    assert (lines.low[-1], lines.high[-1]) == (near(0.2 - 0.979981992270027), near(0.2 + 0.979981992270027))
    assert {p: line[-1] for p, line in lines.contours.items()} == {
        0.01: near(0.5 * 2.5758293035489),
        0.05: near(0.5 * 1.95996398454005),
        0.1: near(0.5 * 1.64485362695147),
    }


@pytest.mark.parametrize(
    ("measure", "answer"), [("proportion", False), ("mean", False), ("odds-ratio", True), ("smd", True)]
)
def test_single_arms_do_not_suit(measure, answer):
    assert suits(measure) is answer


def test_why_single_arms_do_not_suit():
    # Nothing is missing here, every arm has the share 5 in 100; still the funnel leans, by chance of the counts alone.
    random = np.random.default_rng(4)
    n = random.integers(15, 80, 60)
    estimate = measures.logit_proportion(random.binomial(n, 0.05), n)
    assert egger(estimate.y, estimate.v).p < 0.001
