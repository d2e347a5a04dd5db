"""Combinations, goals and companions: what is said of whom, and what a file cannot say.

A folder of its own is laid over the shipped one, so that nothing here rests on what the shipped knowledge says.
"""

from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_catalog_folder import Folder, read, tiny, write

from postlude.assessment.assess import Assessor
from postlude.assessment.conditions import conditions
from postlude.assessment.goals import measured
from postlude.assessment.model import Assessment, Combination, GoalView
from postlude.assessment.reading import understand
from postlude.catalog import load
from postlude.catalog.catalogue import Catalogue
from postlude.evidence import store
from postlude.report.clinician import clinician
from postlude.report.explain import explain
from postlude.report.plain import plain

Told = dict[str, Any]
FACTS = ("own_one", "own_two", "own_harm", "own_when", "own_pain", "own_against", "own_refer", "own_consult")


def _cases(fact: str) -> list[Told]:
    return [
        {"says": str(value), "intake": {} if value is None else {"facts": {fact: value}}, "expect": expect}
        for value, expect in ((True, "true"), (False, "false"), (None, "unknown"))
    ]


def _combination(key: str, *, makes_sense: bool, **form: Any) -> Told:
    words = {"says": f"Says {key}.", "plain": f"Plainly {key}.", "marks": ["design"]}
    return {"id": key, "makes_sense": makes_sense, "when": "own_when", **words, **form, "case": _cases("own_when")}


def _treatment(key: str, **more: Any) -> Told:
    fixed = {"what": "What.", "aimed_at": ["own-cause"], "honest": "Honest.", "plain_honest": "Honest."}
    return {"id": key, "name": key.replace("own-", "the "), **fixed, "marks": ["design"], **more}


def _route(key: str, fact: str, route: str) -> Told:
    return {
        "id": key,
        "kind": "route",
        "route": route,
        "when": fact,
        "says": f"Says {key}.",
        "plain": f"Plainly {key}.",
        "marks": ["design"],
        "action": [{"do": f"Do {key}.", "plain": f"We do {key}.", "who": "clinician"}],
        "case": _cases(fact)[:2],
    }


def folder() -> Folder:
    cause = {"id": "own-cause", "name": "own", "plain": "Own.", "list_when": "own_pain", "settled_by": ["a look"]}
    goal = {
        "id": "own-goal",
        "asks": "Own goal?",
        "plain": "Your own goal?",
        "matters_when": "own_pain",
        "spoken_against_when": "own_against",
        "spoken_against": "something",
        "plain_spoken_against": "Something.",
        "outcomes": ["own-outcome"],
        "nothing_shows": "Nothing shows it.",
        "plain_nothing_shows": "No study shows it.",
        "marks": ["design"],
        "case": _cases("own_pain"),
    }
    outcome = {"id": "own-outcome", "kind": "responders", "better": "more", "domain": "other"}
    return {
        "facts/own.toml": {
            "fact": [{"id": fact, "type": "boolean", "says": fact, "ask": f"{fact}?"} for fact in FACTS],
        },
        "terms/own.toml": {"outcome": [{**outcome, "says": "own outcome", "plain": "own outcome"}]},
        "rules/own.toml": {
            "rule": [_route("own-refer", "own_refer", "refer"), _route("own-consult", "own_consult", "consult")],
            "cause": [{**cause, "marks": ["design"]}],
            "goal": [goal],
            "combination": [
                _combination("own-row", makes_sense=True, first=["own-one/try"], then=["own-two"]),
                _combination("own-pair", makes_sense=True, together=["own-one", "own-two"]),
                _combination("own-beside", makes_sense=True, together=["own-one"], beside=["own-two", "own-one"]),
                _combination("own-alone", makes_sense=True, alone=["own-two"]),
                _combination("own-not", makes_sense=False, again=["own-one"]),
            ],
        },
        "treatments/own-one.toml": _treatment("own-one", consider_when="own_one", steps=["try"]),
        "treatments/own-two.toml": _treatment(
            "own-two",
            consider_when="own_two",
            goals=["own-goal"],
            avoid=[{"id": "own-harm", "when": "own_harm", "says": "harm", "marks": ["design"]}],
        ),
    }


