"""Contour funnel: do small comparisons that found little seem to be missing?

Each comparison stands at its effect and its standard error; the greys behind show where its own p-value would lie
(contour-enhanced funnel plot: Peters 2008, doi 10.1016/j.jclinepi.2007.11.010). With fewer than ten studies nothing
can be read from it (Sterne 2011, doi 10.1136/bmj.d4002), and the picture says so.
"""

from collections.abc import Iterator
from itertools import pairwise
from math import exp, log

import msgspec

from postlude.evidence.plots.drawing import (
    INK,
    LINE,
    MARK,
    MARK_CHANNELS,
    MUTED,
    NOT_POOLED,
    SMALL,
    TITLE,
    WHITE,
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
    present,
    sentences,
    shortened,
    within,
)

FEWEST = 10
"""Studies below which a funnel says nothing."""

_BANDS = (
    # name, from z, to z, grey: the two-sided p of a comparison there
    ("p below 0.01", 2.575829, None, "#f0f0f0"),
    ("p 0.01 to 0.05", 1.959964, 2.575829, "#d6d6d6"),
    ("p 0.05 to 0.10", 1.644854, 1.959964, "#bdbdbd"),
    ("p above 0.10", 0.0, 1.644854, WHITE),
)
_ODDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_MOST = 7.0
"""An effect beyond this is a mistake: odds a thousand times as high."""


class FunnelPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison: log odds ratio (above 0 favours the treatment) and its standard error, above 0."""

    label: str
    effect: float
    se: float
    design: Design
    pooled: bool = True

    def __post_init__(self) -> None:
        present("the label of a point", self.label)
        within(f"{self.label}: log odds ratio", self.effect, -_MOST, _MOST)
        within(f"{self.label}: standard error", self.se, 1e-3, _MOST)


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """A contour funnel. ``mean`` is the pooled log odds ratio, drawn dashed when given; ``left`` and ``right`` say
    whom each side favours. ``narrow`` is for phones: 360 px wide instead of 600.
    """

    title: str
    points: tuple[FunnelPoint, ...]
    mean: float | None = None
    left: str = "comparison better"
    right: str = "treatment better"
    narrow: bool = False

    def __post_init__(self) -> None:
        present("the title", self.title)
        if not self.points:
            raise ValueError("a funnel needs at least one point")
        if self.mean is not None:
            within("the mean log odds ratio", self.mean, -_MOST, _MOST)

    @property
    def widest(self) -> float:
        """The standard error at the foot of the picture."""
        return 1.12 * max(point.se for point in self.points)

    @property
    def end(self) -> float:
        """The log odds ratio at either end of the axis."""
        shown = [abs(point.effect) for point in self.points] + [abs(self.mean or 0.0), log(2)]
        return max(1.12 * max(shown), 2.1 * self.widest)


def funnel(plot: Funnel) -> str:
    """Return the contour funnel as SVG."""
    width, height, left, right = (284.0, 260.0, 60.0, 16.0) if plot.narrow else (510.0, 340.0, 66.0, 24.0)
    edge, room = 14 - left, width + left + right - 28
    title, top = block(edge, 0, plot.title, room, TITLE, bold=True, most=3)
    head = [t._replace(y=t.y - top - 14) for t in title]

    below = height + 76
    swatches, band_names, below = _band_names(edge, below, room)
    signs, names, below = legend(kinds_of([(p.design, p.pooled) for p in plot.points]), edge, below, room)
    words, end = block(edge, below + 4, _words(plot), room)
    layers = [
        *_bands(plot, width, height),
        *_strokes(plot, width, height),
        _points(plot, width, height),
        swatches,
        *signs,
    ]
    texts = [*head, *_axes(plot, width, height, edge), *band_names, *names, *words]
    frame = Frame(width, height, left, top + 34, right, end - height)
    return draw(frame, layers, texts, plot.title, sentences(_description(plot)))


# --- words ------------------------------------------------------------------------------------------


def _words(plot: Funnel) -> str:
    count = sum(point.pooled for point in plot.points)
    pooled = "" if plot.mean is None else " The dashed line is what all counted studies say together."
    if count < FEWEST:
        studies = "1 study" if count == 1 else f"{count} studies"
        return (
            f"{studies}: too few to judge whether unwelcome results are missing (at least {FEWEST} are needed).{pooled}"
        )
    return (
        "Small studies stand low. Where they are missing on one side in the white, unwelcome results may not have been "
        "published; where they are missing in the grey, another cause is likelier." + pooled
    )


def _description(plot: Funnel) -> Iterator[str]:
    count = len(plot.points)
    yield f"Funnel plot of {count} {'comparison' if count == 1 else 'comparisons'}: standard error against odds ratio"
    for point in plot.points:
        kind = point.design if point.pooled else f"{point.design}, {NOT_POOLED}"
        yield f"{point.label}: {kind}; odds ratio {exp(point.effect):.2g}, standard error of its log {point.se:.2g}"
    if plot.mean is not None:
        yield f"Pooled odds ratio {exp(plot.mean):.2g}"
    yield _words(plot)


# --- parts ------------------------------------------------------------------------------------------


def _channels(plot: Funnel, width: float, height: float) -> tuple[Spec, Spec]:
    """Return the channels of the two axes; precise comparisons are at the top."""
    across = {"domain": [-plot.end, plot.end], "range": [0, width], "nice": False, "zero": False}
    down = {"domain": [0, plot.widest], "range": [0, height], "nice": False}
    return (
        {"field": "effect", "type": "quantitative", "scale": across, "axis": None},
        {"field": "se", "type": "quantitative", "scale": down, "axis": None},
    )


def _bands(plot: Funnel, width: float, height: float) -> Iterator[Spec]:
    """Draw each band on both sides; where it meets the edge of the picture it ends, so that nothing needs clipping."""
    x, y = _channels(plot, width, height)
    for _, inner, outer, grey in _BANDS:
        heights = {0.0, plot.widest, *(plot.end / z for z in (inner, outer) if z and plot.end / z < plot.widest)}
        for side in (-1, 1):
            values: list[Spec] = [
                {
                    "se": se,
                    "effect": side * min(inner * se, plot.end),
                    "to": side * (plot.end if outer is None else min(outer * se, plot.end)),
                }
                for se in sorted(heights)
            ]
            channels = {"x": x, "x2": {"field": "to"}, "y": y}
            yield layer({"type": "area", "orient": "horizontal", "color": grey, "opacity": 1}, values, channels)


def _points(plot: Funnel, width: float, height: float) -> Spec:
    x, y = _channels(plot, width, height)
    values: list[Spec] = [
        {"effect": p.effect, "se": p.se, **mark_values(p.design if p.pooled else NOT_POOLED, 70)} for p in plot.points
    ]
    return layer(MARK, values, {"x": x, "y": y, **MARK_CHANNELS})


def _band_names(x: float, y: float, room: float) -> tuple[Spec, list[Text], float]:
    """Return the greys and what they mean, from ``(x, y)`` on, and the next free baseline."""
    entries = [(grey, name) for name, _, _, grey in reversed(_BANDS)]
    across = 4 if room > 400 else 2
    values: list[Spec] = []
    names: list[Text] = []
    for i, (grey, name) in enumerate(entries):
        left, base = x + i % across * room / across, y + i // across * 18
        values.append({"x": left + 8, "y": base - 4, "fill": grey})
        names.append(Text(left + 20, base, name, SMALL))
    swatch: Spec = {"type": "rect", "width": 14, "height": 11, "stroke": LINE, "strokeWidth": 1}
    return layer(swatch, values, at(x="x", y="y", fill="fill")), names, y + len(entries) // across * 18 + 4


def _strokes(plot: Funnel, width: float, height: float) -> list[Spec]:
    """Draw the frame, the contours, the line of no difference, and the pooled effect, dashed."""
    middle = width / 2
    unit = middle / plot.end
    frame = [
        Line(0, 0, width, 0, 1, LINE),
        Line(0, height, width, height, 1, LINE),
        Line(0, 0, 0, height, 1, LINE),
        Line(width, 0, width, height, 1, LINE),
    ]
    for _, value in _odds(plot, width):
        frame.append(Line(middle + value * unit, height, middle + value * unit, height + 5, 1, LINE))
    for _, _, z, _ in _BANDS:
        if z is not None:
            se = min(plot.widest, plot.end / z)
            foot = se / plot.widest * height
            frame += [Line(middle, 0, middle + side * z * se * unit, foot, 0.75, LINE) for side in (-1, 1)]
    frame.append(Line(middle, 0, middle, height, 1.5, INK))
    drawn = lines(frame)
    if plot.mean is not None:
        x = middle + plot.mean * unit
        dashed = layer(
            {"type": "rule", "strokeWidth": 1.5, "strokeDash": [5, 4], "color": INK},
            [{"x": x, "y": 0, "y2": height}],
            at(x="x", y="y", y2="y2"),
        )
        drawn.append(dashed)
    return drawn


def _odds(plot: Funnel, width: float) -> list[tuple[str, float]]:
    """Return the odds ratios that the axis names, far enough apart to be read."""
    shown = [odds for odds in _ODDS if abs(log(odds)) <= plot.end]
    unit = width / (2 * plot.end)
    while len(shown) > 3 and unit * min(log(b / a) for a, b in pairwise(shown)) < 34:
        # Every second one goes, counted from 1, so that the axis stays the same on both sides.
        one = shown.index(1)
        shown = [odds for i, odds in enumerate(shown) if (i - one) % 2 == 0]
    return [(f"{odds:g}", log(odds)) for odds in shown]


def _axes(plot: Funnel, width: float, height: float, edge: float) -> Iterator[Text]:
    middle = width / 2
    for name, value in _odds(plot, width):
        yield Text(middle + value / plot.end * middle, height + 18, name, SMALL, "center", grey=MUTED)
    for words, x, align in ((f"← {plot.left}", 0.0, "left"), (f"{plot.right} →", width, "right")):
        yield Text(x, height + 50, shortened(words, middle - 8, SMALL), SMALL, align)
    yield Text(middle, height + 34, "odds ratio, on its log scale", SMALL, "center", grey=MUTED)
    step = _step(plot.widest)
    for i in range(int(plot.widest / step) + 1):
        yield Text(-6, i * step / plot.widest * height + 4, f"{i * step:g}", SMALL, "right", grey=MUTED)
    yield Text(edge, -10, "standard error (precise at the top)", SMALL, grey=MUTED)


def _step(widest: float) -> float:
    """Return a round distance that gives three to six steps."""
    return next(step for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if widest / step < 6)
