"""Draws a timeline: a Vega-Lite specification, and the SVG made of it; ``timeline_zoom`` makes it one that moves.

One view holds everything: each panel is a vertical scale of its own within it, and all share the days. Places across
come from the days alone, texts are placed by estimated widths, so that the same input gives the same bytes.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from xml.etree import ElementTree

from postlude.evidence.plots.drawing import (
    BOLD,
    FONT,
    LEADING,
    SIZE,
    SMALL,
    TITLE,
    Spec,
    Text,
    block,
    clean,
    text_elements,
    titled,
    wrapped,
)
from postlude.outcomes.plots.timeline import Kind, Measure, Say, Timeline, description, event_line, reading_line

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
VERSION = "5.20"
"""Of Vega-Lite; what a browser draws is compiled by the same."""
WIDE, NARROW = 1100, 320
"""How broad a picture is, in px, on a wide and on a narrow page."""
_NARROWER = 600
"""Below so many px there is less room to the left, and for numbers at the marks."""
_PANEL = 120.0
_LANE, _APART = 17.0, 18.0
"""Height of a row of event marks, and the least distance between two in one row, in px."""
_SHAPES: dict[Kind, tuple[str, bool]] = {
    "operation": ("square", True),
    "treatment": ("triangle-up", True),
    "adverse-event": ("diamond", False),
}
_ABOVE = 12.0
"""Px between the lines above a panel and the panel, so that the number at the highest score stands free."""
_MOST_LABELS = 14
_DAY_ROOM = 80.0
"""Px that a whole date needs under the axis."""
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_MARGIN_DAYS = 0.03
"""How far the axis goes on beyond the first and last day, as a part of the time between them."""


class _Look(NamedTuple):
    paper: str
    ink: str
    muted: str
    line: str
    grid: str
    band: str


_LIGHT = _Look("#ffffff", "#1a1a1a", "#595959", "#767676", "#dedede", "#ececec")
_DARK = _Look("#1d2427", "#e9eeee", "#abb7ba", "#8f999d", "#354045", "#2f393d")
"""Each as pictures on pages have it: paper is the ground of a figure."""


class _Frame(NamedTuple):
    """Where things stand, in px: the drawing area's left and breadth, the event rows, the top of each panel."""

    width: float
    left: float
    room: float
    lanes: tuple[int, ...]
    tops: tuple[float, ...]
    height: float

    @property
    def narrow(self) -> bool:
        return self.width < _NARROWER


def stretch(plot: Timeline) -> tuple[float, float]:
    """Return where the axis of days begins and ends, as ordinals of days: a little beyond the first and the last."""
    first, last = plot.days[0].toordinal(), plot.days[-1].toordinal()
    beyond = max((last - first) * _MARGIN_DAYS, 7.0)
    return first - beyond, last + beyond


def spec(plot: Timeline, say: Say, *, width: int = WIDE, dark: bool = False, interactive: bool = False) -> Spec:
    """Return the picture as a Vega-Lite specification, without title and key: those belong to the page around it.

    ``width`` is in px, ``dark`` for a dark page. ``interactive`` is for a page that zooms: ticks follow the days that
    are shown, marks end at the edges, and each has a sentence (``tip``) for who points at it.
    """
    return _Drawing(plot, say, _DARK if dark else _LIGHT, width=width, interactive=interactive).spec()


def svg(plot: Timeline, say: Say, *, narrow: bool = False, dark: bool = False) -> str:
    """Return the picture as SVG with title, legend and a numbered key to the events."""
    import vl_convert  # noqa: PLC0415  (its engine starts in half a second: only who draws should wait)

    look, width = _DARK if dark else _LIGHT, NARROW if narrow else WIDE
    drawing = _Drawing(plot, say, look, width=width, interactive=False)
    above, top = drawing.above()
    drawn: str = vl_convert.vegalite_to_svg(drawing.spec(), vl_version=VERSION)
    below, bottom = drawing.below(top + drawing.frame.height)
    inner = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
    words = "".join(ElementTree.tostring(e, encoding="unicode") for e in (*above, *below))
    wide = f"{drawing.frame.width:g}"
    whole = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{bottom:g}" viewBox="0 0 {wide} {bottom:g}">'
        f'<rect width="100%" height="100%" fill="{drawing.look.paper}"/>'
        f'<g transform="translate(0,{top:g})">{inner}</g>{words}</svg>'
    )
    return titled(whole, plot.title, description(plot, say))