@pytest.fixture(scope="module")
def assessor(tmp_path_factory: pytest.TempPathFactory) -> Assessor:
    return Assessor(load.read(write(tmp_path_factory.mktemp("clinic"), folder())))


def look(assessor: Assessor, **facts: bool) -> Assessment:
    return assessor.assess(understand({"facts": facts}, assessor.catalogue, name="x", today=date(2026, 1, 15)))


def own(assessor: Assessor, **facts: bool) -> dict[str, Combination]:
    return {c.id: c for c in look(assessor, **facts).combinations if c.id.startswith("own-")}


def goal(assessor: Assessor, **facts: bool) -> GoalView:
    (found,) = (g for g in look(assessor, **facts).goals if g.id == "own-goal")
    return found


# --- combinations -------------------------------------------------------------------------------------


def test_each_form_is_said_by_the_names_of_its_treatments(assessor: Assessor) -> None:
    found = own(assessor, own_one=True, own_two=True, own_harm=False, own_when=True)
    assert {key: (c.form, c.reads, c.state) for key, c in found.items()} == {
        "own-row": ("sequence", "the one: try, then the two", "holds"),
        "own-pair": ("beside", "the one beside the two", "holds"),
        "own-beside": ("beside", "the one beside the two or the one", "holds"),
        "own-alone": ("alone", "the two, and nothing else for now", "holds"),
        "own-not": ("again", "the one, once more", "holds"),
    }
    for combination in found.values():
        assert [b.fact for b in combination.because] == ["own_when"]
        assert combination.marks == ("design",)


def test_what_makes_no_sense_comes_first(assessor: Assessor) -> None:
    found = list(own(assessor, own_one=True, own_two=True, own_when=True).values())
    assert [c.makes_sense for c in found] == [False, True, True, True, True]


def test_what_does_not_hold_is_not_said(assessor: Assessor) -> None:
    assert own(assessor, own_one=True, own_two=True, own_when=False) == {}


def test_what_makes_sense_is_said_of_listed_options_only_and_what_does_not_of_everybody(assessor: Assessor) -> None:
    assert set(own(assessor, own_one=False, own_two=False, own_when=True)) == {"own-not"}
    # What comes first in a row may lie in the past.
    assert set(own(assessor, own_one=False, own_two=True, own_when=True)) == {
        "own-row",
        "own-alone",
        "own-not",
    }


def test_what_is_to_be_avoided_holds_a_combination_up(assessor: Assessor) -> None:
    found = own(assessor, own_one=True, own_two=True, own_harm=True, own_when=True)
    assert {key: (c.state, c.avoided) for key, c in found.items()} == {
        "own-row": ("held-up", ("own-two",)),
        "own-pair": ("held-up", ("own-two",)),
        "own-beside": ("holds", ()),  # there is another to stand beside it
        "own-alone": ("held-up", ("own-two",)),
        "own-not": ("holds", ()),
    }


def test_what_is_not_known_is_told_with_what_decides_it_where_all_are_worth_weighing(assessor: Assessor) -> None:
    found = own(assessor, own_one=True, own_two=True)
    assert len(found) == 5
    for combination in found.values():
        assert combination.state == "undecided"
        assert [(b.fact, b.value) for b in combination.because] == [("own_when", None)]
    # A pair waits until both are worth weighing; the same beside the same needs one.
    assert set(own(assessor, own_one=True)) == {"own-not", "own-beside"}
    assert own(assessor) == {}


@pytest.mark.parametrize(("one", "two"), list(product([True, False, None], repeat=2)))
def test_what_could_still_be_said_is_asked(assessor: Assessor, one: bool | None, two: bool | None) -> None:
    facts = {key: value for key, value in (("own_one", one), ("own_two", two)) if value is not None}
    asked = {q.fact: q.could_change for q in look(assessor, **facts).ask}
    assert "own-not" in asked["own_when"]
    assert ("own-alone" in asked["own_when"]) == (two is not False)
    assert ("own-pair" in asked["own_when"]) == (one is not False and two is not False)


