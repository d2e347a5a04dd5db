"""Who is to be asked, was asked, answered, or did not: each a step, and the last one counts."""

from datetime import date
from typing import Any

from postlude.registry.actions.acting import Did, RecordError, action, saved
from postlude.registry.actor import Actor
from postlude.registry.models import Contact, ContactStep, Person, Treatment
from postlude.registry.models.contacts import OPEN


@action
def plan(
    *,
    person: Person,
    about: Treatment,
    kind: str,
    months: float,
    due_on: date,
    by: Actor,
    to_call: str = "",
    why: str = "",
) -> Any:
    """Keep that a follow-up is due. ``to_call``: why no message asks, and somebody of the clinic calls."""
    row = saved(Contact(person=person, about=about, kind=kind, months=months, due_on=due_on, by=by.text))
    if to_call:
        saved(ContactStep(contact=row, does="to_call", on=due_on, note=to_call, by=by.text))
    return Did(row, row, person, {"kind": kind, "months": months})


@action
def leave_out(*, person: Person, about: Treatment, kind: str, months: float, due_on: date, by: Actor, why: str) -> Any:
    """Keep that a follow-up would have been due and is not asked, and why; it counts in no denominator."""
    row = saved(Contact(person=person, about=about, kind=kind, months=months, due_on=due_on, by=by.text))
    saved(ContactStep(contact=row, does="left_out", on=due_on, note=why, by=by.text))
    return Did(row, row, person, {"kind": kind, "months": months})


@action
def asked(*, contact: Contact, way: str, on: date, by: Actor, note: str = "", why: str = "") -> Any:
    """Keep an attempt to reach somebody, whether or not it did."""
    return _step(contact, "asked", on, by, way=way, note=note)


@action
def answered(*, contact: Contact, way: str, on: date, by: Actor, note: str = "", why: str = "") -> Any:
    """Keep that somebody answered. Who was never asked is asked in the moment of answering."""
    if not contact.steps.filter(does="asked").exists():
        _step(contact, "asked", on, by, way=way)
    return _step(contact, "answered", on, by, way=way, note=note)


@action
def silent(*, contact: Contact, reason: str, on: date, by: Actor, note: str = "", why: str = "") -> Any:
    """Close a contact without an answer, with the reason as a code."""
    return _step(contact, "silent", on, by, reason=reason, note=note)


@action
def reopen(*, contact: Contact, on: date, by: Actor, why: str, to_call: str | None = None) -> Any:
    """Wait again for an answer to a contact that was closed, left out, or answered by mistake.

    One that was left out is asked by telephone, as messages have their limit; unless ``to_call`` says otherwise.
    """
    if not why.strip():
        raise RecordError({"why": "say why; the reason is kept with it"})
    last = contact.steps.order_by("-id").first()
    if last is None or last.does in OPEN:
        raise RecordError({"": "this follow-up is open"})
    if to_call is None:
        to_call = last.note if last.does == "left_out" else ""
    row = saved(ContactStep(contact=contact, does="reopened", on=on, note=why, by=by.text))
    if to_call:
        saved(ContactStep(contact=contact, does="to_call", on=on, note=to_call, by=by.text))
    return Did(row, contact, contact.person)


@action
def drop(*, contact: Contact, on: date, by: Actor, why: str) -> Any:
    """Take out a contact that ought never to have been due: it counts in no denominator from now on."""
    return _step(contact, "dropped", on, by, note=why)


def _step(contact: Contact, does: str, on: date, by: Actor, *, way: str = "", reason: str = "", note: str = "") -> Did:
    # Locked, so that two who answer in the same moment answer one after the other.
    locked = Contact.objects.select_for_update().get(pk=contact.pk)
    if _stands(locked) not in OPEN:
        raise RecordError({"": "this follow-up is closed already"})
    row = saved(ContactStep(contact=contact, does=does, on=on, way=way, reason=reason, note=note, by=by.text))
    return Did(row, contact, contact.person, {key: text for key, text in (("way", way), ("reason", reason)) if text})


def _stands(contact: Contact) -> str:
    last = contact.steps.order_by("-id").first()
    return last.does if last else ""
