"""The timeline as a chart that zooms: it draws what the still picture draws, and no text of a record is code."""

import json
import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert
from tests.unit.test_timeline import COURSE, PAIN, SAY

from postlude.outcomes.plots.timeline import Event, Measure, Reading, Timeline
from postlude.outcomes.plots.timeline_drawing import svg
from postlude.outcomes.plots.timeline_zoom import NARROWEST, SHORTEST, WIDEST, zoomable

DAY = 86_400_000


def drawn(chart: dict[str, Any], days: tuple[float, float] | None = None) -> ElementTree.Element:
    """Draw a chart as a browser does; ``days`` as if somebody had zoomed."""
    chart = json.loads(json.dumps(chart))
    if days:
        (signal,) = (one for one in chart["signals"] if one["name"] == "days")
        signal["value"] = list(days)
    return ElementTree.fromstring(vl_convert.vega_to_svg(chart))  # noqa: S314


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter() if element.tag.endswith("text")]


def under_the_axis(root: ElementTree.Element) -> list[str]:
    return [text for text in texts(root) if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", text)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_whole_time_says_what_the_still_picture_says(theme: str) -> None:
    told = zoomable(COURSE, SAY)
    still = texts(ElementTree.fromstring(svg(COURSE, SAY, dark=theme == "dark")))  # noqa: S314
    moving = texts(drawn(getattr(told, theme)))
    inside = [text for text in still if text not in ("SYNTHETIC", "A made-up person")]
    key = [*told.events, told.open_mark]
    assert sorted({*moving, *key} - set(under_the_axis(drawn(getattr(told, theme))))) == sorted(
        {re.sub(" +", " ", text) for text in inside if not re.fullmatch(r"\d{4}-\d\d", text)}
    )
    assert told.events[1] == "2023-03-01 – 2023-06-01 treatment: exercise"


def test_the_themes_differ_in_colours_only() -> None:
    told = zoomable(COURSE, SAY)
    light, dark = (re.sub(r"#[0-9a-f]{6}", "#", json.dumps(chart)) for chart in (told.light, told.dark))
    assert light == dark
    assert (told.light["background"], told.dark["background"]) == ("#ffffff", "#1d2427")


def test_fewer_days_take_the_same_room_and_are_said_to_the_day() -> None:
    told = zoomable(COURSE, SAY)
    low, high = told.days
    assert {len(said) for said in under_the_axis(drawn(told.light))} == {len("2023-01")}
    near = (low + high) / 2
    days = under_the_axis(drawn(told.light, (near, near + SHORTEST)))
    assert {len(said) for said in days} == {len("2023-01-01")}
    assert len(days) == len(set(days)) > 5
    # Wherever the axis says months, it stands at their first day: else two ticks would say the same.
    for length in range(20, 420, 5):
        said = under_the_axis(drawn(told.light, (near, near + length * DAY)))
        assert len(said) == len(set(said)) > 1, length


@pytest.mark.parametrize("width", [NARROWEST, 320, 600, 1100, WIDEST])
def test_the_first_and_last_mark_and_their_numbers_are_whole(width: int) -> None:
    told = zoomable(COURSE, SAY, width=width)
    low, high = told.days
    a_px = (high - low) / float(str(told.light["width"]))
    assert (told.marks[0] - low) / a_px > 18
    assert (high - told.marks[-1]) / a_px > 8
    assert told.marks == tuple(sorted(told.marks))
    assert told.marks[0] == (date(2022, 11, 3) - date(1970, 1, 1)).days * DAY


@pytest.mark.parametrize(("asked", "gets"), [(0, NARROWEST), (10**9, WIDEST), (777, 777)])
def test_no_width_is_too_much(asked: int, gets: int) -> None:
    chart: Any = zoomable(COURSE, SAY, width=asked).light
    assert chart["width"] + chart["padding"]["left"] + chart["padding"]["right"] == gets


def test_a_course_of_one_day_can_be_drawn() -> None:
    readings = (Reading(date(2023, 1, 10), 8),)
    told = zoomable(Timeline(title="t", measures=(Measure(name="Pain", low=0, high=10, readings=readings),)), SAY)
    assert 0 < told.shortest <= told.days[1] - told.days[0]
    assert told.open_mark == ""
    assert under_the_axis(drawn(told.light))


def test_no_text_of_a_record_becomes_an_expression() -> None:
    hostile = "');datum=window.x//\\u0027]{{signal}}"
    events = (Event(on=date(2023, 1, 10), kind="treatment", says=hostile),)
    measure = Measure(**{**{f: getattr(PAIN, f) for f in PAIN.__struct_fields__}, "name": hostile})
    told = zoomable(Timeline(title=hostile, measures=(measure,), events=events), SAY)
    for chart in (told.light, told.dark):
        assert hostile in "".join(texts(drawn(chart)))
        without_data = {key: value for key, value in chart.items() if key != "data"}
        assert "window.x" not in json.dumps(without_data)
        assert '"url"' not in json.dumps(chart)


def test_what_lasts_keeps_its_row_to_itself() -> None:
    start = date(2023, 1, 10)
    events = tuple(
        Event(on=start + timedelta(days=on), until=until and start + timedelta(days=until), kind="treatment", says="x")
        for on, until in ((0, 300), (200, None), (400, None))
    )
    chart: Any = zoomable(Timeline(title="t", measures=(PAIN,), events=events), SAY).light
    first, second, third = next(
        source["values"]
        for source in chart["data"]
        if source["values"] and "number" in source["values"][0] and len(source["values"]) == 3
    )
    assert first["y"] == third["y"] != second["y"]