# --- goals --------------------------------------------------------------------------------------------


def test_a_goal_is_maybe_with_an_option_that_is_worth_weighing_and_aimed_at_a_candidate(assessor: Assessor) -> None:
    found = goal(assessor, own_two=True, own_pain=True)
    assert (found.answer, found.matters, found.against) == ("maybe", True, None)
    assert [(o.treatment, o.status, o.benefit, o.compared) for o in found.options] == [
        ("own-two", "consider", None, ())
    ]
    assert found.nothing_shows == "Nothing shows it."
    assert found.would_decide == ()
    assert [b.fact for b in found.against_because] == ["own_against"]


@pytest.mark.parametrize(
    ("facts", "decides"),
    [
        ({}, ["own_two", "own_pain"]),
        ({"own_two": True}, ["own_pain"]),
        ({"own_pain": True}, ["own_two"]),
    ],
)
def test_a_goal_is_not_known_while_an_option_or_its_cause_is_open(
    assessor: Assessor, facts: Told, decides: list[str]
) -> None:
    found = goal(assessor, **facts)
    assert (found.answer, found.options, found.nothing_shows) == ("not-known", (), "")
    assert [b.fact for b in found.would_decide] == decides


@pytest.mark.parametrize(
    "facts", [{"own_two": False}, {"own_pain": False}, {"own_two": True, "own_pain": True, "own_harm": True}]
)
def test_a_goal_is_not_seen_without_an_option_for_it(assessor: Assessor, facts: Told) -> None:
    found = goal(assessor, **facts)
    assert (found.answer, found.would_decide) == ("not-seen", ())


def test_what_speaks_against_a_goal_is_said_with_its_reason(assessor: Assessor) -> None:
    found = goal(assessor, own_two=True, own_pain=True, own_against=True)
    assert (found.answer, found.against) == ("maybe", True)
    assert [(b.fact, b.value) for b in found.against_because] == [("own_against", True)]
    assert goal(assessor, own_against=False).against_because == ()
    assert "own-goal" in {key for q in look(assessor).ask if q.fact == "own_against" for key in q.could_change}


def test_what_others_are_compared_with_is_no_help_of_ours(tmp_path: Path) -> None:
    content = folder()
    comparators = [i.id for i in load.load().library.interventions.values() if i.comparator]
    content["treatments/own-two.toml"]["intervention"] = comparators[0]
    assessor = Assessor(load.read(write(tmp_path, content)))
    assert goal(assessor, own_two=True, own_pain=True).answer == "not-seen"


def test_a_comparison_that_measured_the_goal_is_named_and_then_nothing_is_denied(tmp_path: Path) -> None:
    content = folder()
    content["rules/own.toml"]["goal"][0] |= {"domain": "pain"}
    catalogue = load.read(write(tmp_path, content))
    known = measured(catalogue)["own-goal"]
    assert known.pooled
    intervention = next(i for i in known.compared if not catalogue.library.interventions[i].comparator)
    content["treatments/own-two.toml"]["intervention"] = intervention
    catalogue = load.read(write(tmp_path, content))
    (option,) = goal(Assessor(catalogue), own_two=True, own_pain=True).options
    assert option.compared == known.compared[intervention]
    assert goal(Assessor(catalogue), own_two=True, own_pain=True).nothing_shows == ""
    for key in option.compared:
        assert intervention in {arm.intervention for arm in catalogue.library.studies[key].arm}


def test_an_expected_benefit_stands_only_with_a_goal_that_its_figures_count() -> None:
    catalogue = load.load()
    assessor = Assessor(catalogue, store.load(catalogue.library))
    everything = {f.id: True for f in catalogue.facts.values() if f.type == "boolean" and not f.warning_sign}
    found = look(assessor, **everything)
    with_benefit = {goal.id for goal in found.goals if any(o.benefit is not None for o in goal.options)}
    assert with_benefit <= {key for key, known in measured(catalogue).items() if known.pooled}
    assert with_benefit


# --- companions ---------------------------------------------------------------------------------------


