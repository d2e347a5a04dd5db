"""What all pictures share: greys, marks, text that fits, words for numbers, and the way to an SVG.

Marks are a Vega-Lite specification of fixed geometry, drawn by ``vl_convert`` without a browser or a network; texts are
placed by estimated widths. Nothing is laid out by fonts, so the same input gives the same bytes on every machine. Only
greys are used, text is at least 11 px and at least 4.5 to 1 against white, marks 3 to 1 (WCAG 2.1, 1.4.3 and 1.4.11);
what matters is told by shape or words.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import floor
from typing import Literal as OneOf
from typing import NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

Spec = dict[str, object]
"""A part of a Vega-Lite specification."""
Design = OneOf["randomised, blinded", "randomised, open", "uncontrolled"]

INK, MUTED, LINE, BAR, GRID, WHITE = "#1a1a1a", "#595959", "#767676", "#949494", "#dedede", "#ffffff"
FONT = "sans-serif"
SIZE, SMALL, TITLE = 12, 11, 15
BOLD = 1.1
"""How much wider bold text is."""
LEADING = 1.3
"""Line height, in font sizes."""
NOT_POOLED = "shown, not counted"

_SHAPES: dict[str, tuple[str, str]] = {
    "randomised, blinded": ("square", INK),
    "randomised, open": ("square", WHITE),
    "uncontrolled": ("circle", WHITE),
    NOT_POOLED: ("M-1,-1L1,1M-1,1L1,-1", WHITE),
}
_VERSION = "5.20"
TIE = "\u00a0"
"""A space at which no line is broken."""
_KEPT = f"\u200c\u200d{TIE}"
"""The joiners, without which some scripts are misspelt; other invisible characters could reorder what is read."""


class Text(NamedTuple):
    """A line of text at a point of its baseline, in px; ``align`` is left, center or right."""

    x: float
    y: float
    text: str
    size: int = SIZE
    align: str = "left"
    bold: bool = False
    grey: str = INK


class Line(NamedTuple):
    """A straight line, in px; a bar is a wide line."""

    x: float
    y: float
    x2: float
    y2: float
    width: float = 1.0
    grey: str = INK


class Mark(NamedTuple):
    """A study's mark: ``kind`` is a design or :data:`NOT_POOLED`, ``area`` in square px."""

    x: float
    y: float
    kind: str
    area: float = 80.0


# --- numbers and words ------------------------------------------------------------------------------


