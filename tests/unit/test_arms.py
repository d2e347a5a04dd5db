"""What of a publication is counted: by which route, whose people, once; what is set aside and why; nothing silently."""

from collections.abc import Iterator
from math import exp, log
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Arm, Change, Description, Difference, Harm, PublishedStudy, Responders, Result
from postlude.evidence import likelihood
from postlude.evidence.arms import Row, Rows, SetAside, people_of, rows
from postlude.evidence.contrasts import Contrast, contrasts
from postlude.evidence.harms import harms
from postlude.evidence.likelihood import ODDS_PER_SD, from_bounds, from_count, from_percent, from_size
from postlude.evidence.pooling.binomial_normal import one_arm

MAPPING_SD = 0.25
REVIEWS = ("systematic-review", "meta-analysis")


# --- studies made for one question --------------------------------------------------------------------


def half(events: int | None, n: int | None, months: float | None = 6, **other: Any) -> Responders:
    """``events`` of ``n`` have half relief; everyone assigned is counted unless said otherwise."""
    plain: dict[str, Any] = {"outcome": "pain-50", "denominator": "randomised", "basis": "printed"}
    return Responders(events=events, n=n, months=months, **(plain | other))


def score(mean: float, months: float | None = 6, **other: Any) -> Change:
    plain: dict[str, Any] = {"outcome": "nrs", "denominator": "randomised", "basis": "printed"}
    return Change(mean=mean, months=months, **(plain | {"baseline_mean": 7.0} | other))


def gap(value: float, versus: str = "control", months: float | None = 6, **other: Any) -> Difference:
    plain: dict[str, Any] = {"outcome": "nrs", "denominator": "randomised", "basis": "printed"}
    return Difference(value=value, versus=versus, months=months, **(plain | {"measure": "mean-difference"} | other))


def hurt(events: int | None, n: int | None, months: float | None = 6, **other: Any) -> Harm:
    plain: dict[str, Any] = {"outcome": "infection", "event": "infection", "denominator": "treated", "basis": "printed"}
    return Harm(events=events, n=n, months=months, **(plain | other))


def arm(*results: Result, **other: Any) -> Arm:
    kinds = {Responders: "responders", Change: "change", Difference: "difference", Harm: "harm",
             Description: "description"}  # fmt: skip
    filed: dict[str, tuple[Result, ...]] = {}
    for result in results:
        kind = kinds[type(result)]
        filed[kind] = (*filed.get(kind, ()), result)
    plain: dict[str, Any] = {"id": "treated", "intervention": "scs", "label": "treated", "n": 50, "n_is": "randomised"}
    return Arm(**(plain | filed | other))


def control(*results: Result, **other: Any) -> Arm:
    return arm(*results, **({"id": "control", "intervention": "scs-placebo"} | other))


def study(*arms: Arm, **other: Any) -> PublishedStudy:
    plain: dict[str, Any] = {
        "id": "one",
        "title": "A trial",
        "authors": "Doe J",
        "journal": "Journal",
        "year": 2020,
        "design": "rct",
        "blinding": "double",
        "funding": "public",
        "region": "lumbar",
        "pain": "mixed",
        "population": "People after an operation.",
        "read": "full-text",
        "url": "https://example.org",
    }
    return PublishedStudy(arm=arms, **(plain | other))


def of(library: Library, *studies: PublishedStudy) -> Library:
    """The shipped terms with other studies."""
    return msgspec.structs.replace(library, studies={s.id: s for s in studies})


def one_row(library: Library, *arms: Arm, **other: Any) -> Row:
    (row,) = rows(of(library, study(*arms, **other))).counted
    return row


def why(found: Rows) -> list[str]:
    return [item.why for item in found.set_aside]


# --- routes ---------------------------------------------------------------------------------------------


def test_a_count_of_everyone_assigned(library: Library) -> None:
    row = one_row(library, arm(half(20, 50)))
    assert (row.route, row.events, row.n, row.percent) == ("count", 20, 50, 40)
    assert row.binomial == from_count(20, 50)
    assert row.normal is None
    assert row.features["completers"] == 0


