"""Which treatments followed which: the most common paths as chains of boxes, each with how many went it."""

from typing import NamedTuple

from postlude.evidence.plots.drawing import BAR, INK, MUTED, SMALL, Spec, Text, at, layer, wrapped
from postlude.outcomes.plots.canvas import MARGIN, Page, Sheet


class Path(NamedTuple):
    """A sequence of names, and how many people went it; None where the number is hidden."""

    steps: tuple[str, ...]
    people: int | None


class Sequences(NamedTuple):
    """Paths, the most common first; ``rest`` says who is not drawn."""

    paths: tuple[Path, ...]
    total: int | None
    rest: str = ""


def sequences(plot: Sequences, page: Page) -> str:
    """Return the paths as SVG: each its steps in order, and under them a bar as long as its share of all."""
    sheet = Sheet(page)
    sheet.y += 8
    most = max((path.people or 0 for path in plot.paths), default=0) or 1
    for path in plot.paths:
        steps = " → ".join(path.steps)
        for line in wrapped(steps, page.room, SMALL):
            sheet.texts.append(Text(MARGIN, sheet.y, line, SMALL))
            sheet.y += 15
        room = page.room - 110
        if path.people:
            mark: Spec = {"type": "rect", "fill": BAR, "stroke": INK, "strokeWidth": 0.8}
            end = MARGIN + max(2.0, room * path.people / most)
            values: list[Spec] = [{"x": MARGIN, "x2": end, "y": sheet.y - 8, "y2": sheet.y + 5}]
            sheet.layers.append(layer(mark, values, at(x="x", x2="x2", y="y", y2="y2")))
        else:
            end = MARGIN
        sheet.texts.append(Text(end + 8, sheet.y + 3, _count(path, plot.total), SMALL))
        sheet.y += 28
    if plot.rest:
        sheet.write(plot.rest, SMALL, grey=MUTED)
    return sheet.svg(" ".join(f"{' then '.join(p.steps)}: {_count(p, plot.total)}." for p in plot.paths))


def _count(path: Path, total: int | None) -> str:
    if path.people is None:
        return "hidden"
    return f"{path.people:,}" + (f" ({100 * path.people / total:.1f} %)" if total else "")
