"""Mistakes that public software, pages and forms make with questionnaires: each by name, with what is right."""

from typing import Any

import msgspec
import pytest

from postlude.errors import AnswersError
from postlude.instruments.change import Change, changes
from postlude.instruments.command import scored
from postlude.instruments.instrument import Instrument
from postlude.instruments.load import load
from postlude.instruments.scoring import Scores
from postlude.instruments.telling import told

SHIPPED = load().instruments
INTENSITY_OF_FIVE_CATEGORIES = {"75259-2", "75260-0", "75261-8", "75262-6"}
EACH = pytest.mark.parametrize("instrument", SHIPPED.values(), ids=list(SHIPPED))


def form(key: str, raw: Any, **options: str) -> Scores:
    return scored(SHIPPED[key], raw, options, "the form")


def result(key: str, raw: Any, **options: str) -> dict[str, Any]:
    return told(SHIPPED[key], form(key, raw, **options))


def change(key: str, before: Any, after: Any) -> Change:
    (found,) = changes(SHIPPED[key], form(key, before), form(key, after), baseline_named="before")
    return found


# --- T-scores ----------------------------------------------------------------------------------------------------


def test_a_t_score_comes_from_the_printed_table_and_not_from_a_line_drawn_through_it() -> None:
    found = {raw: result("promis-pi-4a", answers)["score"] for raw, answers in _sums().items()}
    assert (found[4], found[5], found[12], found[20]) == (41.6, 49.6, 61.2, 75.6)
    line = {raw: 41.6 + (75.6 - 41.6) * (raw - 4) / 16 for raw in found}
    assert max(abs(found[raw] - line[raw]) for raw in found) > 5


def _sums() -> dict[int, list[int]]:
    forms = {}
    for raw in range(4, 21):
        each, more = divmod(raw, 4)
        forms[raw] = [each + 1] * more + [each] * (4 - more)
    return forms


def test_every_table_says_whose_it_is_and_where_it_was_read() -> None:
    tables = {t.name: t for i in SHIPPED.values() for s in i.scores.values() for t in s.tables.values()}
    assert len(tables) > 5
    assert [name for name, table in tables.items() if not any("Read in" in line for line in table.says)] == []


def test_half_a_domain_has_no_t_score() -> None:
    assert result("promis-pi-4a", [3, 3, 3, None])["score"] is None


def test_answers_of_a_domain_are_entered_as_printed_and_not_turned_round() -> None:
    able = {"PFA11": 5, "PFA21": 5, "PFA23": 5, "PFA53": 5}
    unable = dict.fromkeys(able, 1)
    assert result("promis29", able)["scores"]["physical_function"] > 50
    assert result("promis29", unable)["scores"]["physical_function"] < 30


def test_good_sleep_is_not_scored_as_bad() -> None:
    # Two of the four items are printed from 5, as the rested answer stands at the other end.
    rested = {"Sleep109": 1, "Sleep116": 1, "Sleep20": 1, "Sleep44": 1}
    assert result("promis29", rested)["scores"]["sleep_disturbance"] < 40


def test_0_to_10_of_the_global_items_is_recoded_in_five_steps() -> None:
    others = {"3": 1, "6": 1, "8": 1}
    physical = [
        result("promis-global10", {**others, "7": pain})["detail"]["raw"]["gph"] for pain in (0, 1, 3, 4, 6, 7, 9, 10)
    ]
    assert [raw - 3 for raw in physical] == [5, 4, 4, 3, 3, 2, 2, 1]


# --- pain ---------------------------------------------------------------------------------------------------------


@EACH
def test_no_answer_from_0_to_10_is_filed_under_an_item_of_five_categories(instrument: Instrument) -> None:
    for item in instrument.items.values():
        codes = {code.code for code in item.item.codes}
        assert item.answers.high != 10 or not codes & INTENSITY_OF_FIVE_CATEGORIES


