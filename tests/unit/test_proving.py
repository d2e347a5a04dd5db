"""`postlude check --prove`: what it refutes, and that the intake it prints can be assessed."""

import json
import re
from pathlib import Path

import pytest

from postlude import cli
from postlude.assessment.assess import Assessor
from postlude.assessment.cases import CASE_DAY
from postlude.assessment.conditions import conditions
from postlude.assessment.proving import Prover
from postlude.assessment.reading import understand
from postlude.catalog import load
from postlude.logic import proof
from postlude.logic.mutants import mutants
from postlude.logic.nodes import Not, Predicate
from postlude.logic.refs import Ref

RULE = """
[[rule]]
id = "{id}"
kind = "finding"
when = "{when}"
says = "For the test."
plain = "For the test."
marks = ["design"]
[[rule.case]]
says = "yes"
intake = {yes}
expect = "true"
[[rule.case]]
says = "no"
intake = {no}
expect = "false"
"""


def overlay(tmp_path: Path, **parts: str) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.toml").write_text(RULE.format(**parts))
    return tmp_path


@pytest.mark.slow
def test_a_rule_that_forgets_its_gate_is_refuted_by_an_intake_that_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = overlay(
        tmp_path,
        id="forgets-its-gate",
        when="bladder_change_recent",
        yes="{ facts = { bladder_change_recent = true } }",
        no="{ facts = { bladder_change_recent = false } }",
    )
    assert cli.main(["check", "--prove", "--knowledge", str(folder)]) == 12
    error = capsys.readouterr().err
    assert "rule forgets-its-gate does not depend on bladder_change_recent where it is not asked" in error
    shown = json.loads(re.search(r"^\{.*?^\}", error, re.DOTALL | re.MULTILINE)[0])  # type: ignore[index]
    catalogue = load.load(folder)
    outcomes = set()
    for answer in (True, False):
        shown["facts"]["bladder_change_recent"] = answer
        intake = understand(shown, catalogue, name="shown", today=CASE_DAY)
        assessment = Assessor(catalogue).assess(intake)
        assert "bladder_change_recent" not in {question.fact for question in assessment.ask}
        outcomes.add("forgets-its-gate" in {conclusion.rule for conclusion in assessment.conclusions})
    assert outcomes == {True, False}


@pytest.mark.slow
def test_a_rule_that_can_never_hold_is_refuted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = overlay(
        tmp_path,
        id="never",
        when="age < 18 AND age > 65",
        yes="{ facts = { age = 17 } }",
        no="{ facts = { age = 40 } }",
    )
    # The worked patient that should come out true does not: the files are refused before anything is proved.
    assert cli.main(["check", "--prove", "--knowledge", str(folder)]) == 10
    assert "case 'yes': expected true, came out false" in capsys.readouterr().err


@pytest.mark.slow
def test_one_solver_for_all_claims_says_what_a_fresh_one_says() -> None:
    """Also of mutants, among which more can never hold, always hold, or rest on what is not asked."""
    catalogue = load.load()
    prover = Prover(catalogue)
    shared = prover.solver()
    found = set()
    for condition in conditions(catalogue):
        for mutant in list(mutants(condition.node))[::12]:
            node = mutant.node
            assert isinstance(node, Predicate)
            for side in (node, Not(node)):
                some = shared.some(side)
                assert some is (proof.holds_for_some(prover.encoder(), side) is not None), (condition.name, mutant.text)
                found.add(("some", some))
            for key, given in prover.gates(node).items():
                matters = shared.matters(node, Ref(key), given)
                fresh = proof.matters(prover.encoder(), node, Ref(key), given)
                assert matters is (fresh is not None), (condition.name, mutant.text, key)
                found.add(("matters", matters))
    assert len(found) == 4
