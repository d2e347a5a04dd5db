"""Mutants of conditions: which there are, who kills them, and that a drafted patient kills what it was drafted for."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli
from tests.unit.test_catalog_folder import Folder, entry, read, tiny, write

from postlude import cli
from postlude.assessment import accepted
from postlude.assessment.assess import Assessor
from postlude.assessment.cases import CASE_DAY, intake_of
from postlude.assessment.checking import Witness, published, run_cases, witnesses
from postlude.assessment.conditions import conditions, definitions, resting_on, with_condition
from postlude.assessment.intake import person
from postlude.assessment.mutating import Outcome, Trial
from postlude.assessment.outline import Sketch, outlined
from postlude.assessment.proving import Prover
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.definitions import definitions as definitions_of
from postlude.catalog.definitions import differences
from postlude.catalog.load import load
from postlude.errors import FileError, KnowledgeError, ProofError, SurvivorError, UsageError
from postlude.logic.language import predicate
from postlude.logic.mutants import mutants
from postlude.logic.nodes import And, Boolean, Not, children, rebuilt
from postlude.logic.solver import Solver
from postlude.report.explain import explain
from postlude.report.mutants import check_mutants, toml

Case = dict[str, Any]
DISTINCT = "count_distinct(medications, medicine, opioid)"


@pytest.fixture
def catalogue() -> Catalogue:
    return load()


def case(expect: str, intake: Case | None = None, **facts: Any) -> Case:
    return {"says": f"{facts}", "intake": {**(intake or {}), "facts": facts}, "expect": expect}


def made(folder: Folder, root: Path) -> Catalogue:
    catalogue, problems = read(write(root, folder))
    assert catalogue is not None, problems
    return catalogue


def ruled(root: Path, when: str, cases: Iterable[Case]) -> Catalogue:
    """Return the tiny knowledge with one rule of kind finding, its condition and its worked patients."""
    folder = tiny()
    rule = entry(folder, "rule", "come")
    rule |= {"kind": "finding", "when": when, "case": list(cases)}
    del rule["route"]
    return made(folder, root)


def tried(catalogue: Catalogue, *only: str, further: Iterable[Witness] = ()) -> list[Outcome]:
    return list(Trial(catalogue, [*witnesses(catalogue, []), *further]).outcomes(only))


def fates(outcomes: Iterable[Outcome]) -> dict[str, str]:
    return {outcome.text: outcome.fate for outcome in outcomes}


# --- which mutants there are --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("fever", {"fever → NOT fever"}),
        ("NOT fever", {"NOT fever → fever"}),
        (
            "fever AND operated",
            {
                "fever AND operated → fever OR operated",
                "fever → (left out)",
                "operated → (left out)",
                "fever → NOT fever",
                "operated → NOT operated",
            },
        ),
        ("pain = 4", {"pain = 4 → pain <> 4", "pain = 4 → pain = 3", "pain = 4 → pain = 5"}),
        (
            "pain >= 6.5",
            {f"pain >= 6.5 → pain {other}" for other in ("< 6.5", "> 6.5", "<= 6.5", ">= 6.4", ">= 6.6")},
        ),
        ("side = 'left'", {"side = 'left' → NOT side = 'left'"}),
        (
            "side IN ('left', 'right')",
            {
                "side IN ('left', 'right') → side = 'right'",
                "side IN ('left', 'right') → side = 'left'",
                "side IN ('left', 'right') → NOT side IN ('left', 'right')",
            },
        ),
        (
            "at_least(2, fever, operated, wound)",
            {
                "at_least(2, fever, operated, wound) → at_least(1, fever, operated, wound)",
                "at_least(2, fever, operated, wound) → at_least(3, fever, operated, wound)",
                "at_least(2, fever, operated, wound) → NOT at_least(2, fever, operated, wound)",
                *(f"{name} → (left out)" for name in ("fever", "operated", "wound")),
                *(f"{name} → NOT {name}" for name in ("fever", "operated", "wound")),
            },
        ),
        ("opioid_now", {"opioid_now → NOT opioid_now"}),
        (
            f"{DISTINCT} > 1",
            {
                *(f"{DISTINCT} > 1 → {DISTINCT} {other}" for other in ("<= 1", ">= 1", "< 1", "> 0", "> 2")),
                f"{DISTINCT} → count(medications, opioid)",
                "opioid → (left out)",
                "opioid → NOT opioid",
            },
        ),
    ],
)
def test_the_mutants_of_a_condition(when: str, expected: set[str], tmp_path: Path) -> None:
    node = predicate(when, made(tiny(), tmp_path).vocabulary)
    found = list(mutants(node))
    assert {mutant.text for mutant in found} == expected
    assert node not in {mutant.node for mutant in found}


def test_the_same_slip_at_two_places_has_a_number() -> None:
    a, b = Boolean("a"), Boolean("b")
    found = [mutant.text for mutant in mutants(And((a, And((b, a)))))]
    assert {"a → NOT a", "a → NOT a [2]"} <= set(found)
    assert len(found) == len(set(found))


def test_two_denials_are_none() -> None:
    assert [mutant.node for mutant in mutants(Not(Boolean("a")))] == [Boolean("a")]


def test_every_node_of_the_knowledge_can_be_rebuilt_from_its_parts(catalogue: Catalogue) -> None:
    waiting = [condition.node for condition in (*conditions(catalogue), *definitions(catalogue))]
    while waiting:
        node = waiting.pop()
        assert rebuilt(node, children(node)) == node
        waiting += children(node)


# --- who kills them -----------------------------------------------------------------------------


def test_the_patient_at_the_boundary_kills_the_moved_one(tmp_path: Path) -> None:
    far = [case("true", pain=9), case("false", pain=0)]
    alive = {t for t, fate in fates(tried(ruled(tmp_path / "a", "pain >= 4", far), "come")).items() if fate != "case"}
    assert alive == {f"pain >= 4 → pain {other}" for other in ("> 4", ">= 3", ">= 5")}
    near = [case("true", pain=4), case("false", pain=3.99), case("true", pain=9)]
    found = fates(tried(ruled(tmp_path / "b", "pain >= 4", near), "come"))
    assert set(found.values()) == {"case"}


def test_a_gate_that_is_left_out_is_noticed_by_a_proof(tmp_path: Path) -> None:
    """Whether there was a wound is not asked of those who were not operated on: there it must not matter."""
    cases = [case("true", operated=True, wound=True), case("false", operated=True, wound=False)]
    found = {o.text: o for o in tried(ruled(tmp_path, "operated AND wound", cases), "come")}
    assert found["operated → (left out)"].fate == "proof"
    assert "does not depend on wound where it is not asked" in found["operated → (left out)"].by


def test_a_mutant_that_can_never_hold_is_noticed_by_a_proof(tmp_path: Path) -> None:
    cases = [case("true", pain=10, fever=True), case("false", fever=False)]
    found = {o.text: o for o in tried(ruled(tmp_path, "pain >= 10 AND fever", cases[1:] + cases[:1]), "come")}
    assert found["pain >= 10 → pain >= 11"].fate == "case"
    cases = [case("true", fever=True), case("false", fever=False, pain=0)]
    found = {o.text: o for o in tried(ruled(tmp_path / "b", "pain >= 10 OR fever", cases), "come")}
    assert found["pain >= 10 → pain >= 11"].fate == "survivor"


def test_what_is_the_same_for_everybody_is_equivalent(tmp_path: Path) -> None:
    cases = [case("true", fever=True), case("false", fever=False)]
    found = fates(tried(ruled(tmp_path, "fever OR (fever AND operated)", cases), "come"))
    assert found["fever AND operated → (left out)"] == "equivalent"
    assert found["operated → NOT operated"] == "equivalent"
    assert found["fever AND operated → fever OR operated"] == "case"


def test_what_differs_only_while_something_is_missing_is_a_survivor(tmp_path: Path) -> None:
    cases = [case("true", fever=True, operated=True), case("false", fever=False)]
    found = {o.text: o for o in tried(ruled(tmp_path, "fever AND (operated OR NOT operated)", cases), "come")}
    outcome = found["operated OR NOT operated → (left out)"]
    assert outcome.fate == "survivor"
    assert outcome.draft is not None
    assert (outcome.draft.intake, outcome.draft.expect, outcome.draft.otherwise) == (
        {"facts": {"fever": True}},
        "unknown",
        "true",
    )


def test_the_mutants_of_a_derived_fact_are_killed_by_the_rules_that_rest_on_it(tmp_path: Path) -> None:
    stopped = {"medications": [{"medicine": "oxycodone", "current": False}], "complete": ["medications"]}
    taken = {"medications": [{"medicine": "oxycodone"}], "complete": ["medications"]}
    cases = [case("true", taken), case("false", stopped)]
    found = {o.text: o for o in tried(ruled(tmp_path, "opioid_now", cases), "opioid_now")}
    assert found["current → NOT current"].by.startswith("rules/all.toml, rule come")
    assert found["current → (left out)"].fate == "case"
    # Nobody takes something else.
    assert found["opioid → (left out)"].fate == "survivor"


def test_every_kind_of_entry_has_mutants_and_a_place_for_its_drafts(catalogue: Catalogue) -> None:
    kinds: dict[str, str] = {}
    for condition in conditions(catalogue):
        kind, _, key = condition.entry.partition(" ")
        kinds.setdefault(kind, key)
    assert set(kinds) == {"rule", "cause", "treatment", "combination", "goal"}
    # Without witnesses nobody notices anything but the proofs.
    for kind, key in kinds.items():
        found = list(Trial(catalogue, []).outcomes([key]))
        assert {o.fate for o in found} <= {"survivor", "proof", "equivalent"}
        assert any(o.draft is not None and o.draft.entry == f"{kind} {key}" for o in found)


def test_a_changed_definition_reaches_everything_that_rests_on_it(catalogue: Catalogue) -> None:
    for definition in definitions(catalogue):
        mutant = next(iter(mutants(definition.node)))
        changed = with_condition(catalogue, definition._replace(node=mutant.node))
        key = definition.entry.partition(" ")[2]
        touched = {condition.name for condition in resting_on(catalogue, key)}
        before = {condition.name: condition.node for condition in conditions(catalogue)}
        after = {condition.name: condition.node for condition in conditions(changed)}
        assert {name for name in before if before[name] != after[name]} == touched
        assert changed.derived[key].body == mutant.node


def test_an_emergency_called_urgent_is_noticed_by_a_patient_whose_urgency_is_looked_at(tmp_path: Path) -> None:
    folder = tiny()
    folder["words/en/all.toml"]["headline"] |= {"urgent": "Soon.", "urgent_open": "Soon.", "ask": "Ask."}
    catalogue = made(folder, tmp_path)
    (alone,) = (o for o in tried(catalogue, "worst") if o.key == "urgency")
    assert (alone.fate, alone.draft) == ("survivor", None)
    intake = understand({"facts": {"fever": True, "pain": 10}}, catalogue, name="", today=CASE_DAY)

    def comes_out(knowledge: Catalogue, _: Iterable[str]) -> str:
        return Assessor(knowledge).assess(intake).urgency.at_least

    witness = Witness("somebody", frozenset({"rule worst"}), person(catalogue, intake), comes_out, "emergency")
    (noticed,) = (o for o in tried(catalogue, "worst", further=[witness]) if o.key == "urgency")
    assert (noticed.fate, noticed.by) == ("case", "somebody")


def test_the_published_cases_of_the_shipped_knowledge_are_witnesses_who_come_out_right(catalogue: Catalogue) -> None:
    found = list(published(catalogue))
    assert len(found) == len(catalogue.cases)
    assert all(witness.comes_out(catalogue, ()) == witness.expect for witness in found)
    # With no emergency left among the rules, whoever was published as one comes out otherwise.
    slower = {
        key: msgspec.structs.replace(rule, urgency="urgent" if rule.urgency else "")
        for key, rule in catalogue.rules.items()
    }
    changed = msgspec.structs.replace(catalogue, rules=slower)
    emergencies = {key for key, case in catalogue.cases.items() if case.expect.at_least == "emergency"}
    assert emergencies
    assert {w.where.rpartition(" ")[2] for w in found if w.comes_out(changed, ()) != w.expect} >= emergencies


@pytest.mark.slow
def test_the_outline_of_a_person_is_that_of_the_assessment(catalogue: Catalogue) -> None:
    """Of every published case, with the knowledge as it is and with mutants of everything that one may look at."""
    changes: list[tuple[Catalogue, tuple[str, ...]]] = [(catalogue, ())]
    everything = [*conditions(catalogue), *definitions(catalogue)]
    for condition in everything[:: len(everything) // 12]:
        changed = with_condition(catalogue, condition._replace(node=list(mutants(condition.node))[-1].node))
        rests = resting_on(catalogue, condition.entry.partition(" ")[2])
        changes.append((changed, (condition.entry, *(other.entry for other in rests))))
    seen = set()
    for case in list(catalogue.cases.values())[::3]:
        intake = intake_of(catalogue, case)
        sketch = Sketch(catalogue, person(catalogue, intake))
        for changed, entries in changes:
            whole = outlined(Assessor(changed).assess(intake))
            assert sketch.outline(changed, person(changed, intake), entries) == whole, (case.id, entries)
            seen.add(str(whole))
    assert len(seen) > 30


# --- drafts -------------------------------------------------------------------------------------


def test_drafted_patients_are_right_today_and_kill_what_they_were_drafted_for(tmp_path: Path) -> None:
    """Every draft is put where it belongs; then nothing is left that a worked patient could show."""
    folder = tiny()
    first = tried(made(folder, tmp_path / "before"))
    drafts = {id(o.draft): o.draft for o in first if o.draft is not None}
    assert len(drafts) > 10
    for draft in drafts.values():
        written = tomli.loads(f"intake = {toml(draft.intake)}")
        new = {"says": "drafted", "expect": draft.expect, **draft.beside, **written}
        kind, _, key = draft.entry.partition(" ")
        entry(folder, kind, key).setdefault("case", []).append(new)
    after = made(folder, tmp_path / "after")
    assert list(run_cases(after)) == []
    assert [o for o in tried(after) if o.fate == "survivor" and o.draft is not None] == []
    # Left are the urgency, and a number that is only shown: published cases can look at these.
    assert {(o.entry, o.key) for o in tried(after) if o.fate == "survivor"} == {
        ("rule worst", "urgency"),
        ("derived mme", "is"),
    }


def test_a_balance_is_looked_at_and_belongs_to_causes(tmp_path: Path) -> None:
    folder = tiny()
    cause = entry(folder, "cause", "scar")
    cause["case"] = [{**case("true", operated=True, side="left"), "balance": 2}]
    (problem,) = run_cases(made(folder, tmp_path / "a"))
    assert problem.endswith("expected true with balance 2, came out true with balance 1")
    entry(folder, "rule", "come")["case"][0]["balance"] = 1
    _, problems = read(write(tmp_path / "b", folder))
    assert any("balance" in problem and "belongs to the worked patients of a cause" in problem for problem in problems)


def _with_goal(cases: Iterable[Case] = ()) -> Folder:
    folder = tiny()
    folder["rules/all.toml"]["goal"] = [
        {
            "id": "better",
            "asks": "Better?",
            "plain": "Better?",
            "matters_when": "fever",
            "spoken_against_when": "operated AND wound OR side = 'left'",
            "spoken_against": "something",
            "plain_spoken_against": "Something.",
            "domain": "pain",
            "nothing_shows": "x",
            "plain_nothing_shows": "x",
            "marks": ["design"],
            "case": [case("true", fever=True), case("false", fever=False), case("unknown"), *cases],
        }
    ]
    return folder


def test_what_speaks_against_a_goal_is_looked_at(tmp_path: Path) -> None:
    told = {**case("true", fever=True, side="left"), "against": "false"}
    (problem,) = run_cases(made(_with_goal([told]), tmp_path / "a"))
    assert problem.endswith("expected true with against false, came out true with against true")
    told = {**case("true", fever=True, side="right"), "against": "unknown"}
    assert list(run_cases(made(_with_goal([told]), tmp_path / "b"))) == []
    # Only what is written is looked at.
    assert list(run_cases(made(_with_goal([case("true", fever=True, side="left")]), tmp_path / "c"))) == []


def test_what_stands_beside_a_result_belongs_to_one_kind_of_entry(tmp_path: Path) -> None:
    folder = _with_goal()
    goal = entry(folder, "goal", "better")
    goal["case"][0] |= {"balance": 1}
    combination = {"id": "again", "again": ["block"], "makes_sense": False, "when": "fever", "marks": ["design"]}
    cases = [{**told, "balance": 1, "against": "true"} for told in (case("true", fever=True), case("unknown"))]
    combination |= {"says": "x", "plain": "x", "case": [*cases, case("false", fever=False)]}
    folder["rules/all.toml"]["combination"] = [combination]
    entry(folder, "cause", "scar")["case"] = [{**case("true", operated=True, side="left"), "against": "true"}]
    _, problems = read(write(tmp_path / "a", folder))
    of_a_cause = "key `case.balance`: belongs to the worked patients of a cause"
    of_a_goal = "key `case.against`: belongs to the worked patients of a goal with spoken_against_when"
    assert sorted(problem.partition("[[")[2] for problem in problems) == [
        f"cause]] scar, {of_a_goal}",
        f"combination]] again, {of_a_goal}",
        f"combination]] again, {of_a_cause}",
        f"goal]] better, {of_a_cause}",
    ]
    folder = _with_goal([{**case("true", fever=True), "against": "flase"}])
    _, problems = read(write(tmp_path / "b", folder))
    assert any("found the text 'flase'; did you mean 'false'? Allowed: true, false, unknown" in p for p in problems)
    # A goal that nothing can speak against has nothing to look at.
    folder = _with_goal([{**case("true", fever=True), "against": "false"}])
    goal = entry(folder, "goal", "better")
    for key in ("spoken_against_when", "spoken_against", "plain_spoken_against"):
        del goal[key]
    _, problems = read(write(tmp_path / "c", folder))
    assert [problem.partition("better, ")[2] for problem in problems] == [of_a_goal]


def test_patients_are_drafted_who_show_what_speaks_against_a_goal(tmp_path: Path) -> None:
    """They are people to whom the goal matters: what speaks against it is told to nobody else."""
    folder = _with_goal()
    found = [o for o in tried(made(folder, tmp_path / "a"), "better") if o.key == "spoken_against_when"]
    alive = [o for o in found if o.fate == "survivor"]
    assert {o.text for o in alive} >= {"side = 'left' → (left out)", "side = 'left' → NOT side = 'left'"}
    drafts = {id(o.draft): o.draft for o in alive if o.draft is not None}
    assert {id(o.draft) for o in alive} == set(drafts)
    for draft in drafts.values():
        assert draft.expect == "true"
        assert draft.beside["against"] in ("true", "false")
        assert draft.otherwise.startswith("against ")
        written = tomli.loads(f"intake = {toml(draft.intake)}")
        entry(folder, "goal", "better")["case"].append(
            {"says": "drafted", "expect": draft.expect, **draft.beside, **written}
        )
    after = made(folder, tmp_path / "b")
    assert list(run_cases(after)) == []
    assert [o.text for o in tried(after, "better") if o.fate == "survivor"] == []


def test_what_a_draft_expects_beside_the_result_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SurvivorError):
        check_mutants(made(_with_goal(), tmp_path), ["better"], None, write=print)
    printed = capsys.readouterr().out
    assert "# a patient of goal better; with the first slip: against " in printed
    assert 'expect = "true"\nagainst = "true"\n' in printed


def test_what_stands_beside_a_result_is_part_of_what_is_said_of_a_patient(tmp_path: Path) -> None:
    told = {**case("true", fever=True, side="left"), "against": "true"}
    old = made(_with_goal([{**told, "against": "unknown"}]), tmp_path / "a")
    new = made(_with_goal([told]), tmp_path / "b")
    assert f"true with against true: {told['says']}" in explain(new, "better")
    (change,) = differences(definitions_of(old), definitions_of(new))
    assert [(k.key.partition(".")[0], k.old[:24], k.new[:22]) for k in change.keys] == [
        ("case", "true with against unknow", "true with against true")
    ]


def test_what_is_shown_does_not_rest_on_which_entries_are_tried(tmp_path: Path) -> None:
    catalogue = made(tiny(), tmp_path)
    everything = [o for o in tried(catalogue) if o.entry == "treatment block"]
    assert everything == tried(catalogue, "block")


# --- persons of the solver ------------------------------------------------------------------------


def test_whole_numbers_have_nothing_between_them_and_no_date_lies_ahead(tmp_path: Path) -> None:
    folder = tiny()
    folder["facts/all.toml"]["fact"] += [
        {"id": "age", "type": "integer", "says": "age", "ask": "Age?", "low": 0, "high": 120},
        {"id": "onset", "type": "date", "says": "onset", "ask": "When?"},
    ]
    catalogue = made(folder, tmp_path)
    solver = Prover(catalogue).solver()
    for when, possible in {
        "age > 64 AND age < 66": True,
        "age > 64 AND age < 65": False,
        "pain > 6 AND pain < 7": True,
        "days_since(onset) >= 0": True,
        "days_since(onset) < 0": False,
    }.items():
        assert solver.some(predicate(when, catalogue.vocabulary)) is possible, when


def test_a_question_that_takes_too_many_steps_is_an_error(tmp_path: Path) -> None:
    catalogue = made(tiny(), tmp_path)
    solver = Solver(Prover(catalogue).encoder(), steps=10)
    with pytest.raises(ProofError, match="did not decide within 10 steps"):
        solver.some(predicate("count_distinct(medications, medicine, opioid) > 1", catalogue.vocabulary))


def test_a_treatment_without_objections_can_be_put_to_the_solver(tmp_path: Path) -> None:
    folder = tiny()
    block = entry(folder, "treatment", "block")
    block |= {"offer_when": "operated AND fever", "avoid": [], "caution": []}
    block["case"] = [case("offer", operated=True, fever=True)]
    assert fates(tried(made(folder, tmp_path), "block"))["operated → (left out)"] in ("survivor", "equivalent", "case")


# --- what is printed, and what is accepted ----------------------------------------------------------


def _accepted(path: Path, *changes: str) -> Path:
    path.write_text(
        "".join(
            f'[[accepted]]\nentry = "rule come"\nkey = "when"\nchange = "{change}"\nwhy = "For the test."\n'
            for change in changes
        )
    )
    return path


def test_only_survivors_can_be_accepted(tmp_path: Path) -> None:
    outcomes = tried(ruled(tmp_path, "pain >= 4", [case("true", pain=9), case("false", pain=0)]), "come")
    path = _accepted(tmp_path / "one.toml", "pain >= 4 → pain > 4")
    assert {o.new for o in accepted.unlisted(outcomes, accepted.read(path), path)} == {"pain >= 3", "pain >= 5"}
    path = _accepted(tmp_path / "two.toml", "pain >= 4 → pain < 4", "pain >= 4 → pain > 4", "pain >= 4 → pain > 4")
    with pytest.raises(KnowledgeError) as error:
        accepted.unlisted(outcomes, accepted.read(path), path)
    stale, twice = error.value.problems
    assert "two.toml, rule come, when, key `pain >= 4 → pain < 4`: is no survivor" in stale
    assert twice.endswith("stands twice")


def test_a_wrong_file_of_accepted_survivors_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('[[accepted]]\nentry = "rule come"\nkey = "when"\nchnge = "a"\n[other]\n')
    with pytest.raises(KnowledgeError) as error:
        accepted.read(path)
    found = "\n".join(error.value.problems)
    for part in ("wrong.toml", "chnge", "`change`", "`why`", "is missing", "other: there is no such table"):
        assert part in found
    with pytest.raises(FileError):
        accepted.read(tmp_path / "none.toml")


@pytest.mark.usefixtures("no_patients")
def test_survivors_are_printed_with_a_patient_to_paste(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.toml").write_text(
        "\n".join(
            (
                '[[rule]]\nid = "own"\nkind = "finding"\nwhen = "age >= 65"\nsays = "Old."\nplain = "Old."',
                'marks = ["design"]\n[[rule.case]]\nsays = "yes"\nintake = { facts = { age = 90 } }\nexpect = "true"',
                '[[rule.case]]\nsays = "no"\nintake = { facts = { age = 30 } }\nexpect = "false"',
            )
        )
    )
    arguments = ["check", "--mutants", "--only", "own", "--knowledge", str(tmp_path)]
    assert cli.main(arguments) == 16
    printed = capsys.readouterr()
    assert "3 mutants survive that are not accepted" in printed.err
    assert "# age >= 65 → age > 65\n# age >= 65 → age >= 66\n" in printed.out
    assert '[[rule.case]]\nsays = ""  # to be judged and named\nintake = { facts = { age = 65 } }\n' in printed.out
    with (tmp_path / "rules" / "own.toml").open("a") as file:
        for age, expect in ((65, "true"), (64, "false")):
            file.write(
                f'\n[[rule.case]]\nsays = "{age}"\nintake = {{ facts = {{ age = {age} }} }}\nexpect = "{expect}"'
            )
    assert cli.main(arguments) == 0
    assert cli.main(["check", "--mutants", "--only", "owl"]) == 2
    assert "did you mean 'own'" not in capsys.readouterr().err
    assert cli.main(["check", "--only", "own"]) == 2


def test_an_unknown_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no entry with a condition has the id 'cme'; did you mean 'come'"):
        check_mutants(made(tiny(), tmp_path), ["cme"], None, write=print)


def test_a_published_case_is_looked_at_with_every_rule_at_work(catalogue: Catalogue) -> None:
    """A clinic in production, where marked safety rules wait, sees the same slips."""
    clinic = msgspec.structs.replace(catalogue.clinic, production=True)
    production = msgspec.structs.replace(catalogue, clinic=clinic)
    found = list(published(production))
    assert len(found) == len(catalogue.cases)
    assert [w.where for w in found if w.comes_out(production, ()) != w.expect] == []
