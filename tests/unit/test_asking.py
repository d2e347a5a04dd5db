"""Questions behind questions: what only opens the way to another is asked for everything that the other may change."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_catalog_folder import read, write
from tests.unit.test_population_file import folder_with

from postlude.assessment.assess import Assessor
from postlude.assessment.reading import understand

TODAY = date(2026, 1, 15)
_FINDING = {
    "id": "operated-before",
    "kind": "finding",
    "when": "operated",
    "says": "Operated.",
    "plain": "You were operated on.",
    "marks": ["design"],
    "case": [
        {"says": "yes", "intake": {"facts": {"operated": True}}, "expect": "true"},
        {"says": "no", "intake": {"facts": {"operated": False}}, "expect": "false"},
    ],
}
_SCAR = {"id": "scar", "type": "boolean", "says": "scar", "ask": "Scar?", "applies": "wound"}
TOLD: dict[str, Any] = {
    "facts": {"fever": True, "pain": 3, "side": "left"},
    "medications": [],
    "surgeries": [],
    "complete": ["medications", "surgeries"],
}


def _assessor(root: Path, *, second_gate: bool = False) -> Assessor:
    folder = folder_with()
    folder["rules/all.toml"]["rule"].append(_FINDING)
    if second_gate:
        # Now the rule reads the scar alone; whether there is one is asked only of who has a wound, of the operated.
        folder["facts/all.toml"]["fact"].append(_SCAR)
        (infection,) = (rule for rule in folder["rules/all.toml"]["rule"] if rule["id"] == "infection")
        infection["when"] = "fever AND scar"
        infection.pop("shows", None)
        folder["rules/all.toml"]["rule"].append({**_FINDING, "id": "wounded", "when": "wound"})
    catalogue, problems = read(write(root, folder))
    assert problems == ()
    assert catalogue is not None
    return Assessor(catalogue)


@pytest.mark.parametrize("second_gate", [False, True])
def test_a_gate_that_is_asked_for_something_else_opens_the_way_to_an_urgent_rule(
    tmp_path: Path, second_gate: bool
) -> None:
    assessor = _assessor(tmp_path, second_gate=second_gate)
    intake = understand(TOLD, assessor.catalogue, name="x", today=TODAY)
    found = assessor.assess(intake)
    (operated,) = (question for question in found.ask if question.fact == "operated")
    assert set(operated.could_change) >= {"operated-before", "infection"}
    assert found.disposition == assessor.triage(intake).facing.disposition == "ask"
    # The gate closed, nothing is left to ask.
    closed = understand(
        {**TOLD, "facts": {**TOLD["facts"], "operated": False}}, assessor.catalogue, name="x", today=TODAY
    )
    assert assessor.triage(closed).facing.disposition != "ask"