def test_an_answer_of_7_of_10_does_not_fit_five_categories() -> None:
    assert result("nrs", [7])["score"] == 7
    with pytest.raises(AnswersError, match="found 7"):
        form("promis-pi-4a", [7, 3, 3, 3])


def test_the_mean_of_the_peg_is_not_rounded_and_0_is_a_score() -> None:
    assert result("peg", [4, 4, 5])["score"] == pytest.approx(13 / 3, abs=1e-6)
    assert result("peg", [0, 0, 0])["score"] == 0
    assert result("peg", [0, 0, 0])["not_scorable"] is None


def test_the_peg_is_not_a_mean_of_what_happens_to_be_there() -> None:
    assert result("peg", [8, None, 2])["score"] is None


# --- function ------------------------------------------------------------------------------------------------------


def test_a_blank_roland_morris_form_is_only_0_when_somebody_saw_it() -> None:
    blank = [None] * 24
    assert result("rmdq", blank)["score"] is None
    assert result("rmdq", blank, seen="yes")["score"] == 0


def test_the_cuts_of_the_ndi_are_not_those_of_the_odi() -> None:
    # 15 of 50 is 30 %: moderate by either form's own cuts; by the neck form's raw cuts 30 would be severe.
    fifteen = [2, 2, 2, 2, 2, 1, 1, 1, 1, 1]
    odi, ndi = result("odi", fifteen), result("ndi", fifteen)
    assert (odi["score"], odi["band"]) == (30, "moderate")
    assert (ndi["score"], ndi["detail"]["percent"], ndi["band"]) == (15, 30, "moderate")
    assert result("ndi", [3, 3, 3, 3, 3, 2, 2, 2, 2, 2])["band"] == "severe"  # raw 25
    assert result("odi", [2, 2, 2, 1, 1, 1, 1, 1, 1, 1])["band"] == "moderate"  # 26 %, which is no raw 26


def test_of_two_statements_ticked_the_higher_counts_and_they_are_not_added() -> None:
    assert result("odi", [[1, 3], 0, 0, 0, 0, 0, 0, 0, 0, 0])["score"] == 6
    assert result("odi", [[5, 4], 0, 0, 0, 0, 0, 0, 0, 0, 0])["score"] == 10


def test_a_section_left_out_is_no_zero() -> None:
    assert result("odi", [2, 2, 2, 2, 2, 2, 2, None, 1, 1])["score"] == pytest.approx(100 * 16 / 45, abs=1e-4)


# --- health on the day ----------------------------------------------------------------------------------------------


def test_no_value_set_is_guessed() -> None:
    found = result("eq5d5l", [2, 1, 2, 3, 2])
    assert found["score"] is None
    assert found["detail"]["profile"] == "21232"


def test_indices_of_two_value_sets_are_not_compared() -> None:
    before = form("eq5d5l", [3, 3, 3, 3, 3], value_set="England")
    after = form("eq5d5l", [3, 3, 3, 3, 3], value_set="UK")
    with pytest.raises(AnswersError, match="the value_set 'England', the later form 'UK'; they are not compared"):
        changes(SHIPPED["eq5d5l"], before, after, baseline_named="before")


def test_the_worst_state_is_worse_than_dead_by_every_set() -> None:
    worst = {
        name: result("eq5d5l", [5] * 5, value_set=name)["score"]
        for name in ("England", "USA", "UK", "crosswalk-UK", "crosswalk-USA")
    }
    assert worst == {"England": -0.285, "USA": -0.573, "UK": -0.567, "crosswalk-UK": -0.594, "crosswalk-USA": -0.109}


# --- mood and sleep ---------------------------------------------------------------------------------------------------


def test_a_total_that_stands_on_a_form_is_not_taken_over() -> None:
    # A published sample form carries a total that its answers do not add up to.
    assert result("phq9", [1, 1, 1, 1, 1, 1, 1, 1, 0])["score"] == 8
    with pytest.raises(AnswersError, match="has no item 'total'"):
        form("phq9", {"interest": 1, "total": 20})


