"""The timeline as a chart that a page can zoom: the same drawing, compiled for Vega, whose days can be moved.

Its signal ``days`` holds the first and last moment that are shown, in milliseconds since 1970 (UTC). A page sets it for
its buttons; a drag, and the wheel with Ctrl, set it here. It never leaves the time that the chart covers, and never
gets shorter than :data:`SHORTEST`.
"""

from datetime import date
from typing import Any

import msgspec

from postlude.evidence.plots.drawing import Spec, clean
from postlude.outcomes.plots.timeline import Say, Timeline, event_line
from postlude.outcomes.plots.timeline_drawing import VERSION, WIDE, spec, stretch

NARROWEST, WIDEST = 280, 1600
"""What widths can be drawn, in px."""
_DAY = 86_400_000
_EDGE = 20
_TICK = 90
"""Px for a mark's number, and for a date under the axis."""
SHORTEST = 14 * _DAY
"""The shortest time that is shown, in ms: below it a mark says no more than its day."""
_EPOCH = date(1970, 1, 1).toordinal()


class Zoomable(msgspec.Struct, frozen=True):
    """What a page needs: a Vega specification for each theme, the whole time and the shortest (ms), and the key."""

    light: Spec
    dark: Spec
    days: tuple[int, int]
    marks: tuple[int, ...]
    """The days on which something stands, in order (ms)."""
    shortest: int
    events: tuple[str, ...]
    """The lines of the key; their numbers are those at the marks."""
    open_mark: str
    """What an open mark under a panel is; empty where there is none."""


def zoomable(plot: Timeline, say: Say, *, width: int = WIDE) -> Zoomable:
    """Return the timeline as a chart of ``width`` px; a width that cannot be drawn becomes the nearest that can."""
    width = min(max(width, NARROWEST), WIDEST)
    low, high = (round((day - _EPOCH) * _DAY) for day in stretch(plot))
    # At its first and last day there has to be room for a mark and its number, as marks end at the edges.
    edge = round((high - low) * _EDGE / width)
    low, high = low - edge, high + edge
    shortest = min(SHORTEST, high - low)
    light, dark = (_moving(plot, say, width, low, high, shortest, dark=dark) for dark in (False, True))
    missed = any(measure.missing for measure in plot.measures)
    return Zoomable(
        light=light,
        dark=dark,
        days=(low, high),
        marks=tuple((day.toordinal() - _EPOCH) * _DAY for day in plot.days),
        shortest=shortest,
        events=tuple(clean(event_line(event, say)) for _, event in plot.numbered),
        open_mark=say["timeline.unanswered"] if missed else "",
    )


def _moving(plot: Timeline, say: Say, width: int, low: int, high: int, shortest: int, *, dark: bool) -> Spec:
    import vl_convert  # noqa: PLC0415  (its engine starts in half a second: only who draws should wait)

    still = spec(plot, say, width=width, dark=dark, interactive=True)
    made: dict[str, Any] = vl_convert.vegalite_to_vega(still, vl_version=VERSION)
    # The browser's Vega is newer than the one that this names, and would only say so.
    made.pop("$schema")
    # The page names the chart; each mark would else be read out as a graphic without a name.
    made.pop("description")
    made["config"]["aria"] = False
    made["signals"] = [*made.get("signals", ()), *_signals(low, high, shortest)]
    (days,) = (scale for scale in made["scales"] if scale["name"] == "x")
    days["domain"] = {"signal": "days"}
    made["axes"] = [axis | _ticks() if axis["scale"] == "x" else axis for axis in made["axes"]]
    return made


def _ticks() -> Spec:
    """Return how days are said under the axis: as on the still picture, and with the day where months are too long."""
    count = f"ceil(width / {_TICK})"
    # Ticks fall on the first of a month while there is a fortnight or more to each.
    text = f"utcFormat(datum.value, span(days) / {count} < {15 * _DAY} ? '%Y-%m-%d' : '%Y-%m')"
    return {"tickCount": {"signal": count}, "encode": {"labels": {"update": {"text": {"signal": text}}}}}


def _signals(low: int, high: int, shortest: int) -> list[Spec]:
    """Return what moves the days: a drag from where it began, and the wheel around where it points.

    The wheel alone scrolls the page; a pinch on a touchpad comes as a wheel with Ctrl.
    """
    drag = "[pointerdown, window:pointerup] > window:pointermove!"
    wheel: Spec = {"type": "wheel", "consume": True, "filter": ["event.ctrlKey || event.metaKey"]}
    factor = f"max(pow(1.002, event.deltaY * pow(16, event.deltaMode)), {shortest} / span(days))"
    return [
        {"name": "held", "value": None, "on": [{"events": "pointerdown", "update": "{x: x(), days: days}"}]},
        {"name": "dragged", "value": 0, "on": [{"events": drag, "update": "x() - held.x"}]},
        {
            "name": "days",
            "value": [low, high],
            "on": [
                {
                    "events": {"signal": "dragged"},
                    "update": f"clampRange(panLinear(held.days, dragged / width), {low}, {high})",
                },
                {
                    "events": wheel,
                    "update": f"clampRange(zoomLinear(days, invert('x', x()), {factor}), {low}, {high})",
                },
            ],
        },
    ]
