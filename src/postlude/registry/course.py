"""The course of one person, as a picture and as rows: scores over time, and what was done or went wrong when."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from postlude.instruments.instrument import Instrument
from postlude.outcomes.plots.timeline import Event, Measure, Reading, Timeline
from postlude.registry import knowledge
from postlude.registry.checking import codes, harms
from postlude.registry.models import AdverseEvent, Contact, ContactStep, Operation, Person, Score, Treatment
from postlude.registry.same import whole

_DOMAINS = ("pain", "physical_functioning")
"""What the panels show: of each, the score that was taken most often."""


class _Series(NamedTuple):
    """What one panel could show: one score of one instrument, at one place and time of day."""

    instrument: str
    measure: str
    site: str
    time: str


def course(person: Person) -> Timeline | None:
    """Return the course of a person; nothing while no score that can be drawn is in the record."""
    people = whole(person)
    missed = tuple(_missed(people))
    series = _series(people)
    measures = [found for domain in _DOMAINS if (found := _panel(domain, series, missed)) is not None]
    if not measures:
        return None
    banner = "Synthetic: this person was made up by chance" if person.synthetic else ""
    return Timeline(title="Course", measures=tuple(measures), events=tuple(_events(people)), banner=banner)


def _series(people: list[Person]) -> dict[_Series, dict[date, float]]:
    found: dict[_Series, dict[date, float]] = {}
    rows = Score.objects.current().filter(person__in=people, value__isnull=False).order_by("on", "id")
    for row in rows:
        # Of two on one day the later one counts.
        found.setdefault(_Series(row.instrument, row.measure, row.site, row.time), {})[row.on] = row.value
    return found


def _panel(domain: str, series: dict[_Series, dict[date, float]], missed: tuple[date, ...]) -> Measure | None:
    instruments = knowledge.instruments().instruments
    mine = {
        key: values
        for key, values in series.items()
        if key.instrument in instruments and instruments[key.instrument].entry.domains[0] == domain
    }
    for key, values in sorted(mine.items(), key=lambda item: (-len(item[1]), item[0])):
        measure = _measure(instruments[key.instrument], key, values, missed)
        if measure is not None:
            return measure
    return None


def _measure(
    instrument: Instrument, key: _Series, values: dict[date, float], missed: tuple[date, ...]
) -> Measure | None:
    entry = next((s.entry for s in instrument.scores.values() if key.measure in (s.name, s.id)), None)
    if entry is None or entry.low is None or entry.high is None or entry.better == "neither":
        return None
    if not all(entry.low <= value <= entry.high for value in values.values()):
        return None
    matters = next(
        (t for t in instrument.entry.threshold if t.preferred and t.score == entry.id and t.absolute is not None), None
    )
    days = {**dict.fromkeys(missed), **values}
    where = ", ".join(part for part in (key.site, key.time) if part)
    # Its scale is told with every picture, also where the title of an instrument has it already.
    title = instrument.entry.title.removesuffix(f", {entry.low:g} to {entry.high:g}")
    return Measure(
        name=f"{title}{f' ({where})' if where else ''}",
        low=entry.low,
        high=entry.high,
        readings=tuple(Reading(day, days[day]) for day in sorted(days)),
        better=entry.better,
        important=matters.absolute if matters else None,
        important_by=matters.among if matters else "",
    )


def _missed(people: list[Person]) -> Iterator[date]:
    """Yield the days on which a follow-up was due and did not bring an answer."""
    last = ContactStep.objects.filter(contact=OuterRef("pk")).order_by("-id").values("does")[:1]
    contacts = Contact.objects.filter(person__in=people, due_on__lt=timezone.localdate()).annotate(last=Subquery(last))
    for contact in contacts:
        if contact.last != "answered":
            yield contact.due_on


def _events(people: list[Person]) -> Iterator[Event]:
    treatments = knowledge.catalogue().treatments
    for one in Operation.objects.current().filter(person__in=people):
        coded = [codes(field).get(getattr(one, field), getattr(one, field)) for field in ("procedure", "region")]
        says = one.says or ", ".join(filter(None, (*coded, one.level))) or "operation"
        if len(one.on) == len("2017-05-03"):
            yield Event(on=date.fromisoformat(one.on), kind="operation", says=says)
    for one in Treatment.objects.current().filter(person__in=people):
        known = treatments.get(one.treatment)
        name = known.name if known else one.says or one.treatment
        says = " ".join(filter(None, (name, one.step, one.level)))
        yield Event(on=one.on, kind="treatment", says=says, until=one.ended_on)
    for one in AdverseEvent.objects.current().filter(person__in=people, on__isnull=False):
        grade = f", grade {one.grade}" if one.grade else ""
        says = one.what or harms().get(one.event, one.event)
        yield Event(on=one.on, kind="adverse-event", says=f"{says}{grade}", until=one.resolved_on)
