"""Statistics of outcome studies, held against R: the reference cases of ``validation/reference``."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from postlude.outcomes.statistics import differences, missing, responders
from postlude.outcomes.statistics.contingency import chi_square, cramers_v, trend
from postlude.outcomes.statistics.exact_tables import fisher_exact
from postlude.outcomes.statistics.means import cohen_d, d_z, group, hedges_g, mean_change, two_means
from postlude.outcomes.statistics.multiplicity import adjust
from postlude.outcomes.statistics.paired_shares import cochran_q, kappa, mcnemar
from postlude.outcomes.statistics.proportions import share
from postlude.outcomes.statistics.rank_sums import rank_sum
from postlude.outcomes.statistics.several_ranks import (
    dunn,
    friedman,
    kruskal_wallis,
    pairwise_rank_sums,
    pairwise_signed_ranks,
)
from postlude.outcomes.statistics.signed_ranks import signed_rank

REFERENCE = Path(__file__).parents[2] / "validation" / "reference"


def case(number):
    found = json.loads(next(REFERENCE.glob(f"{number}_*.json")).read_text())
    return found["input"], found["expected"]


def numbers(values):
    """R's vector: one number may stand bare, and what is no number is a word or null."""
    words = {None: math.nan, "NA": math.nan, "Inf": math.inf, "-Inf": -math.inf}
    listed = values if isinstance(values, list) else [values]
    return [words[one] if one is None or isinstance(one, str) else float(one) for one in listed]


def same(found, expected, rel=1e-6, abs_=1e-9):
    np.testing.assert_allclose(np.ravel(found), numbers(expected), rtol=rel, atol=abs_)


def limits(estimate):
    return [estimate.low, estimate.high]


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_one_share(level):
    _, expected = case("E01")
    for row in expected[f"level_{level}"]:
        for ours, theirs in [
            ("wilson", "wilson"),
            ("clopper-pearson", "clopper_pearson"),
            ("jeffreys", "jeffreys"),
            ("agresti-coull", "agresti_coull"),
            ("wald", "wald"),
        ]:
            found = share(row["x"], row["n"], method=ours, level=level)
            assert found.estimate == row["x"] / row["n"]
            same(limits(found), row[theirs])
        corrected = limits(share(row["x"], row["n"], method="wilson-corrected", level=level))
        if (
            2 * row["x"] == row["n"]
        ):  # R drops its correction where the share is the null hypothesis of its test, one half
            assert corrected[0] < row["wilson_cc"][0]
            assert corrected[1] > row["wilson_cc"][1]
        else:
            same(corrected, row["wilson_cc"])


def test_two_shares():
    _, expected = case("E02")
    for row in expected:
        counts = (row["x1"], row["n1"], row["x2"], row["n2"])
        same(differences.risk_difference(*counts)[:3], row["newcombe"])
        # epiR looks for these limits by halving steps until they are narrower than 1e-7.
        same(differences.risk_difference(*counts, method="score")[:3], row["score"], 1e-6, 2e-7)
        same(limits(differences.risk_difference(*counts, method="wald")), row["wald"])
        same(limits(differences.risk_difference(*counts, method="wald-corrected")), row["wald_cc"])


def test_the_figures_that_newcombe_printed():
    """1998, Stat Med 17:873, method 10."""
    printed = {(56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090), (5, 56, 0, 29): (-0.0381, 0.1926)}
    for counts, expected in printed.items():
        assert limits(differences.risk_difference(*counts)) == pytest.approx(expected, abs=5.1e-5)


def test_ratios_of_two_shares():
    given, expected = case("E21")
    for i, row in enumerate(expected):
        counts = tuple(given[name][i] for name in ("x1", "n1", "x2", "n2"))
        x1, n1, x2, n2 = counts
        same(fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]), row["fisher_p"])
        same(differences.odds_ratio(*counts)[:3], row["odds_tight"])
        same(differences.odds_ratio(*counts)[:3], row["odds"], 1e-2)
        same(differences.risk_difference(*counts, method="newcombe-corrected")[:3], row["newcombe_corrected"])
        if "katz" in row:
            same(differences.risk_ratio(*counts, method="katz")[:3], row["katz"])
            same(differences.odds_ratio(*counts, method="woolf")[:3], row["woolf"])


