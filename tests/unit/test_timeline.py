"""One person's course: picture, specification and table say the same, in every look, and a gap is never a course."""

import json
import re
from datetime import date
from xml.etree import ElementTree

import pytest

from postlude.catalog.load import load
from postlude.outcomes.plots.timeline import Event, Measure, Reading, Timeline, description, rows
from postlude.outcomes.plots.timeline_drawing import spec, svg

SAY = load().words["en"]
LOOKS = [(narrow, dark) for narrow in (False, True) for dark in (False, True)]
PAIN = Measure(
    name="Pain",
    low=0,
    high=10,
    important=2,
    important_by="Farrar 2001",
    readings=(
        Reading(date(2023, 1, 10), 8),
        Reading(date(2023, 4, 12), 5),
        Reading(date(2023, 7, 10), None),
        Reading(date(2024, 1, 9), 6.5),
    ),
)
FUNCTION = Measure(name="Function <b>&", low=0, high=100, better="more", readings=(Reading(date(2023, 1, 10), 40),))
COURSE = Timeline(
    title="A made-up person",
    banner="SYNTHETIC",
    measures=(PAIN, FUNCTION),
    events=(
        Event(on=date(2023, 3, 5), kind="adverse-event", says="wound <i> infection"),
        Event(on=date(2022, 11, 3), kind="operation", says="fusion"),
        Event(on=date(2023, 3, 1), kind="treatment", says="exercise", until=date(2023, 6, 1)),
    ),
)


def layers(plot: Timeline, **look: bool) -> list[dict]:  # type: ignore[type-arg]
    return json.loads(json.dumps(spec(plot, SAY, **look)))["layer"]  # type: ignore[no-any-return]


def values(plot: Timeline, mark: str, field: str) -> list[list[dict]]:  # type: ignore[type-arg]
    found = [layer for layer in layers(plot) if layer["mark"]["type"] == mark]
    return [
        layer["data"]["values"] for layer in found if layer["data"]["values"] and field in layer["data"]["values"][0]
    ]


