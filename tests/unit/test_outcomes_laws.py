"""Laws of the outcome statistics that hold for any data."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlude.outcomes.statistics.adjusted import balance, compare, effective, propensity, weigh
from postlude.outcomes.statistics.by_visit import compare_by_visit
from postlude.outcomes.statistics.calibration import calibration, discrimination
from postlude.outcomes.statistics.competing import cumulative_incidence, incidence_at
from postlude.outcomes.statistics.crossover import crossover, n_of_1, percent_change
from postlude.outcomes.statistics.evalue import of_risk_ratio
from postlude.outcomes.statistics.imputation import impute
from postlude.outcomes.statistics.linear import ancova, least_squares
from postlude.outcomes.statistics.matching import match
from postlude.outcomes.statistics.mixed import random_intercept, repeated_measures
from postlude.outcomes.statistics.rubin import pool
from postlude.outcomes.statistics.survival import at_times, kaplan_meier, quantile, restricted_mean
from postlude.outcomes.statistics.survival_tests import log_rank
from postlude.outcomes.statistics.table_one import describe_category, describe_number

PEOPLE = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)
COMPETING = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=2, max_size=25).filter(
    lambda rows: any(k for _, k in rows)
)


def columns(rows):
    return tuple(np.array(part) for part in zip(*rows, strict=True))


@given(PEOPLE)
def test_a_survival_curve_falls_within_its_limits(rows):
    curve = kaplan_meier(*columns(rows))
    assert (np.diff(curve.survival) <= 0).all()
    inside = ~np.isnan(curve.low)
    assert (curve.low[inside] <= curve.survival[inside] + 1e-12).all()
    assert (curve.survival[inside] <= curve.high[inside] + 1e-12).all()
    assert curve.at_risk[0] == len(rows)
    assert curve.events.sum() + curve.left.sum() == len(rows)


@given(PEOPLE, st.randoms())
def test_the_order_of_people_does_not_matter_and_doubling_them_keeps_the_curve(rows, chance):
    curve = kaplan_meier(*columns(rows))
    mixed = rows * 2
    chance.shuffle(mixed)
    twice = kaplan_meier(*columns(mixed))
    assert twice.survival == pytest.approx(curve.survival)
    assert twice.se[~np.isnan(curve.se)] == pytest.approx(curve.se[~np.isnan(curve.se)] / np.sqrt(2))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=20))
def test_with_everybody_observed_survival_is_the_share_left(times):
    curve = kaplan_meier(times, np.ones(len(times)))
    for one in at_times(curve, [0.5, 3, 7.5, 12]):
        assert one.survival == pytest.approx(np.mean(np.array(times) > one.time))
    assert restricted_mean(curve, 6).mean == pytest.approx(np.minimum(times, 6).mean())
    assert quantile(curve, 0.5).time == pytest.approx(np.median(times))


def test_nothing_is_told_beyond_the_last_person():
    curve = kaplan_meier([2, 5], [1, 0])
    assert np.isnan(at_times(curve, [6])[0].survival)
    assert at_times(curve, [5])[0].at_risk == 1
    with pytest.raises(ValueError, match="nobody was observed up to 6"):
        restricted_mean(curve, 6)
    assert quantile(kaplan_meier([1, 2], [0, 0])).time is None


@given(COMPETING)
def test_shares_of_all_kinds_and_of_none_add_up(rows):
    found = cumulative_incidence(*columns(rows))
    assert found.free + found.share.sum(1) == pytest.approx(1)
    assert (np.diff(found.share, axis=0) >= -1e-12).all()
    assert (found.se >= 0).all()


@given(PEOPLE.filter(lambda rows: any(event for _, event in rows)))
def test_with_one_kind_only_it_is_the_product_limit_estimate(rows):
    time, event = columns(rows)
    curve, found = kaplan_meier(time, event), cumulative_incidence(time, event.astype(int))
    assert found.share[:, 0] == pytest.approx(1 - curve.survival)
    alive = (curve.survival > 0) & (curve.survival < 1)
    assert found.se[alive, 0] == pytest.approx(curve.se[alive])


@given(COMPETING)
def test_with_everybody_observed_incidence_is_a_share_with_its_binomial_error(rows):
    time, kind = columns([(t, k or 1) for t, k in rows])
    for one in incidence_at(cumulative_incidence(time, kind, kinds=3), [4, 9]):
        shares = [np.mean((time <= one.time) & (kind == k)) for k in (1, 2, 3)]
        assert one.share == pytest.approx(shares)
        assert one.se == pytest.approx(np.sqrt(np.array(shares) * (1 - np.array(shares)) / len(rows)), abs=1e-9)


GROUPED = st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.sampled_from("abc")), min_size=6, max_size=30)


@given(GROUPED)
def test_log_rank_does_not_mind_names_and_counts_every_event(rows):
    time, event, group = columns(rows)
    try:
        found = log_rank(time, event, group)
    except ValueError:
        return
    renamed = log_rank(time, event, np.char.translate(group, str.maketrans("abc", "zxy")))
    assert renamed.statistic == pytest.approx(found.statistic, rel=1e-6, abs=1e-9)
    assert sum(one.expected for one in found.groups) == pytest.approx(sum(event))
    assert 0 <= found.p <= 1
    doubled = log_rank(np.tile(time, 2), np.tile(event, 2), np.tile(group, 2), stratum=np.repeat([1, 2], len(time)))
    assert doubled.statistic == pytest.approx(2 * found.statistic, rel=1e-6, abs=1e-9)


def trial(seed=1, people=40, visits=3, missing=0.2):
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), visits)
    visit = np.tile(np.arange(visits), people)
    arm = person % 2
    y = rng.normal(size=people)[person] + 0.5 * arm * visit + rng.normal(size=len(person)) * (1 + visit / 2)
    y[rng.random(len(y)) < missing] = np.nan
    return y, arm, person, visit


@given(st.floats(0.1, 50), st.floats(-20, 20))
@settings(max_examples=15, deadline=None)
def test_a_change_of_unit_changes_nothing_but_the_unit(factor, shift):
    y, arm, person, visit = trial()
    plain, other = compare_by_visit(y, arm, person, visit), compare_by_visit(factor * y + shift, arm, person, visit)
    for one, two in zip(plain.differences, other.differences, strict=True):
        assert two.estimate.estimate == pytest.approx(factor * one.estimate.estimate, rel=1e-6)
        assert two.estimate.df == pytest.approx(one.estimate.df, rel=1e-6)
        assert two.estimate.p == pytest.approx(one.estimate.p, rel=1e-5)


def test_people_in_any_order_and_with_any_name_give_the_same_model():
    y, arm, person, visit = trial()
    plain = compare_by_visit(y, arm, person, visit).differences
    order = np.random.default_rng(2).permutation(len(y))
    mixed = compare_by_visit(y[order], arm[order], [f"p{7 * k % 101}" for k in person[order]], visit[order]).differences
    assert [one.estimate[1:] for one in mixed] == [pytest.approx(one.estimate[1:], rel=1e-7) for one in plain]


def test_two_visits_without_gaps_are_a_t_test_of_changes():
    y, arm, person, visit = trial(visits=2, missing=0)
    design = np.column_stack([np.ones(len(y)), arm, visit, arm * visit])
    found = random_intercept(y, design, list("abcd"), person).fit.coefficients[3]
    change = y[visit == 1] - y[visit == 0]
    by_hand = least_squares(change, np.column_stack([np.ones(40), np.arange(40) % 2]), ["one", "arm"]).coefficients[1]
    assert (found.estimate, found.se, found.df) == pytest.approx((by_hand.estimate, by_hand.se, 38), rel=1e-6)


def test_no_variance_between_people_is_least_squares_and_said_so():
    y = np.array([1.0, -1, 1.2, -0.9, 0.8, -1.1, 1.1, -1])
    found = random_intercept(y, np.ones((8, 1)), ["mean"], np.repeat(range(4), 2))
    assert found.between == 0
    assert found.fit.bend is None
    plain = least_squares(y, np.ones((8, 1)), ["mean"]).coefficients[0]
    assert found.fit.coefficients[0].se == pytest.approx(plain.se)
    assert found.fit.coefficients[0].df == 7


@pytest.mark.parametrize(
    ("apart", "chosen", "left"),
    [
        ((0, 2), "heterogeneous Toeplitz", ("unstructured",)),  # as far apart as the second and the fourth visit
        ((0, 3), "heterogeneous compound symmetry", ("unstructured", "heterogeneous Toeplitz")),
    ],
)
def test_visits_that_nobody_has_both_of_leave_a_simpler_covariance_and_it_is_named(apart, chosen, left):
    y, arm, person, visit = trial(people=60, visits=4, missing=0)
    y[(visit == apart[0]) & (person % 3 == 0)] = np.nan
    y[(visit == apart[1]) & (person % 3 != 0)] = np.nan
    fit = repeated_measures(y, np.column_stack([np.ones(len(y)), visit, arm]), list("abc"), person, visit)
    assert (fit.structure, fit.not_fitted) == (chosen, left)


def test_refusals_say_why():
    with pytest.raises(ValueError, match="the columns before it already determine"):
        least_squares([1, 2, 3], [[1, 2], [1, 2], [1, 2]], ["one", "two"])
    with pytest.raises(ValueError, match="nobody has two values"):
        random_intercept([1.0, 2, 3], np.ones((3, 1)), ["one"], [1, 2, 3])
    with pytest.raises(ValueError, match="two values at the same visit"):
        repeated_measures([1.0, 2, 3, 5], np.ones((4, 1)), ["one"], [1, 1, 2, 2], [1, 1, 1, 2])
    with pytest.raises(ValueError, match="nobody in arm 1 has a value at visit 2"):
        compare_by_visit([1.0, 2, 3, np.nan], [0, 0, 1, 1], [1, 1, 2, 2], [1, 2, 1, 2])
    with pytest.raises(ValueError, match="two arms at least"):
        ancova([1.0, 2, 3], [1.0, 2, 3], ["a", "a", "a"])
    with pytest.raises(ValueError, match="only 0 and 1"):
        kaplan_meier([1, 2], [0, 2])
    with pytest.raises(ValueError, match="differ in length"):
        kaplan_meier([1, 2], [0])
    with pytest.raises(ValueError, match="negative"):
        kaplan_meier([-1, 2], [0, 1])


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 3)), min_size=2, max_size=12))
def test_pooling_lies_between_and_is_never_surer_than_the_sets(rows):
    estimates, errors = columns(rows)
    found = pool(estimates, errors, complete_df=40)
    assert min(estimates) - 1e-9 <= found.estimate <= max(estimates) + 1e-9
    assert found.total >= found.within
    assert 0 < found.df <= 40
    assert 0 <= found.lost <= 1


def test_imputation_is_the_generators_and_touches_gaps_only():
    rng = np.random.default_rng(3)
    table = np.column_stack([rng.normal(size=60), rng.integers(0, 11, 60), rng.integers(0, 2, 60)]).astype(float)
    holes = rng.random(table.shape) < 0.2
    table[holes] = np.nan
    given_ = (table, ["linear", "matching", "logistic"], ["x", "score", "flag"])
    one, two = (impute(*given_, np.random.default_rng(7), sets=3, rounds=4) for _ in range(2))
    for first, second in zip(one.sets, two.sets, strict=True):
        assert np.array_equal(first, second)
        assert np.array_equal(first[~holes], table[~holes])
        assert set(first[:, 1]) <= set(table[~holes[:, 1], 1])
        assert set(first[:, 2]) <= {0, 1}
    assert not np.array_equal(one.sets[0], impute(*given_, np.random.default_rng(8), sets=1).sets[0])
    with pytest.raises(ValueError, match="draws 0 and 1 only"):
        impute(
            [[0.0, 2], [1, 3], [np.nan, 1], [2, 2], [1, 1]],
            ["logistic", "linear"],
            ["flag", "x"],
            np.random.default_rng(1),
        )


def test_logistic_imputation_survives_perfect_prediction():
    x = np.arange(20.0)
    flag = (x > 9).astype(float)
    flag[[3, 15]] = np.nan
    found = impute(np.column_stack([flag, x]), ["logistic", "linear"], ["flag", "x"], np.random.default_rng(4), sets=50)
    drawn = np.array([one[[3, 15], 0] for one in found.sets])
    assert drawn[:, 0].mean() < 0.3
    assert drawn[:, 1].mean() > 0.7


@given(st.lists(st.tuples(st.floats(-9, 9), st.sampled_from("ab")), min_size=4, max_size=20))
def test_a_standardised_difference_changes_sign_with_the_groups(rows):
    values, group = columns(rows)
    if len(set(group)) < 2:
        return
    one = describe_number(values, group).distances[0].value
    two = describe_number(values, np.where(group == "a", "b", "a")).distances[0].value
    assert two == pytest.approx(-one, nan_ok=True)


@given(st.lists(st.tuples(st.sampled_from(["x", "y", "z", None]), st.sampled_from("abc")), min_size=3, max_size=25))
def test_counts_of_table_one_add_up_and_distances_are_symmetric(rows):
    values, group = zip(*rows, strict=True)
    found = describe_category(values, group, order=["z", "y", "x"])
    assert sum(one.people for one in found.counts) + sum(found.missing) == len(rows)
    turned = describe_category(values, group)
    for one, two in zip(found.distances, turned.distances, strict=True):
        assert two.value == pytest.approx(one.value, nan_ok=True, rel=1e-6)
        assert np.isnan(one.value) or one.value >= 0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=3, max_size=14), st.sampled_from([None, 0.2, 1.0])
)
def test_matching_is_the_greedy_one_tried_out(rows, caliper):
    treated, score = columns(rows)
    if treated.all() or not treated.any():
        return
    found = match(treated, score, caliper=caliper)
    free, expected = set(np.flatnonzero(~treated).tolist()), []
    for row in sorted(np.flatnonzero(treated).tolist(), key=lambda one: (-score[one], one)):
        best = min(free, key=lambda one: (abs(score[one] - score[row]), one), default=None)
        if best is not None and abs(score[best] - score[row]) <= found.width:
            expected.append([row, best])
            free.remove(best)
    assert found.pairs.tolist() == sorted(expected)
    assert found.weights.sum() == 2 * len(expected)


@given(st.floats(0.05, 20))
def test_an_e_value_is_the_same_either_way_round(ratio):
    assert of_risk_ratio(ratio).estimate == pytest.approx(of_risk_ratio(1 / ratio).estimate)
    assert of_risk_ratio(ratio).estimate >= max(ratio, 1 / ratio) - 1e-12


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=20))
def test_effective_numbers_are_at_most_the_people(weights):
    assert 1 - 1e-9 <= effective(weights) <= len(weights) + 1e-9


def test_balance_without_weights_is_the_distance_of_table_one():
    rng = np.random.default_rng(5)
    treated, x = rng.integers(0, 2, 30), rng.normal(size=(30, 1))
    one = balance(treated, x, ["x"], np.ones(30))[0]
    assert one.before == one.after == pytest.approx(-describe_number(x[:, 0], treated).distances[0].value)


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=9))
def test_swaps_of_one_person_are_all_tried(differences):
    count = len(differences)
    value, treatment = np.concatenate([differences, np.zeros(count)]), np.repeat(["a", "b"], count)
    found = n_of_1(value, np.ones(2 * count), np.tile(np.arange(count), 2), treatment).people[0]
    sums = [abs(np.dot(signs, differences)) for signs in product((1, -1), repeat=count)]
    slack = 1e-9 * (1 + np.abs(differences).sum())
    assert found.exact_p == pytest.approx(np.mean(np.array(sums) >= abs(sum(differences)) - slack))
    assert found.mean.estimate == pytest.approx(np.mean(differences))


def test_a_period_effect_does_not_touch_the_treatment_effect():
    person, period = np.repeat(np.arange(10), 2), np.tile([1, 2], 10)
    treatment = np.where((person < 6) == (period == 1), "active", "sham")
    value = np.random.default_rng(6).normal(size=20) + 2 * (treatment == "active")
    one, two = (
        crossover(value, person, period, treatment),
        crossover(value + 5 * (period == 2), person, period, treatment),
    )
    assert two.treatment.estimate == pytest.approx(one.treatment.estimate)
    assert two.paired.estimate != pytest.approx(one.paired.estimate)
    assert two.period.estimate == pytest.approx(one.period.estimate + 5)
    turned = crossover(value, person, period, treatment, first="sham")
    assert turned.treatment.estimate == pytest.approx(-one.treatment.estimate)


def test_percent_change_from_nothing_is_undefined():
    found = percent_change([0, 4, np.nan, 0], [0, 2, 1, np.nan])
    assert found.percent.tolist() == pytest.approx([np.nan, -50, np.nan, np.nan], nan_ok=True)
    assert (found.undefined, found.missing) == (1, 2)


@given(st.lists(st.tuples(st.integers(5, 95), st.booleans()), min_size=6, max_size=30))
def test_discrimination_is_the_share_of_pairs_in_the_right_order(rows):
    p, y = columns(rows)
    if y.sum() < 2 or (~y).sum() < 2:
        return
    pairs = [(a > b) + (a == b) / 2 for a in p[y] for b in p[~y]]
    assert discrimination(p, y).auc == pytest.approx(np.mean(pairs))
    assert discrimination(100 - p, ~y).auc == pytest.approx(np.mean(pairs))


def test_true_shares_are_calibrated():
    rng = np.random.default_rng(9)
    p = rng.uniform(0.05, 0.95, 4000)
    found = calibration(p, rng.random(4000) < p)
    assert found.slope.low < 1 < found.slope.high
    assert found.in_the_large.low < 0 < found.in_the_large.high
    assert abs(found.spiegelhalter) < 3


def test_means_by_visit_are_those_of_average_people():
    """A baseline and a covariate from another zero change no mean; another reference only turns the signs."""
    y, arm, person, visit = trial()
    rng = np.random.default_rng(16)
    start, age = rng.normal(6, 2, 40)[person], rng.normal(50, 9, 40)[person]
    y = y + 0.4 * start + 0.02 * age
    given_ = {"covariate_names": ["age"]}
    plain = compare_by_visit(y, arm, person, visit, baseline=start, covariates=age[:, None], **given_)
    other = compare_by_visit(y, arm, person, visit, baseline=start - 6, covariates=age[:, None] - 50, **given_)
    for one, two in zip(plain.means, other.means, strict=True):
        assert two.mean[1:] == pytest.approx(one.mean[1:], rel=1e-6)
    assert np.mean([one.mean.estimate for one in plain.means]) == pytest.approx(np.nanmean(y), abs=0.3)
    turned = compare_by_visit(y, arm, person, visit, baseline=start, covariates=age[:, None], reference=1, **given_)
    ours, theirs = (np.array([one.estimate.estimate for one in found.differences]) for found in (plain, turned))
    assert theirs == pytest.approx(-ours)
    missing = start.copy()
    missing[:3] = np.nan
    assert compare_by_visit(y, arm, person, visit, baseline=missing).left_out == int(
        (np.isnan(y) | np.isnan(missing)).sum()
    )


def test_rows_of_one_person_count_once():
    """Every row twice, under one label, is no more than the rows once; under labels of their own it would be."""
    rng = np.random.default_rng(17)
    x = rng.normal(size=(80, 1))
    treated = rng.random(80) < 1 / (1 + np.exp(-x[:, 0]))
    y = rng.normal(size=80) + x[:, 0]
    once = propensity(treated, x, ["x"])
    twice = propensity(np.tile(treated, 2), np.tile(x, (2, 1)), ["x"])
    one = compare(y, once, weigh(once)).difference
    clustered = compare(np.tile(y, 2), twice, weigh(twice), cluster=np.tile(np.arange(80), 2)).difference
    loose = compare(np.tile(y, 2), twice, weigh(twice)).difference
    assert clustered.se == pytest.approx(one.se)
    assert loose.se == pytest.approx(one.se / np.sqrt(2))