class _Drawing:
    """One picture while it is drawn."""

    def __init__(self, plot: Timeline, say: Say, look: _Look, *, width: int, interactive: bool) -> None:
        self.plot, self.say, self.look, self.interactive = plot, say, look, interactive
        self._low, self._high = stretch(plot)
        left = 34.0 if width < _NARROWER else 44.0
        room = width - left - 16.0
        lanes = self._lanes(room)
        top = 8.0 + _LANE * (max(lanes, default=-1) + 1)
        tops, y = [], top
        for measure in plot.measures:
            y += 10 + 14 * len(self._heads(measure, room)) + _ABOVE
            tops.append(y)
            y += _PANEL + (22 if measure.missing else 10)
        self.frame = _Frame(width, left, room, lanes, tuple(tops), y)

    # --- places ---------------------------------------------------------------------------------

    def _x(self, day: date, room: float) -> float:
        return (day.toordinal() - self._low) / (self._high - self._low) * room

    def _lanes(self, room: float) -> tuple[int, ...]:
        """Return the row of each event: the lowest in which what was before it ended far enough away."""
        ends: list[float] = []
        lanes = []
        for _, event in self.plot.numbered:
            x, end_x = (self._x(day, room) for day in (event.on, event.until or event.on))
            lane = next((i for i, end in enumerate(ends) if x - end >= _APART + 8), len(ends))
            ends[lane : lane + 1] = [end_x]
            lanes.append(lane)
        return tuple(lanes)

    def _heads(self, measure: Measure, room: float) -> list[tuple[str, bool]]:
        """Return the lines above a panel: its name, and what its band is; whether each is of the name."""
        better = self.say["timeline.better_less" if measure.better == "less" else "timeline.better_more"]
        name = self.say["timeline.measure"].format(
            name=clean(measure.name), low=f"{measure.low:g}", high=f"{measure.high:g}"
        )
        lines = [(line, True) for line in wrapped(f"{name} ({better})", room, SIZE * BOLD)]
        if measure.important is not None and measure.start is not None:
            band = self.say["timeline.band"].format(important=f"{measure.important:g}", baseline=f"{measure.start:g}")
            lines += [(line, False) for line in wrapped(f"{band} ({measure.important_by})", room, SMALL)]
        return lines

    # --- the specification ----------------------------------------------------------------------

    def spec(self) -> Spec:
        look, frame = self.look, self.frame
        panels = range(len(self.plot.measures))
        layers = [layer for at in panels for layer in self._ground(at)]
        layers += self._event_layers()
        layers += (layer for at in panels for layer in self._course(at))
        return {
            "$schema": _SCHEMA,
            "description": description(self.plot, self.say),
            "width": frame.room,
            "height": frame.height,
            "autosize": {"type": "none"},
            "padding": {"left": frame.left, "top": 0, "right": frame.width - frame.left - frame.room, "bottom": 26},
            "background": look.paper,
            "config": {
                "font": FONT,
                "view": {"stroke": None},
                "axis": {
                    "labelFontSize": SMALL,
                    "labelColor": look.muted,
                    "domain": False,
                    "tickColor": look.line,
                    "gridColor": look.grid,
                    "title": None,
                },
            },
            "layer": layers,
            "resolve": {"scale": {"x": "shared", "y": "independent"}, "axis": {"y": "independent"}},
        }

    def _layer(self, mark: Spec, values: Sequence[Spec], **encoding: object) -> Spec:
        if self.interactive and values and "tip" in values[0]:
            encoding["tooltip"] = {"field": "tip"}
        return {
            "data": {"values": list(values)},
            "mark": {"aria": False, "clip": self.interactive, **mark},
            "encoding": encoding,
        }

    def _days(self) -> Spec:
        """Return the channel of days: its ends are ours, so that a mark stands where its day is and nowhere else."""
        axis: Spec = {"grid": False, "tickSize": 4}
        if not self.interactive:
            ticks = self._months() or self._ends()
            every = all(tick["date"] == 1 for tick in ticks)
            axis |= {"labelOverlap": False, "format": "%Y-%m" if every else "%Y-%m-%d", "values": ticks}
        ends = [_moment(self._low), _moment(self._high)]
        return {"field": "on", "type": "temporal", "scale": {"type": "utc", "domain": ends}, "axis": axis}

    def _months(self) -> list[Spec]:
        """Return first days of months, as many as there is room for; nothing where fewer than two fall into it."""
        low, high = date.fromordinal(int(self._low) + 1), date.fromordinal(int(self._high))
        first, last = low.year * 12 + low.month - 1 + (low.day > 1), high.year * 12 + high.month - 1
        most = max(2, int(self.frame.room // 70))
        step = next((s for s in _STEPS if (last - first) // s < most), _STEPS[-1])
        months = range(-(-first // step) * step, last + 1, step)
        found: list[Spec] = [{"year": m // 12, "month": m % 12 + 1, "date": 1, "utc": True} for m in months]
        return found if len(found) > 1 else []

    def _ends(self) -> list[Spec]:
        """Return the first day, and the last where the two can be written beside each other."""
        first, last = self.plot.days[0], self.plot.days[-1]
        apart = self._x(last, self.frame.room) - self._x(first, self.frame.room) > _DAY_ROOM
        return [{"year": d.year, "month": d.month, "date": d.day, "utc": True} for d in (first, last)[: 1 + apart]]

    def _raw(self, field: str) -> Spec:
        return {"field": field, "type": "quantitative", "scale": None, "axis": None}

    def _event_layers(self) -> Iterator[Spec]:
        events = list(zip(self.plot.numbered, self.frame.lanes, strict=True))
        top = 8.0 + _LANE / 2
        marks: list[Spec] = []
        for (number, event), lane in events:
            shape, filled = _SHAPES[event.kind]
            marks.append(
                {
                    "on": event.on.isoformat(),
                    "until": (event.until or event.on).isoformat(),
                    "y": top + lane * _LANE,
                    "number": str(number),
                    "tip": clean(event_line(event, self.say)),
                    "shape": shape,
                    "fill": self.look.ink if filled else self.look.paper,
                }
            )
        days, y = self._days(), self._raw("y")
        thin: Spec = {"type": "rule", "stroke": self.look.line, "strokeWidth": 1, "strokeDash": [2, 3]}
        uprights: list[Spec] = [
            {"on": mark["on"], "y": start, "end": start + _PANEL} for mark in marks for start in self.frame.tops
        ]
        yield self._layer(thin, uprights, x=days, y=y, y2={"field": "end"})
        lasting: Spec = {"type": "rule", "stroke": self.look.ink, "strokeWidth": 3}
        yield self._layer(lasting, [m for m in marks if m["until"] != m["on"]], x=days, x2={"field": "until"}, y=y)
        signs: Spec = {"type": "point", "size": 75, "strokeWidth": 1.5, "opacity": 1, "stroke": self.look.ink}
        yield self._layer(
            signs,
            marks,
            x=days,
            y=y,
            shape={"field": "shape", "scale": None},
            fill={"field": "fill", "scale": None},
        )
        numbers: Spec = {"type": "text", "align": "right", "dx": -7, "baseline": "middle", "fontSize": SMALL}
        yield self._layer(
            numbers | {"fill": self.look.ink, "fontWeight": "bold"}, marks, x=days, y=y, text={"field": "number"}
        )

    def _value(self, at: int, field: str = "value", *, axis: bool = False) -> Spec:
        """Return the channel of a panel's scores; the ground of the panel alone draws its axis."""
        measure, top = self.plot.measures[at], self.frame.tops[at]
        scale: Spec = {
            "domain": [measure.low, measure.high],
            "range": [top + _PANEL, top],
            "nice": False,
            "zero": False,
        }
        middle = (measure.low + measure.high) / 2
        shown: Spec = {"values": [measure.low, middle, measure.high], "grid": True, "tickSize": 0, "orient": "left"}
        return {"field": field, "type": "quantitative", "scale": scale, "axis": shown if axis else None}

    def _ground(self, at: int) -> Iterator[Spec]:
        """Yield what lies under everything: the axis, and the band within which no change matters."""
        low, high = self.plot.measures[at].band or (self.plot.measures[at].low,) * 2
        across: Spec = {"x": {"value": 0}, "x2": {"value": "width"}}
        ends: list[Spec] = [{"low": low, "high": high}]
        band: Spec = {"type": "rect", "fill": self.look.band, "stroke": None}
        yield self._layer(band, ends, y=self._value(at, "low", axis=True), y2={"field": "high"}, **across)
        if low < high:
            edge: Spec = {"type": "rule", "stroke": self.look.line, "strokeWidth": 1, "strokeDash": [6, 3]}
            yield self._layer(edge, [{"value": low}, {"value": high}], y=self._value(at), **across)

    def _course(self, at: int) -> Iterator[Spec]:
        """Yield the name of a panel, its scores, and what was due and not answered."""
        measure, top, look, days = self.plot.measures[at], self.frame.tops[at], self.look, self._days()
        yield from self._words(measure, top)
        gaps, runs = _paths(measure)
        line: Spec = {"type": "line", "stroke": look.ink, "strokeWidth": 2}
        path = {"order": {"field": "i", "type": "quantitative"}, "detail": {"field": "run", "type": "nominal"}}
        yield self._layer(line | {"strokeWidth": 1, "strokeDash": [1, 4]}, gaps, x=days, y=self._value(at), **path)
        yield self._layer(line, runs, x=days, y=self._value(at), **path)
        below, gap = top + _PANEL + 11, self.say["timeline.unanswered"]
        missing: list[Spec] = [
            {"on": f"{day}", "y": below, "tip": reading_line(day, measure, gap)} for day in measure.missing
        ]
        opened: Spec = {"type": "point", "shape": "circle", "size": 45, "strokeWidth": 1.5, "opacity": 1}
        yield self._layer(opened | {"stroke": look.ink, "fill": look.paper}, missing, x=days, y=self._raw("y"))
        scores: list[Spec] = [
            {"on": f"{day}", "value": v, "says": f"{v:g}", "tip": reading_line(day, measure, f"{v:g}")}
            for day, v in measure.answered
        ]
        if len(scores) <= (_MOST_LABELS if not self.frame.narrow else _MOST_LABELS // 2):
            label: Spec = {"type": "text", "dy": -10, "fontSize": SMALL, "fill": look.ink}
            yield self._layer(label, scores, x=days, y=self._value(at), text={"field": "says"})
        dot: Spec = {"type": "point", "shape": "circle", "size": 55, "opacity": 1, "filled": True, "fill": look.ink}
        yield self._layer(dot, scores, x=days, y=self._value(at))

    def _words(self, measure: Measure, top: float) -> Iterator[Spec]:
        """Yield the lines above a panel."""
        heads = self._heads(measure, self.frame.room)
        for i, (text, is_name) in enumerate(heads):
            words: list[Spec] = [{"y": top - 8 - _ABOVE - 14 * (len(heads) - 1 - i), "text": text}]
            mark: Spec = {"type": "text", "align": "left", "clip": False, "fontSize": SIZE if is_name else SMALL}
            mark |= {"fontWeight": "bold", "fill": self.look.ink} if is_name else {"fill": self.look.muted}
            yield self._layer(mark, words, x={"value": 0}, y=self._raw("y"), text={"field": "text"})

    # --- around it ------------------------------------------------------------------------------

    def above(self) -> tuple[list[ElementTree.Element], float]:
        """Return the banner and title, and where the drawing begins."""
        texts, y = [], 22.0
        room = self.frame.width - 24
        if self.plot.banner:
            found, y = block(12, y, self.plot.banner, room, SMALL, bold=True, grey=self.look.ink)
            texts += found
            y += 6
        found, y = block(12, y, self.plot.title, room, TITLE, bold=True, grey=self.look.ink)
        return list(text_elements([*texts, *found])), y - 6

    def below(self, top: float) -> tuple[list[ElementTree.Element], float]:
        """Return the key under the drawing, and where the picture ends."""
        y = top + 46
        elements: list[ElementTree.Element] = []
        room = self.frame.width - 12 - 34 - 12
        for number, event in self.plot.numbered:
            elements += _sign(event.kind, 18, y - 4, self.look)
            texts = [Text(28, y, f"{number}", SMALL, bold=True, grey=self.look.ink)]
            found, y = block(46, y, event_line(event, self.say), room, SMALL, grey=self.look.ink, most=4)
            elements += text_elements([*texts, *found])
            y += 3
        if any(measure.missing for measure in self.plot.measures):
            elements.append(_circle(18, y - 4, self.look))
            elements += text_elements([Text(46, y, self.say["timeline.unanswered"], SMALL, grey=self.look.ink)])
            y += SMALL * LEADING
        return elements, round(y + 4)


def _moment(ordinal: float) -> Spec:
    day = date.fromordinal(int(ordinal))
    return {"year": day.year, "month": day.month, "date": day.day, "hours": int(ordinal % 1 * 24), "utc": True}


def _paths(measure: Measure) -> tuple[list[Spec], list[Spec]]:
    """Return the thin lines across what was not answered, and the lines between answers that follow each other."""
    gaps: list[Spec] = []
    runs: list[Spec] = []
    before: Spec | None = None
    broken, run = False, 0
    for i, reading in enumerate(measure.readings):
        if reading.value is None:
            broken = True
            continue
        here: Spec = {"on": reading.on.isoformat(), "value": reading.value, "i": i}
        if broken and before is not None:
            run += 1
            gaps += [{**before, "run": run}, {**here, "run": run}]
        runs.append({**here, "run": run})
        before, broken = here, False
    return gaps, runs


def _sign(kind_of: Kind, x: float, y: float, look: _Look) -> Iterator[ElementTree.Element]:
    shape, filled = _SHAPES[kind_of]
    paths = {"square": "M-4-4h8v8h-8z", "triangle-up": "M0-5l5 9h-10z", "diamond": "M0-6l4.5 6l-4.5 6l-4.5-6z"}
    place = f"translate({x:g},{y:g})"
    fill = look.ink if filled else look.paper
    yield ElementTree.Element(
        "path", {"d": paths[shape], "transform": place, "fill": fill, "stroke": look.ink, "stroke-width": "1.5"}
    )


def _circle(x: float, y: float, look: _Look) -> ElementTree.Element:
    place = {"cx": f"{x:g}", "cy": f"{y:g}", "r": "3.8"}
    return ElementTree.Element("circle", {**place, "fill": look.paper, "stroke": look.ink, "stroke-width": "1.5"})