def test_those_tried_are_counted_and_not_only_those_implanted(library: Library) -> None:
    tried = Description(outcome="trial-success", events=40, n=60, denominator="treated", basis="printed")
    row = one_row(library, arm(half(20, 40, denominator="implanted"), tried, n=40, n_is="implanted"))
    assert (row.route, row.n) == ("tried", 60)
    assert row.binomial == from_count(20, 60)
    # Their number is told: nothing is left for the model to allow for.
    assert row.features["implanted"] == 0
    assert row.percent == pytest.approx(100 / 3)  # of all who were tried, not as printed


def test_those_implanted_alone_carry_the_term_that_allows_for_it(library: Library) -> None:
    row = one_row(library, arm(half(20, 40, denominator="implanted"), n=40, n_is="implanted"))
    assert (row.route, row.features["implanted"]) == ("count", 1)


@pytest.mark.parametrize("denominator", ["followed", "completers", "analysed", "unknown"])
def test_those_lost_may_have_failed_or_done_as_the_others(library: Library, denominator: str) -> None:
    row = one_row(library, arm(half(20, 40, denominator=denominator)))
    assert row.route == "bounded"
    assert row.features["completers"] == 0
    shares = [c.events / c.n for c in row.binomial]
    assert (min(shares), max(shares)) == pytest.approx((20 / 50, 20 / 40))
    assert {c.n for c in row.binomial} == {40}


def test_those_followed_where_nobody_knows_how_many_began(library: Library) -> None:
    row = one_row(library, arm(half(20, 40, denominator="followed"), n=None, n_is="unknown"))
    assert (row.route, row.features["completers"]) == ("count", 1)


def test_a_follow_up_without_loss_is_a_count_of_all(library: Library) -> None:
    row = one_row(library, arm(half(20, 50, denominator="followed")))
    assert (row.route, row.features["completers"]) == ("count", 0)


def test_a_percentage_stands_for_every_count_that_gives_it(library: Library) -> None:
    row = one_row(library, arm(half(None, 300, percent=48), n=300))
    assert row.route == "rounded"
    assert [c.events for c in row.binomial] == [143, 144, 145]
    assert sum(exp(c.log_weight) for c in row.binomial) == pytest.approx(1)


def test_a_percentage_of_an_arm_of_known_size(library: Library) -> None:
    row = one_row(library, arm(half(None, None, percent=48), n=80))
    assert row.route == "size"
    assert (row.events, row.n) == (None, None)
    assert all(c.events / c.n == pytest.approx(0.48) for c in row.binomial)
    assert max(c.n for c in row.binomial) == 80


def test_a_percentage_that_is_of_no_count_is_of_unknown_size(library: Library) -> None:
    assert one_row(library, arm(half(None, 7, percent=50, not_whole_people=True), n=7)).route == "size"


def test_a_share_without_any_denominator_is_never_counted(library: Library) -> None:
    found = rows(of(library, study(arm(half(None, None, percent=48.5), n=None, n_is="unknown"))))
    assert found.counted == ()
    assert why(found) == ["no denominator is known"]


def test_the_origin_study_is_shown_and_never_counted(library: Library) -> None:
    found = rows(library)
    assert not [row for row in found.counted if row.study == "akkemik-2021-pls"]
    aside = [item for item in found.set_aside if item.study == "akkemik-2021-pls"]
    assert [item.why for item in aside] == ["no denominator is known"] * 4


def test_means_with_and_without_their_spread(library: Library) -> None:
    told = one_row(library, arm(score(3.5, sd=2.3, baseline_sd=1.4)))
    borrowed = one_row(library, arm(score(3.5)))
    assert (told.route, borrowed.route) == ("spread", "mean")
    assert told.normal is not None
    assert borrowed.normal is not None
    # After is half of before: half of the people have half relief, on the logit 0 and the mapping's own mean.
    assert told.normal.share == pytest.approx(0.5)
    assert told.normal.mean == pytest.approx(library.priors["score-mapping"].mean)
    # All correlations agree on one half: what is left is sampling and the error of the mapping.
    assert told.normal.variance == pytest.approx(1 / (50 * 0.5 * 0.5) + library.priors["score-mapping"].sd ** 2)
    assert borrowed.normal.variance == pytest.approx(told.normal.variance + library.priors["score-sd-borrowed"].sd ** 2)


