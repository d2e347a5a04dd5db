"""Who responded, as dots with intervals: for each group a row for each way to count those who did not answer."""

from typing import NamedTuple

from postlude.evidence.plots.drawing import GRID, INK, LINE, MUTED, SIZE, SMALL, Line, Text, block, lines
from postlude.outcomes.plots.canvas import MARGIN, SHAPES, Page, Sheet

_ROW = 22.0


class Dot(NamedTuple):
    """A share with its interval, in percent; ``way`` is the place of the rule, which chooses the mark."""

    name: str
    share: float
    low: float
    high: float
    way: int


class Responders(NamedTuple):
    """Groups, each with its dots."""

    groups: tuple[tuple[str, tuple[Dot, ...]], ...]


def responders(plot: Responders, page: Page) -> str:
    """Return the shares as SVG, on an axis from 0 to 100 %."""
    sheet = Sheet(page)
    label = 8.0 if page.narrow else 250.0
    figures = 112.0 if page.narrow else 130.0
    left, right = MARGIN + label, page.width - MARGIN - figures

    def x(percent: float) -> float:
        return left + percent / 100 * (right - left)

    sheet.y += 10
    top = sheet.y
    row = 36.0 if page.narrow else _ROW
    grid: list[Line] = []
    for name, dots in plot.groups:
        found, sheet.y = block(MARGIN, sheet.y + 6, name, page.room, SIZE, bold=True)
        sheet.texts += found
        sheet.y += 4
        for dot in dots:
            at = sheet.y + (14 if page.narrow else 0)
            if page.narrow:
                sheet.texts.append(Text(MARGIN + 8, sheet.y, dot.name, SMALL))
            else:
                sheet.texts += block(MARGIN + 12, sheet.y + 4, dot.name, label - 20, SMALL, most=1)[0]
            grid.append(Line(x(dot.low), at, x(dot.high), at, 1.8, INK))
            said = f"{dot.share:.1f} ({dot.low:.1f} to {dot.high:.1f})"
            sheet.texts.append(Text(page.width - MARGIN, at + 4, said, SMALL, "right"))
            sheet.y += row
        sheet.y += 6
    bottom = sheet.y - 4
    ruler = [Line(x(v), top, x(v), bottom, 1, GRID) for v in (0, 25, 50, 75, 100)]
    sheet.layers += lines([*ruler, Line(left, bottom, right, bottom, 1, LINE)])
    sheet.layers += lines(grid)
    _signs(sheet, plot, x, top, row)
    sheet.texts += [
        Text(x(v), bottom + 16, f"{v}{' %' if v == 100 and not page.narrow else ''}", SMALL, "center", grey=MUTED)
        for v in (0, 25, 50, 75, 100)
    ]
    sheet.y = bottom + 34
    return sheet.svg(_says(plot))


def _signs(sheet: Sheet, plot: Responders, x: object, top: float, row: float) -> None:
    """Draw the marks over the lines, in the rows where they were written."""
    assert callable(x)  # noqa: S101  # a scale
    y = top
    for name, dots in plot.groups:
        _, y = block(MARGIN, y + 6, name, sheet.page.room, SIZE, bold=True)
        y += 4
        for dot in dots:
            at = y + (14 if sheet.page.narrow else 0)
            sheet.sign(x(dot.share), at, SHAPES[dot.way % len(SHAPES)], filled=dot.way % 2 == 0)
            y += row
        y += 6


def _says(plot: Responders) -> str:
    return " ".join(
        f"{name}, {dot.name}: {dot.share:.1f} %, interval {dot.low:.1f} to {dot.high:.1f}."
        for name, dots in plot.groups
        for dot in dots
    )
