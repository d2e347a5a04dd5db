"""Published patients: what is run, what is said when one comes out otherwise, and every mistake in a file."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_catalog_folder import Folder, read, shipped_words, tiny, write

from postlude.assessment import cases, checking
from postlude.assessment.assess import Assessor
from postlude.catalog import files
from postlude.catalog.cases import Expected
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.errors import IntakeError, KnowledgeError, UsageError
from postlude.report.explain import explain

CASE: dict[str, Any] = {
    "id": "somebody-2020",
    "says": "a man with fever",
    "told": "Fever, a wound, an operation.",
    "not_told": "The pain.",
    "worked": "It was opened.",
    "cite": "Somebody 2020",
    "doi": "10.1000/abc",
    "url": "https://example.org/",
    "read": "abstract",
    "marks": ["design"],
    "intake": {
        "facts": {"fever": True, "wound": True, "operated": True},
        "medications": ["oxycodone 10 mg twice a day"],
    },
    "expect": {
        "at_least": "urgent",
        "at_most": "urgent",
        "among_first": ["scar"],
        "raises": ["infection", "no-wound", "strong"],
        "shows": {"mme": 30},
    },
}
NAME = "cases/somebody-2020.toml"
Change = Callable[[dict[str, Any]], object]


def folder(*changes: Change) -> Folder:
    case = copy.deepcopy(CASE)
    for change in changes:
        change(case)
    base = tiny()
    base["words/en/all.toml"] = shipped_words()
    return {**base, NAME: case}


def expect(**values: Any) -> Change:
    return lambda case: case.update(expect=values)


def _known(root: Path, *changes: Change) -> Catalogue:
    catalogue, problems = read(write(root, folder(*changes)))
    assert catalogue is not None, problems
    return catalogue


def _surprises(root: Path, *changes: Change) -> list[str]:
    return list(checking.run_cases(_known(root, *changes)))


def test_a_case_that_comes_out_as_expected_says_nothing(tmp_path: Path) -> None:
    assert _surprises(tmp_path) == []


MISSED = {
    "the floor": (
        expect(at_least="emergency"),
        "expected urgency at least emergency, came out urgent (at most emergency)",
    ),
    "the ceiling": (expect(at_most="routine"), "expected no more than routine to be known, came out urgent"),
    "refer while it is only possible": (expect(route="refer"), "expected route refer, came out consult, unlikely"),
    "consult while unlikely is possible": (expect(route="consult"), "expected route consult, came out consult, unlik"),
    "a rule": (expect(raises=["worst"]), "expected worst to be raised, came out not raised"),
    "a number": (expect(shows={"mme": 15}), "expected mme to be at least 15, came out 30"),
    "an objection that holds already": (
        expect(to_check=["no-wound"]),
        "expected no-wound to be listed as to check, came",
    ),
    "a cause": (
        lambda case: (case["intake"]["facts"].update(operated=False), expect(among_first=["scar"])(case)),
        "expected scar among the first 3 causes, came out none",
    ),
    "an objection still to check": (
        lambda case: (
            case["intake"].update(facts={"operated": True}, medications=[]),
            expect(raises=["no-wound"])(case),
        ),
        "expected no-wound to be raised, came out to-check; rules true: none",
    ),
}


@pytest.mark.parametrize("name", MISSED)
def test_what_comes_out_otherwise_is_said_with_the_rules_that_were_true(name: str, tmp_path: Path) -> None:
    change, said = MISSED[name]
    (surprise,) = _surprises(tmp_path, change)
    assert surprise.startswith(f"{NAME}, case somebody-2020: {said}")
    assert "; rules true: " in surprise
    if not name.startswith("an objection still"):
        assert surprise.endswith("; rules true: infection")


def test_consult_is_met_once_unlikely_is_ruled_out(tmp_path: Path) -> None:
    assert _surprises(tmp_path, expect(route="consult"), lambda c: c["intake"]["facts"].update(pain=6)) == []


def test_to_check_is_met_by_what_nobody_told(tmp_path: Path) -> None:
    def untold(case: dict[str, Any]) -> None:
        case["intake"] = {"facts": {"operated": True}}

    assert _surprises(tmp_path, expect(to_check=["no-wound", "strong"]), untold) == []


def test_only_the_first_three_causes_are_the_first(tmp_path: Path) -> None:
    base = folder(expect(among_first=["scar"]))
    scar = base["rules/all.toml"]["cause"][0]
    for number in range(3):
        before = {"when": "operated", "says": "operated", "weight": 3}
        base["rules/all.toml"]["cause"].append({**scar, "id": f"other-{number}", "for": [before]})
    catalogue, problems = read(write(tmp_path, base))
    assert catalogue is not None, problems
    (surprise,) = checking.run_cases(catalogue)
    assert "expected scar among the first 3 causes, came out other-0, other-1, other-2" in surprise


UNKNOWN = {
    "among_first": (["scra"], "there is no cause 'scra'; did you mean 'scar'?"),
    "raises": (["infecton"], "there is no rule, caution or contraindication 'infecton'; did you mean 'infection'?"),
    "to_check": (["infection"], "there is no caution or contraindication 'infection'; Allowed: no-wound, strong"),
    "shows": ({"opioid_now": 1.0}, "there is no derived number 'opioid_now'; Allowed: mme"),
}


@pytest.mark.parametrize("key", UNKNOWN)
def test_an_id_that_nothing_has_is_refused(key: str, tmp_path: Path) -> None:
    value, said = UNKNOWN[key]
    (problem,) = _surprises(tmp_path, expect(**{key: value}))
    assert problem.startswith(f"{NAME}, case somebody-2020, key `expect.{key}`: {said}")


def test_an_intake_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (problem,) = _surprises(tmp_path, lambda c: c["intake"]["facts"].update(fewer=True))
    assert problem.startswith(f"{NAME}, case somebody-2020, key `intake`: facts.fewer: there is no such fact")


WRONG: dict[str, tuple[Change, str]] = {
    "no mark": (lambda c: c.update(marks=[]), 'key `marks`: needs "design"'),
    "nothing expected": (expect(), "key `expect`: expects nothing; Allowed: at_least"),
    "a floor above the ceiling": (
        expect(at_least="urgent", at_most="routine"),
        "key `expect.at_most`: found 'routine'",
    ),
    "a level that is none": (expect(at_least="soon"), "key `expect.at_least`: found the text 'soon'; Allowed:"),
    "no expectation": (lambda c: c.pop("expect"), "key `expect`: is missing"),
    "no table": (lambda c: c.update(expect="urgent"), "key `expect`: found the text 'urgent'; a table is needed"),
    "a key too many": (
        expect(at_lest="urgent"),
        "key `expect.at_lest`: there is no such key; did you mean 'at_least'?",
    ),
    "no identifier": (lambda c: c.pop("doi"), "needs one of doi, pmid, body"),
    "the id of a source": (lambda c: c.update(id="some-study"), "'some-study' is also a published case"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_in_a_case_is_refused(name: str, tmp_path: Path) -> None:
    change, said = WRONG[name]
    catalogue, problems = read(write(tmp_path, folder(change)))
    assert catalogue is None
    assert any(said in problem for problem in problems), problems


def test_a_case_is_a_source_that_a_rule_may_name(tmp_path: Path) -> None:
    base = folder()
    base["rules/all.toml"]["rule"][0]["sources"] = ["somebody-2020"]
    catalogue, problems = read(write(tmp_path, base))
    assert catalogue is not None, problems
    source = catalogue.sources["somebody-2020"]
    # The expectation is our own judgement; the paper is not.
    assert (source.doi, source.cite, source.marks) == ("10.1000/abc", "Somebody 2020", ())
    assert catalogue.files["source somebody-2020"] == catalogue.files["case somebody-2020"] == NAME


def test_a_clinic_may_add_and_replace_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SHIPPED", write(tmp_path / "knowledge", folder()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    said: list[str] = []
    own = {**copy.deepcopy(CASE), "expect": {"at_least": "emergency"}}
    with pytest.raises(KnowledgeError) as caught:
        checking.check(write(tmp_path / "clinic", {NAME: own}), write=said.append)
    assert caught.value.problems[0].startswith(f"{tmp_path}/clinic/{NAME}, case somebody-2020: expected urgency at l")
    own["expect"] = {"at_least": "urgent"}
    other = {**copy.deepcopy(own), "id": "another-2021"}
    checking.check(write(tmp_path / "clinic", {NAME: own, "cases/another.toml": other}), write=said.append)
    assert "came out as expected, and all 2 published cases\n" in said[0]


def test_a_case_can_be_explained_and_found(tmp_path: Path) -> None:
    catalogue = _known(tmp_path)
    said = " ".join(explain(catalogue, "somebody-2020").split())
    for part in (
        "published case",
        "told: Fever, a wound",
        "not told, so not known: The pain.",
        "what became of it: It was opened.",
        "expected by a reader: urgency at least urgent; known urgency at most urgent",
        "mme from 30 [design]",
        "urgency at least urgent, at most emergency",
        "rules true: infection",
        "doi:10.1000/abc. Somebody 2020",
    ):
        assert part in said
    assert cases.find(catalogue, "somebody-2020").says == "a man with fever"
    with pytest.raises(UsageError, match="did you mean 'somebody-2020'"):
        cases.find(catalogue, "somebody-2021")


# --- the shipped ones -------------------------------------------------------------------------------


def test_every_shipped_case_says_where_it_was_read_and_expects_something() -> None:
    catalogue = load()
    assert catalogue.cases
    for key, case in catalogue.cases.items():
        assert catalogue.files[f"case {key}"] == f"cases/{key}.toml"
        assert catalogue.sources[key].url
        assert case.expect != Expected()


def test_the_shipped_cases_are_run() -> None:
    """Each, turned round, is a surprise: nobody can add a case that is not looked at."""
    catalogue = load()
    assessor = Assessor(catalogue)
    for case in catalogue.cases.values():
        found = assessor.assess(cases.intake_of(catalogue, case))
        other = "refer" if found.route != ("refer",) else "consult"
        who = cases.person(catalogue, cases.intake_of(catalogue, case))
        assert list(cases.unmet(Expected(route=other), found, catalogue, who))


def test_a_case_whose_intake_is_wrong_says_so_when_it_is_assessed(tmp_path: Path) -> None:
    catalogue = _known(tmp_path, lambda c: c["intake"].update(fact={}))
    with pytest.raises(IntakeError, match="key `intake`: fact: there is no such key"):
        cases.intake_of(catalogue, catalogue.cases["somebody-2020"])