def test_not_knowing_how_before_and_after_go_together_widens_what_a_score_says(library: Library) -> None:
    sure, unsure = (one_row(library, arm(score(after, sd=2.3, baseline_sd=1.4))).normal for after in (3.5, 1.0))
    assert sure is not None
    assert unsure is not None
    sampling = 1 / (50 * unsure.share * (1 - unsure.share))
    assert unsure.variance > sampling + library.priors["score-mapping"].sd ** 2 + 1e-4


def test_a_score_says_the_same_on_every_scale(library: Library) -> None:
    tenth = one_row(library, arm(score(3.0, sd=2.0, baseline_sd=1.5))).normal
    hundredth = one_row(
        library, arm(score(30.0, sd=20.0, baseline_sd=15.0, baseline_mean=70.0, scale=(0.0, 100.0)))
    ).normal
    by_change = one_row(library, arm(Change(
        outcome="nrs", denominator="randomised", basis="printed", months=6, baseline_mean=7.0, change=-4.0, sd=2.0,
        baseline_sd=1.5,
    ))).normal  # fmt: skip
    assert tenth is not None
    assert hundredth is not None
    assert by_change is not None
    assert (hundredth.mean, hundredth.variance) == pytest.approx((tenth.mean, tenth.variance))
    assert (by_change.mean, by_change.variance) == pytest.approx((tenth.mean, tenth.variance))


def test_more_relief_is_a_greater_share_and_stays_a_share(library: Library) -> None:
    outcome, mapping, borrowed = (
        library.outcomes["nrs"], library.priors["score-mapping"], library.priors["score-sd-borrowed"],
    )  # fmt: skip

    @given(st.floats(0, 10), st.floats(0.1, 10), st.floats(0, 4), st.floats(0, 3), st.integers(1, 1000))
    def holds(mean: float, baseline: float, sd: float, baseline_sd: float, n: int) -> None:
        def at(after: float) -> float:
            result = score(after, baseline_mean=baseline, sd=sd, baseline_sd=baseline_sd)
            made = likelihood.score(result, outcome, n, mapping, borrowed)
            assert made is not None
            assert 0 < made.share < 1
            assert made.variance > 0
            assert np.isfinite([made.mean, made.variance]).all()
            return made.share

        assert at(mean) >= at(min(mean + 1, 10.0)) - 1e-12

    holds()


@pytest.mark.parametrize(
    "result", [score(3.0, baseline_mean=None), score(3.0, average="median"), Change(
        outcome="nrs", denominator="unknown", basis="printed", baseline_mean=7.0)]
)  # fmt: skip
def test_a_mean_that_says_too_little_is_set_aside(library: Library, result: Change) -> None:
    found = rows(of(library, study(arm(result))))
    assert found.counted == ()
    assert why(found) == ["a mean without baseline or people"]


def test_a_result_later_than_five_years_is_set_aside(library: Library) -> None:
    found = rows(of(library, study(arm(half(20, 50, months=61), half(21, 50, months=60)))))
    assert [row.months for row in found.counted] == [60]
    assert why(found) == ["later than 60 months"]


def test_pain_outcomes_that_tell_no_share_are_set_aside_and_not_dropped(library: Library) -> None:
    found = rows(of(library, study(arm(half(9, 50, outcome="pain-80")))))
    assert (found.counted, why(found)) == ((), ["no share with half relief follows from it"])


def test_a_trial_phase_that_succeeded_is_never_relief(library: Library) -> None:
    tried = Description(outcome="trial-success", events=45, n=60, denominator="treated", basis="printed")
    assert rows(of(library, study(arm(tried)))) == Rows(counted=(), set_aside=())
    assert library.outcomes["trial-success"].kind == "description"
    assert all(library.outcomes[row.outcome].kind in ("responders", "score") for row in rows(library).counted)
    assert not any(o.pooled_as for o in library.outcomes.values() if o.kind not in ("responders", "score"))


# --- the parts of a likelihood ----------------------------------------------------------------------------


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(1, 500))
def test_bounds_lie_between_all_lost_failed_and_all_did_as_the_others(of_seen: tuple[int, int], lost: int) -> None:
    events, n = of_seen
    made = from_bounds(events, n, n + lost)
    shares = [c.events / c.n for c in made]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == pytest.approx((events / (n + lost), events / n))
    assert sum(exp(c.log_weight) for c in made) == pytest.approx(1)


