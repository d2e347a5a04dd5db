"""What a problem comes to, held against metafor: the reference cases of ``validation/reference``."""

import json
from pathlib import Path

import numpy as np
import pytest

from postlude.evidence.pooling import conversions, measures
from postlude.evidence.pooling.answer import answer
from postlude.evidence.pooling.conversions import Group
from postlude.evidence.pooling.inverse_variance import fit
from postlude.evidence.pooling.problem import understand

REFERENCE = Path(__file__).parents[2] / "validation" / "reference"
TAU2 = {"REML": "reml", "DL": "dl", "PM": "pm", "EE": "fixed"}


def case(number):
    found = json.loads(next(REFERENCE.glob(f"{number}_*.json")).read_text())
    return found["input"].get("dat", found["input"]), found["expected"]


def near(value, rel=1e-6):
    return pytest.approx(value, rel=rel, abs=1e-8)


def same(found, expected, rel=1e-6):
    """Hold every number of an answer against what metafor's ``rma`` and ``predict`` give."""
    assert found.k == expected["k"]
    names = {"b": "estimate", "se": "se", "ci_lb": "low", "ci_ub": "high", "p": "p", "names": "name"}
    for theirs, ours in names.items():
        values = [getattr(coefficient, ours) for coefficient in found.coefficients]
        assert values == (expected[theirs] if theirs == "names" else near(expected[theirs], rel))
    for theirs, ours in {"tau2": "tau2", "I2": "i2", "H2": "h2", "QE": "q", "QE_p": "q_p"}.items():
        assert getattr(found, ours) == near(expected[theirs], rel)
    for theirs, ours in {"pi_lb": "low", "pi_ub": "high"}.items():
        value = expected.get(theirs)
        assert getattr(found.prediction, ours) == (None if value is None else near(value, rel))
    if "back" in expected:
        back = {
            "pred": "estimate",
            "ci_lb": "low",
            "ci_ub": "high",
            "pi_lb": "prediction_low",
            "pi_ub": "prediction_high",
        }
        for theirs, ours in back.items():
            assert getattr(found.back, ours) == near(expected["back"][theirs], rel)


def arms(data, moderator=None):
    rows = [{"events": x, "n": n} for x, n in zip(data["xi"], data["ni"], strict=True)]
    if moderator:
        rows = [{**row, moderator: value} for row, value in zip(rows, data[moderator], strict=True)]
    return rows


def trials(data, moderator=None):
    keys = ("tpos", "tneg", "cpos", "cneg")
    rows = [
        {"events1": a, "n1": a + b, "events2": c, "n2": c + d}
        for a, b, c, d in zip(*(data[key] for key in keys), strict=True)
    ]
    if moderator:
        rows = [{**row, moderator: value} for row, value in zip(rows, data[moderator], strict=True)]
    return rows


def solve(measure, rows, model="inverse-variance", **more):
    return answer(understand({"measure": measure, "model": model, "rows": rows, **more}, "problem"))


@pytest.mark.parametrize(
    ("number", "more"),
    [("A01", {}), ("A02", {"tau2": "dl"}), ("A04", {"interval": "hartung-knapp"})],
)
def test_logit_proportions(number, more):
    data, expected = case(number)
    found = solve("proportion", arms(data), **more)
    same(found, expected)
    which = "REML" if "tau2" not in more else "ML"
    assert found.log_likelihood == near(expected["logLik"][which])


def test_limits_of_tau2_by_q_profile():
    data, expected = case("A06")
    found = solve("proportion", arms(data))
    assert found.tau2_low == near(expected["QP"]["tau2"]["ci.lb"])
    assert found.tau2_high == near(expected["QP"]["tau2"]["ci.ub"])


def test_a_categorical_moderator():
    data, expected = case("A10")
    found = solve("proportion", arms(data, "objectivity"), interval="hartung-knapp", moderators=["objectivity"])
    same(found, expected)
    assert found.log_likelihood == near(expected["logLik"]["REML"])
    assert found.back is None


def test_prediction_intervals():
    data, expected = case("A13")
    for key, interval in (("z", "wald"), ("hk", "hartung-knapp")):
        found = solve("proportion", arms(data), interval=interval).prediction
        assert (found.low, found.high) == near((expected[key]["pi_lb"], expected[key]["pi_ub"]))


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize(
    ("key", "more"),
    [("REML_z", {}), ("DL_z", {"tau2": "dl"}), ("REML_hksj", {"interval": "hartung-knapp"})],
)
def test_few_studies(k, key, more):
    data, expected = case("A14")
    same(solve("proportion", arms(data)[:k], **more), expected[f"k{k}"][key])