def test_the_item_on_self_harm_left_open_is_asked_again_and_not_taken_for_no() -> None:
    (alert,) = result("phq9", [0, 0, 0, 0, 0, 0, 0, 0, None])["alerts"]
    assert alert["ask_again"]


@pytest.mark.parametrize(("key", "items"), [("phq9", 9), ("comm", 17)])
def test_an_answer_on_self_harm_is_heard_whatever_the_total(key: str, items: int) -> None:
    quiet = {str(n): 0 for n in range(1, items + 1)}
    found = result(key, {**{k: v for k, v in quiet.items() if k != _self_harm(key)}, "self_harm": 1})
    assert found["score"] == 1
    assert [alert["within"] for alert in found["alerts"]] == ["P1D"]
    assert "alerts" not in result(key, quiet)


def _self_harm(key: str) -> str:
    return str(list(SHIPPED[key].items).index("self_harm") + 1)


def test_an_answer_to_a_question_that_was_not_to_be_asked_is_kept_and_not_counted() -> None:
    found = result("phq9", [0, 0, 0, 0, 0, 0, 0, 0, 0, 3])
    assert found["score"] == 0
    assert found["detail"]["hidden"] == ["difficulty"]


def test_the_mildest_answer_of_the_anxiety_scale_is_not_at_all() -> None:
    # Many copies print "not at all sure".
    for key in ("gad2", "gad7"):
        wording = SHIPPED[key].wordings["en"]
        assert {words[0] for words in wording.answers.values()} & {"Not at all"}
        assert "sure" not in str(wording.answers).lower()


def _night(bed: str, rise: str, slept: float) -> dict[str, Any]:
    found = result("psqi", {"1": bed, "2": 10, "3": rise, "4": slept})
    detail: dict[str, Any] = found["detail"]
    return detail


def test_efficiency_of_84_3_percent_is_in_the_second_band_and_not_rounded_into_the_first() -> None:
    assert _night("23:00", "07:00", 6.75)["efficiency"] == 1  # 84.375 %
    assert _night("23:00", "07:00", 6.8)["efficiency"] == 0  # 85 %
    assert _night("23:00", "07:00", 5.95)["efficiency"] == 2  # 74.375 %


def test_the_night_goes_over_midnight() -> None:
    assert _night("23:30", "07:30", 8)["efficiency"] == 0
    assert _night("00:30", "08:30", 4)["efficiency"] == 3


# --- nerve pain, opioids, fear ----------------------------------------------------------------------------------------


def test_the_dn4_is_positive_at_4_and_not_above() -> None:
    assert result("dn4", [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])["band"] == "positive"
    assert result("dn4", [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])["band"] == "negative"


def test_without_the_examination_there_is_no_dn4_of_ten() -> None:
    found = result("dn4", [1, 1, 1, 1, 1, 0, 0])
    assert (found["score"], found["detail"]["interview"]) == (None, 5)


def test_no_picture_of_paindetect_counts_2_and_likely_begins_at_19() -> None:
    nothing = [0] * 7
    assert [result("paindetect", [*nothing, n, False])["score"] for n in (1, 2, 3, 4)] == [0, -1, 1, 1]
    assert result("paindetect", [2, 2, 2, 2, 2, 2, 2, 1, True])["band"] == "unclear"  # 16
    assert result("paindetect", [3, 3, 3, 3, 3, 2, 0, 1, True])["band"] == "likely"  # 19


def test_the_ort_oud_is_not_the_ort_under_another_name() -> None:
    every = [True] * 10
    assert result("ort", every, sex="female")["score"] == 26
    assert result("ort-oud", every[:9])["score"] == 9
    assert "abuse" not in SHIPPED["ort-oud"].items
    with pytest.raises(AnswersError, match="instrument"):
        changes(
            SHIPPED["ort"], form("ort", every, sex="male"), form("ort-oud", every[:9]), baseline_named="the first form"
        )