@given(st.floats(0, 100), st.integers(1, 3000))
def test_an_unknown_size_is_never_more_than_the_arm(percent: float, most: int) -> None:
    made = from_size(percent, most)
    assert all(1 <= c.n <= most and 0 <= c.events <= c.n + 1e-9 for c in made)
    assert sum(exp(c.log_weight) for c in made) == pytest.approx(1)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(0, 2))
def test_a_rounded_percentage_holds_the_count_it_came_from(of_n: tuple[int, int], digits: int) -> None:
    events, n = of_n
    made = from_percent(round(100 * events / n + 1e-12, digits), n)
    assert float(events) in [c.events for c in made]
    assert sum(exp(c.log_weight) for c in made) == pytest.approx(1)


# --- people are counted once ---------------------------------------------------------------------------------


def test_two_publications_of_one_trial_count_its_people_once(library: Library) -> None:
    first = study(arm(half(20, 50)), id="early", trial="T")
    later = study(arm(half(20, 50), half(18, 50, months=24)), id="late", trial="T")
    found = rows(of(library, first, later))
    assert [(row.study, row.months) for row in found.counted] == [("early", 6), ("late", 24)]
    assert why(found) == ["printed before in early"]
    assert {row.people for row in found.counted} == {"T/treated"}


def test_repeated_results_of_the_same_people_share_their_weight(library: Library) -> None:
    for repeats in (1, 2, 5):
        made = arm(*(half(20, 50, months=m + 1.0) for m in range(repeats)))
        weights = [row.weight for row in rows(of(library, study(made))).counted]
        assert weights == pytest.approx([1 / (1 + 0.6 * (repeats - 1))] * repeats)
        assert 1 <= sum(weights) < 1 / 0.6


def test_shares_are_counted_before_scores_of_the_same_people(library: Library) -> None:
    found = rows(of(library, study(arm(half(20, 50), score(3.0)))))
    assert [row.route for row in found.counted] == ["count"]
    assert why(found) == ["shares of the same people are counted instead"]


def test_an_as_treated_view_is_not_counted_beside_the_arm_itself(library: Library) -> None:
    view = arm(half(22, 45, denominator="completers"), id="as-treated", same_people_as="treated", n=45)
    found = rows(of(library, study(arm(half(20, 50)), view)))
    assert [row.arm for row in found.counted] == ["treated"]
    assert why(found) == ["another view of people already counted"]
    # Where the arm itself has no figure, its view stands in, for the same people.
    (row,) = rows(of(library, study(arm(), view))).counted
    assert (row.arm, row.people) == ("as-treated", "one/treated")


def test_two_views_of_people_whose_own_arm_has_no_figure_are_counted_once(library: Library) -> None:
    views = [arm(half(22, 45), id=f"view-{i}", same_people_as="treated") for i in (1, 2)]
    found = rows(of(library, study(arm(), *views)))
    assert [row.arm for row in found.counted] == ["view-1"]
    assert why(found) == ["printed before in one"]


def test_people_who_crossed_over_are_other_peoples_results_of_another_treatment(library: Library) -> None:
    """In a crossover the same people try both: each treatment counts them once."""
    trial = study(arm(half(20, 50)), control(half(10, 50), same_people_as="treated"), design="crossover-rct")
    found = rows(of(library, trial))
    assert [row.people for row in found.counted] == ["one/treated", "one/control"]
    assert all(row.randomised and row.weight == 1 for row in found.counted)
    crossed = arm(half(15, 30), id="crossed", same_people_as="control", randomised=False)
    after = rows(of(library, study(arm(half(20, 50)), control(half(10, 50)), crossed))).counted
    assert [(row.arm, row.randomised) for row in after] == [("treated", True), ("control", True), ("crossed", False)]


def test_an_arm_that_randomisation_did_not_form_is_no_randomised_arm(library: Library) -> None:
    row = one_row(library, arm(half(20, 50), randomised=False))
    assert not row.randomised
    assert (row.features["uncontrolled"], row.features["unblinded"]) == (1, 1)
    assert not one_row(library, arm(half(20, 50)), design="cohort-prospective").randomised


