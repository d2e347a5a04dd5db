"""Balance of two groups before and after weighting or matching, variable by variable (a Love plot)."""

from typing import NamedTuple

from postlude.evidence.plots.drawing import GRID, LINE, MUTED, SMALL, Line, Text, block, lines, wrapped
from postlude.outcomes.plots.canvas import MARGIN, Axes, Page, Sheet, ticks

REFERENCE = 0.1
"""Standardised difference up to which groups are by custom called alike."""


class Variable(NamedTuple):
    """Standardised differences without their sign; None where it cannot be worked out."""

    name: str
    before: float | None
    after: float | None


class Balance(NamedTuple):
    """Variables in the order in which they are drawn, and the words of the key."""

    variables: tuple[Variable, ...]
    before: str
    after: str
    along: str
    unknown: str


def love(plot: Balance, page: Page) -> str:
    """Return the plot as SVG: an open circle before, a filled one after, a dashed line at :data:`REFERENCE`."""
    sheet = Sheet(page)
    sheet.y += 6
    sheet.sign(MARGIN + 6, sheet.y - 4, "circle", filled=False)
    sheet.sign(MARGIN + 126, sheet.y - 4, "circle")
    sheet.texts += [Text(MARGIN + 18, sheet.y, plot.before, SMALL), Text(MARGIN + 138, sheet.y, plot.after, SMALL)]
    sheet.y += 14
    label = 130.0 if page.narrow else 230.0
    values = [v for row in plot.variables for v in (row.before, row.after) if v is not None]
    marks = ticks(0, max([REFERENCE * 1.5, *values]), 4 if page.narrow else 8)
    row = 34.0 if page.narrow else 24.0
    axes = Axes(MARGIN + label, page.width - MARGIN - 8, sheet.y, sheet.y + row * len(plot.variables) + 8,
                0, marks[-1], 0, 1)  # fmt: skip
    grid = [Line(axes.x(v), axes.top, axes.x(v), axes.bottom, 1, GRID) for v in marks]
    sheet.layers += lines([*grid, Line(axes.left, axes.bottom, axes.right, axes.bottom, 1, LINE)])
    sheet.line([(axes.x(REFERENCE), axes.top), (axes.x(REFERENCE), axes.bottom)], dash=(4, 3), grey=LINE)
    sheet.texts += [Text(axes.x(v), axes.bottom + 16, f"{v:g}", SMALL, "center", grey=MUTED) for v in marks]
    for i, one in enumerate(plot.variables):
        y = axes.top + 16 + i * row
        many = len(wrapped(one.name, label - 10, SMALL, 2))
        sheet.texts += block(MARGIN, y + 4 - 7 * (many - 1), one.name, label - 10, SMALL, most=2)[0]
        if one.before is None and one.after is None:
            sheet.texts.append(Text(axes.left + 8, y + 4, plot.unknown, SMALL, grey=MUTED))
        if one.before is not None and one.after is not None:
            sheet.layers += lines([Line(axes.x(one.before), y, axes.x(one.after), y, 1, LINE)])
        if one.before is not None:
            sheet.sign(axes.x(one.before), y, "circle", filled=False)
        if one.after is not None:
            sheet.sign(axes.x(one.after), y, "circle")
    sheet.texts.append(Text((axes.left + axes.right) / 2, axes.bottom + 34, plot.along, SMALL, "center"))
    sheet.y = axes.bottom + 52
    return sheet.svg(" ".join(f"{v.name}: {_of(v.before)} before, {_of(v.after)} after." for v in plot.variables))


def _of(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"
