"""A detail that was told without what it is a detail of."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_catalog_folder import Folder, read, tiny, write

from postlude.assessment.assess import Assessor
from postlude.assessment.following import BY
from postlude.assessment.intake import Intake, state
from postlude.assessment.reading import read_intake
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.report.explain import explain

DAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def told(catalogue: Catalogue, text: str) -> Intake:
    return read_intake(text.encode(), catalogue, name="intake.json", today=DAY)


def test_a_new_change_of_the_bladder_is_a_change_of_the_bladder(catalogue: Catalogue) -> None:
    intake = told(catalogue, '{"facts": {"bladder_change_recent": true}}')
    assert intake.answers["bladder_change"].value is True
    assert intake.answers["bladder_change"].by == BY
    assert any("change in passing urine: yes" in note and "follows" in note for note in intake.notes)
    assert Assessor(catalogue).assess(intake).urgency.at_least == "emergency"


def test_what_was_told_stays_as_it_was_told(catalogue: Catalogue) -> None:
    intake = told(catalogue, '{"facts": {"bladder_change": false, "bladder_change_recent": true}}')
    assert intake.answers["bladder_change"].value is False
    assert intake.notes == ()


@pytest.mark.parametrize("before", ['{"state": "declined"}', '{"value": true, "on": "2025-01-01"}'])
def test_declined_or_told_too_long_ago_is_not_told(catalogue: Catalogue, before: str) -> None:
    intake = told(catalogue, f'{{"facts": {{"bladder_change": {before}, "bladder_change_recent": true}}}}')
    assert state(catalogue, intake, "bladder_change") == "answered"


def test_a_no_to_the_detail_says_nothing(catalogue: Catalogue) -> None:
    assert "bladder_change" not in told(catalogue, '{"facts": {"bladder_change_recent": false}}').answers


def test_one_may_follow_from_another(catalogue: Catalogue) -> None:
    intake = told(catalogue, '{"facts": {"both_leg_pain_recent": true}}')
    assert intake.answers["leg_pain"].value is True


@pytest.mark.parametrize(
    ("on", "expected"), [("2025-12-04", "within_6_weeks"), ("2025-12-03", "weeks_6_to_12"), ("2025-10-22", None)]
)
def test_a_dated_injection_is_a_procedure_in_the_spine(catalogue: Catalogue, on: str, expected: str | None) -> None:
    intake = told(catalogue, f'{{"treatments": [{{"treatment": "epidural-caudal", "on_date": "{on}"}}]}}')
    found = intake.answers.get("last_spine_procedure")
    assert (found.value if found else None) == expected


def test_exercise_is_no_procedure(catalogue: Catalogue) -> None:
    intake = told(catalogue, '{"treatments": [{"treatment": "exercise-physio", "on_date": "2026-01-10"}]}')
    assert "last_spine_procedure" not in intake.answers


def test_every_detail_brings_what_it_is_a_detail_of(catalogue: Catalogue) -> None:
    """A warning sign asked only after one other yes/no question must not be lost where that question was skipped."""
    for name, fact in catalogue.facts.items():
        for follow in fact.follows:
            assert fact.type in ("boolean", "choice"), name
            assert follow.answer in ((True, False) if fact.type == "boolean" else fact.values)


def test_explain_says_it(catalogue: Catalogue) -> None:
    assert "where not told, taken as yes when: foot_drop" in " ".join(
        explain(catalogue, "leg_weakness").split()
    ).replace("leg_weakness_both OR foot_drop", "foot_drop")


@pytest.mark.parametrize(
    ("follows", "found"),
    [
        ([{"answer": "often", "when": "wound"}], "'often'"),
        ([{"answer": True, "when": "wond"}], "wond"),
    ],
)
def test_a_wrong_one_is_refused(tmp_path: Path, follows: list[dict[str, Any]], found: str) -> None:
    folder: Folder = tiny()
    folder["facts/all.toml"]["fact"][0]["follows"] = follows
    catalogue, problems = read(write(tmp_path, folder))
    assert catalogue is None
    assert any(found in problem and "follows" in problem for problem in problems)
