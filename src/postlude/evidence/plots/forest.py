"""Forest plot: what each group of people had, designs told apart, and what to expect at the next clinic."""

from collections.abc import Iterator
from typing import Literal as OneOf
from typing import NamedTuple

import msgspec

from postlude.evidence.plots.drawing import (
    BAR,
    BOLD,
    GRID,
    INK,
    LINE,
    MARK,
    MARK_CHANNELS,
    MUTED,
    NOT_POOLED,
    SIZE,
    SMALL,
    TITLE,
    Design,
    Frame,
    Line,
    Spec,
    Text,
    at,
    block,
    draw,
    kinds_of,
    layer,
    legend,
    lines,
    mark_values,
    of_100,
    ordered,
    present,
    sentences,
    shortened,
    signed,
    whole,
    within,
)

Scale = OneOf["share", "difference"]
"""People of 100, or how many more of 100 than with the comparison."""

_LEAST_AREA, _MOST_AREA = 36.0, 130.0
_CROSS_AREA = 64.0
_MANY_ROWS = 12
_NEXT = "Next clinic"
_NOTE_ON_LINES = "Thin lines are 95 % intervals."
_NOTE = f"{_NOTE_ON_LINES} A larger mark counts for more."


class ForestRow(msgspec.Struct, frozen=True, kw_only=True):
    """One group of people. ``share`` of 100 with its 95 % interval, or a difference; both ends ``None`` when it has
    no known interval, which is only possible for what is shown and not ``pooled``. ``detail`` says who was counted
    and when ("24 of 50, 6 months"). ``weight`` (at least 0, in any unit) sets the size of the mark.
    """

    label: str
    detail: str = ""
    design: Design
    share: float
    low: float | None = None
    high: float | None = None
    weight: float = 1.0
    pooled: bool = True

    def __post_init__(self) -> None:
        present("the label of a row", self.label)
        within(f"{self.label}: weight", self.weight, 0, 1e300)
        if (self.low is None) is not (self.high is None):
            raise ValueError(f"{self.label}: one end of the interval is missing; give both or neither")
        if self.low is None and self.pooled:
            raise ValueError(f"{self.label}: no interval; only a row with pooled=False may be without one")
        if self.low is not None and self.high is not None:
            ordered(f"{self.label}: interval", self.low, self.share, self.high)


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What to expect at a new clinic: the mean, and the ranges that hold 80 and 95 of 100 such clinics."""

    mean: float
    low80: float
    high80: float
    low95: float
    high95: float

    def __post_init__(self) -> None:
        ordered("prediction", self.low95, self.low80, self.high80, self.high95)
        ordered("prediction", self.low95, self.mean, self.high95)


class ForestPlot(msgspec.Struct, frozen=True, kw_only=True):
    """A forest plot; rows keep their order. ``measure`` says what is counted, in words, under the title. ``narrow``
    is for phones: 360 px wide instead of 760, the text of a row above its interval.
    """

    title: str
    measure: str
    rows: tuple[ForestRow, ...]
    prediction: Prediction | None = None
    scale: Scale = "share"
    narrow: bool = False

    def __post_init__(self) -> None:
        present("the title", self.title)
        if not self.rows:
            raise ValueError("a forest plot needs at least one row")
        least = 0 if self.scale == "share" else -100
        for what, value in self._values():
            within(what, value, least, 100)

    def _values(self) -> Iterator[tuple[str, float]]:
        for row in self.rows:
            yield from ((f"{row.label}: {self.scale}", v) for v in (row.low, row.share, row.high) if v is not None)
        if p := self.prediction:
            yield from (("prediction", v) for v in (p.low95, p.high95))

    @property
    def domain(self) -> tuple[float, float]:
        """The ends of the axis: 0 to 100; for differences 50 to each side, or 100 where something lies beyond."""
        if self.scale == "share":
            return 0.0, 100.0
        end = 50.0 if all(abs(value) <= 50 for _, value in self._values()) else 100.0
        return -end, end


class _Sheet(NamedTuple):
    """The geometry, in px: 0 is the left end and the top of the plotting area; text columns lie beside it."""

    width: float
    left: float
    right: float
    row: float
    text_left: float
    """Where labels begin."""
    text_right: float
    """Where intervals, as text, end."""
    mark: float
    """From the top of a row to the middle of its mark."""
    grid: float
    """Half the height of the grid's strokes in a row."""


_WIDE = _Sheet(width=200, left=400, right=160, row=24, text_left=-384, text_right=344, mark=12, grid=12)
_NARROW = _Sheet(width=308, left=26, right=26, row=56, text_left=-14, text_right=322, mark=42, grid=8)
_DETAIL = -160.0
"""Where the details begin on a wide sheet."""


