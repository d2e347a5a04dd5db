"""Dependent results: levels, networks, shared comparators, robust errors; held against metafor and clubSandwich."""

import json
from pathlib import Path

import numpy as np
import pytest

from postlude.evidence.pooling import inverse_variance
from postlude.evidence.pooling.multilevel import (
    fit,
    network,
    p_scores,
    shared_comparator_covariance,
    shared_smd,
    three_level,
    together,
)
from postlude.evidence.pooling.robust import robust

REFERENCE = Path(__file__).parents[2] / "validation" / "reference"


def case(number):
    found = json.loads(next(REFERENCE.glob(f"{number}_*.json")).read_text())
    return {name: np.array(column) for name, column in found["input"]["dat"].items()}, found["expected"]


def near(value, rel=1e-6):
    return pytest.approx(value, rel=rel, abs=1e-9)


@pytest.fixture
def schools():
    return case("D01")


@pytest.fixture
def since_2000(schools):
    return np.stack([np.ones(56), schools[0]["year"] - 2000], axis=-1)


def test_three_levels(schools):
    data, expected = schools
    found = three_level(data["yi"], data["vi"], data["district"])
    for theirs, ours in {"b": "beta", "se": "se", "p": "p", "sigma2": "variance"}.items():
        assert getattr(found, ours) == near(expected[theirs])
    assert (found.q, found.q_p, found.df) == (near(expected["QE"]), near(expected["QE_p"]), 55)
    assert found.log_likelihood == near(expected["logLik_REML"])
    assert [found.prediction_low, found.prediction_high] == near(expected["pi"])


def test_three_levels_by_maximum_likelihood(schools):
    # rma.mv(yi, vi, random=~1|district/school, method="ML"), metafor 3.8-1.
    data, _ = schools
    found = three_level(data["yi"], data["vi"], data["district"], method="ml")
    assert found.beta == near([0.18445538453178])
    assert found.variance == near([0.0577383633475766, 0.032864790234231])
    assert found.log_likelihood == near(-8.39493557126298)


def test_three_levels_with_a_moderator(schools, since_2000):
    # rma.mv(yi, vi, mods=~I(year-2000), random=~1|district/school).
    data, _ = schools
    found = three_level(data["yi"], data["vi"], data["district"], since_2000)
    assert found.beta == near([0.233836679321475, 0.00531181833206767])
    assert found.se == near([0.123985730790119, 0.00943579423978981])
    assert found.variance == near([0.0722655968981972, 0.0326501936565913])
    assert (found.q, found.log_likelihood) == (near(550.25967549541), near(-7.24046677679105))
    assert np.isnan(found.prediction_low)


def test_one_component_is_the_random_effects_model(schools):
    data, _ = schools
    found = fit(data["yi"], np.diag(data["vi"]), [np.eye(56)])
    plain = inverse_variance.fit(data["yi"], data["vi"])
    assert found.variance == near([float(plain.tau2)])
    assert (found.beta, found.se) == (near(plain.beta), near(plain.se))
    assert (found.prediction_low, found.q) == (near(float(plain.prediction_low)), near(float(plain.q)))


def test_nothing_varies_where_results_agree():
    found = three_level([0.1, 0.11, 0.1, 0.09], [0.2, 0.2, 0.3, 0.2], ["a", "a", "b", "b"])
    assert found.variance.tolist() == [0, 0]
    assert found.se == near([np.sqrt(1 / (1 / 0.2 * 3 + 1 / 0.3))])


def test_the_order_of_results_does_not_matter(schools):
    data, _ = schools
    mixed = np.random.default_rng(3).permutation(56)
    one = three_level(data["yi"], data["vi"], data["district"])
    other = three_level(data["yi"][mixed], data["vi"][mixed], data["district"][mixed])
    assert (one.beta, one.se, one.variance) == (near(other.beta), near(other.se), near(other.variance))


def test_components_that_cannot_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="no trial has more than one result"):
        three_level([0.1, 0.3, 0.2], [0.1, 0.1, 0.2], ["a", "b", "c"])
    with pytest.raises(ValueError, match="follows from the others"):
        three_level([0.1, 0.3, 0.2], [0.1, 0.1, 0.2], ["a", "a", "c"], np.ones((3, 2)))
    with pytest.raises(ValueError, match="positive definite"):
        fit([0.1, 0.3], np.array([[0.1, 0.2], [0.2, 0.1]]), [np.eye(2)])


# -- networks --------------------------------------------------------------------------------------------------------


@pytest.fixture
def glucose():
    data, expected = case("D05")
    arms = data["mi"], data["sdi"] ** 2 / data["ni"], data["study"], data["treatment"].tolist()
    return arms, expected


def test_a_network_with_common_effects(glucose):
    arms, expected = glucose
    found, theirs = network(*arms, "placebo", random=False), expected["common"]
    assert found.treatments == theirs["treatment"]
    assert (found.estimate, found.se) == (near(theirs["est"]), near(theirs["se"]))
    assert (found.q, found.q_p, found.df, found.tau2) == (near(theirs["QE"]), near(theirs["QE_p"]), theirs["QE_df"], 0)


def test_a_network_with_random_effects(glucose):
    arms, expected = glucose
    found, theirs = network(*arms, "placebo"), expected["random"]
    assert found.estimate == near(theirs["est"])
    assert found.se == near(theirs["se"])
    assert found.tau2 == near(theirs["tau2"])
    scores = p_scores(found, "placebo", smaller_is_better=True)
    assert scores == {name: near(score) for name, score in expected["p_score"].items()}


