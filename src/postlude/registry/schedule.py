"""When somebody is asked how they are: one schedule for each person, worked out from what was given. Pure.

A later treatment takes over from the one before: what would have been asked about that from then on is asked about
the new one. What was asked already stays, and nothing new comes too close to it, so that entering a treatment late, or
several in another order, asks nobody twice.

A safety check comes before routine follow-up. Only a treatment that has such a check of its own takes it over; routine
follow-up gives way to it; and where even so it is one too many, somebody of the clinic calls. What is left out is
never silent: :func:`left_out` says what, and why.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Literal as OneOf
from typing import NamedTuple

from postlude.registry.followup import FollowUp, Visit, days

YEAR = timedelta(days=365)
SAFETY = "safety"
Because = OneOf["", "year", "gap", "later"]
"""What stands in the way: enough within a ``year``; another within the ``gap``; a ``later`` treatment's check."""


class Given(NamedTuple):
    """A treatment that was given: ``key`` tells it from others. Of one session only the first is followed."""

    key: str
    on: date
    procedure: bool


class Due(NamedTuple):
    """A follow-up: of which kind and time, ``about`` which treatment, and the day on which it is due.

    ``because`` says why it is not asked as usual, and ``near`` the days that stand in its way, earliest first.
    """

    on: date
    about: str
    kind: str
    months: float
    because: Because = ""
    near: tuple[date, ...] = ()

    @property
    def what(self) -> tuple[str, str, float]:
        """Return what it is, on whichever day: the same is asked once only."""
        return self.about, self.kind, self.months


def schedule(plan: FollowUp, given: Iterable[Given], kept: Iterable[Due] = ()) -> tuple[Due, ...]:
    """Return the follow-ups that are due sometime beside those ``kept`` already, in the order of their days.

    One with a reason is a safety check beyond what messages may ask: somebody of the clinic calls.
    """
    return planned(plan, given, kept)[0]


def left_out(plan: FollowUp, given: Iterable[Given], kept: Iterable[Due] = ()) -> tuple[Due, ...]:
    """Return what :func:`schedule` leaves out, each with its reason, in the order of the days.

    Routine follow-up that a later treatment takes over is not among it: it is asked about that one.
    """
    return planned(plan, given, kept)[1]


def planned(plan: FollowUp, given: Iterable[Given], kept: Iterable[Due]) -> tuple[tuple[Due, ...], tuple[Due, ...]]:
    """Return both at once: what is due, and what is left out."""
    taken, anchors = list(kept), _anchors(given)
    known, given_on = {due.what for due in taken}, {anchor.key: anchor.on for anchor in anchors}
    found: list[Due] = []
    left: list[Due] = []
    # Safety checks first, so that what is routine gives way to them; each kind in the order of its days.
    for wanted in sorted(_wanted(plan, anchors), key=lambda due: (due.kind != SAFETY, due)):
        if wanted.what in known:
            continue
        due = wanted if wanted.because else _in_the_way(plan, wanted, taken)
        if due.because == "later" or (due.because and not _called(due, taken, given_on[due.about])):
            left.append(due)
        else:
            taken.append(due)
            found.append(due)
    return tuple(sorted(found)), tuple(sorted(left))


def _called(due: Due, taken: Sequence[Due], given_on: date) -> bool:
    """Return whether somebody calls: for a safety check that no other check, asked after that treatment, stands for."""
    checked = due.because == "gap" and any(
        other.kind == SAFETY and other.on in due.near and other.on > given_on for other in taken
    )
    return due.kind == SAFETY and not checked


def due_on(visit: Visit, on: date) -> date:
    """Return the day on which a visit is due after a treatment of that day."""
    return on + timedelta(days=days(visit.after)) if visit.after else months_after(on, int(visit.months))


def months_after(day: date, months: int) -> date:
    """Return the same day so many months on, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _wanted(plan: FollowUp, anchors: Sequence[Given]) -> Iterator[Due]:
    """Yield what each treatment asks for until another takes over.

    Of routine follow-up that is whatever comes next; of a safety check, what has such a check too, and that is said.
    """
    for at, anchor in enumerate(anchors):
        for visit in plan.visit:
            if visit.only_procedures and not anchor.procedure:
                continue
            safety, day = visit.kind == SAFETY, due_on(visit, anchor.on)
            later = (one.on for one in anchors[at + 1 :] if not safety or one.procedure or not visit.only_procedures)
            end = next(later, date.max)
            if day < end:
                yield Due(day, anchor.key, visit.kind, visit.months)
            elif safety:
                yield Due(day, anchor.key, visit.kind, visit.months, "later", (end,))


def _anchors(given: Iterable[Given]) -> list[Given]:
    """Return the treatment that is followed of each day; a procedure before others, as it needs a safety check."""
    first: dict[date, Given] = {}
    for one in sorted(given, key=lambda g: (g.on, not g.procedure, g.key)):
        first.setdefault(one.on, one)
    return list(first.values())


def _in_the_way(plan: FollowUp, due: Due, taken: Sequence[Due]) -> Due:
    """Return what is due, with the reason where its day is too close to another or is one too many within a year."""
    if close := sorted(other.on for other in taken if abs(due.on - other.on) < timedelta(days=days(plan.gap))):
        return due._replace(because="gap", near=tuple(close))
    near = sorted([due.on, *(other.on for other in taken if abs(other.on - due.on) < YEAR)])
    most, mine = plan.most_in_a_year, near.index(due.on)
    for first in range(max(0, mine - most), min(mine, len(near) - 1 - most) + 1):
        if near[first + most] - near[first] < YEAR:
            full = near[first : first + most + 1]
            return due._replace(because="year", near=tuple(day for day in full if day != due.on))
    return due