def test_a_pooled_analysis_of_people_counts_them_in_place_of_its_trials(library: Library) -> None:
    trial = study(arm(half(20, 50)))
    whole = study(arm(half(70, 150), n=150), id="whole", design="meta-analysis", patient_level=True, includes=("one",))
    found = rows(of(library, trial, whole))
    assert [row.study for row in found.counted] == ["whole"]
    assert why(found) == ["its people are counted in whole"]


@pytest.mark.parametrize("design", ["systematic-review", "meta-analysis"])
def test_a_review_is_shown_and_its_trials_are_counted(library: Library, design: str) -> None:
    review = study(arm(half(70, 150), n=150), id="review", design=design, includes=("one",))
    found = rows(of(library, study(arm(half(20, 50))), review))
    assert [row.study for row in found.counted] == ["one"]
    assert why(found) == ["a review: its trials are counted instead"]


@pytest.mark.parametrize("case", [{"design": "case-report"}, {"n": 1}])
def test_a_case_report_is_shown_and_never_counted(library: Library, case: dict[str, Any]) -> None:
    who = {"n": 1} if "n" in case else {}
    made = study(arm(half(1, 1), **who), **{key: value for key, value in case.items() if key != "n"})
    found = rows(of(library, made))
    assert (found.counted, why(found)) == ((), ["a case report: shown, never pooled"])


def test_the_order_of_the_files_changes_nothing(library: Library) -> None:
    backwards = msgspec.structs.replace(library, studies=dict(reversed(library.studies.items())))
    assert rows(backwards) == rows(library)
    assert contrasts(backwards, MAPPING_SD) == contrasts(library, MAPPING_SD)


# --- nothing silently ------------------------------------------------------------------------------------------


def _arms(library: Library) -> Iterator[tuple[PublishedStudy, Arm]]:
    for _, one in sorted(library.studies.items()):
        for each in one.arm:
            yield one, each


def test_every_result_on_pain_is_counted_or_set_aside_with_a_reason(library: Library) -> None:
    printed = sorted(
        (one.id, each.id, result.outcome)
        for one, each in _arms(library)
        for result in (*each.responders, *each.change)
        if library.outcomes[result.outcome].domain == "pain" or library.outcomes[result.outcome].pooled_as
    )
    found = rows(library)
    told: list[Row | SetAside] = [*found.counted, *found.set_aside]
    assert sorted((item.study, item.arm, item.outcome) for item in told) == printed
    assert all(item.why for item in found.set_aside)


def test_every_difference_of_pain_is_compared_or_one_of_the_known_reasons_holds(library: Library) -> None:
    """Differences are not listed as set aside: this is the whole list of why one may stand behind no comparison."""
    made = contrasts(library, MAPPING_SD)
    by_trials = {(c.intervention, c.comparator) for c in made if not c.review}
    unexplained = []
    for one, each in _arms(library):
        for result in each.difference:
            outcome = library.outcomes[result.outcome]
            other = next(a for a in one.arm if a.id == result.versus)
            kind = library.interventions[other.intervention].comparator
            pair = (each.intervention, kind)
            reasons = {
                "is not of pain": outcome.domain != "pain",
                "another treatment on the other side": not kind,
                "itself a comparator": bool(library.interventions[each.intervention].comparator),
                "not formed by randomisation": one.design not in ("rct", "crossover-rct", *REVIEWS),
                "neither means nor odds": result.measure not in ("mean-difference", "odds-ratio"),
                "odds without an interval": result.measure == "odds-ratio" and result.low is None,
                "an outcome that tells no relief": not outcome.pooled_as,
                "of nobody knows how many": result.low is None and not (each.n and other.n),
                "a review beside trials": one.design in REVIEWS and pair in by_trials,
                "the trial's best comparison is made": any(
                    c.trial == one.people_key and (c.intervention, c.comparator) == pair for c in made
                ),
            }  # fmt: skip
            if not any(reasons.values()):
                unexplained.append((one.id, each.id, result.outcome))
    assert unexplained == []


