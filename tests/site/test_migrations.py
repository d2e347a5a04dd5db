"""A clinic that began with the first form of the record is brought to the present one, and loses nothing."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from postlude.registry.models.entry import Entry
from tests.site import database

FIRST = ("registry", "0002_append_only")
BY = "system tests"
CHANGES = {"Link"}
"""Entries that may change after all: a link can be ended."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(tmp_path: Path) -> str:
    """The address of a database of the first form, with somebody in it."""
    url = database.made(tmp_path)
    database.manage(tmp_path, url, "migrate", *FIRST)
    with database.looking_at(url):
        _fill(MigrationExecutor(connection).loader.project_state([FIRST]).apps)
    return url


def _fill(then: Any) -> None:
    def make(model: str, **fields: Any) -> Any:
        return then.get_model("registry", model).objects.create(**fields)

    who = make("Person", family_name="Quillfeather", phone="555 0101", synthetic=True)
    intake = make("Intake", person=who, way="web", content={"as_of": "2026-01-15", "facts": {}}, answers_kept=1)
    make(
        "Answer",
        intake=intake,
        nth=1,
        does="answer",
        path="a_question",
        value=False,
        told_by="patient",
        way="web",
        by=BY,
    )
    given = make("Treatment", person=who, on=date(2026, 1, 20), says="an injection", by=BY)
    contact = make("Contact", person=who, about=given, months=3, due_on=date(2026, 4, 20), by=BY)
    make("ContactStep", contact=contact, does="asked", on=date(2026, 4, 20), way="online", by=BY)
    booked = make("Appointment", person=who, starts_at=timezone.now(), what_for="a visit", by=BY)
    make("AppointmentStep", appointment=booked, does="came", by=BY)
    form = make("Form", person=who, on=date(2026, 4, 21), instrument="a-form", answers={"1": 2}, contact=contact, by=BY)
    make("Score", person=who, on=date(2026, 4, 21), form=form, instrument="a-form", measure="total", value=2.5, by=BY)
    make("AdverseEvent", person=who, about=given, what="it hurt", grade=1, by=BY)
    make("Alert", person=who, level="urgent", says="call", rules=["a-rule"], due_at=timezone.now(), by=BY)
    make("Message", person=who, from_person=True, text="May I ask?", by=BY)
    make("Sending", person=who, once="one", channel="email", to="a@people.example", body="a link")
    make("Link", person=who, purpose="intake", intake=intake, expires_at=timezone.now() + timedelta(days=1), by=BY)
    make("AuditEvent", by=BY, did="people.enter")


def test_everything_that_was_there_is_there_afterwards(first: str, tmp_path: Path) -> None:
    database.manage(tmp_path, first, "migrate")
    with database.looking_at(first):
        person = apps.get_model("registry", "Person").objects.get()
        assert person.family_name == "Quillfeather"
        assert person.intakes.get().answers.get().path == "a_question"
        contact = person.contacts.get()
        assert (contact.about.says, contact.steps.get().does, contact.forms.get().scores.get().value) == (
            "an injection",
            "asked",
            2.5,
        )
        assert apps.get_model("registry", "AdverseEvent").objects.current().get().about == contact.about
        assert apps.get_model("registry", "Sending").objects.get().state == "waiting"
        assert person.alerts.get().rules == ["a-rule"]


def test_history_is_still_guarded_afterwards(first: str, tmp_path: Path) -> None:
    """SQLite makes a table anew when it changes one, and forgets what guarded it."""
    database.manage(tmp_path, first, "migrate")
    with database.looking_at(first):
        filled = [model for model in _history() if model._base_manager.exists()]
        assert len(filled) >= 10
        for model in filled:
            with pytest.raises(IntegrityError, match="only added to"):
                model._base_manager.update(by="somebody else")
            with pytest.raises(IntegrityError, match="only added to"):
                model._base_manager.all()._raw_delete("default")


def test_every_table_of_the_history_is_guarded(tmp_path: Path) -> None:
    url = database.migrated(tmp_path)
    with database.looking_at(url):
        guarded = _guarded()
    assert {model._meta.db_table for model in _history()} - guarded == set()


def _history() -> Iterator[Any]:
    for model in apps.get_app_config("registry").get_models():
        if issubclass(model, Entry) and model.__name__ not in CHANGES:
            yield model


def _guarded() -> set[str]:
    where = {
        "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT event_object_table FROM information_schema.triggers",
    }
    with connection.cursor() as cursor:
        cursor.execute(where[connection.vendor])
        return {row[0] for row in cursor.fetchall()}