def test_pain_care_goes_along_with_a_referral(assessor: Assessor) -> None:
    found = look(assessor, own_refer=True, own_consult=True)
    assert found.route == ("refer",)
    (companion,) = found.companions
    assert (companion.route, companion.state) == ("consult", "holds")
    assert "own-consult" in companion.rules
    assert [a.do for a in companion.actions] == ["Do own-consult."]
    assert set(companion.actions) <= set(found.actions)
    assert "own_consult" in [b.fact for b in companion.because]


def test_a_companion_that_is_not_known_is_not_left_out(assessor: Assessor) -> None:
    (companion,) = look(assessor, own_refer=True).companions
    assert (companion.state, companion.actions) == ("undecided", ())
    assert "own_consult" in [b.fact for b in companion.because]
    assert "own-consult" in companion.rules


def test_without_a_known_referral_there_is_no_companion(assessor: Assessor) -> None:
    assert look(assessor, own_consult=True).companions == ()
    assert look(assessor).companions == ()


# --- how it is told -----------------------------------------------------------------------------------

WHOLE = {"own_one": True, "own_two": True, "own_pain": True, "own_when": True}


def _reports(assessor: Assessor, **facts: bool) -> tuple[str, str]:
    found = look(assessor, **facts)
    words = assessor.catalogue.words["en"]
    human, person = clinician(found, words, title="x"), plain(found, assessor.catalogue)
    return " ".join(human.split()), " ".join(person.split())


def test_both_reports_say_goals_and_combinations(assessor: Assessor) -> None:
    human, person = _reports(assessor, **WHOLE, own_against=True)
    assert "Own goal? Maybe, with the two (consider)." in human
    assert "Nothing shows it." in human
    assert "Against counting on it: something" in human
    assert "the one, once more: does not make sense - Says own-not. [design] · because own_when: yes" in human
    assert "Your own goal? Maybe. Worth talking about: the two. No study shows it. Something. [design]" in person
    assert person.index("Plainly own-not. [design]") < person.index("Plainly own-row. [design]")
    assert human.index("Own goal?") < human.index("WHAT TO ASK NEXT")


def test_what_is_undecided_is_not_told_as_if_it_held(assessor: Assessor) -> None:
    human, person = _reports(assessor, own_one=True, own_two=True)
    assert "whether for this person depends on: own_when. [design]" in human
    assert "Says own-not." not in human
    assert "Plainly own-not." not in person


def test_what_is_held_up_is_told_to_the_clinician_only(assessor: Assessor) -> None:
    human, person = _reports(assessor, **WHOLE, own_harm=True)
    assert "/ the two, and nothing else for now ! Not now: to be avoided for this person: the two." in human
    assert "Plainly own-alone." not in person


def test_a_companions_actions_stand_apart(assessor: Assessor) -> None:
    human, person = _reports(assessor, own_refer=True, own_consult=True)
    first, _, alongside = human.partition("AT THE SAME TIME")
    assert "Do own-refer." in first
    assert "Do own-consult." not in first
    assert "Do own-consult." in alongside
    first, _, alongside = person.partition(" At the same time ")
    assert "We do own-consult." not in first
    assert "We do own-consult." in alongside


def test_an_emergency_hides_goals_and_combinations(assessor: Assessor) -> None:
    signs = {f.id: True for f in assessor.catalogue.facts.values() if f.warning_sign and f.type == "boolean"}
    found = look(assessor, **signs, **WHOLE)
    assert found.disposition == "emergency"
    assert found.goals
    for report in _reports(assessor, **signs, **WHOLE):
        assert "goal?" not in report
        assert "own-not" not in report


def test_explain_says_combinations_and_goals(assessor: Assessor) -> None:
    found = explain(assessor.catalogue, "own-row")
    assert "the one: try, then the two: makes sense" in found
    assert "when: own_when" in found
    assert "measured by: own-outcome" in explain(assessor.catalogue, "own-goal")
    two = " ".join(explain(assessor.catalogue, "own-two").split())
    assert "combinations: own-row, own-pair, own-beside, own-alone" in two
    assert "combination own-not" in " ".join(explain(assessor.catalogue, "own_when").split())
    assert "goal own-goal" in explain(assessor.catalogue, "own_against")


