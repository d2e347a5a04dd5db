"""What is due of follow-up: from the treatments of the record to contacts, and from contacts that lapsed to lost ones.

A contact has a row from the day on which it is due, and none before: what a later treatment takes over never was due.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from postlude.registry import knowledge
from postlude.registry.actions import contacts, people
from postlude.registry.actor import Actor
from postlude.registry.followup import Visit, days, is_procedure
from postlude.registry.models import Contact, Person, Treatment
from postlude.registry.models.contacts import NEVER_DUE
from postlude.registry.same import whole
from postlude.registry.schedule import Due, Given, months_after, planned

FOLLOW_UP = Actor.system("follow-up")
ENDS = ("withdrew", "died")
"""What closes a contact so that nothing is asked any more."""
_SILENT = {"lost": "no_answer"}
"""Why a contact is closed of somebody who left, where the code is another one."""


def treatments(person: Person) -> dict[str, Treatment]:
    """Return the treatments of a person as they stand, by what is the same in all their forms."""
    rows = Treatment.objects.current().filter(person__in=whole(person)).order_by("on", "id")
    return {str(row.root): row for row in rows}


def ahead(person: Person) -> tuple[Due, ...]:
    """Return what will be asked, or ought to have been, and has no row yet; nothing of who has left."""
    return _ahead(person, treatments(person), _rows(person))[0]


def not_asked(person: Person) -> tuple[Due, ...]:
    """Return what is left out, each with its reason (:func:`told`), with a row or not; nothing of who has left."""
    return _ahead(person, treatments(person), _rows(person))[1]


def _ahead(person: Person, given: dict[str, Treatment], rows: list[Any]) -> tuple[tuple[Due, ...], tuple[Due, ...]]:
    if person.left_on is not None:
        return (), ()
    plan, catalogue = knowledge.follow_up(), knowledge.catalogue()
    known = [Given(key, row.on, is_procedure(plan, catalogue, row.treatment)) for key, row in given.items()]
    return planned(plan, known, [_as_due(row) for row in rows if row.stands not in NEVER_DUE])


def _rows(person: Person) -> list[Any]:
    return list(Contact.objects.standing().filter(person__in=whole(person)).select_related("about"))


def _as_due(row: Contact) -> Due:
    return Due(row.due_on, str(row.about.root) if row.about else "", row.kind, row.months or 0)


def told(due: Due) -> str:
    """Return in words what stands in the way of one that is due; empty where nothing does."""
    days_ = ", ".join(f"{day.day} {day:%B %Y}" for day in due.near)
    most = knowledge.follow_up().most_in_a_year
    return {
        "": "",
        "year": f"nobody is asked more than {most} times within a year, and these are: {days_}",
        "gap": f"too close to another follow-up: {days_}",
        "later": f"another procedure came before its day, on {days_}: the check after that one asks about both",
    }[due.because]


def bring_up(today: date, people_: Iterable[Person] | None = None) -> list[Contact]:
    """Give a row to each contact that is due by ``today``, and to each that is left out, with the reason.

    What is over already has one only where the record knew of the treatment in time: nobody failed to ask before that.
    Return those that are due; one that was left out, and is not any more, is among them.
    """
    made = []
    for person in _followed(today) if people_ is None else people_:
        given, rows = treatments(person), _rows(person)
        left_out = {_as_due(row).what: row for row in rows if row.stands == "left_out"}
        asked, not_asked_ = _ahead(person, given, rows)
        for due in asked:
            if not _comes(due, given[due.about], today):
                continue
            why = told(due)
            if (row := left_out.get(due.what)) is None:
                made.append(contacts.plan(**_row(person, due, given[due.about]), to_call=why))
            else:
                freed = "nothing stands in its way any more"
                contacts.reopen(contact=row, on=today, by=FOLLOW_UP, why=freed, to_call=why)
                made.append(row)
        for due in not_asked_:
            if due.what not in left_out and _comes(due, given[due.about], today):
                contacts.leave_out(**_row(person, due, given[due.about]), why=told(due))
    return made


def _comes(due: Due, about: Treatment, today: date) -> bool:
    return due.on <= today and (today <= until(due) or _knew(about, due.on))


def _row(person: Person, due: Due, about: Treatment) -> dict[str, Any]:
    return {
        "person": person,
        "about": about,
        "kind": due.kind,
        "months": due.months,
        "due_on": due.on,
        "by": FOLLOW_UP,
    }


def drop_mistaken(today: date) -> None:
    """Take out the contacts that wait and whose treatment turned out to be a mistake, or nobody's."""
    waiting = Contact.objects.waiting().filter(about__isnull=False, attempts=0).select_related("about", "person")
    standing = Treatment.objects.current().values_list("root", flat=True)
    for contact in waiting.exclude(about__root__in=standing):
        contacts.drop(contact=contact, on=today, by=FOLLOW_UP, why="the treatment was entered by mistake")


def mistaken(contact: Contact) -> bool:
    """Return whether the treatment that a contact is about turned out to be a mistake."""
    about = contact.about
    return about is not None and not Treatment.objects.current().filter(root=about.root).exists()


def close_lapsed(today: date) -> list[Contact]:
    """Close what nobody answered in time: as no answer where somebody was asked, else as not asked."""
    closed = []
    for contact in Contact.objects.waiting().filter(due_on__lt=today).select_related("person"):
        if today > open_until(contact):
            reason = "no_answer" if contact.attempts else "not_asked"
            contacts.silent(contact=contact, reason=reason, on=today, by=FOLLOW_UP)
            closed.append(contact)
    return closed


def open_until(contact: Contact) -> date:
    """Return the last day on which a contact can be answered; one that was opened again has its whole time again."""
    again = contact.steps.filter(does="reopened").order_by("-id").first()
    begins = max(contact.due_on, again.on) if again else contact.due_on
    visit = visit_of(contact)
    return begins + timedelta(days=days(visit.open_for) if visit else 30)


def visit_of(contact: Contact) -> Visit | None:
    """Return the visit that a contact is for; ``None`` when the knowledge no longer has it."""
    return knowledge.follow_up().visit_of(contact.kind, contact.months)


def stop(person: Person, *, by: Actor, on: date, why: str = "", because: str = "withdrew") -> Person:
    """End the following of a person, ``because`` of a code of ``LEFT``; close what still waits; return the person."""
    with transaction.atomic():
        for contact in Contact.objects.waiting().filter(person__in=whole(person)):
            contacts.silent(contact=contact, reason=_SILENT.get(because, because), on=on, by=by, note=why)
        if person.left_on is None:
            people.leave(person=person, because=because, by=by, on=on, why=why)
    return person


def until(due: Due) -> date:
    """Return the last day on which something that is due can be answered."""
    visit = knowledge.follow_up().visit_of(due.kind, due.months)
    return due.on + timedelta(days=days(visit.open_for) if visit else 0)


def _knew(about: Treatment, on: date) -> bool:
    first = Treatment.objects.filter(root=about.root).earliest("id")
    return timezone.localdate(first.at) <= on


def _followed(today: date) -> Iterable[Person]:
    """Return who is followed and had a treatment within the longest time that is followed."""
    longest = max(int(visit.months) for visit in knowledge.follow_up().visit) + 6
    recent = Treatment.objects.current().filter(on__gte=months_after(today, -longest)).values("person")
    rows = Person.objects.filter(pk__in=recent, left_on__isnull=True).select_related("merged_into")
    return list({(row.merged_into or row).pk: row.merged_into or row for row in rows}.values())