def test_tables():
    given, expected = case("E04")
    for name, told in given["tabs"].items():
        table = np.array(told["v"]).reshape(told["r"], -1)
        row = expected[name]
        found, corrected = chi_square(table), chi_square(table, corrected=True)
        same([found.statistic, found.df, found.p], [row["chi2"], row["df"], row["p"]])
        same([corrected.statistic, corrected.p], [row["chi2_yates"], row["p_yates"]])
        assert corrected.corrected == (table.shape == (2, 2))
        same(found.expected, row["expected"])
        same(found.residuals, row["residuals"])
        same(found.standardised, row["stdres"])
        same([found.likelihood_ratio, found.likelihood_ratio_p], [row["G"], row["G_p"]])
        same([found.least_expected, cramers_v(table).estimate], [row["min_expected"], row["cramer_v"]])
        same(fisher_exact(table), row["fisher_p"])


def test_larger_tables_and_trends():
    given, expected = case("E22")
    for told, row in zip(given["tables"], expected["tables"], strict=True):
        table = np.array(told["v"]).reshape(told["r"], -1)
        same(fisher_exact(table), row["fisher_p"])
        same(cramers_v(table)[:3], row["v"])
    for scores, name in ((None, "default"), (given["s"], "scored")):
        found = trend(given["x"], given["n"], scores).tested
        same([found.statistic, found.p], expected["trend"][name])


def test_the_same_people_twice_or_more():
    given, expected = case("E05")
    table = np.array(given["v"]).reshape(2, 2)
    found = mcnemar(table)
    for ours, theirs in ((found.uncorrected, "mcnemar"), (found.corrected, "mcnemar_cc")):
        same([ours.statistic, ours.p], [expected[theirs]["chi2"], expected[theirs]["p"]])
    same(found.exact_p, expected["exact_p"])
    same(kappa(table).estimate, expected["kappa"])
    q = cochran_q(np.array(list(given["dat"].values())).T)
    same([q.statistic, q.df, q.p], [expected["cochran_q"][name] for name in ("Q", "df", "p")])


def test_a_paired_difference_that_newcombe_printed():
    """1998, Stat Med 17:2635: 36, 12, 2, 0 by method 10."""
    assert limits(mcnemar([[36, 12], [2, 0]]).difference) == pytest.approx((0.0569, 0.3404), abs=5.1e-5)


def test_several_groups():
    given, expected = case("F01")
    ozone, month = np.array(given["dat"]["Ozone"]), np.array(given["dat"]["Month"])
    groups = [ozone[month == number] for number in range(5, 10)]
    found = kruskal_wallis(groups)
    same(
        [*found.tested, found.epsilon_squared, found.eta_squared],
        [expected[n] for n in ("H", "df", "p", "epsilon2", "eta2")],
    )
    pairs = dunn(groups)
    assert [f"{pair.first + 5}-{pair.second + 5}" for pair in pairs] == expected["dunn"]["pairs"]
    for ours, theirs in (("z", "z"), ("p", "p"), ("adjusted", "p_holm")):
        same([getattr(pair, ours) for pair in pairs], expected["dunn"][theirs])
    for pair in pairwise_rank_sums(groups):
        same(pair.adjusted, expected["pairwise_holm"][pair.second - 1][pair.first])


def test_several_times():
    given, expected = case("F02")
    table = np.array(list(given["dat"].values())).T
    found = friedman(table)
    same([*found.tested, found.kendall_w], [expected[name] for name in ("chi2", "df", "p", "kendall_w")])
    same([found.iman_davenport.statistic, found.iman_davenport.p], [expected["F"], expected["F_p"]])
    same(found.rank_sums, expected["rank_sums"])
    pairs = pairwise_signed_ranks(table)
    same([pair.p for pair in pairs], expected["posthoc_p"])
    same([pair.adjusted for pair in pairs], expected["posthoc_holm"])


def test_two_groups_without_ties():
    given, expected = case("F03")
    x, y = given["x"], given["y"]
    exact = rank_sum(x, y)
    assert exact.method == "exact"
    same(
        [exact.u, exact.p, exact.p_greater, exact.p_less],
        [expected[n] for n in ("W", "p_exact_R", "p_greater", "p_less")],
    )
    same(exact.p, expected["p_exact_permutation"])
    same(exact.shift[:3], [expected["HL"], *expected["HL_ci"]])
    same([exact.greater.estimate, exact.rank_biserial.estimate], [expected["auc"], expected["cliff_delta"]])
    plain = rank_sum(x, y, method="asymptotic", corrected=False)
    same([plain.p, plain.z], [expected["p_asym"], expected["z"]])
    same(rank_sum(x, y, method="asymptotic").p, expected["p_asym_cc"])


