"""Icon array: what happened, as 100 people.

The filling counts the people; a dot marks those who lie within the range, for whom it may be otherwise. So a picture in
grey, or a copy of a copy, says the same.

Written by hand rather than by Vega-Lite: a page may hold dozens of these, and Vega's engine takes half a second to
start; this takes 1 to 3 ms. Nothing is lost, for there is no scale and no axis.
"""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import msgspec

from postlude.evidence.plots.drawing import (
    INK,
    LINE,
    MUTED,
    SIZE,
    SMALL,
    TITLE,
    WHITE,
    block,
    of_100,
    ordered,
    present,
    sentences,
    text_elements,
    titled,
    whole,
    within,
)

_ACROSS = 10
_MARGIN = 14.0
_GAP = 24.0


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """People of 100: the mean and, when known, the range it may lie in."""

    name: str = ""
    mean: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        what = self.name or "the group"
        if (self.low is None) is not (self.high is None):
            raise ValueError(f"{what}: one end of the range is missing; give both or neither")
        for value in (self.mean, self.low, self.high):
            if value is not None:
                within(f"{what}: people of 100", value, 0, 100)
        if self.low is not None and self.high is not None:
            ordered(f"{what}: range", self.low, self.mean, self.high)


class Icons(msgspec.Struct, frozen=True, kw_only=True):
    """One icon array, or two side by side when there is a group to compare with (``versus``).

    ``label_yes`` and ``label_no`` say what the filled and the empty people had. No difference between the groups is
    worked out: whether they may be compared is for the caller to know. ``narrow`` makes a pair fit a phone of 360 px;
    one array alone always does.
    """

    title: str
    group: Group
    versus: Group | None = None
    label_yes: str
    label_no: str
    narrow: bool = False

    def __post_init__(self) -> None:
        present("the title", self.title)
        present("label_yes", self.label_yes)
        present("label_no", self.label_no)
        if self.versus is not None:
            present("the name of the first of two groups", self.group.name)
            present("the name of the second of two groups", self.versus.name)


class _Panel(NamedTuple):
    left: float
    top: float
    cell: float
    room: float


def icons(plot: Icons) -> str:
    """Return the icon array as SVG, with one circle of class ``person`` for each of the 100 people of a group."""
    groups = [group for group in (plot.group, plot.versus) if group is not None]
    width = 360.0 if len(groups) == 1 or plot.narrow else 560.0
    room = (width - 2 * _MARGIN - (len(groups) - 1) * _GAP) / len(groups)
    cell = min(24.0, room / _ACROSS)

    root = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg")
    ElementTree.SubElement(root, "rect", width="100%", height="100%", fill=WHITE)
    title, top = block(_MARGIN, 24, plot.title, width - 2 * _MARGIN, TITLE, bold=True, most=4)
    root.extend(text_elements(title))
    heads = [
        block(_MARGIN + i * (room + _GAP), top + 4, group.name, room, bold=True, most=3)
        for i, group in enumerate(groups)
    ]
    below = max(next_line for _, next_line in heads)
    ends: list[float] = []
    for i, group in enumerate(groups):
        root.extend(text_elements(heads[i][0]))
        panel = _Panel(_MARGIN + i * (room + _GAP), below - 8, cell, room)
        _people(root, group, panel)
        ends.append(_key(root, plot, group, panel))
    height = max(ends)
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    root.set("viewBox", f"0 0 {width:g} {height:g}")
    return titled(ElementTree.tostring(root, encoding="unicode"), plot.title, sentences(_description(plot, groups)))


def _description(plot: Icons, groups: list[Group]) -> Iterator[str]:
    yield "Icon array of 100 people" if len(groups) == 1 else "Two icon arrays of 100 people each"
    for group in groups:
        name = f"{group.name}: " if group.name else ""
        yield f"{name}{of_100(group.mean)} of 100 {plot.label_yes}; {_others(group)} of 100 {plot.label_no}"
        if group.low is not None and group.high is not None:
            yield f"{name}it may be from {of_100(group.low)} to {of_100(group.high)} of 100"


def _others(group: Group) -> str:
    """Say how many are left; the two figures come to 100 wherever whole people are said."""
    said = of_100(group.mean)
    return {"<1": ">99", ">99": "<1"}.get(said) or str(100 - int(said))


def _people(root: ElementTree.Element, group: Group, panel: _Panel) -> None:
    """Draw the people row by row: filled up to the mean, dotted within the range."""
    filled = whole(group.mean)
    low = filled if group.low is None else whole(group.low)
    high = filled if group.high is None else whole(group.high)
    for i in range(100):
        x = panel.left + (i % _ACROSS + 0.5) * panel.cell
        y = panel.top + (i // _ACROSS + 0.5) * panel.cell
        _person(root, x, y, panel.cell * 0.42, yes=i < filled, dotted=low <= i < high, kind="person")


def _person(root: ElementTree.Element, x: float, y: float, r: float, *, yes: bool, dotted: bool, kind: str) -> None:
    stroke = INK if yes or dotted else LINE
    attributes = {"class": kind, "cx": f"{x:.4g}", "cy": f"{y:.4g}", "r": f"{r:.3g}"}
    ElementTree.SubElement(root, "circle", attributes, fill=INK if yes else WHITE, stroke=stroke)
    if dotted:
        side = 0.8 * r
        ElementTree.SubElement(
            root,
            "rect",
            {"class": "dot", "x": f"{x - side / 2:.4g}", "y": f"{y - side / 2:.4g}"},
            width=f"{side:.3g}",
            height=f"{side:.3g}",
            rx=f"{side / 2:.3g}",
            fill=WHITE if yes else INK,
        )


def _key(root: ElementTree.Element, plot: Icons, group: Group, panel: _Panel) -> float:
    """Write under the people what each kind of person means, with its number; return where that ends."""
    y = panel.top + _ACROSS * panel.cell + 22
    entries: list[tuple[tuple[tuple[bool, bool], ...], str, str]] = [
        (((True, False),), f"{of_100(group.mean)} of 100 {plot.label_yes}", INK),
        (((False, False),), f"{_others(group)} of 100 {plot.label_no}", INK),
    ]
    if group.low is not None and group.high is not None:
        said = f"a dot: may be otherwise; the range is {of_100(group.low)} to {of_100(group.high)} of 100"
        entries.append((((True, True), (False, True)), said, MUTED))
    for people, words, grey in entries:
        for i, (yes, dotted) in enumerate(people):
            _person(root, panel.left + 6 + 14 * i, y - 4, 5.5, yes=yes, dotted=dotted, kind="key")
        indent = 18 + 14 * (len(people) - 1)
        size = SMALL if grey == MUTED else SIZE
        written, y = block(panel.left + indent, y, words, panel.room - indent, size, grey=grey)
        root.extend(text_elements(written))
        y += 4
    return y
