"""What the pictures of studies share: a page with a title and a stamp, axes, lines with dashes, keys."""

from collections.abc import Sequence
from typing import NamedTuple

from postlude.evidence.plots.drawing import (
    GRID,
    INK,
    LINE,
    MUTED,
    SMALL,
    TITLE,
    WHITE,
    Frame,
    Line,
    Spec,
    Text,
    at,
    block,
    draw,
    layer,
    lines,
    width,
)

WIDE, NARROW = 720.0, 360.0
MARGIN = 16.0
DASHES: tuple[tuple[int, ...], ...] = ((), (7, 3), (2, 2), (9, 3, 2, 3), (1, 4), (14, 4))
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")


class Page(NamedTuple):
    """What stands around every picture: its title, what it is of, and the stamp of study, data and version."""

    title: str
    says: str
    stamp: str
    banner: str = ""
    """Stands at the head where the data are nobody's: SYNTHETIC."""
    narrow: bool = False

    @property
    def width(self) -> float:
        return NARROW if self.narrow else WIDE

    @property
    def room(self) -> float:
        return self.width - 2 * MARGIN


class Sheet:
    """A picture that is being drawn from the top: layers and texts, in px from its upper left corner."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.layers: list[Spec] = []
        self.texts: list[Text] = []
        self.y = 24.0
        if page.banner:
            wide = width(page.banner, SMALL) * 1.15 + 12
            self.layers += lines([Line(MARGIN, self.y - 4, MARGIN + wide, self.y - 4, 17, INK)])
            self.texts.append(Text(MARGIN + 6, self.y, page.banner, SMALL, bold=True, grey=WHITE))
            self.y += 24
        self.write(page.title, TITLE, bold=True)
        self.y += 2
        if page.says:
            self.write(page.says, SMALL, grey=MUTED)
            self.y += 4

    def write(self, text: str, size: int = SMALL, *, bold: bool = False, grey: str = INK) -> None:
        """Write a paragraph over the whole breadth."""
        found, self.y = block(MARGIN, self.y, text, self.page.room, size, bold=bold, grey=grey)
        self.texts += found

    def svg(self, description: str) -> str:
        """Return the picture, with its stamp at the foot."""
        self.y += 8
        self.write(self.page.stamp, SMALL, grey=MUTED)
        frame = Frame(self.page.width, self.y, 0, 0, 0, 0)
        said = f"{self.page.banner}. {description}" if self.page.banner else description
        return draw(frame, self.layers, self.texts, self.page.title, said)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        thick: float = 1.5,
        dash: tuple[int, ...] = (),
        grey: str = INK,
        step: bool = False,
    ) -> None:
        """Draw one line through points; ``step`` keeps a value until the next."""
        if len(points) > 1:
            self.many([points], thick=thick, dash=dash, grey=grey, step=step)

    def many(
        self,
        paths: Sequence[Sequence[tuple[float, float]]],
        *,
        thick: float = 1.0,
        dash: tuple[int, ...] = (),
        grey: str = INK,
        step: bool = False,
        opacity: float = 1.0,
    ) -> None:
        """Draw lines of one look as one layer."""
        values: list[Spec] = [
            {"x": round(x, 2), "y": round(y, 2), "i": i, "g": g}
            for g, path in enumerate(paths)
            for i, (x, y) in enumerate(path)
        ]
        mark: Spec = {"type": "line", "stroke": grey, "strokeWidth": thick, "opacity": opacity}
        mark |= {"strokeDash": list(dash)} if dash else {}
        mark |= {"interpolate": "step-after"} if step else {}
        encoding = at(x="x", y="y")
        encoding |= {"order": {"field": "i", "type": "quantitative"}, "detail": {"field": "g", "type": "nominal"}}
        if values:
            self.layers.append(layer(mark, values, encoding))

    def sign(self, x: float, y: float, shape: str, *, filled: bool = True, area: float = 70, grey: str = INK) -> None:
        """Draw one mark."""
        mark: Spec = {"type": "point", "shape": shape, "size": area, "strokeWidth": 1.5, "opacity": 1}
        mark |= {"stroke": grey, "fill": grey if filled else WHITE}
        self.layers.append(layer(mark, [{"x": round(x, 2), "y": round(y, 2)}], at(x="x", y="y")))

    def key(self, names: Sequence[str], *, shapes: bool = False) -> None:
        """Write what each dash (and shape) means; it breaks where the breadth ends."""
        right = MARGIN
        for i, name in enumerate(names):
            wide = 40 + width(name, SMALL) + 16
            if right > MARGIN and right + wide > self.page.width - MARGIN:
                right, self.y = MARGIN, self.y + 18
            self.line([(right, self.y - 4), (right + 32, self.y - 4)], thick=2, dash=DASHES[i % len(DASHES)])
            if shapes:
                self.sign(right + 16, self.y - 4, SHAPES[i % len(SHAPES)], filled=i % 2 == 0, area=45)
            found, _ = block(right + 40, self.y, name, self.page.width - MARGIN - right - 40, SMALL, most=1)
            self.texts += found
            right += wide
        self.y += 18


class Axes(NamedTuple):
    """A drawing area in px, and the values at its edges."""

    left: float
    right: float
    top: float
    bottom: float
    low_x: float
    high_x: float
    low_y: float
    high_y: float

    def x(self, value: float) -> float:
        return self.left + (value - self.low_x) / (self.high_x - self.low_x) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low_y) / (self.high_y - self.low_y) * (self.bottom - self.top)


def ruled(
    sheet: Sheet,
    axes: Axes,
    across: Sequence[tuple[float, str]],
    up: Sequence[tuple[float, str]],
) -> None:
    """Draw the grid and its numbers: ``across`` under the area, ``up`` to the left of it."""
    grid = [Line(axes.left, axes.y(v), axes.right, axes.y(v), 1, GRID) for v, _ in up]
    grid += [Line(axes.x(v), axes.bottom, axes.x(v), axes.bottom + 4, 1, LINE) for v, _ in across]
    grid.append(Line(axes.left, axes.bottom, axes.right, axes.bottom, 1, LINE))
    sheet.layers += lines(grid)
    sheet.texts += [Text(axes.left - 6, axes.y(v) + 4, name, SMALL, "right", grey=MUTED) for v, name in up]
    sheet.texts += [Text(axes.x(v), axes.bottom + 17, name, SMALL, "center", grey=MUTED) for v, name in across]


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers from at most ``low`` to at least ``high``: 1, 2, 2.5 or 5 times a power of ten apart."""
    if not high > low:
        high = low + 1
    step = 10.0**-6
    while True:
        for factor in (1, 2, 2.5, 5):
            each = step * factor
            first, last = _below(low / each), -_below(-high / each)
            if last - first <= most:
                return [round(i * each, 9) for i in range(first, last + 1)]
        step *= 10


def _below(value: float) -> int:
    return int(round(value, 9) // 1)