def test_the_sex_by_which_the_ort_is_scored_is_told_and_not_guessed() -> None:
    family_alcohol = [True, *[False] * 9]
    assert result("ort", family_alcohol)["score"] is None
    assert result("ort", family_alcohol, sex="female")["score"] == 1
    assert result("ort", family_alcohol, sex="male")["score"] == 3


def test_the_tsk_11_is_not_the_first_eleven_items_of_the_tsk_17() -> None:
    left_out = {list(SHIPPED["tsk17"].items)[n - 1] for n in (4, 8, 9, 12, 14, 16)}
    assert set(SHIPPED["tsk17"].items) - set(SHIPPED["tsk11"].items) == left_out


def test_items_are_turned_round_once_and_high_fear_begins_above_37() -> None:
    calm = {str(n): 4 if n in (4, 8, 12, 16) else 1 for n in range(1, 18)}
    assert result("tsk17", calm)["score"] == 17
    at_37 = {**calm, **{str(n): 3 for n in (1, 2, 3, 5, 6, 7, 9, 10, 11, 13)}}
    assert (result("tsk17", at_37)["score"], result("tsk17", at_37)["band"]) == (37, "low")
    assert result("tsk17", {**at_37, "14": 2})["band"] == "high"


# --- all of them ---------------------------------------------------------------------------------------------------


def test_percent_of_a_baseline_of_0_is_undefined() -> None:
    found = change("peg", [0, 0, 0], [3, 3, 3])
    assert found.percent is None
    assert found.responder_30 is None
    assert found.undefined is not None
    assert "baseline is 0" in found.undefined


def test_percent_of_a_score_without_a_true_zero_is_not_given() -> None:
    assert change("promis-pi-4a", [5, 5, 5, 5], [1, 1, 1, 1]).percent is None
    assert change("tsk11", [4] * 11, [1] * 11).percent is None


@pytest.mark.parametrize("what", ["version", "scoring"])
def test_versions_are_never_compared_as_one(what: str) -> None:
    now = form("promis29", {"PFA11": 3, "PFA21": 3, "PFA23": 3, "PFA53": 3})
    old = msgspec.structs.replace(now, version="v1.0") if what == "version" else msgspec.structs.replace(now, scoring=0)
    with pytest.raises(AnswersError, match=what):
        changes(SHIPPED["promis29"], old, now, baseline_named="the old form")


@EACH
def test_a_form_without_answers_has_no_score(instrument: Instrument) -> None:
    for options in ({}, *({o.id: o.values[0]} for o in instrument.entry.option if o.id != "seen")):
        found = told(instrument, scored(instrument, {}, options, "a blank form"))
        scores = found.get("scores", {"": found.get("score")})
        assert set(scores.values()) <= {None}
        assert not any(isinstance(value, int | float) for value in found["detail"].values())


@EACH
def test_every_code_of_loinc_has_its_check_digit(instrument: Instrument) -> None:
    entry = instrument.entry
    codes = [*entry.codes, *(c for i in entry.item for c in i.codes), *(c for s in entry.score for c in s.codes)]
    assert [code.code for code in codes if code.system == "LOINC" and not _checks(code.code)] == []


def test_the_wrong_codes_that_public_lists_carry_are_found() -> None:
    assert [code for code in ("61758-6", "77865-0", "72099-4", "61570-5") if _checks(code)] == []
    assert _checks("61758-9")


def _checks(code: str) -> bool:
    """Say whether the last digit is the check digit of the others (modulus 10, every other digit doubled)."""
    digits, check = code.split("-")
    doubled = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(reversed(digits))]
    return (10 - sum(d // 10 + d % 10 for d in doubled) % 10) % 10 == int(check)
