"""Appointments: booked, moved, and what became of them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from postlude.registry.actions import post
from postlude.registry.actions.acting import Did, RecordError, action, saved
from postlude.registry.actor import Actor
from postlude.registry.models import Appointment, AppointmentStep, Person, Sending
from postlude.registry.models.appointments import DOES, OFF

BECAME = tuple(does for does, _ in DOES if does != "moved")
"""What can be said of an appointment afterwards, or of one that is called off."""


@action
def book(*, person: Person, starts_at: datetime, what_for: str, by: Actor, with_whom: str = "", why: str = "") -> Any:
    """Book a time."""
    row = saved(Appointment(person=person, starts_at=starts_at, what_for=what_for, with_whom=with_whom, by=by.text))
    return Did(row, row, person)


@action
def move(*, appointment: Appointment, starts_at: datetime, by: Actor, why: str) -> Any:
    """Book another time in the place of one, which stays, with the reason; its reminder is taken back if it waits."""
    if not why.strip():
        raise RecordError({"why": "say why; the reason is kept with it"})
    old = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if old.steps.exists():
        raise RecordError({"": "this appointment was called off or is over; book another one"})
    if starts_at == old.starts_at:
        raise RecordError({"starts_at": "this is when it is already"})
    kept = {"person": old.person, "what_for": old.what_for, "with_whom": old.with_whom}
    row = saved(Appointment(**kept, starts_at=starts_at, by=by.text))
    new = timezone.localtime(starts_at)
    note = f"to {new.day} {new:%B %Y, %H:%M}: {why}"
    saved(AppointmentStep(appointment=old, does="moved", note=note, by=by.text))
    _call_off(old, by)
    return Did(row, row, old.person)


@action
def became(*, appointment: Appointment, does: str, by: Actor, at: datetime, note: str = "", why: str = "") -> Any:
    """Keep that somebody came, did not come, or that it was cancelled; a later word counts for an earlier one.

    A reminder of a cancelled one that waits is taken back.
    """
    if does not in BECAME:
        raise RecordError({"does": f"found {does!r}; one of {', '.join(BECAME)} is needed"})
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if does not in OFF and row.starts_at > at:
        raise RecordError({"does": "lies in the future; who came is said afterwards"})
    step = saved(AppointmentStep(appointment=row, does=does, note=note, by=by.text))
    if does in OFF:
        _call_off(row, by)
    return Did(step, row, row.person, {"does": does})


def _call_off(appointment: Appointment, by: Actor) -> None:
    """Take back the reminder of an appointment that does not take place, where it has not left."""
    for sending in Sending.objects.filter(once=appointment.once, state__in=("waiting", "failed")):
        try:
            post.cancel(sending=sending, by=by, why="the appointment was called off or moved")
        except RecordError:
            continue  # it left in this moment
