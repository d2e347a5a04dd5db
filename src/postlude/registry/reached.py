"""How many of those who were due were asked, and how many of these answered: each count with its denominator."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from postlude.registry.due import open_until
from postlude.registry.models import AdverseEvent, Contact
from postlude.registry.models.contacts import NEVER_DUE, OPEN, SILENT

YEAR = timedelta(days=365)


class Reached(NamedTuple):
    """The follow-ups that were due in a span of time. ``lost`` counts by reason, in the order of the codes."""

    since: date
    due: int
    asked: int
    answered: int
    open: int
    lost: tuple[tuple[str, str, int], ...]

    @property
    def rate(self) -> float | None:
        """Return answers of 100 who were due and whose time is over or who answered; ``None`` where there are none."""
        settled = self.due - self.open
        return 100 * self.answered / settled if settled else None

    @property
    def settled(self) -> int:
        return self.due - self.open


def reached(today: date, span: timedelta = YEAR) -> Reached:
    """Return what became of the follow-ups that were due within a span up to today."""
    since = today - span
    rows = list(
        Contact.objects.standing()
        .filter(due_on__gt=since, due_on__lte=today)
        .exclude(stands__in=NEVER_DUE)
        .prefetch_related("steps")
    )
    reasons = Counter(max(row.steps.all(), key=lambda step: step.pk).reason for row in rows if row.stands == "silent")
    return Reached(
        since=since,
        due=len(rows),
        asked=sum(row.attempts > 0 for row in rows),
        answered=sum(row.stands == "answered" for row in rows),
        open=sum(row.stands in OPEN for row in rows),
        lost=tuple((code, says, reasons[code]) for code, says in SILENT if reasons[code]),
    )


def chased(today: date) -> list[Contact]:
    """Return the follow-ups that wait for an answer, each with the last day it can be given.

    First those for which somebody has to call (``to_call`` says why), then the others, the oldest first.
    """
    rows = list(
        Contact.objects.waiting()
        .filter(due_on__lte=today, person__left_on__isnull=True)
        .select_related("person", "about")
        .order_by("due_on", "id")
    )
    for row in rows:
        row.until = open_until(row)
        row.days_due = (today - row.due_on).days
    return sorted(rows, key=lambda row: not row.to_call)


def to_call() -> QuerySet[Contact]:
    """Return the safety checks that no message asks, and that wait for a call of the clinic, the oldest first."""
    return Contact.objects.waiting().exclude(to_call="").filter(person__left_on__isnull=True).order_by("due_on", "id")


def left_out(today: date, span: timedelta = YEAR) -> list[Contact]:
    """Return the follow-ups that were not asked, each with its ``closing`` step and the reason, the last first."""
    rows = Contact.objects.standing().filter(stands="left_out", due_on__gt=today - span)
    return _with_closing(rows.select_related("person", "about").order_by("-due_on", "-id"))


def lost(today: date, span: timedelta = YEAR) -> list[Contact]:
    """Return the follow-ups that were closed without an answer, the last first, each with its closing step."""
    rows = Contact.objects.standing().filter(stands="silent", due_on__gt=today - span)
    return _with_closing(rows.select_related("person", "about").order_by("-stands_on", "-id"))


def _with_closing(rows: Iterable[Contact]) -> list[Contact]:
    found = list(rows)
    for row in found:
        row.closing = row.steps.order_by("id").last()
    return found


def told_harm() -> list[AdverseEvent]:
    """Return the harm that people told at a follow-up and nobody of the clinic has graded yet, the oldest first."""
    rows = AdverseEvent.objects.current().filter(contact__isnull=False, grade__isnull=True, related="")
    return list(rows.select_related("person", "about").order_by("id"))
