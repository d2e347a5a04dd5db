"""The flow of a study: who was assessed, eligible, treated, due, asked and answered, as boxes; and why not."""

from typing import NamedTuple

from postlude.evidence.plots.drawing import (
    INK,
    LEADING,
    LINE,
    SIZE,
    SMALL,
    WHITE,
    Line,
    Spec,
    at,
    block,
    layer,
    lines,
    wrapped,
)
from postlude.outcomes.plots.canvas import MARGIN, Page, Sheet

_PAD = 9.0
_GAP = 26.0


class Box(NamedTuple):
    """What stands in a box: the first line bold."""

    head: str
    said: tuple[str, ...] = ()


class Flow(NamedTuple):
    """From above: ``steps``, each with what leaves before the next (or None); then a column of boxes for each group;
    then ``under``, which is of all.
    """

    steps: tuple[tuple[Box, Box | None], ...]
    columns: tuple[tuple[Box, ...], ...]
    under: tuple[Box, ...] = ()


def flow(plot: Flow, page: Page) -> str:
    """Return the flow as SVG."""
    sheet = Sheet(page)
    sheet.y += 4
    side = page.room * (0.42 if page.narrow else 0.36)
    main = page.room - side - 24 if any(leaving for _, leaving in plot.steps) else page.room
    middle = MARGIN + main / 2
    for box, leaving in plot.steps:
        own = bottom = _box(sheet, MARGIN, sheet.y, main, box)
        if leaving is not None:
            top = sheet.y + 4
            low = _box(sheet, MARGIN + main + 24, top, side, leaving)
            _arrow(sheet, MARGIN + main, top + 14, MARGIN + main + 24, top + 14)
            bottom = max(bottom, low - 6)
        sheet.y = bottom + _GAP
        _arrow(sheet, middle, own, middle, sheet.y)
    _columns(sheet, plot, middle)
    for box in plot.under:
        sheet.y = _box(sheet, MARGIN, sheet.y, page.room, box) + 10
    return sheet.svg(_says(plot))


def _columns(sheet: Sheet, plot: Flow, middle: float) -> None:
    page, many = sheet.page, len(plot.columns)
    if not many:
        return
    if many > (3 if page.narrow else 5):
        # No room for columns: each group is one box over the whole breadth, its counts on a line.
        for column in plot.columns:
            said = " · ".join(text for box in column[1:] for text in (box.head, *box.said))
            sheet.y = _box(sheet, MARGIN, sheet.y, page.room, Box(column[0].head, (*column[0].said, said))) + 8
        sheet.y += 6
        return
    gap = 8.0 if page.narrow else 16.0
    wide = (page.room - gap * (many - 1)) / many
    centres = [MARGIN + wide / 2 + i * (wide + gap) for i in range(many)]
    if many > 1:
        ends = [*centres, middle]
        sheet.layers += lines([Line(min(ends), sheet.y, max(ends), sheet.y, 1.2, LINE)])
        for x in centres:
            _arrow(sheet, x, sheet.y, x, sheet.y + 18)
        sheet.y += 18
    for row in range(max(len(column) for column in plot.columns)):
        boxes = [column[row] for column in plot.columns]
        tall = max(_height(box, wide) for box in boxes)
        for x, box in zip(centres, boxes, strict=True):
            _box(sheet, x - wide / 2, sheet.y, wide, box, tall)
            if row + 1 < len(plot.columns[0]):
                _arrow(sheet, x, sheet.y + tall, x, sheet.y + tall + _GAP - 6)
        sheet.y += tall + _GAP - 6


def _height(box: Box, wide: float) -> float:
    step = round(SMALL * LEADING)
    rows = len(wrapped(box.head, wide - 2 * _PAD, SIZE * 1.1)) * round(SIZE * LEADING)
    return 2 * _PAD + rows + step * sum(len(wrapped(text, wide - 2 * _PAD, SMALL)) for text in box.said)


def _box(sheet: Sheet, x: float, y: float, wide: float, box: Box, tall: float | None = None) -> float:
    """Draw a box from its upper left corner, and return where it ends."""
    bottom = y + (tall if tall is not None else _height(box, wide))
    mark: Spec = {"type": "rect", "fill": WHITE, "stroke": INK, "strokeWidth": 1.2, "cornerRadius": 3}
    sheet.layers.append(
        layer(mark, [{"x": x, "y": y, "x2": x + wide, "y2": bottom}], at(x="x", x2="x2", y="y", y2="y2"))
    )
    found, below = block(x + _PAD, y + _PAD + 10, box.head, wide - 2 * _PAD, SIZE, bold=True)
    sheet.texts += found
    for text in box.said:
        found, below = block(x + _PAD, below, text, wide - 2 * _PAD, SMALL)
        sheet.texts += found
    return bottom


def _arrow(sheet: Sheet, x: float, y: float, x2: float, y2: float) -> None:
    sheet.layers += lines([Line(x, y, x2, y2, 1.2, LINE)])
    down = abs(y2 - y) > abs(x2 - x)
    mark: Spec = {"type": "point", "shape": "triangle-down" if down else "triangle-right", "size": 36, "opacity": 1}
    mark |= {"fill": LINE, "stroke": LINE}
    tip = {"x": x2, "y": y2 - 3} if down else {"x": x2 - 3, "y": y2}
    sheet.layers.append(layer(mark, [dict(tip)], at(x="x", y="y")))


def _says(plot: Flow) -> str:
    boxes = [box for step in plot.steps for box in step if box is not None]
    boxes += [box for column in plot.columns for box in column]
    return " ".join(f"{box.head}{': ' if box.said else ''}{'; '.join(box.said)}." for box in (*boxes, *plot.under))
