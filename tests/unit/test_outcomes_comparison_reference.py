"""Descriptions, imputation's pooling, adjusted comparison, crossover and calibration held against R and published
figures."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from postlude.outcomes.statistics import evalue
from postlude.outcomes.statistics.adjusted import Weights, balance, compare, effective, propensity, weigh
from postlude.outcomes.statistics.calibration import calibration, smoothed
from postlude.outcomes.statistics.crossover import crossover, percent_change
from postlude.outcomes.statistics.linear import least_squares
from postlude.outcomes.statistics.logistic import logistic
from postlude.outcomes.statistics.matching import compare_pairs, match, match_on_propensity
from postlude.outcomes.statistics.rubin import pool
from postlude.outcomes.statistics.table_one import describe_category, describe_number

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "validation" / "reference"


def case(number):
    found = json.loads(next(REFERENCE.glob(f"{number}_*.json")).read_text())
    return found["input"].get("dat", found["input"]), found["expected"]


def near(value, rel=1e-6, abs_=1e-9):
    return pytest.approx(value, rel=rel, abs=abs_)


def known(values):
    return np.array([np.nan if value is None else value for value in values], float)


def test_rubins_rules():
    data, expected = case("H06")
    fits = [
        least_squares(
            one["chl"], np.column_stack([np.ones(25), one["bmi"], one["age"]]), ["intercept", "bmi", "age"]
        ).coefficients
        for one in data["imps"]
    ]
    names = {
        "estimate": "estimate",
        "within": "ubar",
        "between": "b",
        "total": "t",
        "df": "df",
        "increase": "riv",
        "lost": "lambda",
        "fraction": "fmi",
        "se": "se",
        "p": "p",
        "low": "ci_lo",
        "high": "ci_hi",
    }
    for place in range(3):
        found = pool(
            [fit[place].estimate for fit in fits], [fit[place].se for fit in fits], complete_df=expected["dfcom"][place]
        )
        for ours, theirs in names.items():
            assert getattr(found, ours) == near(expected[theirs][place])


@pytest.mark.parametrize("name", ["age", "bili", "albumin", "chol", "platelet"])
@pytest.mark.parametrize("kind", [7, 2, 6])
def test_numbers_of_table_one(name, kind):
    data, expected = case("I01")
    row, theirs = describe_number(known(data[name]), data["trt"], quartile_type=kind), expected["numeric"][name]
    for one, other in zip(row.groups, theirs["groups"], strict=True):
        assert (one.known, one.missing) == (other["n"], other["missing"])
        found = (one.mean, one.sd, one.median, one.least, one.greatest, one.first, one.third)
        assert found == near(
            [other[key] for key in ("mean", "sd", "median", "min", "max")] + other[f"q_type{kind}"], 1e-9
        )
    assert abs(row.distances[0].value) == near(theirs["smd"])


@pytest.mark.parametrize("name", ["sex", "stage", "edema", "ascites"])
def test_categories_of_table_one(name):
    data, expected = case("I01")
    row, theirs = describe_category(data[name], data["trt"]), expected["categorical"][name]
    assert [str(level) for level in row.levels] == theirs["levels"]
    assert [one.people for one in row.counts] == [*theirs["n1"], *theirs["n2"]]
    assert [one.percent for one in row.counts] == near([*theirs["pct1"], *theirs["pct2"]])
    assert row.distances[0].value == near(theirs["smd"])
    assert list(row.missing) == theirs["missing"]


def workers():
    data, expected = case("O05")
    names = ["age", "educ", "black", "hispan", "married", "nodegree", "re74", "re75"]
    columns = np.column_stack([data[name] for name in names]).astype(float)
    return data, expected, columns, names


def test_chance_of_treatment_and_weighted_comparison():
    data, expected, columns, names = workers()
    found = propensity(data["treat"], columns, names)
    assert [one.estimate for one in found.model.coefficients] == near(expected["b"])
    assert [one.se for one in found.model.coefficients] == near(expected["se"])
    assert found.score == near(np.array(expected["score"]))
    for key, estimand in (("ate", "everybody"), ("att", "treated")):
        weights = weigh(found, estimand=estimand)
        answer = compare(data["re78"], found, weights)
        assert answer.weights_estimated
        assert answer.difference.estimate == near(expected[key][0])
        assert answer.difference.se == near(expected[key][1], 1e-5)  # the reference takes slopes by differences
        as_known = Weights(weights.values, estimand, False, (0.0, np.inf), 0, weights.effective)
        plain = compare(data["re78"], found, as_known)
        assert not plain.weights_estimated
        assert (plain.difference.estimate, plain.difference.se) == near(expected[f"{key}_known"])
    assert weigh(found).effective == near(expected["ess_ate"])


def test_stabilised_weights_change_nothing_but_their_size():
    data, _, columns, names = workers()
    found = propensity(data["treat"], columns, names)
    plain, stable = (compare(data["re78"], found, weigh(found, stabilised=one)) for one in (False, True))
    assert stable.difference.estimate == near(plain.difference.estimate)
    assert stable.difference.se == near(plain.difference.se)
    assert weigh(found, stabilised=True).values.mean() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("caliper", "key"), [(None, "pairs"), (0.2, "caliper_pairs")])
def test_the_pairs_of_matchit(caliper, key):
    data, expected, columns, names = workers()
    found = propensity(data["treat"], columns, names)
    matching = match_on_propensity(found, caliper=caliper)
    assert match(data["treat"], expected["linear"], caliper=caliper).pairs.tolist() == matching.pairs.tolist()
    # The same partners but for partners with the same score, of whom the one in the earlier row is taken here.
    line = np.array(expected["linear"])
    assert line[matching.pairs].tolist() == line[np.array(expected[key])].tolist()
    assert matching.pairs[:, 0].tolist() == [row for row, _ in expected[key]]
    assert len(matching.pairs) + len(matching.unmatched) == sum(data["treat"])
    if caliper:
        rows = balance(data["treat"], columns, names, matching.weights)
        assert max(abs(one.after) for one in rows) < max(abs(one.before) for one in rows)


def test_weights_even_the_groups_out():
    data, _, columns, names = workers()
    found = propensity(data["treat"], columns, names)
    rows = balance(data["treat"], columns, names, weigh(found, estimand="treated").values)
    assert max(abs(one.before) for one in rows) > 1.5
    assert max(abs(one.after) for one in rows) < 0.15


def test_truncation_is_told():
    data, _, columns, names = workers()
    found = propensity(data["treat"], columns, names)
    cut = weigh(found, truncate=(0.01, 0.99))
    assert cut.truncated == 14
    assert cut.values.max() == cut.bounds[1]
    assert not compare(data["re78"], found, cut).weights_estimated


def test_groups_that_do_not_overlap():
    with pytest.raises(ValueError, match="do not overlap"):
        propensity([0, 0, 1, 1], [[1.0], [2], [3], [4]], ["x"])
    with pytest.raises(ValueError, match="separation"):
        logistic([0, 0, 0, 1], [[1.0, 1], [1, 2], [1, 2], [1, 4]], ["one", "x"])


def test_published_e_values():
    """VanderWeele & Ding 2017: risk ratio 3.9 (1.8 to 8.7) gives 7.26 and 3.0; protective 0.80 (0.71 to 0.91) gives
    1.81 and 1.43."""
    found = evalue.of_risk_ratio(3.9, 1.8, 8.7)
    assert (round(found.estimate, 2), round(found.limit, 2)) == (7.26, 3.0)
    found = evalue.of_risk_ratio(0.80, 0.71, 0.91)
    assert (round(found.estimate, 2), round(found.limit, 2)) == (1.81, 1.43)
    assert evalue.of_risk_ratio(1.2, 0.9, 1.6).limit == 1
    assert evalue.of_risk_ratio(1).estimate == 1
    assert evalue.of_odds_ratio(4, rare=False).estimate == evalue.of_risk_ratio(2).estimate
    assert evalue.of_standardised_difference(0.5, 0.1).limit == near(
        evalue.of_risk_ratio(np.exp(0.455 - 0.178)).estimate
    )
    assert evalue.of_hazard_ratio(1, rare=False).estimate == 1


@pytest.mark.parametrize("users", ["No", "Yes"])
def test_crossover(users):
    data, expected = case("O06")
    rows = [k for k, value in enumerate(data["on_antiretrovirals"]) if value == users]
    found = crossover(*([data[name][k] for k in rows] for name in ("fall", "participant", "period", "treatment")))
    theirs = expected[users]
    assert list(found.sequences) == theirs["n"]
    assert [found.means, found.sds] == [near(tuple(theirs["mean"])), near(tuple(theirs["sd"]))]
    for name in ("treatment", "period", "carry_over", "paired"):
        one = getattr(found, name)
        assert [one.estimate, one.se, one.p, one.low, one.high] == near(theirs[name])


def test_the_published_figures_of_the_crossover_trial():
    """Dinat 2015, recomputed from the open file: fall of worst pain in six weeks, 61 people who completed in each
    group."""
    rows = list(
        csv.DictReader((ROOT / "examples/studies/data/amitriptyline-neuropathy-crossover.csv").read_text().splitlines())
    )
    pain = {(r["participant"], r["period"], r["week_in_period"]): float(r["worst_pain_nrs_0_10"]) for r in rows}
    about = {(r["participant"], r["period"]): r for r in rows if r["completed_all_visits"] == "yes"}
    expected = {"No": ((2.770, 3.283), (2.803, 3.487), 0.96), "Yes": ((2.689, 3.384), (2.049, 2.807), 0.26)}
    zeros = 0
    for users, (treated, placebo, p) in expected.items():
        keys = [key for key, row in about.items() if row["on_antiretrovirals"] == users]
        before, after = ([pain[*key, week] for key in keys] for week in ("0", "6"))
        found = crossover(
            np.subtract(before, after), *zip(*keys, strict=True), [about[key]["treatment"] for key in keys]
        )
        assert sum(found.sequences) == 61
        assert tuple(np.round([found.means, found.sds], 3).T.ravel()) == (*treated, *placebo)
        assert round(found.paired.p, 2) == p
        change = percent_change(before, after)
        assert change.undefined == sum(value == 0 for value in before)
        assert np.isnan(change.percent).sum() == change.undefined
        zeros += change.undefined
    assert zeros > 0


def test_calibration():
    data, expected = case("K01")
    found = calibration(data["p"], data["y"])
    ours = {
        "brier": found.brier,
        "brier_scaled": found.brier_scaled,
        "logloss": found.log_loss,
        "citl": found.in_the_large.estimate,
        "citl_se": found.in_the_large.se,
        "intercept": found.intercept.estimate,
        "slope": found.slope.estimate,
        "slope_se": found.slope.se,
        "eo": found.expected_to_observed,
        "auc": found.discrimination.auc,
        "spiegelhalter_z": found.spiegelhalter,
        "hl": found.hosmer_lemeshow,
        "hl_p_df8": found.hosmer_lemeshow_p,
        "ece10": found.grouped_error,
    }
    assert ours == near({name: expected[name] for name in ours})
    assert [found.discrimination.low, found.discrimination.high] == near(expected["auc_ci"])


def test_distance_from_the_smoothed_truth():
    data, expected = case("K01")
    found = smoothed(data["p"], data["y"])
    assert found.mean == near(expected["ici"], 1e-4)
    assert found.median == near(expected["e50"], 5e-3)
    assert found.ninth == near(expected["e90"], 1e-5)
    assert found.greatest == near(expected["emax"], 1e-6)


def test_pairs_are_compared_within():
    matching = match([1, 0, 1, 0], [1.0, 1.1, 3, 2.9], caliper=None)
    assert matching.pairs.tolist() == [[0, 1], [2, 3]]
    assert compare_pairs([3, 1, 5, 2], matching).estimate == 2.5
    assert effective([2, 2, 2]) == 3