def test_no_people_of_the_library_are_counted_twice_at_one_time_for_one_outcome(library: Library) -> None:
    seen = [(row.people, row.outcome, row.months) for row in rows(library).counted]
    assert len(seen) == len(set(seen))


def test_every_counted_row_can_be_true(library: Library) -> None:
    for row in rows(library).counted:
        assert bool(row.binomial) != (row.normal is not None), row
        assert 0 < row.weight <= 1
        assert row.percent is None or 0 <= row.percent <= 100
        assert all(0 <= c.events <= c.n + 1e-9 for c in row.binomial)
        assert all(0 <= value <= 1 for value in row.features.values())
        assert set(row.features) <= set(library.priors)


def test_the_same_arm_has_the_same_treatment_in_every_publication_of_a_trial(library: Library) -> None:
    """Else its people would be taken for one another's."""
    given_to: dict[str, set[str]] = {}
    for one, each in _arms(library):
        given_to.setdefault(people_of(one, each), set()).add(each.intervention)
    assert {people: which for people, which in given_to.items() if len(which) > 1} == {}


# --- comparisons inside trials -----------------------------------------------------------------------------------


def one_contrast(library: Library, *studies: PublishedStudy) -> Contrast:
    (found,) = contrasts(of(library, *studies), MAPPING_SD)
    return found


def test_counts_are_preferred_to_differences_and_differences_to_means(library: Library) -> None:
    counts, difference, means = half(20, 50), gap(-1.0, low=-2.0, high=0.0), score(4.0)
    whole = study(arm(means, difference, counts), control(half(10, 50), score(5.0)))
    assert one_contrast(library, whole).route == "counts"
    assert one_contrast(library, study(arm(means, difference), control(score(5.0)))).route == "difference"
    assert one_contrast(library, study(arm(means), control(score(5.0)))).route == "means"


def test_half_relief_is_preferred_to_other_definitions_and_six_months_to_other_times(library: Library) -> None:
    both = study(
        arm(half(30, 50, outcome="pain-30"), half(20, 50, months=24), half(21, 50, months=7)),
        control(half(15, 50, outcome="pain-30"), half(10, 50, months=24), half(11, 50, months=7)),
    )
    found = one_contrast(library, both)
    assert (found.outcome, found.months, found.events, found.versus_events) == ("pain-50", 7, 21, 11)
    assert found.printed == "21 of 50 against 11 of 50"


def test_several_doses_are_taken_together_and_never_the_luckiest(library: Library) -> None:
    low, high = arm(half(11, 50), id="low"), arm(half(30, 60), id="high", n=60)
    found = one_contrast(library, study(low, high, control(half(10, 50))))
    assert (found.arms, found.events, found.n) == (("low", "high"), 41, 110)
    # The comparison group stands there once.
    assert (found.versus_arms, found.versus_events, found.versus_n) == (("control",), 10, 50)
    one = arm(gap(-1.0, low=-2.0, high=0.0), id="low")
    two = arm(gap(-3.0, low=-4.0, high=-2.0), id="high")
    merged, alone = (one_contrast(library, study(*arms, control())) for arms in ((one, two), (one,)))
    assert merged.log_odds == pytest.approx(2 * (alone.log_odds or 0))
    assert merged.variance == pytest.approx(alone.variance)


def test_a_difference_of_means_is_read_as_a_log_odds_ratio(library: Library) -> None:
    found = one_contrast(library, study(arm(gap(-1.15, low=-2.13, high=-0.17)), control()))
    assert found.log_odds == pytest.approx(ODDS_PER_SD / 2)  # half of the usual spread of 2.3 points
    assert found.variance == pytest.approx((0.5 * ODDS_PER_SD / 2.3) ** 2 + MAPPING_SD**2, rel=1e-3)
    wide = study(arm(gap(-11.5, low=-21.3, high=-1.7, scale=(0.0, 100.0))), control())
    assert one_contrast(library, wide).log_odds == pytest.approx(found.log_odds)
    worse = one_contrast(library, study(arm(gap(1.15)), control()))
    assert worse.log_odds == pytest.approx(-(found.log_odds or 0))


