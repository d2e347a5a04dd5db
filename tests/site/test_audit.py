"""The audit: every action has a sentence, names are for readers who may see people, what was asked for is shown."""

import ast
import importlib
import pkgutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

import postlude
from postlude.registry import actions
from postlude.registry.actions import intakes, looks, people
from postlude.registry.actions.acting import ACTIONS
from postlude.registry.actor import Actor
from postlude.registry.knowledge import words
from postlude.registry.models import AuditEvent, Person, Staff
from postlude.registry.sentences import UNNAMED, tell
from tests.site.conftest import SYSTEM

AUDIT = "/clinic/audit/"
SOURCE = Path(postlude.__file__).parent


def _told(client: Client, at: str = AUDIT, **query: object) -> list[str]:
    page = client.get(at, query)
    assert page.status_code == 200
    return [str(row) for row in page.context["told"]]


def _actions() -> set[str]:
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"{actions.__name__}.{module.name}")
    return set(ACTIONS)


def test_every_action_has_a_sentence() -> None:
    said = {key.removeprefix("audit.") for key in words() if key.startswith("audit.")}
    assert {name.replace(".", "_") for name in _actions()} - said == set()


def _called() -> set[str]:
    """Every action that something outside the actions calls or hands on, by its name."""
    found = set()
    for path in (p for p in SOURCE.rglob("*.py") if p.parent.name != "actions"):
        tree = ast.parse(path.read_text())
        modules = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == actions.__name__:
                modules |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{actions.__name__}."):
                found |= {f"{(node.module or '').rsplit('.', 1)[-1]}.{alias.name}" for alias in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.add(f"{modules[node.value.id]}.{node.attr}")
    return found


def test_every_action_can_be_reached() -> None:
    """An action that no page, no command and no machinery calls is a promise that nobody keeps."""
    assert {name for name in _actions() if not name.startswith("importing.")} - _called() == set()


def test_every_sentence_can_be_said_when_nothing_is_known(record: None) -> None:
    for did in (*_actions(), "no.such_action"):
        (told,) = tell([AuditEvent(did=did, by="system tests")], names=True)
        assert str(told).startswith("Postlude (tests) ")
        assert "{" not in str(told)


def test_sentences_say_who_did_what_to_whom_and_why(person: Person, staff: Callable[[str], Staff]) -> None:
    who = staff("clinician")
    by = Actor.staff(who)
    looks.looked(person=person, by=by, at="overview")
    people.amend(person=person, details={"phone": "1", "birth_date": None}, by=by, why="told wrongly")
    people.consent(person=person, purpose="research", given=False, wording="May we?", by=Actor.person(person))
    intakes.begin(person=person, way="phone", by=Actor.relative(person), told_by="relative")
    told = tell(AuditEvent.objects.order_by("id"), names=True)
    assert [str(row) for row in told] == [
        "Postlude (tests) entered Xanthippe Quillfeather",
        "Robin Clinician looked at Xanthippe Quillfeather: overview",
        "Robin Clinician changed details of Xanthippe Quillfeather: birth date, phone",
        "Xanthippe Quillfeather kept the refusal of a consent of Xanthippe Quillfeather: "
        "answers counted in studies, without name",
        "a relative or carer of Xanthippe Quillfeather began an intake of Xanthippe Quillfeather, on the telephone",
    ]
    assert told[2].why == "told wrongly"
    hidden = tell(AuditEvent.objects.order_by("id"), names=False)
    assert "Xanthippe" not in " ".join(map(str, hidden))
    assert str(hidden[1]) == f"Robin Clinician looked at {UNNAMED}: overview"


def test_an_administrator_reads_the_audit_without_names(person: Person, logged_in: Callable[[str], Client]) -> None:
    for role, named in (("clinician", True), ("administrator", False)):
        client = logged_in(role)
        for at in (AUDIT, f"/clinic/people/{person.key}/audit/"):
            assert ("Quillfeather" in client.get(at).content.decode()) is named, (role, at)


def test_looking_at_the_audit_of_somebody_is_in_it(person: Person, logged_in: Callable[[str], Client]) -> None:
    client = logged_in("clinician")
    assert _told(client, f"/clinic/people/{person.key}/audit/")[0].endswith("looked at Xanthippe Quillfeather: audit")


def test_the_audit_of_one_person_holds_what_was_merged_into_them_and_nothing_else(
    person: Person, logged_in: Callable[[str], Client]
) -> None:
    other = people.enter(by=SYSTEM, details={"given_name": "Xan"}, synthetic=True)
    people.enter(by=SYSTEM, details={"given_name": "Zebedee"}, synthetic=True)
    people.merge(kept=person, other=other, by=SYSTEM, why="same telephone")
    told = _told(logged_in("clinician"), f"/clinic/people/{person.key}/audit/")
    assert [line for line in told if "entered" in line] == [
        "Postlude (tests) entered Xan",
        "Postlude (tests) entered Xanthippe Quillfeather",
    ]


def test_events_are_chosen_by_staff_day_and_kind(
    person: Person, staff: Callable[[str], Staff], logged_in: Callable[[str], Client]
) -> None:
    client, who = logged_in("clinician"), staff("coordinator")
    looks.looked(person=person, by=Actor.staff(who), at="overview")
    today = timezone.localdate()
    assert len(_told(client)) == 2
    assert len(_told(client, staff=str(who.key))) == 1
    assert len(_told(client, kind="looked")) == 1
    assert _told(client, kind="changed") == ["Postlude (tests) entered Xanthippe Quillfeather"]
    assert len(_told(client, since=str(today), until=str(today))) == 2
    assert _told(client, since=str(today + timedelta(days=1))) == []
    assert _told(client, until=str(today - timedelta(days=1))) == []
    assert len(_told(client, since="not a day", staff="x")) == 2


def test_many_events_come_page_by_page_with_few_questions_to_the_database(
    person: Person, logged_in: Callable[[str], Client], django_assert_max_num_queries: Callable[[int], object]
) -> None:
    client = logged_in("clinician")
    for number in range(120):
        looks.looked(person=person, by=SYSTEM, at=f"page {number}")
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        first = _told(client)
    assert len(first) == 50
    assert first[0].endswith("page 119")
    assert len(_told(client, page=3)) == 21
    assert _told(client, page=999) == _told(client, page=3)


@pytest.mark.parametrize("how", ["post", "delete", "put"])
def test_nothing_in_the_audit_can_be_changed_by_asking(
    how: str, person: Person, logged_in: Callable[[str], Client]
) -> None:
    client = logged_in("administrator")
    before = list(AuditEvent.objects.values())
    getattr(client, how)(AUDIT, {"did": "nothing"})
    assert list(AuditEvent.objects.values()) == before