def forest(plot: ForestPlot) -> str:
    """Return the forest plot as SVG."""
    sheet = _NARROW if plot.narrow else _WIDE
    room = sheet.text_right - sheet.text_left
    total = len(plot.rows) * sheet.row
    height = total + (sheet.row + 10 if plot.prediction else 4)

    title, below_title = block(sheet.text_left, 0, plot.title, room, TITLE, bold=True, most=3)
    measure, below_measure = block(sheet.text_left, below_title, plot.measure, room, grey=MUTED, most=4)
    top = below_measure + (58 if len(plot.rows) > _MANY_ROWS else 44)
    head = [t._replace(y=t.y - top + 24) for t in (*title, *measure)]

    foot = height + 40
    words, foot_words = block(sheet.text_left, foot, _words(plot), room) if plot.prediction else ([], foot)
    signs, names, foot_legend = legend(
        kinds_of([(r.design, r.pooled) for r in plot.rows]), sheet.text_left, foot_words + 6, room
    )
    notes, end = block(
        sheet.text_left,
        foot_legend,
        _NOTE if sum(row.pooled for row in plot.rows) > 1 else _NOTE_ON_LINES,
        room,
        SMALL,
        grey=MUTED,
    )
    layers = [
        *lines(_grid(plot, sheet, total)),
        *lines(_rules(sheet, total, plot)),
        _intervals(plot, sheet),
        *_predicted(plot, sheet, total),
        _points(plot, sheet),
        *signs,
    ]
    texts = [*head, *_heads(sheet, plot), *_columns(plot, sheet, total), *_ticks(plot, sheet, height)]
    texts += [*words, *names, *notes]
    frame = Frame(sheet.width, height, sheet.left, top, sheet.right, end - height)
    return draw(frame, layers, texts, plot.title, sentences(_description(plot)))


# --- words ------------------------------------------------------------------------------------------


def _say(plot: ForestPlot, value: float) -> str:
    return of_100(value) if plot.scale == "share" else signed(value)


