"""Lines over an axis: cumulative responder curves, and survival or cumulative incidence with the number at risk."""

from typing import NamedTuple

from postlude.evidence.plots.drawing import MUTED, SIZE, SMALL, Text, block
from postlude.outcomes.plots.canvas import DASHES, MARGIN, Axes, Page, Sheet, ruled, ticks

_LEFT = 38.0


class Curve(NamedTuple):
    """One group: shares in percent at points of the axis, with limits where there are any."""

    group: str
    at: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    at_risk: tuple[int | None, ...] = ()
    """At each point of ``at``, how many are still under observation just before it."""


class Curves(NamedTuple):
    """Groups over an axis whose name stands under it; ``upright`` names the other."""

    curves: tuple[Curve, ...]
    along: str
    upright: str
    at_risk: str = ""
    """Heads the table of those at risk; empty where there is none."""
    most: float | None = None
    """Where the axis ends; at the last point, if it is not said."""
    from_left: bool = True
    """Whether a value holds from its point on; else up to its point."""


def curves(plot: Curves, page: Page) -> str:
    """Return the curves as SVG, on an axis from 0 to 100 %."""
    sheet = Sheet(page)
    sheet.y += 4
    sheet.key([curve.group for curve in plot.curves])
    found, sheet.y = block(MARGIN, sheet.y + 4, plot.upright, page.room, SMALL, grey=MUTED)
    sheet.texts += found
    most = plot.most or max((value for curve in plot.curves for value in curve.at), default=1.0)
    marks = ticks(0, most, 4 if page.narrow else 10)
    axes = Axes(MARGIN + _LEFT, page.width - MARGIN - 10, sheet.y, sheet.y + (220 if page.narrow else 300),
                0, max(marks[-1], most), 0, 100)  # fmt: skip
    ruled(sheet, axes, [(v, f"{v:g}") for v in marks], [(v, f"{v} %") for v in (0, 25, 50, 75, 100)])
    for i, curve in enumerate(plot.curves):
        for limit in (curve.low, curve.high):
            path = [(axes.x(a), axes.y(v)) for a, v in zip(curve.at, limit, strict=False) if v is not None]
            sheet.line(path, thick=0.9, grey=MUTED, dash=(1, 2), step=plot.from_left)
        path = [(axes.x(a), axes.y(v)) for a, v in zip(curve.at, curve.share, strict=True)]
        sheet.line(path, thick=2, dash=DASHES[i % len(DASHES)], step=plot.from_left)
    sheet.texts.append(Text((axes.left + axes.right) / 2, axes.bottom + 36, plot.along, SMALL, "center"))
    sheet.y = axes.bottom + 56
    if plot.at_risk:
        _at_risk(sheet, plot, axes, marks)
    return sheet.svg(_says(plot))


def _at_risk(sheet: Sheet, plot: Curves, axes: Axes, marks: list[float]) -> None:
    sheet.texts.append(Text(MARGIN, sheet.y, plot.at_risk, SIZE, bold=True))
    sheet.y += 18
    for curve in plot.curves:
        sheet.texts.append(Text(MARGIN, sheet.y, curve.group, SMALL, grey=MUTED))
        sheet.y += 15
        for mark in marks:
            later = [n for at, n in zip(curve.at, curve.at_risk, strict=True) if at >= mark]
            if mark <= axes.high_x and later:
                said = "–" if later[0] is None else str(later[0])
                sheet.texts.append(Text(axes.x(mark), sheet.y, said, SMALL, "center"))
        sheet.y += 18


def _says(plot: Curves) -> str:
    said = []
    for curve in plot.curves:
        picked = [i for i in range(len(curve.at)) if i % max(1, len(curve.at) // 5) == 0]
        values = ", ".join(f"{curve.share[i]:.0f} % at {curve.at[i]:g}" for i in picked)
        said.append(f"{curve.group}: {values}.")
    return f"{plot.upright} by {plot.along}. " + " ".join(said)
