"""One person over time: pain and function, with operations, treatments and adverse events, as a picture and as rows.

Around the baseline of each measure lies a band: a score within it differs by less than a change that matters. A
follow-up that was due and not answered is an open mark under the panel, so that a gap is never read as a course. Kinds
of event differ in shape and number, never in hue; light and dark, wide and narrow say the same.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal as OneOf

import msgspec

from postlude.evidence.plots.drawing import clean, ordered, present, sentences, within

Say = Mapping[str, str]
Kind = OneOf["operation", "treatment", "adverse-event"]


class Reading(msgspec.Struct, frozen=True):
    """A score on a day; ``None`` where it was due and not answered."""

    on: date
    value: float | None


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A score over time on its own scale from ``low`` to ``high``, in the order of the days.

    ``important`` is the least change that matters, in points (above 0), ``important_by`` who says so; the band lies
    around ``baseline``, or around the first score that was answered where none is named. Raises ``ValueError`` for a
    scale or days that do not ascend, a score outside the scale, and an important change without its source.
    """

    name: str
    low: float
    high: float
    readings: tuple[Reading, ...]
    better: OneOf["less", "more"] = "less"
    baseline: float | None = None
    important: float | None = None
    important_by: str = ""

    def __post_init__(self) -> None:
        present("the name of a measure", self.name)
        if not self.low < self.high:
            raise ValueError(f"{self.name}: the scale is from {self.low:g} to {self.high:g}; it must ascend")
        for reading in self.readings:
            if reading.value is not None:
                within(f"{self.name} on {reading.on}", reading.value, self.low, self.high)
        ordered(f"{self.name}: days", *(reading.on.toordinal() for reading in self.readings))
        if self.baseline is not None:
            within(f"{self.name}: the baseline", self.baseline, self.low, self.high)
        if self.important is not None:
            if self.important <= 0:
                raise ValueError(f"{self.name}: an important change is {self.important:g}; allowed: above 0")
            present(f"{self.name}: the source of the important change", self.important_by)

    @property
    def answered(self) -> tuple[tuple[date, float], ...]:
        return tuple((reading.on, reading.value) for reading in self.readings if reading.value is not None)

    @property
    def missing(self) -> tuple[date, ...]:
        return tuple(reading.on for reading in self.readings if reading.value is None)

    @property
    def band(self) -> tuple[float, float] | None:
        """The scores that differ from the start by less than matters, within the scale."""
        if self.important is None or self.start is None:
            return None
        return max(self.low, self.start - self.important), min(self.high, self.start + self.important)

    @property
    def start(self) -> float | None:
        """The score that changes are counted from."""
        return self.answered[0][1] if self.baseline is None and self.answered else self.baseline


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What was done or went wrong on a day; ``until`` where it went on."""

    on: date
    kind: Kind
    says: str
    until: date | None = None

    def __post_init__(self) -> None:
        present("what an event says", self.says)
        if self.until is not None and self.until < self.on:
            raise ValueError(f"{self.says}: until {self.until} lies before {self.on}")


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """One person's course. ``banner`` stands at the head: that the person does not exist.

    Raises ``ValueError`` where there is no measure, or neither a reading nor an event.
    """

    title: str
    measures: tuple[Measure, ...]
    events: tuple[Event, ...] = ()
    banner: str = ""

    def __post_init__(self) -> None:
        present("the title", self.title)
        if not self.measures:
            raise ValueError("a timeline has no measure; at least one is needed")
        if not self.days:
            raise ValueError("a timeline has neither a reading nor an event; at least one is needed")

    @property
    def days(self) -> tuple[date, ...]:
        """Every day on which something stands, in order."""
        readings = (reading.on for measure in self.measures for reading in measure.readings)
        ends = (event.until for event in self.events if event.until is not None)
        return tuple(sorted({*readings, *(event.on for event in self.events), *ends}))

    @property
    def numbered(self) -> tuple[tuple[int, Event], ...]:
        """The events in the order of their days, with the numbers by which the picture names them."""
        return tuple(enumerate(sorted(self.events, key=lambda event: event.on), start=1))


class Row(msgspec.Struct, frozen=True):
    """A line of the table that says what the picture says: the day, what it is, and its value where it has one."""

    on: date
    what: str
    value: str


def rows(plot: Timeline, say: Say) -> tuple[Row, ...]:
    """Return the content of the picture as a table, by day; what was due and not answered among it."""
    found = [Row(event.on, _event(event, say), "") for _, event in plot.numbered]
    for measure in plot.measures:
        for reading in measure.readings:
            value = say["timeline.unanswered"]
            if reading.value is not None:
                value = say["timeline.value"].format(
                    value=f"{reading.value:g}", low=f"{measure.low:g}", high=f"{measure.high:g}"
                )
            found.append(Row(reading.on, clean(measure.name), value))
    return tuple(sorted(found, key=lambda row: row.on))


def description(plot: Timeline, say: Say) -> str:
    """Return what the picture shows in a few sentences: the first and last score of each measure, and the events."""
    return sentences(_told(plot, say))


def kind(event: Event, say: Say) -> str:
    """Return what kind of event it is, in words."""
    return say[f"timeline.{event.kind.replace('-', '_')}"]


def event_line(event: Event, say: Say) -> str:
    """Return an event as its line of the key: the days, what kind it is, and what it says."""
    until = f" – {event.until.isoformat()}" if event.until else ""
    return f"{event.on.isoformat()}{until}  {kind(event, say)}: {event.says}"


def reading_line(day: date, measure: Measure, says: str) -> str:
    """Return a reading as its line: the day, the measure, and what was read (``says``)."""
    return f"{day.isoformat()}  {clean(measure.name)}: {says}"


def _event(event: Event, say: Say) -> str:
    says = clean(event.says)
    if event.until is None:
        return say["timeline.event"].format(kind=kind(event, say), says=says)
    return say["timeline.event_until"].format(kind=kind(event, say), says=says, until=event.until.isoformat())


def _told(plot: Timeline, say: Say) -> Iterator[str]:
    for measure in plot.measures:
        answered, missing = measure.answered, len(measure.missing)
        if not answered:
            yield say["timeline.no_scores"].format(name=clean(measure.name), missing=missing)
            continue
        (first_on, first), (last_on, last) = answered[0], answered[-1]
        yield say["timeline.course"].format(
            name=clean(measure.name),
            first=f"{first:g}",
            first_on=first_on.isoformat(),
            last=f"{last:g}",
            last_on=last_on.isoformat(),
            count=len(answered),
            missing=missing,
        )
    events = "; ".join(f"{event.on.isoformat()} {_event(event, say)}" for _, event in plot.numbered)
    yield say["timeline.events"].format(events=events) if events else say["timeline.no_events"]