def test_arms_without_events_and_with_events_only():
    data, expected = case("A15")
    same(solve("proportion", arms(data)), expected["plo"])


@pytest.mark.parametrize(
    ("name", "function", "add"),
    [
        ("OR", measures.log_odds_ratio, 0.5),
        ("RR", measures.log_risk_ratio, 0.5),
        ("RD", measures.risk_difference, 0.5),
        ("PETO", measures.peto_log_odds_ratio, 0.0),
    ],
)
def test_effects_of_two_groups(name, function, add):
    data, expected = case("B01")
    a, b, c, d = (np.array(data[key]) for key in ("tpos", "tneg", "cpos", "cneg"))
    found = function(measures.cells(a, a + b, c, c + d, add=add))
    np.testing.assert_allclose(found.y, expected[name]["yi"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.v, expected[name]["vi"], rtol=1e-10)


@pytest.mark.parametrize("method", ["DL", "REML", "PM"])
@pytest.mark.parametrize(("test", "interval"), [("z", "wald"), ("knha", "hartung-knapp")])
def test_log_odds_ratios(method, test, interval):
    data, expected = case("B05")
    found = solve("odds-ratio", trials(data), tau2=TAU2[method], interval=interval)
    same(found, expected[f"{method}_{test}"])
    assert found.back.estimate == near(np.exp(expected[f"{method}_{test}"]["b"][0]))


def test_a_moderator_of_numbers():
    data, expected = case("B07")
    same(solve("risk-ratio", trials(data, "ablat"), moderators=["ablat"]), expected)


@pytest.mark.parametrize(
    ("key", "more"),
    [("REML", {}), ("DL", {"tau2": "dl"}), ("HKSJ", {"interval": "hartung-knapp"}), ("EE", {"tau2": "fixed"})],
)
def test_mean_differences(key, more):
    data, expected = case("C01")
    theirs = {"mean1": "m1i", "sd1": "sd1i", "n1": "n1i", "mean2": "m2i", "sd2": "sd2i", "n2": "n2i"}
    rows = [{ours: data[name][i] for ours, name in theirs.items()} for i in range(len(data["n1i"]))]
    same(solve("mean-difference", rows, **more), expected[key])


@pytest.mark.parametrize("name", ["MC", "SMCC", "SMCR"])
def test_changes_of_single_arms(name):
    data, expected = case("C03")
    n, base, base_sd, mean, sd, r = (np.array(data[key]) for key in ("ni", "base", "base_sd", "mean", "sd", "ri"))
    if name == "MC":
        found = measures.mean_change(mean, sd, base, base_sd, n, r)
    elif name == "SMCC":
        found = measures.standardised_change(mean, sd, base, base_sd, n, r)
    else:
        found = measures.change_in_raw_sds(mean, base_sd, base, n, r)
    np.testing.assert_allclose(found.y, expected[name]["yi"], rtol=1e-10)
    np.testing.assert_allclose(found.v, expected[name]["vi"], rtol=1e-10)
    rows = [{"yi": y, "vi": v} for y, v in zip(found.y, found.v, strict=True)]
    same(solve("generic", rows), expected[name]["fit"])


def test_means_and_sds_from_what_is_printed():
    d, expected = case("C05")
    assert conversions.sd_from_se(d["se"], d["n"]) == near(expected["from_se"])
    assert conversions.sd_from_interval(d["lb"], d["ub"], d["n"]) == near(expected["from_ci"])
    found = {
        "S1": conversions.from_range(d["a"], d["m"], d["b"], d["n"]),
        "S2": conversions.from_five(d["a"], d["q1"], d["m"], d["q3"], d["b"], d["n"]),
        "S3": conversions.from_quartiles(d["q1"], d["m"], d["q3"], d["n"]),
    }
    for key, centre in found.items():
        assert centre.sd == near(expected["wan"][key]["sd"])
        assert centre.mean == near(expected["luo_mean"][key])
    assert measures.change_sd(d["sb"], d["sf"], d["r"]) == near(expected["change_sd"])


def test_merging_groups():
    d, expected = case("C06")
    one = conversions.merged(Group(d["n1"], d["m1"], d["s1"]), Group(d["n2"], d["m2"], d["s2"]))
    assert one == near((expected["n"], expected["mean"], expected["sd"]))
    assert measures.pooled_sd(d["s1"], d["n1"], d["s2"], d["n2"]) == near(expected["pooled_sd"])


# Written down from metafor 3.8-1, where no reference case holds them.


def test_measures_with_empty_and_full_cells():
    events, n = np.array([3, 0, 5]), np.array([10, 9, 5])
    for function, y, v in [
        (measures.proportion, [0.3, 0.05, 0.916666666667], [0.021, 0.00475, 0.0127314814815]),
        (measures.log_proportion, [-1.2039728043, -2.9957322736, -0.0870113770], [0.2333333333, 1.9, 0.0151515152]),
        (
            measures.logit_proportion,
            [-0.8472978604, -2.9444389792, 2.3978952728],
            [0.4761904762, 2.1052631579, 2.1818181818],
        ),
        (
            measures.freeman_tukey,
            [0.5983760464, 0.1608752772, 1.3605291592],
            [0.0238095238, 0.0263157895, 0.0454545455],
        ),
    ]:
        np.testing.assert_allclose(function(events, n).y, y, rtol=1e-8)
        np.testing.assert_allclose(function(events, n).v, v, rtol=1e-8)
    table = measures.cells(np.array([0, 5, 0]), np.array([10, 5, 10]), np.array([4, 3, 0]), np.array([12, 8, 12]))
    np.testing.assert_allclose(measures.log_odds_ratio(table).y, [-2.408533671003, 2.849880396541, 0.174353387145])
    np.testing.assert_allclose(measures.log_risk_ratio(table).v, [2.0543900543901, 0.1897546897547, 3.8321678321678])
    np.testing.assert_allclose(measures.risk_difference(table).y, [-0.3006993007, 0.52777777778, 0.00699300699])


def test_hedges_g():
    one, other = np.array([10, 2]), np.array([12, 2])
    found = measures.standardised_mean_difference(
        np.array([3, 4]), np.array([1, 2]), one, np.array([2, 5]), np.array([1.5, 1]), other
    )
    np.testing.assert_allclose(found.y, [0.740505247334, -0.356824823231], rtol=1e-11)
    np.testing.assert_allclose(found.v, [0.195795788364, 1.015915494309], rtol=1e-11)


def test_freeman_tukey_and_back():
    rows = [{"events": x, "n": n} for x, n in ((3, 10), (0, 9), (5, 5), (11, 30))]
    back = solve("proportion", rows, scale="freeman-tukey").back
    assert (back.estimate, back.low, back.high) == near((0.3836898526, 0.0109137338, 0.8588229133))
    assert (back.prediction_low, back.prediction_high) == (0, 1)
    harmonic = 4 / (1 / 10 + 1 / 9 + 1 / 5 + 1 / 30)
    assert measures.from_freeman_tukey(1.4, harmonic) == near(0.9995893, rel=1e-7)


def test_peto_leaves_out_studies_that_say_nothing():
    table = zip([3, 0, 5, 5, 10, 0, 10, 10], [10, 10, 5, 5, 10, 10, 10, 10], [2, 4, 3, 5, 10, 0, 3, 0], strict=True)
    rows = [{"events1": a, "n1": n1, "events2": c, "n2": 8 if n1 == 5 else 12} for a, n1, c in table]
    found = solve("odds-ratio", rows, model="peto")
    assert found.k == 7
    (effect,) = found.coefficients
    assert (effect.estimate, effect.se) == pytest.approx((1.9126, 0.3921), abs=5e-5)
    assert (found.q, found.i2, found.h2) == near((22.4254, 73.24465, 3.73757), rel=2e-6)


def test_one_study():
    found = fit(np.array([0.3]), np.array([0.1]))
    assert (found.beta[0], found.se[0]) == near((0.3, np.sqrt(0.1)))
    assert (found.tau2, found.i2, found.h2, found.q, found.q_p) == (0, 0, 1, 0, 1)
    assert found.log_likelihood == pytest.approx(0, abs=1e-15)
    assert np.isnan([found.tau2_low, found.tau2_high, found.prediction_low, found.prediction_high]).all()
    knapp = fit(np.array([0.3]), np.array([0.1]), interval="hartung-knapp")
    assert np.isnan([knapp.se, knapp.low, knapp.high, knapp.p]).all()


def test_the_interval_of_tau2_may_be_empty():
    found = fit(np.array([0.3, 0.31, 0.29]), np.array([0.1, 0.2, 0.3]))
    assert (found.tau2, found.tau2_low, found.tau2_high) == (0, 0, 0)