@pytest.mark.parametrize(("narrow", "dark"), LOOKS)
def test_the_same_input_draws_the_same_bytes_in_every_look(narrow: bool, dark: bool) -> None:
    picture = svg(COURSE, SAY, narrow=narrow, dark=dark)
    assert picture == svg(COURSE, SAY, narrow=narrow, dark=dark)
    root = ElementTree.fromstring(picture)  # noqa: S314
    assert root.attrib["width"] == ("320" if narrow else "1100")
    assert root.attrib["role"] == "img"
    text = " ".join(root.itertext())
    assert "A made-up person" in text
    assert "SYNTHETIC" in text
    for row in rows(COURSE, SAY):
        assert row.what.split(",")[0].split(": ")[-1].split(" ")[0] in text
    greys = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', picture))
    assert greys
    assert all(max(_channels(grey)) - min(_channels(grey)) <= 16 for grey in greys), "told by shape, never by hue"


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _luminance(colour: str) -> float:
    parts = [c / 255 for c in _channels(colour)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_page(dark: bool) -> None:
    root = ElementTree.fromstring(svg(COURSE, SAY, dark=dark))  # noqa: S314
    paper = next(e.attrib["fill"] for e in root.iter() if e.tag.endswith("rect") and e.attrib.get("width") == "100%")
    found = {
        e.attrib["fill"] for e in root.iter() if e.tag.endswith("text") and e.attrib.get("fill", "").startswith("#")
    }
    assert found
    for colour in found:
        light, shade = sorted((_luminance(colour), _luminance(paper)), reverse=True)
        assert (light + 0.05) / (shade + 0.05) >= 4.5, colour


def test_the_table_holds_every_reading_and_event_by_day() -> None:
    table = rows(COURSE, SAY)
    assert len(table) == 4 + 1 + 3
    assert [row.on for row in table] == sorted(row.on for row in table)
    assert ("Pain", "due, not answered") in {(row.what, row.value) for row in table}
    assert ("Pain", "6.5 of 0 to 10") in {(row.what, row.value) for row in table}
    assert "treatment: exercise, until 2023-06-01" in {row.what for row in table}
    said = description(COURSE, SAY)
    assert "Pain: 8 on 2023-01-10, 6.5 on 2024-01-09; scores: 3; due and not answered: 1." in said
    assert "2022-11-03 operation: fusion" in said


def test_what_was_not_answered_is_an_open_mark_and_breaks_the_line() -> None:
    lines = values(COURSE, "line", "run")
    gaps, runs = lines[0], lines[1]
    assert [(v["on"], v["run"]) for v in runs] == [("2023-01-10", 0), ("2023-04-12", 0), ("2024-01-09", 1)]
    assert [v["on"] for v in gaps] == ["2023-04-12", "2024-01-09"]
    opened = [
        layer for layer in layers(COURSE) if layer["mark"].get("shape") == "circle" and layer["mark"].get("size") == 45
    ]
    assert [value["on"] for layer in opened for value in layer["data"]["values"]] == ["2023-07-10"]
    assert all(value.get("value") is not None for line in lines for value in line)


def test_the_band_lies_around_the_baseline_within_the_scale() -> None:
    assert PAIN.band == (6, 10)
    named = Measure(**{**{f: getattr(PAIN, f) for f in PAIN.__struct_fields__}, "baseline": 5.0})
    assert named.band == (3, 7)
    assert FUNCTION.band is None
    assert (
        Measure(
            name="x", low=0, high=1, readings=(Reading(date(2023, 1, 1), None),), important=1, important_by="y"
        ).band
        is None
    )
    (band,) = values(Timeline(title="t", measures=(PAIN,)), "rect", "low")
    assert band == [{"low": 6, "high": 10}]


def test_events_are_numbered_by_day_and_never_lie_on_each_other() -> None:
    marks = values(COURSE, "point", "shape")[0]
    assert [(mark["number"], mark["on"]) for mark in marks] == [
        ("1", "2022-11-03"),
        ("2", "2023-03-01"),
        ("3", "2023-03-05"),
    ]
    assert marks[1]["y"] != marks[2]["y"]
    assert len({mark["shape"] for mark in marks}) == 3
    same_day = tuple(Event(on=date(2023, 3, 5), kind="treatment", says=f"{i}") for i in range(5))
    crowded = values(Timeline(title="t", measures=(PAIN,), events=same_day), "point", "shape")[0]
    assert len({mark["y"] for mark in crowded}) == 5


@pytest.mark.parametrize("last", [date(2023, 1, 10), date(2023, 1, 11), date(2023, 2, 2), date(2053, 1, 1)])
@pytest.mark.parametrize("narrow", [False, True])
def test_days_are_said_under_the_axis_however_long_the_time(last: date, narrow: bool) -> None:
    readings = (Reading(date(2023, 1, 10), 8), Reading(last, 7))
    root = ElementTree.fromstring(  # noqa: S314
        svg(
            Timeline(title="t", measures=(Measure(name="Pain", low=0, high=10, readings=readings),)), SAY, narrow=narrow
        )
    )
    days = [e.text for e in root.iter() if e.text and re.fullmatch(r"\d{4}-\d\d(-\d\d)?", e.text)]
    assert 1 <= len(days) <= (6 if narrow else 16)
    assert len(set(days)) == len(days)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Measure(name="Pain", low=0, high=10, readings=(Reading(date(2023, 1, 1), 11),)), "allowed: 0 to 10"),
        (lambda: Measure(name="Pain", low=10, high=0, readings=()), "must ascend"),
        (lambda: Measure(name="Pain", low=0, high=10, readings=(), important=2), "source of the important change"),
        (lambda: Measure(name="Pain", low=0, high=10, readings=(), important=0, important_by="x"), "allowed: above 0"),
        (
            lambda: Measure(
                name="P", low=0, high=9, readings=(Reading(date(2023, 2, 1), 1), Reading(date(2023, 1, 1), 1))
            ),
            "do not ascend",
        ),
        (lambda: Event(on=date(2023, 2, 1), kind="treatment", says="x", until=date(2023, 1, 1)), "lies before"),
        (lambda: Timeline(title="t", measures=()), "at least one is needed"),
        (
            lambda: Timeline(title="t", measures=(Measure(name="Pain", low=0, high=10, readings=()),)),
            "neither a reading",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()  # type: ignore[operator]