def test_an_odds_ratio_with_its_interval_is_taken_as_it_is(library: Library) -> None:
    ratio = gap(2.0, outcome="pain-50", measure="odds-ratio", low=1.0, high=4.0)
    found = one_contrast(library, study(arm(ratio), control()))
    assert found.log_odds == pytest.approx(log(2))
    assert found.variance == pytest.approx((log(4) / (2 * 1.959964)) ** 2)
    without = gap(2.0, outcome="pain-50", measure="odds-ratio")
    assert contrasts(of(library, study(arm(without), control())), MAPPING_SD) == ()


def test_only_comparisons_that_randomisation_made_are_taken(library: Library) -> None:
    pair = arm(half(20, 50)), control(half(10, 50))
    for other in ({"design": "cohort-prospective"}, {"design": "registry"}):
        assert contrasts(of(library, study(*pair, **other)), MAPPING_SD) == ()
    crossed = control(half(10, 50), randomised=False)
    assert contrasts(of(library, study(pair[0], crossed)), MAPPING_SD) == ()
    # Against another treatment, there is nothing that a benefit could be over.
    assert contrasts(of(library, study(pair[0], control(half(10, 50), intervention="opioids"))), MAPPING_SD) == ()


def test_a_review_stands_in_only_where_no_trial_compares_the_two(library: Library) -> None:
    trial = study(arm(half(20, 50)), control(half(10, 50)))
    review = study(arm(gap(-1.0, low=-2.0, high=0.0)), control(), id="review", design="meta-analysis")
    assert one_contrast(library, review).review
    found = one_contrast(library, trial, review)
    assert (found.study, found.review) == ("one", False)
    usual = study(arm(gap(-1.0, low=-2.0, high=0.0)), control(intervention="natural-course"), id="review",
                  design="meta-analysis")  # fmt: skip
    assert {c.comparator for c in contrasts(of(library, trial, usual), MAPPING_SD)} == {"sham", "usual"}


def test_a_pooled_analysis_of_people_is_compared_in_place_of_its_trials(library: Library) -> None:
    trial = study(arm(half(20, 50)), control(half(10, 50)))
    whole = study(arm(half(70, 150), n=150), control(half(30, 150), n=150), id="whole", design="meta-analysis",
                  patient_level=True, includes=("one",))  # fmt: skip
    assert one_contrast(library, trial, whole).study == "whole"
    # Not for a comparison that the pooled analysis does not make.
    alone = msgspec.structs.replace(whole, arm=whole.arm[:1])
    assert one_contrast(library, trial, alone).study == "one"


def test_one_trial_gives_one_comparison_of_a_kind_however_often_it_is_published(library: Library) -> None:
    early = study(arm(half(20, 50)), control(half(10, 50)), id="early", trial="T")
    late = study(arm(half(18, 50, months=24)), control(half(9, 50, months=24)), id="late", trial="T")
    found = one_contrast(library, early, late)
    assert (found.study, found.months) == ("early", 6)
    keys = [(c.trial, c.intervention, c.comparator) for c in contrasts(library, MAPPING_SD)]
    assert len(keys) == len(set(keys))


def test_the_librarys_comparisons_can_be_true(library: Library) -> None:
    for found in contrasts(library, MAPPING_SD):
        assert found.comparator == library.interventions[found.versus].comparator
        assert not library.interventions[found.intervention].comparator
        if found.route == "counts":
            for events, n in ((found.events, found.n), (found.versus_events, found.versus_n)):
                assert events is not None
                assert n is not None
                assert 0 <= events <= n
        else:
            assert (found.variance or 0) > 0, found.study
            assert abs(found.log_odds or 0) < 5


# --- harms -------------------------------------------------------------------------------------------------------


def test_one_studys_harm_has_its_own_interval(library: Library) -> None:
    (found,) = harms(of(library, study(arm(hurt(4, 50)))), "scs")
    assert (found.mean, found.people, found.studies) == (8.0, 50, ("one",))
    # Wilson 1927 for 4 of 50.
    assert (found.low, found.high) == pytest.approx((3.155, 18.838), abs=0.001)


