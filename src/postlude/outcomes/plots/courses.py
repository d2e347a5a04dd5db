"""Courses over time: a thin line for each of some people, and over them the mean with its interval; a panel a group."""

from typing import NamedTuple

from postlude.evidence.plots.drawing import INK, LINE, MUTED, SMALL, Line, Text, block, lines
from postlude.outcomes.plots.canvas import MARGIN, Axes, Page, Sheet, ruled, ticks


class Point(NamedTuple):
    """A mean with its interval at one time; None where nobody has a value."""

    n: int | None
    mean: float | None
    low: float | None
    high: float | None


class Panel(NamedTuple):
    """One group: means at each time, and courses of people, None where a value is missing."""

    group: str
    means: tuple[Point, ...]
    people: tuple[tuple[float | None, ...], ...]


class Courses(NamedTuple):
    """``times`` in months with their names; the axis runs from ``low`` to ``high``."""

    times: tuple[tuple[float, str], ...]
    panels: tuple[Panel, ...]


def courses(plot: Courses, page: Page) -> str:
    """Return the panels as SVG: side by side, as many as there is room for."""
    sheet = Sheet(page)
    values = [v for panel in plot.panels for path in panel.people for v in path if v is not None]
    values += [v for panel in plot.panels for p in panel.means for v in (p.mean, p.low, p.high) if v is not None]
    marks = ticks(min([0.0, *values]), max([1.0, *values]), 5)
    across = min(len(plot.panels), 2 if page.narrow else 4)
    wide = page.room / across
    sheet.y += 8
    for first in range(0, len(plot.panels), across):
        top = sheet.y
        bottoms = []
        for i, panel in enumerate(plot.panels[first : first + across]):
            bottoms.append(_panel(sheet, plot, panel, MARGIN + i * wide, top, wide, marks))
        sheet.y = max(bottoms)
    return sheet.svg(_says(plot))


def _panel(
    sheet: Sheet, plot: Courses, panel: Panel, left: float, top: float, wide: float, marks: list[float]
) -> float:
    found, y = block(left + 28, top + 8, panel.group, wide - 36, SMALL, bold=True, most=2)
    sheet.texts += found
    last = plot.times[-1][0]
    axes = Axes(left + 28, left + wide - 14, max(y, top + 38), max(y, top + 38) + 210,
                -0.12 * last, 1.12 * last, marks[0], marks[-1])  # fmt: skip
    near = [(v, name) for v, name in plot.times]
    ruled(sheet, axes, near, [(v, f"{v:g}") for v in marks])
    for path in panel.people:
        known = [(axes.x(t), axes.y(v)) for (t, _), v in zip(plot.times, path, strict=True) if v is not None]
        sheet.line(known, thick=0.8, grey="#a6a6a6")
    mean = [
        (axes.x(t), axes.y(p.mean)) for (t, _), p in zip(plot.times, panel.means, strict=True) if p.mean is not None
    ]
    sheet.line(mean, thick=3)
    for (t, _), point in zip(plot.times, panel.means, strict=True):
        if point.low is not None and point.high is not None:
            x, low, high = axes.x(t), axes.y(point.low), axes.y(point.high)
            caps = [Line(x - 4, end, x + 4, end, 1.8, INK) for end in (low, high)]
            sheet.layers += lines([Line(x, low, x, high, 1.8, INK), *caps])
        if point.mean is not None:
            sheet.sign(axes.x(t), axes.y(point.mean), "circle", area=50)
        if point.n is not None:
            sheet.texts.append(Text(axes.x(t), axes.bottom + 32, f"n = {point.n}", SMALL, "center", grey=MUTED))
    sheet.layers += lines([Line(axes.left, axes.top, axes.left, axes.bottom, 1, LINE)])
    return axes.bottom + 48


def _says(plot: Courses) -> str:
    said = []
    for panel in plot.panels:
        means = [
            f"{name} {point.mean:.2f}" + ("" if point.n is None else f" of {point.n}")
            for (_, name), point in zip(plot.times, panel.means, strict=True)
            if point.mean is not None
        ]
        said.append(f"{panel.group}, mean: {', '.join(means)}.")
    return " ".join(said)