def test_the_proofs_range_over_them(assessor: Assessor) -> None:
    proved = {condition.name for condition in conditions(assessor.catalogue)}
    assert {"combination own-row", "goal own-goal, matters_when", "goal own-goal, spoken_against_when"} <= proved


# --- what a file cannot say ---------------------------------------------------------------------------


def _small() -> Folder:
    content = tiny()
    content["treatments/block.toml"]["steps"] = ["test"]
    cases = [
        {"says": "yes", "intake": {"facts": {"fever": True}}, "expect": "true"},
        {"says": "no", "intake": {"facts": {"fever": False}}, "expect": "false"},
        {"says": "nothing", "intake": {}, "expect": "unknown"},
    ]
    words = {"says": "x", "plain": "x", "marks": ["design"], "case": cases}
    content["rules/all.toml"]["combination"] = [
        {"id": "again", "again": ["block"], "makes_sense": False, "when": "fever", **words}
    ]
    content["rules/all.toml"]["goal"] = [
        {
            "id": "better",
            "asks": "Better?",
            "plain": "Better?",
            "matters_when": "fever",
            "domain": "pain",
            "nothing_shows": "x",
            "plain_nothing_shows": "x",
            "marks": ["design"],
            "case": cases,
        }
    ]
    return content


def _change(kind: str, **values: Any) -> Callable[[Folder], None]:
    def change(content: Folder) -> None:
        table = content["rules/all.toml"][kind][0]
        table.update(values)
        for key in [key for key, value in table.items() if value is ...]:
            del table[key]

    return change


WRONG: dict[str, tuple[Callable[[Folder], None], str]] = {
    "treatment": (
        _change("combination", again=["blok"]),
        "rules/all.toml, [[combination]] again, key `again`: there is no treatment 'blok'; did you mean 'block'?",
    ),
    "step": (_change("combination", again=["block/tests"]), "block has no step 'tests'; did you mean 'test'?"),
    "part": (_change("combination", again=["Block"]), "key `again`: found the list ['Block']; a treatment, or"),
    "no form": (_change("combination", again=...), "again: found no treatments; one form is needed"),
    "two forms": (_change("combination", alone=["block"]), "found again and alone; one form is needed"),
    "half a row": (_change("combination", again=..., first=["block"]), "found first; one form is needed"),
    "one together": (_change("combination", again=..., together=["block"]), "found together; one form"),
    "no verdict": (_change("combination", makes_sense=...), "key `makes_sense`: is missing"),
    "no source": (_change("combination", marks=[]), "again, key `sources`: names no source"),
    "no cases": (_change("combination", case=[]), "no worked patient expects true or false or unknown"),
    "condition": (_change("combination", when="fevver"), "[[combination]] again, key `when`"),
    "goal without a measure": (_change("goal", domain=...), "[[goal]] better: needs domain or outcomes"),
    "outcome": (_change("goal", outcomes=["x"]), "key `outcomes`: there is no outcome 'x'"),
    "half against": (
        _change("goal", spoken_against_when="wound"),
        "key `spoken_against`: is missing; spoken_against_when, spoken_against, plain_spoken_against belong together",
    ),
    "goal without a source": (_change("goal", marks=[]), "[[goal]] better, key `sources`: names no source"),
    "goal of a treatment": (
        lambda content: content["treatments/block.toml"].update(goals=["beter"]),
        "treatments/block.toml, treatment block, key `goals`: there is no goal 'beter'; did you mean 'better'?",
    ),
}


def test_the_small_folder_is_valid(tmp_path: Path) -> None:
    catalogue, problems = read(write(tmp_path, _small()))
    assert problems == ()
    assert isinstance(catalogue, Catalogue)
    assert catalogue.combinations["again"].form() == "again"


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    change, expected = WRONG[name]
    content = _small()
    change(content)
    _, problems = read(write(tmp_path, content))
    assert any(expected in problem for problem in problems), problems