def test_another_reference_shifts_the_network(glucose):
    arms, _ = glucose
    one, other = network(*arms, "placebo"), network(*arms, "metformin")
    by_name = dict(zip(one.treatments, one.estimate, strict=True))
    shifted = dict(zip(other.treatments, other.estimate, strict=True))
    assert shifted["placebo"] == near(-by_name["metformin"])
    assert shifted["acarbose"] == near(by_name["acarbose"] - by_name["metformin"])


def test_a_network_in_two_pieces_is_refused():
    with pytest.raises(ValueError, match="follows from the others"):
        network(np.arange(4.0), np.ones(4), ["a", "a", "b", "b"], ["x", "y", "v", "w"], "x")
    with pytest.raises(ValueError, match="no treatment of the network"):
        network(np.arange(2.0), np.ones(2), ["a", "a"], ["x", "y"], "z")


# -- shared comparators ----------------------------------------------------------------------------------------------


def test_log_odds_ratios_that_share_an_arm():
    random = np.random.default_rng(11)
    n, draws = np.array([400, 500, 600]), 400_000
    counts = random.binomial(n, [0.3, 0.4, 0.25], (draws, 3))
    logits = np.log(counts / (n - counts))
    contrasts = logits[:, :2] - logits[:, 2:]
    events = n * np.array([0.3, 0.4, 0.25])
    part = 1 / events + 1 / (n - events)
    v = part[:2] + part[2]
    covariance = shared_comparator_covariance(v, ["t", "t"], np.full(2, part[2]))
    np.testing.assert_allclose(covariance, np.cov(contrasts.T), rtol=0.02)


def test_standardised_differences_that_share_an_arm():
    random = np.random.default_rng(12)
    n, shift, draws = np.array([60, 80, 70]), np.array([0.8, 0.4, 0.0]), 60_000
    means = random.normal(shift, 1 / np.sqrt(n), (draws, 3))
    pooled = np.sqrt(random.chisquare(n.sum() - 3, draws) / (n.sum() - 3))
    g = (means[:, :2] - means[:, 2:]) / pooled[:, None]
    expected = shared_smd(shift[:2], np.array([70, 70]), np.array([210, 210]))
    assert np.cov(g.T)[0, 1] == pytest.approx(expected[0, 1], rel=0.03)


def test_contrasts_of_other_trials_are_independent():
    covariance = shared_comparator_covariance(np.array([3.0, 4.0, 5.0]), ["a", "b", "a"], np.array([1.0, 2.0, 1.0]))
    assert covariance.tolist() == [[3, 0, 1], [0, 4, 0], [1, 0, 5]]


# -- robust errors ---------------------------------------------------------------------------------------------------

# coef_test(f, vcov=kind, cluster=district), clubSandwich 0.5.8, for the two models above: se, Satterthwaite's df.
PLAIN = {"CR0": 0.0805697028917587, "CR1": 0.0845022172873168, "CR2": 0.0844579955669094}
MODERATED = {
    "CR0": [0.115637362905324, 0.00856495415917719],
    "CR1": [0.121281489394166, 0.00898299970631678],
    "CR1p": [0.127841914834373, 0.00946891309752822],
    "CR2": [0.125040641349061, 0.0100034243104665],
}


@pytest.mark.parametrize("kind", PLAIN)
def test_robust_errors(kind, schools):
    data, _ = schools
    levels = three_level(data["yi"], data["vi"], data["district"])
    found = robust(data["yi"], levels.marginal, data["district"], kind=kind)
    assert (found.beta, found.clusters) == (near(levels.beta), 11)
    assert found.se == near([PLAIN[kind]])


@pytest.mark.parametrize("kind", MODERATED)
def test_robust_errors_with_a_moderator(kind, schools, since_2000):
    data, _ = schools
    levels = three_level(data["yi"], data["vi"], data["district"], since_2000)
    found = robust(data["yi"], levels.marginal, data["district"], since_2000, kind=kind)
    assert found.se == near(MODERATED[kind])
    if kind == "CR2":
        assert found.df == near([6.28888986194694, 4.18899872480108])
        assert found.p == near([0.10841835203013, 0.622330743960237])


def test_robust_inference_as_metafor_gives_it(schools):
    # robust(f, cluster=district): small-sample factor m/(m - p), t on m - p.
    data, _ = schools
    levels = three_level(data["yi"], data["vi"], data["district"])
    found = robust(data["yi"], levels.marginal, data["district"], kind="CR1p")
    assert (found.p, found.low, found.high) == (
        near([0.0537073135611066]),
        near([-0.0035695093786301]),
        near([0.372995837455083]),
    )


def test_robust_errors_of_a_working_model_that_is_wrong(schools):
    # rma(yi, vi) ignores the districts; coef_test(u, "CR2", cluster=district).
    data, _ = schools
    found = robust(data["yi"], data["vi"] + 0.0884384765487797, data["district"])
    assert (found.se, found.df) == (near([0.0782212395538539]), near([7.37316688042772]))


def test_robust_errors_need_clusters():
    with pytest.raises(ValueError, match="more clusters than coefficients"):
        robust([0.1, 0.2], [1.0, 1.0], ["a", "a"])
    with pytest.raises(ValueError, match="different clusters"):
        robust([0.1, 0.2], np.array([[1, 0.5], [0.5, 1]]), ["a", "b"])


def test_together():
    assert together(["a", "b", "a"]).tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