@pytest.mark.parametrize("names", ["xy", "ab", "yx"])
def test_two_groups_with_ties(names):
    given, expected = case("F21")
    x, y = (given[name] for name in names)
    row = expected[names]
    exact, corrected = rank_sum(x, y), rank_sum(x, y, method="asymptotic")
    same([exact.u, exact.p, exact.p_greater, exact.p_less], [row[name] for name in ("W", "exact", "greater", "less")])
    same(exact.p_greater, row["exactRankTests_greater"])
    same([corrected.p, corrected.p_greater, corrected.p_less], [row[n] for n in ("p_cc", "greater_cc", "less_cc")])
    same(rank_sum(x, y, method="asymptotic", corrected=False).p, row["p"])
    same(limits(corrected.shift), row["limits"])
    assert exact.shift == corrected.shift  # with ties limits are those of the asymptotic test


@pytest.mark.parametrize("name", ["d", "e", "g", "d_moving"])
def test_signed_ranks_with_ties_and_zeros(name):
    given, expected = case("F21")
    row = expected[name]
    d = [one for one in given["d"] if one] if name == "d_moving" else given[name]
    for zeros, theirs in (("drop", "Wilcoxon"), ("pratt", "Pratt")):
        exact = signed_rank(d, zeros=zeros)
        assert exact.method == "exact"
        same([exact.p, exact.p_greater, exact.p_less], [row[theirs][side] for side in ("exact", "greater", "less")])
        normal = signed_rank(d, zeros=zeros, method="asymptotic", corrected=False)
        same(normal.p, row[theirs]["asymptotic"])
    corrected = signed_rank(d, method="asymptotic")
    same([corrected.v, corrected.p], [row["V"], row["p_cc"]])
    same(signed_rank(d, method="asymptotic", corrected=False).p, row["p"])
    if "limits" in row:
        same(limits(corrected.shift), row["limits"])
    if "exact_R" in row:
        same([signed_rank(d).p, *signed_rank(d).shift[:3]], [row["exact_R"], row["HL"], *row["HL_limits"]])


def test_means():
    given, expected = case("M21")
    for told, row in zip(given["sets"], expected, strict=True):
        x, y = group(told["x"]), group(told["y"])
        changes = group(np.subtract(told["x"], told["y"]))
        for found, theirs in (
            (two_means(x, y, equal_spread=True), "student"),
            (two_means(x, y), "welch"),
            (mean_change(changes), "paired"),
        ):
            same([*found.tested, *limits(found.difference)], row[theirs])
        same(cohen_d(x, y)[:3], [row["d"], *row["d_limits"]])
        same(d_z(changes)[:3], [row["dz"], *row["dz_limits"]])
        same(hedges_g(x, y).estimate, row["g"])


def test_several_tests():
    given, expected = case("M22")
    names = {"BH": "benjamini-hochberg", "BY": "benjamini-yekutieli"}
    for told, rows in zip(given["sets"], expected, strict=True):
        for theirs, adjusted in rows.items():
            same(adjust(numbers(told), names.get(theirs, theirs)), adjusted)


def arms():
    given, _ = case("I02")
    dat = given["dat"]
    values = {name: np.array(numbers(dat[name])) for name in ("base", "fu")}
    for name in ("a", "b"):
        here = np.array([one == name for one in dat["arm"]])
        yield name, values["base"][here], values["fu"][here]


def test_the_cumulative_responder_curve():
    _, expected = case("I02")
    percents = []
    for name, before, after in arms():
        curve = responders.cumulative(before, after)
        same(curve.median, expected[name]["median"])
        assert len(curve.points) == 11
        for point, complete, everybody in zip(
            curve.points, expected[name]["complete"], expected[name]["nri"], strict=True
        ):
            assert (point.threshold, point.responders) == (complete["threshold"], complete["x"])
            assert (curve.told, curve.n) == (complete["n"], everybody["n"])
            for ours, theirs in ((point.complete, complete), (point.missing_as_failure, everybody)):
                same(ours[:3], [theirs["prop"], theirs["lo"], theirs["hi"]])
        percents.append(responders.relief(before, after))
    same(responders.largest_gap(*percents), expected["ks_D"])
    known = [part[~np.isnan(part)] for part in percents]
    same(rank_sum(*known, method="asymptotic").p, expected["mwu_p"])


def test_missing_answers():
    _, expected = case("I03")
    groups = []
    for (name, before, after), row in zip(arms(), expected["arms"], strict=True):
        known = responders.told(before, after)
        found = missing.arm(len(before), int(known.sum()), int(responders.reaches(before, after, 50).sum()))
        assert (name, found.n, found.missing) == (row["arm"], row["n"], row["missing"])
        bounds = missing.bounds(found)
        shares = [bounds.complete.estimate, bounds.missing_as_failure.estimate, bounds.best.estimate]
        same(shares, [row[rule] for rule in ("complete", "nri", "best")])
        groups.append(found)
    grid = missing.tipping(*groups)
    assert grid.p.shape == (5, 11)
    same(grid.p[:, 0], expected["tip_p_a_missing_as_responder"])
