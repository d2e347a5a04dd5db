"""Synthetic people: the same from the same seed, marked, consistent; and what they are told is what is counted."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.test_population_file import line, made

from postlude.assessment.assess import Assessor
from postlude.assessment.intake import person
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.evidence.pooling.intervals import wilson
from postlude.logic.evaluate import truth
from postlude.report.clinician import clinician
from postlude.report.population import told
from postlude.simulate import triage
from postlude.simulate.influence import influences
from postlude.simulate.population import BLOCK, broken_off, people
from postlude.simulate.triage import POLICY, Counting, measure

TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def drawn(catalogue: Catalogue) -> list[dict[str, Any]]:
    return list(people(catalogue, catalogue.populations["stable"], 150, 7))


def _read(catalogue: Catalogue, intake: dict[str, Any]) -> Any:
    return understand(intake, catalogue, name="x", today=TODAY)


# --- who is drawn -----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_people(catalogue: Catalogue, drawn: list[dict[str, Any]]) -> None:
    stable = catalogue.populations["stable"]
    assert list(people(catalogue, stable, 20, 7)) == drawn[:20]
    assert list(people(catalogue, stable, 5, 7, first=100)) == drawn[100:105]
    assert list(people(catalogue, stable, 20, 8)) != drawn[:20]


def test_people_of_the_next_block_are_their_own(tmp_path: Path) -> None:
    tiny = made(tmp_path)
    well = tiny.populations["well"]
    first, second = list(people(tiny, well, 30, 1)), list(people(tiny, well, 30, 1, first=BLOCK))
    assert first != second
    assert list(people(tiny, well, 2, 1, first=BLOCK - 1))[1] == second[0]


def test_a_changed_share_changes_that_answer_alone(tmp_path: Path) -> None:
    before, after = made(tmp_path / "a"), made(tmp_path / "b", line(5, shares={"left": 0.9, "right": 0.1}))
    pairs = zip(*(people(c, c.populations["well"], 60, 3) for c in (before, after)), strict=True)
    changed = Counter[str]()
    for old, new in pairs:
        changed.update(key for key in old["facts"] if old["facts"][key] != new["facts"][key])
        assert {k: v for k, v in old.items() if k != "facts"} == {k: v for k, v in new.items() if k != "facts"}
    assert set(changed) == {"side"}


def test_every_intake_is_read_without_a_problem_and_shown_as_synthetic(
    catalogue: Catalogue, drawn: list[dict[str, Any]]
) -> None:
    for intake in drawn:
        assert intake["synthetic"] is True
        (note,) = _read(catalogue, intake).notes
        assert note.startswith("synthetic: ")
    printed = clinician(Assessor(catalogue).assess(_read(catalogue, drawn[0])), catalogue.words["en"], title="x")
    assert "this person was drawn by chance and does not exist" in " ".join(printed.split())


def test_a_question_is_answered_exactly_when_it_makes_sense(catalogue: Catalogue, drawn: list[dict[str, Any]]) -> None:
    answers = catalogue.populations["stable"].answers
    for intake in drawn:
        who = person(catalogue, _read(catalogue, intake))
        for key, fact in catalogue.facts.items():
            sensible = fact.applies is None or truth(fact.applies, who) is True
            always = key in answers and all(line.known == 1 for line in answers[key])
            assert (key in intake["facts"]) <= sensible, key
            assert not (sensible and always) or key in intake["facts"], key


def test_the_lists_are_complete(catalogue: Catalogue, drawn: list[dict[str, Any]]) -> None:
    assert set(drawn[0]["complete"]) == {records.key for records in catalogue.records.values()}


def test_shares_come_out_as_written(tmp_path: Path) -> None:
    tiny = made(tmp_path)
    count = 4000
    found = list(people(tiny, tiny.populations["well"], count, 5))

    def of(where: Any, share: float) -> None:
        low, high = wilson(sum(map(where, found)), count, 4.0)
        assert low <= share <= high

    of(lambda i: i["facts"]["operated"], 0.9)
    of(lambda i: i["facts"]["operated"] and i["facts"]["fever"] is True, 0.9 * 0.1 * 0.99)
    of(lambda i: not i["facts"]["operated"] and i["facts"]["fever"] is True, 0.1 * 0.2 * 0.99)
    of(lambda i: isinstance(i["facts"]["fever"], dict), 0.01)
    of(lambda i: i["facts"]["side"] == "left", 0.3)
    of(lambda i: len(i["medications"]) == 1, 0.5)
    of(lambda i: len(i["surgeries"]) == 2, 0.25)
    of(lambda i: [m["form"] for m in i["medications"]] == ["a"], 0.25)
    pains = [i["facts"]["pain"] for i in found]
    assert sum(pains) / count == pytest.approx(5, abs=0.15)
    assert {type(pain) for pain in pains} == {int}
    assert 0 <= min(pains) < max(pains) <= 10
    for i in found:
        # Who denies an operation is not asked for its wound; who is asked may be unsure.
        assert ("wound" in i["facts"]) is i["facts"]["operated"]


def test_whether_somebody_is_unsure_says_nothing_of_the_answer(tmp_path: Path) -> None:
    tiny = made(tmp_path, lambda c: c["unsure"].insert(0, {"share": 0.4, **_WHY}))
    told = [i["facts"]["wound"] for i in people(tiny, tiny.populations["well"], 2000, 5) if "wound" in i["facts"]]
    sure = [answer for answer in told if not isinstance(answer, dict)]
    low, high = wilson(sum(sure), len(sure), 4.0)
    assert low <= 0.5 <= high
    assert wilson(len(sure), len(told), 4.0)[0] <= 0.6 <= wilson(len(sure), len(told), 4.0)[1]


def test_not_on_record_is_not_no(tmp_path: Path) -> None:
    tiny = made(tmp_path, line(5, known=0.25))
    found = list(people(tiny, tiny.populations["well"], 2000, 5))
    low, high = wilson(sum("side" in i["facts"] for i in found), 2000, 4.0)
    assert low <= 0.25 <= high


def test_what_depends_on_an_unsure_answer_takes_the_line_for_the_rest(tmp_path: Path) -> None:
    tiny = made(tmp_path, lambda c: c["unsure"].insert(0, {"share": 1.0, "declined": 0.0, "facts": ["fever"], **_WHY}))
    assert all(i["facts"]["fever"] == {"state": "not_known"} for i in people(tiny, tiny.populations["well"], 50, 5))


def test_the_same_few_people_are_unsure_of_all_signs(tmp_path: Path) -> None:
    tiny = made(tmp_path, lambda c: c["unsure"].insert(0, {"share": 0.5, "people": 0.2, **_WHY}))
    found = [i["facts"] for i in people(tiny, tiny.populations["well"], 4000, 5) if "wound" in i["facts"]]
    unsure = [(isinstance(f["fever"], dict), isinstance(f["wound"], dict)) for f in found]

    def of(wanted: tuple[bool, bool], share: float) -> None:
        low, high = wilson(unsure.count(wanted), len(unsure), 4.0)
        assert low <= share <= high

    of((True, True), 0.2 * 0.25)
    of((True, False), 0.2 * 0.25)
    of((False, False), 0.8 + 0.2 * 0.25)


def test_a_list_without_a_line_stays_open(tmp_path: Path) -> None:
    tiny = made(tmp_path, lambda c: c["listed"].pop(1))
    (intake,) = people(tiny, tiny.populations["well"], 1, 5)
    assert "surgeries" not in {*intake, *intake["complete"]}
    assert "surgeries" not in {*(whole := broken_off(tiny, intake, 1.0)), *whole["complete"]}


_WHY = {"marks": ["design"], "why": "because"}


# --- interviews that end early ----------------------------------------------------------------------


def test_what_is_broken_off_is_a_beginning(catalogue: Catalogue, drawn: list[dict[str, Any]]) -> None:
    whole = drawn[0]
    assert broken_off(catalogue, whole, 0.0)["facts"] == {}
    assert broken_off(catalogue, whole, 0.0)["complete"] == []
    every = broken_off(catalogue, whole, 1.0)
    assert every == {**whole, "complete": every["complete"]}
    before: set[str] = set()
    for kept in (0.1, 0.3, 0.5, 0.7, 0.9):
        here = broken_off(catalogue, whole, kept)
        _read(catalogue, here)
        assert here["synthetic"] is True
        assert before <= set(here["facts"])
        before = set(here["facts"])
    signs = [catalogue.facts[key].warning_sign for key in broken_off(catalogue, whole, 0.2)["facts"]]
    assert signs
    assert all(signs)


# --- what they are told -----------------------------------------------------------------------------


def test_triage_says_what_an_assessment_says(catalogue: Catalogue, drawn: list[dict[str, Any]]) -> None:
    assessor = Assessor(catalogue)
    early = [broken_off(catalogue, i, n / 40) for n, i in enumerate(drawn[25:65])]
    for intake in (*drawn[:25], *early):
        whole, fast = assessor.assess(_read(catalogue, intake)), assessor.triage(_read(catalogue, intake))
        assert fast.facing.disposition == whole.disposition
        assert fast.facing.urgency == whole.urgency
        assert set(fast.rules) == {conclusion.rule for conclusion in whole.conclusions}


def test_the_counts_add_up(catalogue: Catalogue) -> None:
    found = measure(catalogue, catalogue.populations["stable"], 120, 7)
    assert sum(found.told.values()) == found.people == 120
    assert found.without_a_line == ()
    assert sum(part.people for part in found.broken_off) == 24
    for rule in found.rules:
        assert rule.holds >= rule.decides >= rule.alone
        assert rule.decides <= found.told[rule.leads_to]
    for word in ("emergency", "urgent", "refer", "consult"):
        leading = [rule for rule in found.rules if rule.leads_to == word]
        assert sum(rule.alone for rule in leading) <= found.told[word] <= sum(rule.decides for rule in leading)
    assert found.too_much <= found.told["emergency"] + found.told["urgent"]
    printed = told(catalogue.populations["stable"], found)
    assert "120 synthetic people" in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert msgspec.json.decode(msgspec.json.encode(found))["people"] == 120


def test_alone_is_who_would_be_told_less_without_the_rule(catalogue: Catalogue, drawn: list[dict[str, Any]]) -> None:
    found = measure(catalogue, catalogue.populations["stable"], len(drawn), 7)
    expected = Counter[str]()
    assessor = Assessor(catalogue)
    for intake in drawn:
        whole = assessor.assess(_read(catalogue, intake))
        making = {c.rule for c in whole.conclusions if whole.disposition in (c.urgency, catalogue.rules[c.rule].route)}
        called_by_policy = any(not set(action.because) <= set(catalogue.rules) for action in whole.actions)
        if called_by_policy and whole.disposition == "urgent":
            making.add(POLICY)
        expected.update(making if len(making) == 1 else ())
    assert {rule.rule: rule.alone for rule in found.rules if rule.alone} == expected


def _well(tmp_path: Path, **facts: Any) -> tuple[Counting, Any, Any]:
    tiny = made(tmp_path)
    counting = Counting(tiny)
    intake = {"facts": facts, "medications": [], "surgeries": [], "complete": ["medications", "surgeries"]}
    return counting, counting.triage(intake), tiny.populations["well"]


def test_a_rule_that_is_right_to_call_is_not_too_much(tmp_path: Path) -> None:
    counting, triaged, well = _well(tmp_path, operated=True, fever=True, wound=True, pain=2, side="left")
    assert triaged.facing.disposition == "urgent"
    assert not counting.too_much(triaged, well)


def test_more_than_it_is_right_to_call_for_is_too_much(tmp_path: Path) -> None:
    counting, triaged, well = _well(tmp_path, operated=True, fever=True, wound=True, pain=9, side="left")
    assert triaged.facing.disposition == "emergency"
    assert counting.too_much(triaged, well)


def test_a_consultation_is_never_too_much(tmp_path: Path) -> None:
    counting, triaged, well = _well(tmp_path, operated=True, fever=False, wound=False, pain=5, side="left")
    assert triaged.facing.disposition == "consult"
    assert not counting.too_much(triaged, well)


def test_the_same_day_policy_is_counted_among_the_rules(tmp_path: Path) -> None:
    tiny = made(tmp_path, lambda c: c["unsure"].insert(0, {"share": 1.0, **_WHY}))
    found = measure(tiny, tiny.populations["well"], 200, 1)
    (policy,) = (rule for rule in found.rules if rule.rule == POLICY)
    assert policy.holds == policy.alone == found.told["urgent"] > 150
    assert found.too_much == found.told["urgent"]


@pytest.mark.slow
def test_many_processes_count_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = made(tmp_path)
    alone = measure(tiny, tiny.populations["well"], 2 * BLOCK, 1)
    monkeypatch.setattr(triage, "_ALONE", 1)
    assert measure(tiny, tiny.populations["well"], 2 * BLOCK, 1) == alone


# --- what moves it ----------------------------------------------------------------------------------


def test_the_share_that_moves_most_is_found(tmp_path: Path) -> None:
    tiny = made(tmp_path, lambda c: c.update(right_to_call=[]))
    found = influences(tiny, tiny.populations["well"], seed=1, screened=300, final=300, most=3)
    assert {line.line for line in found} >= {"fever, when operated", "wound"}
    for line_ in found:
        assert line_.doubled >= line_.as_is >= line_.halved
        assert line_.as_is == found[0].as_is
    assert found[0].doubled > found[0].as_is


def test_of_a_common_answer_the_rarer_one_is_doubled(tmp_path: Path) -> None:
    tiny = made(tmp_path, line(0, share=0.8, **_WHY))
    found = influences(tiny, tiny.populations["well"], seed=1, screened=100, final=100, most=9)
    (operated,) = (f for f in found if f.line == "operated")
    assert operated.rarer == "no"
    assert operated.share == pytest.approx(0.2)


def test_where_few_are_unsure_it_is_how_few_that_is_doubled(tmp_path: Path) -> None:
    tiny = made(tmp_path, lambda c: c["unsure"].insert(0, {"share": 0.9, "people": 0.2, **_WHY}))
    found = influences(tiny, tiny.populations["well"], seed=1, screened=300, final=300, most=9)
    (unsure,) = (f for f in found if f.line == "every other warning sign")
    assert (unsure.rarer, unsure.share) == ("unsure at all", 0.2)
    assert unsure.doubled > unsure.as_is > unsure.halved