def test_several_studies_predict_the_next_clinic(library: Library) -> None:
    made = [study(arm(hurt(events, 50)), id=f"s{events}") for events in (1, 4, 12)]
    (found,) = harms(of(library, *made), "scs")
    fit = one_arm(np.array([1.0, 12.0, 4.0]), np.array([50.0, 50.0, 50.0]))
    ends = [100 / (1 + exp(-float(x))) for x in (fit.prediction_low, fit.beta[..., 0], fit.prediction_high)]
    assert (found.low, found.mean, found.high) == pytest.approx(ends, rel=1e-6)
    assert found.people == 150
    assert found.studies == ("s1", "s12", "s4")


def test_a_harm_of_the_same_people_is_counted_once(library: Library) -> None:
    early = study(arm(hurt(2, 50)), id="early", trial="T")
    late = study(arm(hurt(5, 50, months=24)), id="late", trial="T")
    (found,) = harms(of(library, early, late), "scs")
    assert (found.people, found.mean, found.months, found.studies) == (50, 10.0, (24, 24), ("late",))
    view = arm(hurt(5, 45), id="view", same_people_as="treated")
    (found,) = harms(of(library, study(arm(hurt(2, 50)), view)), "scs")
    assert (found.people, found.mean) == (50, 4.0)


def test_a_pooled_harm_counts_the_people_of_its_trials(library: Library) -> None:
    trial = study(arm(hurt(2, 50)))
    whole = study(arm(hurt(9, 150), n=150), id="whole", design="systematic-review", includes=("one",))
    (found,) = harms(of(library, trial, whole), "scs")
    assert (found.people, found.studies) == (150, ("whole",))


def test_a_harm_stands_beside_the_comparison_group_of_its_trials(library: Library) -> None:
    (found,) = harms(of(library, study(arm(hurt(4, 50)), control(hurt(1, 40)))), "scs")
    assert (found.versus, found.versus_people) == (2.5, 40)
    # Not when one of the studies has none, nor beside groups that randomisation did not form.
    alone = study(arm(hurt(4, 50)), id="alone")
    (found,) = harms(of(library, study(arm(hurt(4, 50)), control(hurt(1, 40))), alone), "scs")
    assert (found.versus, found.versus_people) == (None, None)
    cohort = study(arm(hurt(4, 50)), control(hurt(1, 40)), design="cohort-prospective")
    assert harms(of(library, cohort), "scs")[0].versus is None


def test_a_comparison_group_of_several_treated_arms_is_counted_once(library: Library) -> None:
    doses = [arm(hurt(4, 50), id=f"dose-{i}") for i in (1, 2)]
    (found,) = harms(of(library, study(*doses, control(hurt(1, 40)))), "scs")
    assert (found.versus, found.versus_people) == (2.5, 40)


@pytest.mark.parametrize("counted", ["events", "reports"])
def test_happenings_are_no_share_of_people(library: Library, counted: str) -> None:
    assert harms(of(library, study(arm(hurt(4, 50, counted=counted)))), "scs") == ()


def test_shares_of_procedures_are_kept_apart_from_shares_of_people(library: Library) -> None:
    found = harms(of(library, study(arm(hurt(4, 50), hurt(6, 60, counted="procedures")))), "scs")
    assert {(rate.per, rate.people) for rate in found} == {("people", 50), ("procedures", 60)}


def test_a_case_reports_harm_has_no_rate(library: Library) -> None:
    assert harms(of(library, study(arm(hurt(1, 1), n=1))), "scs") == ()
    assert harms(of(library, study(arm(hurt(1, 1)), design="case-report")), "scs") == ()


def test_a_harm_whose_people_are_not_known_is_told_as_printed_and_comes_last(library: Library) -> None:
    printed = hurt(None, None, percent=30.0, outcome="bleeding")
    found = harms(of(library, study(arm(hurt(4, 50), printed))), "scs")
    assert [(h.outcome, h.people, h.mean, h.low) for h in found] == [
        ("infection", 50, 8.0, pytest.approx(3.155, abs=0.001)),
        ("bleeding", None, 30.0, None),
    ]


def test_the_librarys_harms_can_be_true(library: Library) -> None:
    for key in library.interventions:
        for harm in harms(library, key):
            assert library.outcomes[harm.outcome].kind == "harm"
            assert 0 <= harm.mean <= 100
            if harm.people is not None and harm.low is not None and harm.high is not None:
                assert harm.low <= harm.mean <= harm.high, (key, harm)