def within(what: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside its range, or one that is not a number."""
    if not low <= value <= high:
        raise ValueError(f"{what} is {value:g}; allowed: {low:g} to {high:g}")


def ordered(what: str, *values: float) -> None:
    """Refuse numbers that do not ascend."""
    if any(a > b for a, b in pairwise(values)):
        said = ", ".join(f"{v:g}" for v in values)
        raise ValueError(f"{what}: {said} do not ascend; the lower end must not be above the upper")


def present(what: str, text: str) -> None:
    """Refuse a text that is empty."""
    if not clean(text):
        raise ValueError(f"{what} is empty; a text is needed")


def whole(value: float) -> int:
    """Return the nearest whole number, halves up."""
    return floor(value + 0.5)


def of_100(value: float) -> str:
    """Say a share of 100; nobody and all are only said when they are exact."""
    if 0 < value < 0.5:
        return "<1"
    return ">99" if 99.5 <= value < 100 else str(whole(value))


def signed(value: float) -> str:
    """Say a difference with a true minus sign; nought has no sign."""
    number = whole(abs(value))
    return f"{'+' if value > 0 else '−'}{number}" if number else "0"


def clean(text: str) -> str:
    """Return the text on one line, without what XML refuses or what would reorder the text around it."""
    kept = (
        c if c.isprintable() or c in _KEPT else " " if c.isspace() else "�"
        for c in text
        if unicodedata.category(c) != "Cf" or c in _KEPT
    )
    return " ".join(word for word in "".join(kept).strip().split(" ") if word)


def width(text: str, size: float) -> float:
    """Estimate the width of a text in px; meant for the broad sans-serif fonts, so that narrow ones fit too."""
    return size * sum(map(_ems, text))


def _ems(c: str) -> float:
    if unicodedata.combining(c) or unicodedata.category(c) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(c) in "WF":
        return 1.0
    if c in f"{TIE} .,:;'|!ijlI()[]/-·":
        return 0.36
    if c in "mMwW%@—…⊕<>+−=":
        return 0.95
    return 0.7 if c.isupper() else 0.62


def shortened(text: str, room: float, size: float = SIZE) -> str:
    """Return the text, cut with an ellipsis where it is wider than ``room`` px."""
    text = clean(text)
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrapped(text: str, room: float, size: float = SIZE, most: int = 9) -> list[str]:
    """Break a text into lines of at most ``room`` px; the last of ``most`` lines is cut with an ellipsis."""
    lines: list[str] = []
    words = [word for word in clean(text).split(" ") if word]
    while words:
        count = 1
        while count < len(words) and width(" ".join(words[: count + 1]), size) <= room:
            count += 1
        if len(lines) == most - 1:
            count = len(words)
        lines.append(shortened(" ".join(words[:count]), room, size))
        words = words[count:]
    return lines


def block(
    x: float,
    y: float,
    text: str,
    room: float,
    size: int = SIZE,
    *,
    most: int = 9,
    align: str = "left",
    bold: bool = False,
    grey: str = INK,
) -> tuple[list[Text], float]:
    """Return the lines of a wrapped text whose first baseline is at ``y``, and the next free baseline."""
    step = round(size * LEADING)
    found = wrapped(text, room, size * (BOLD if bold else 1), most)
    return [Text(x, y + i * step, line, size, align, bold, grey) for i, line in enumerate(found)], y + len(found) * step


# --- layers -----------------------------------------------------------------------------------------

_RAW: Spec = {"type": "quantitative", "scale": None, "axis": None}


def at(**channels: str) -> Spec:
    """Return channels whose fields hold px, greys or shapes themselves, without a scale."""
    return {
        name: {"field": field, **(_RAW if name in ("x", "y") else {} if name in ("x2", "y2") else {"scale": None})}
        for name, field in channels.items()
    }


def layer(mark: Spec, values: Sequence[Spec], encoding: Spec) -> Spec:
    """Return one layer of marks, hidden from screen readers: the description of the picture is what they read."""
    return {"data": {"values": list(values)}, "mark": {"aria": False, **mark}, "encoding": encoding}


def lines(items: Sequence[Line]) -> list[Spec]:
    """Return the lines, one layer for each width, those of one width in order."""
    return [
        layer(
            {"type": "rule", "strokeWidth": thickness},
            [i._asdict() for i in items if i.width == thickness],
            at(x="x", x2="x2", y="y", y2="y2", stroke="grey"),
        )
        for thickness in dict.fromkeys(i.width for i in items)
    ]


def mark_values(kind: str, area: float) -> Spec:
    """Return what :data:`MARK_CHANNELS` read: designs differ in shape and filling, never in hue."""
    shape, fill = _SHAPES[kind]
    return {"shape": shape, "fill": fill, "stroke": INK, "area": area}


MARK: Spec = {"type": "point", "strokeWidth": 1.5, "opacity": 1}
MARK_CHANNELS = at(shape="shape", fill="fill", stroke="stroke", size="area")


def marks(items: Sequence[Mark]) -> list[Spec]:
    """Return the marks as a layer."""
    values = [{"x": m.x, "y": m.y, **mark_values(m.kind, m.area)} for m in items]
    return [layer(MARK, values, {**at(x="x", y="y"), **MARK_CHANNELS})] if values else []


def legend(kinds: Sequence[str], x: float, y: float, room: float) -> tuple[list[Spec], list[Text], float]:
    """Return the marks of these kinds and their names from ``(x, y)`` on, and the next free baseline."""
    signs: list[Mark] = []
    names: list[Text] = []
    right = x
    for kind in kinds:
        wide = 18 + width(kind, SMALL) + 14
        if right > x and right + wide > x + room:
            right, y = x, y + 18
        signs.append(Mark(right + 6, y - 4, kind))
        names.append(Text(right + 18, y, kind, SMALL))
        right += wide
    return marks(signs), names, y + 18


def kinds_of(rows: Sequence[tuple[str, bool]]) -> list[str]:
    """Return the kinds of mark that (design, pooled) pairs need, in the order of the legend."""
    used = {design if pooled else NOT_POOLED for design, pooled in rows}
    return [kind for kind in _SHAPES if kind in used]


# --- the picture ------------------------------------------------------------------------------------


class Frame(NamedTuple):
    """A drawing area inside margins, in px."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float


def draw(frame: Frame, layers: Sequence[Spec], texts: Sequence[Text], title: str, description: str) -> str:
    """Return the picture as SVG. Layers are drawn in order, each with scales of its own, and texts over them.

    Texts are written here and not by Vega, which would measure each (2 ms) and then do nothing with its width.
    """
    import vl_convert  # noqa: PLC0415  (its engine starts in half a second: only who draws should wait)

    spec: Spec = {
        "width": frame.width,
        "height": frame.height,
        "autosize": {"type": "none"},
        "padding": {"left": frame.left, "top": frame.top, "right": frame.right, "bottom": frame.bottom},
        "background": WHITE,
        "config": {"font": FONT, "view": {"stroke": None}, "aria": False},
        "layer": list(layers),
        "resolve": {"scale": {"x": "independent", "y": "independent"}},
    }
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=_VERSION)
    placed = [t._replace(x=t.x + frame.left, y=t.y + frame.top) for t in texts]
    words = "".join(ElementTree.tostring(element, encoding="unicode") for element in text_elements(placed))
    return titled(f"{svg.removesuffix('</svg>')}{words}</svg>", title, description)


def text_elements(texts: Sequence[Text]) -> Iterator[ElementTree.Element]:
    """Yield the texts as SVG elements; they take their font from the picture."""
    anchors = {"center": {"text-anchor": "middle"}, "right": {"text-anchor": "end"}}
    for t in texts:
        attributes = {"x": f"{t.x:g}", "y": f"{t.y:g}", "font-size": f"{t.size}px", "fill": t.grey}
        weight = {"font-weight": "bold"} if t.bold else {}
        element = ElementTree.Element("text", {**attributes, **anchors.get(t.align, {}), **weight})
        element.text = t.text
        yield element


def titled(svg: str, title: str, description: str) -> str:
    """Return the SVG with its name and description, as one image to screen readers."""
    head, _, rest = svg.partition(">")
    name, says = clean(title), clean(description)
    return (
        f'{head} role="img" aria-label={quoteattr(name)} font-family="{FONT}">'
        f"<title>{escape(name)}</title><desc>{escape(says)}</desc>{rest}"
    )


def sentences(parts: Iterator[str]) -> str:
    """Join statements into one description."""
    return " ".join(f"{part.rstrip('.')}." for part in parts)
