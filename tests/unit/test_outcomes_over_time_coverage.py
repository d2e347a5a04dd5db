"""Intervals that have no reference elsewhere: how often they hold the truth when it is known. The bars allow three
standard errors."""

import numpy as np
import pytest

from postlude.outcomes.statistics.adjusted import compare, propensity, weigh
from postlude.outcomes.statistics.by_visit import compare_by_visit
from postlude.outcomes.statistics.competing import cumulative_incidence, incidence_at
from postlude.outcomes.statistics.imputation import impute
from postlude.outcomes.statistics.linear import least_squares
from postlude.outcomes.statistics.rubin import pool
from postlude.outcomes.statistics.survival import at_times, kaplan_meier, quantile, restricted_mean

pytestmark = pytest.mark.slow


def held(hits, runs, *, at_least=0.95):
    return np.mean(hits) >= at_least - 3 * np.sqrt(0.95 * 0.05 / runs)


@pytest.mark.parametrize(("method", "bias", "covered"), [("linear", 0.02, 0.95), ("matching", 0.05, 0.92)])
def test_imputation_removes_the_bias_of_who_answers(method, bias, covered):
    """Follow-up is missing more often where the baseline is high: complete cases are off by 0.3, imputed ones are not.

    Matching has few donors where most is missing, which leaves a little bias and intervals that are a little short.
    """
    rng, runs, hits, found, complete = np.random.default_rng(11), 400, [], [], []
    for _ in range(runs):
        before = rng.normal(6, 2, 400)
        after = 1 + 0.6 * before + rng.normal(0, 1.5, 400)
        after[rng.random(400) < 1 / (1 + np.exp((6 - before) / 2))] = np.nan
        complete.append(np.nanmean(after) - 4.6)
        sets = impute(np.column_stack([before, after]), [method] * 2, ["before", "after"], rng, sets=10, rounds=1).sets
        one = pool([s[:, 1].mean() for s in sets], [s[:, 1].std(ddof=1) / 20 for s in sets], complete_df=399)
        found.append(one.estimate - 4.6)
        hits.append(one.low <= 4.6 <= one.high)
    assert abs(np.mean(complete)) > 0.3
    assert abs(np.mean(found)) < bias
    assert held(hits, runs, at_least=covered)


def test_chained_equations_with_gaps_in_three_columns():
    rng, runs, hits, found = np.random.default_rng(12), 150, [], []
    for _ in range(runs):
        x = rng.normal(size=200)
        flag = (rng.random(200) < 1 / (1 + np.exp(-x))).astype(float)
        y = 1 + 0.5 * x + 0.8 * flag + rng.normal(size=200)
        table = np.column_stack([x, flag, y])
        for place in range(3):
            table[rng.random(200) < 0.2, place] = np.nan
        sets = impute(table, ["linear", "logistic", "linear"], ["x", "flag", "y"], rng, sets=10, rounds=6).sets
        fits = [
            least_squares(s[:, 2], np.column_stack([np.ones(200), s[:, :2]]), ["one", "x", "flag"]).coefficients
            for s in sets
        ]
        one = pool([f[2].estimate for f in fits], [f[2].se for f in fits], complete_df=197)
        found.append(one.estimate)
        hits.append(one.low <= 0.8 <= one.high)
    assert abs(np.mean(found) - 0.8) < 0.05
    assert held(hits, runs)


@pytest.mark.parametrize("estimand", ["everybody", "treated"])
def test_weights_remove_confounding_and_their_error_is_right(estimand):
    rng, runs, hits, found, raw, told = np.random.default_rng(13), 400, [], [], [], []
    for _ in range(runs):
        x = rng.normal(size=(500, 2))
        treated = rng.random(500) < 1 / (1 + np.exp(-0.6 * x[:, 0] + 0.4 * x[:, 1]))
        y = 1.0 * treated + x @ [1.0, -0.5] + rng.normal(size=500)
        raw.append(y[treated].mean() - y[~treated].mean() - 1)
        model = propensity(treated, x, ["a", "b"])
        one = compare(y, model, weigh(model, estimand=estimand)).difference
        found.append(one.estimate - 1)
        told.append(one.se)
        hits.append(one.low <= 1 <= one.high)
    assert abs(np.mean(raw)) > 0.5
    assert abs(np.mean(found)) < 0.03
    assert np.mean(told) == pytest.approx(np.std(found), rel=0.12)
    assert held(hits, runs, at_least=0.94)


def test_limits_of_survival_and_competing_events():
    rng, runs = np.random.default_rng(14), 500
    hits = {name: [] for name in ("curve", "median", "mean", "first", "second")}
    truth = 0.5 * (1 - np.exp(-0.2 * 5))  # two kinds of event, each at a rate of 0.1 a year
    for _ in range(runs):
        own, leaves = rng.exponential(5, 120), rng.uniform(2, 14, 120)
        time, event = np.minimum(own, leaves), own <= leaves
        curve = kaplan_meier(time, event)
        one, half, mean = at_times(curve, [5])[0], quantile(curve), restricted_mean(curve, 5)
        hits["curve"].append(one.low <= np.exp(-1) <= one.high)
        hits["median"].append((half.low or 0) <= 5 * np.log(2) <= (half.high or np.inf))
        hits["mean"].append(mean.low <= 5 * (1 - np.exp(-1)) <= mean.high)
        both = incidence_at(cumulative_incidence(time, np.where(event, rng.integers(1, 3, 120), 0)), [5])[0]
        for place, name in enumerate(("first", "second")):
            hits[name].append(both.low[place] <= truth <= both.high[place])
    for name, one in hits.items():
        assert held(one, runs, at_least=0.94), name


def test_small_trials_with_gaps_keep_their_level():
    """24 people, four visits, a fifth missing: Satterthwaite's degrees of freedom hold where the normal ones would
    not."""
    rng, runs, hits, normal = np.random.default_rng(15), 300, [], []
    person, visit = np.repeat(np.arange(24), 4), np.tile(np.arange(4), 24)
    for _ in range(runs):
        y = rng.normal(size=24)[person] + rng.normal(size=96) * (1 + visit / 3)
        y[rng.random(96) < 0.2] = np.nan
        one = compare_by_visit(y, person % 2, person, visit, freedom="kenward-roger").differences[-1].estimate
        hits.append(one.low <= 0 <= one.high)
        normal.append(abs(one.estimate) <= 1.96 * one.se)
    assert held(hits, runs, at_least=0.94)
    assert np.mean(normal) < np.mean(hits)