def _interval(plot: ForestPlot, share: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"{_say(plot, share)} (no interval)"
    return f"{_say(plot, share)} ({_say(plot, low)} to {_say(plot, high)})"


def _of_100(plot: ForestPlot, value: float) -> str:
    """Say a value within a sentence."""
    if plot.scale == "share":
        return of_100(value)
    return "no difference" if not whole(abs(value)) else f"{whole(abs(value))} {'more' if value > 0 else 'fewer'}"


def _words(plot: ForestPlot) -> str:
    p = plot.prediction
    if p is None:
        return ""
    return (
        f"{_NEXT}: about {_of_100(plot, p.mean)} of 100. At 80 of 100 clinics like these, from "
        f"{_of_100(plot, p.low80)} to {_of_100(plot, p.high80)} (thick bar); at 95 of 100 clinics, from "
        f"{_of_100(plot, p.low95)} to {_of_100(plot, p.high95)} (thin line)."
    ).replace("no difference of 100", "no difference")


def _description(plot: ForestPlot) -> Iterator[str]:
    """Say all that is drawn, with labels in full."""
    yield f"Forest plot with {len(plot.rows)} {'row' if len(plot.rows) == 1 else 'rows'}: {plot.measure}"
    for row in plot.rows:
        kind = row.design if row.pooled else f"{row.design}, {NOT_POOLED}"
        detail = f"{row.detail}; " if row.detail else ""
        yield f"{row.label}: {detail}{kind}; {_interval(plot, row.share, row.low, row.high)}"
    if plot.prediction:
        yield _words(plot)


# --- parts ------------------------------------------------------------------------------------------


def _steps(plot: ForestPlot) -> list[float]:
    low, high = plot.domain
    return [low + (high - low) * i / 4 for i in range(5)]


def _x(plot: ForestPlot, sheet: _Sheet, value: float) -> float:
    low, high = plot.domain
    return (value - low) / (high - low) * sheet.width


def _grid(plot: ForestPlot, sheet: _Sheet, total: float) -> list[Line]:
    """Strokes in each row only, so that on a narrow sheet none runs through words; nought is darker."""
    middles = [i * sheet.row + sheet.mark for i in range(len(plot.rows))]
    if plot.prediction:
        middles.append(total + 10 + sheet.mark)
    steps = sorted(_steps(plot), key=lambda step: step == 0)
    return [
        Line(x, y - sheet.grid, x, y + sheet.grid, 1, LINE if step == 0 else GRID)
        for step in steps
        for x in [_x(plot, sheet, step)]
        for y in middles
    ]


def _rules(sheet: _Sheet, total: float, plot: ForestPlot) -> list[Line]:
    rule = Line(sheet.text_left, total + 5, sheet.text_right, total + 5, 1, LINE)
    return [rule] if plot.prediction else []


def _heads(sheet: _Sheet, plot: ForestPlot) -> list[Text]:
    value = f"{'of' if plot.scale == 'share' else 'more of'} 100 (95 % interval)"
    y = -22 if len(plot.rows) > _MANY_ROWS else -8
    found = [
        Text(sheet.text_left, y, "Group of people", SMALL, grey=MUTED),
        Text(sheet.text_right, y, value, SMALL, "right", grey=MUTED),
    ]
    if not plot.narrow:
        found.append(Text(_DETAIL, y, "Counted", SMALL, grey=MUTED))
    return found


def _columns(plot: ForestPlot, sheet: _Sheet, total: float) -> Iterator[Text]:
    for i, row in enumerate(plot.rows):
        value = _interval(plot, row.share, row.low, row.high)
        yield from _cells(plot, sheet, i * sheet.row, (row.label, row.detail, value), bold=False)
    if p := plot.prediction:
        value = _interval(plot, p.mean, p.low95, p.high95)
        yield from _cells(plot, sheet, total + 10, (_NEXT, "predicted", value), bold=True)


def _cells(plot: ForestPlot, sheet: _Sheet, top: float, cells: tuple[str, str, str], *, bold: bool) -> Iterator[Text]:
    label, detail, value = cells
    if plot.narrow:
        yield Text(sheet.text_left, top + 14, shortened(label, 336, SIZE * BOLD), SIZE, bold=True)
        yield Text(sheet.text_left, top + 29, shortened(detail, 205, SMALL), SMALL, grey=MUTED)
        yield Text(sheet.text_right, top + 29, value, SIZE, "right", bold)
    else:
        yield Text(sheet.text_left, top + 16, shortened(label, 216), SIZE, bold=bold)
        yield Text(_DETAIL, top + 16, shortened(detail, 146, SMALL), SMALL, grey=MUTED)
        yield Text(sheet.text_right, top + 16, value, SIZE, "right", bold)


def _ticks(plot: ForestPlot, sheet: _Sheet, height: float) -> list[Text]:
    """Name the steps of the axis below the rows, and above them too where the foot may be off the screen."""
    levels = [height + 16, -4] if len(plot.rows) > _MANY_ROWS else [height + 16]
    return [
        Text(_x(plot, sheet, step), y, _say(plot, step), SMALL, "center", grey=MUTED)
        for y in levels
        for step in _steps(plot)
    ]


def _along(plot: ForestPlot, sheet: _Sheet) -> Spec:
    """Return the channel of the axis that people are read on."""
    scale = {"domain": list(plot.domain), "range": [0, sheet.width], "nice": False, "zero": False}
    return {"field": "share", "type": "quantitative", "scale": scale, "axis": None}


def _intervals(plot: ForestPlot, sheet: _Sheet) -> Spec:
    values: list[Spec] = [
        {"share": row.low, "high": row.high, "y": i * sheet.row + sheet.mark}
        for i, row in enumerate(plot.rows)
        if row.low is not None
    ]
    channels = {"x": _along(plot, sheet), "x2": {"field": "high"}, **at(y="y")}
    return layer({"type": "rule", "strokeWidth": 1.5, "color": INK}, values, channels)


def _points(plot: ForestPlot, sheet: _Sheet) -> Spec:
    heaviest = max((row.weight for row in plot.rows if row.pooled), default=0.0) or 1.0
    values: list[Spec] = []
    for i, row in enumerate(plot.rows):
        area = _LEAST_AREA + (_MOST_AREA - _LEAST_AREA) * row.weight / heaviest if row.pooled else _CROSS_AREA
        kind = row.design if row.pooled else NOT_POOLED
        values.append({"share": row.share, "y": i * sheet.row + sheet.mark, **mark_values(kind, area)})
    return layer(MARK, values, {"x": _along(plot, sheet), **at(y="y"), **MARK_CHANNELS})


def _predicted(plot: ForestPlot, sheet: _Sheet, total: float) -> list[Spec]:
    """Draw the ranges of the next clinic: 95 thin, 80 thick, the mean as a tick."""
    if (p := plot.prediction) is None:
        return []
    y = total + 10 + sheet.mark
    low95, low80, mean, high80, high95 = (_x(plot, sheet, v) for v in (p.low95, p.low80, p.mean, p.high80, p.high95))
    return lines(
        [
            Line(low95, y, high95, y, 1.5, INK),
            Line(low80, y, high80, y, 9, BAR),
            Line(mean, y - 8, mean, y + 8, 3, INK),
        ]
    )
