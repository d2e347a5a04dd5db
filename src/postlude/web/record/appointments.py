"""Appointments: those of a day, those of which nobody has said who came; booked, moved, and what became of them."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from postlude.registry.actions import appointments
from postlude.registry.appointments import starting, told, unsaid
from postlude.registry.models import Appointment, Person, Sending
from postlude.registry.models.appointments import DOES
from postlude.registry.reminding import invite
from postlude.registry.roles import Permission
from postlude.registry.same import whole
from postlude.web.access import actor, needs, of_person
from postlude.web.desk.acting import said, tried
from postlude.web.desk.sections import page
from postlude.web.record.forms import AppointmentForm, MoveForm

SHOWN = 50
"""Of which nobody has said who came: so many on one page, and how many there are."""
_YEARS = range(1900, 2200)
"""A day beside the first or last that a calendar can hold has no neighbours."""


@needs(Permission.SEE_PEOPLE)
@require_GET
def of_day(request: HttpRequest) -> HttpResponse:
    """The appointments of one day, today's unless another is asked for."""
    today, now = timezone.localdate(), timezone.now()
    day = _day(request.GET.get("on", "")) or today
    rows = [(row, row.step, told(row, now)) for row in starting(day)]
    became = Counter(step.does if step else None for _, step, _ in rows)
    others = unsaid(now).exclude(pk__in=[row.pk for row, *_ in rows])
    shown = {
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "now": now,
        "rows": rows,
        "became": [(says, became[does]) for does, says in DOES if became[does]],
        "open": became[None],
        "unsaid": others[:SHOWN],
        "unsaid_count": others.count(),
    }
    return render(request, "record/appointments.html", shown)


def _day(text: str) -> date | None:
    """Return the day that an address or a form names, ``None`` where it names none of a year with appointments."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


@of_person(Permission.TAKE_IN, at="appointments")
def book(request: HttpRequest, person: Person) -> HttpResponse:
    """Book a time, and send the questionnaires before it where that is wished."""
    form = AppointmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        details = {key: form.cleaned_data[key] for key in ("starts_at", "what_for", "with_whom")}
        if tried(request, lambda: appointments.book(person=person, by=actor(request), **details), form):
            said(request, "Booked.")
            if form.cleaned_data["send_forms"]:
                sent = invite(person, timezone.now(), by=actor(request))
                nothing = "Nothing was sent: the person agreed to no e-mail and no text message."
                said(request, "The questionnaires are on their way." if sent else nothing)
            return redirect("record", person.key)
    shown = {"form": form, "title": "Book an appointment"}
    return page(request, person, "record", shown, template="record/entry.html", status=422 if form.errors else 200)


@of_person(Permission.TAKE_IN, at="appointments")
@require_POST
def came(request: HttpRequest, person: Person, entry: Any) -> HttpResponse:
    """Keep what became of an appointment."""
    row = get_object_or_404(Appointment, key=entry, person__in=whole(person))
    does = request.POST.get("does", "")
    if tried(request, lambda: appointments.became(appointment=row, does=does, by=actor(request), at=timezone.now())):
        said(request, f"Kept.{_tell(row) if does == 'cancelled' else ''}")
    day = _day(request.POST.get("day", ""))
    return redirect(f"{reverse('appointments')}?on={day}") if day else redirect("record", person.key)


@of_person(Permission.TAKE_IN, at="appointments")
def move(request: HttpRequest, person: Person, entry: Any) -> HttpResponse:
    """Move an appointment to another time; a reminder that has left already is said, so that somebody tells them."""
    row, by = get_object_or_404(Appointment, key=entry, person__in=whole(person)), actor(request)
    form = MoveForm(request.POST or None, initial={"starts_at": timezone.localtime(row.starts_at)})
    if request.method == "POST" and form.is_valid():
        moved = tried(request, lambda: appointments.move(appointment=row, by=by, **form.cleaned_data), form)
        if moved:
            said(request, f"Moved.{_tell(row)}")
            return redirect("record", person.key)
    shown = {"form": form, "title": f"Move the appointment: {row.what_for}"}
    return page(request, person, "record", shown, template="record/entry.html", status=422 if form.errors else 200)


def _tell(row: Appointment) -> str:
    """Return what is said where somebody was reminded of a time that is no longer theirs."""
    left = Sending.objects.filter(once=row.once, state__in=("sent", "sending")).exists()
    return " The person was reminded of the time before: tell them." if left else ""
