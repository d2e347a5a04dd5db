"""Options side by side: what each did for people of 100 to the right, what it did to them to the left.

Both sides are drawn at the same px for one person, so that lengths may be compared. The caller's order is kept:
nothing here ranks. What nobody has studied stands as words where a bar would be, never as an empty place.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from postlude.evidence.plots.drawing import (
    BAR,
    GRID,
    INK,
    LINE,
    MUTED,
    SIZE,
    SMALL,
    TIE,
    TITLE,
    Frame,
    Line,
    Text,
    block,
    draw,
    lines,
    of_100,
    ordered,
    present,
    sentences,
    signed,
    within,
)

_INDENT = 6.0
_NOTE = "Black stroke: the figure, with a line from 0. Grey bar: where it may lie. The order is no ranking."
_ROUND = (10.0, 25.0, 50.0, 75.0, 100.0)


class Benefit(msgspec.Struct, frozen=True, kw_only=True):
    """How many more of 100 people had the good outcome than with the comparison, with the range; from -100 to 100."""

    mean: float
    low: float
    high: float

    def __post_init__(self) -> None:
        for value in (self.low, self.mean, self.high):
            within("benefit, people of 100", value, -100, 100)
        ordered("benefit", self.low, self.mean, self.high)


class Harm(msgspec.Struct, frozen=True, kw_only=True):
    """How many of 100 people had a harm; the range where it is known."""

    name: str
    mean: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        present("the name of a harm", self.name)
        if (self.low is None) is not (self.high is None):
            raise ValueError(f"{self.name}: one end of the range is missing; give both or neither")
        for value in (self.mean, self.low, self.high):
            if value is not None:
                within(f"{self.name}: people of 100", value, 0, 100)
        if self.low is not None and self.high is not None:
            ordered(f"{self.name}: range", self.low, self.mean, self.high)


class OptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One option. ``benefit_words`` stand under the bar ("against sham, 5 trials, 612 people"), or in its place when
    there is no ``benefit`` ("never compared"); so do ``harm_words`` ("no study"). ``certainty`` is said as given.
    """

    name: str
    benefit: Benefit | None = None
    benefit_words: str = ""
    harms: tuple[Harm, ...] = ()
    harm_words: str = ""
    certainty: str = ""

    def __post_init__(self) -> None:
        present("the name of an option", self.name)
        if self.benefit is None:
            present(f"{self.name}: benefit_words without a benefit", self.benefit_words)
        if not self.harms:
            present(f"{self.name}: harm_words without harms", self.harm_words)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Options side by side, in the caller's order. ``benefit_title`` and ``harm_title`` say what is counted on each
    side. ``narrow`` is for phones: 360 px wide instead of 760, the name above its bars.
    """

    title: str
    rows: tuple[OptionRow, ...]
    benefit_title: str
    harm_title: str
    narrow: bool = False

    def __post_init__(self) -> None:
        present("the title", self.title)
        present("benefit_title", self.benefit_title)
        present("harm_title", self.harm_title)
        if not self.rows:
            raise ValueError("a table of options needs at least one row")


class _Axes(NamedTuple):
    """Where people of 100 lie, in px: harms run left from ``harm``, benefits both ways from ``benefit``."""

    harm: float
    benefit: float
    person: float
    most_harm: float
    least_benefit: float
    most_benefit: float
    half: float
    """The room on each side."""

    @property
    def text_left(self) -> float:
        """Where text on benefits begins."""
        return self.benefit + self.least_benefit * self.person


class _Part(NamedTuple):
    """What is drawn of one part, and the px at which it ends."""

    texts: list[Text]
    strokes: list[Line]
    end: float


def options(table: Options) -> str:
    """Return the options as SVG."""
    width, chart, margin = (360.0, 14.0, 14.0) if table.narrow else (760.0, 216.0, 16.0)
    axes = _axes(table, chart, width - margin)
    room = width - 2 * margin
    title, below = block(margin, 24, table.title, room, TITLE, bold=True, most=4)
    heads = [
        block(axes.harm, below + 6, table.harm_title, axes.half, SMALL, align="right", bold=True, most=6),
        block(axes.text_left, below + 6, table.benefit_title, axes.half, SMALL, bold=True, most=6),
    ]
    y = max(end for _, end in heads)
    written = [*title, *heads[0][0], *heads[1][0], *_ticks(axes, y + 12)]
    strokes = [Line(margin, y - 4, width - margin, y - 4, 1, LINE)]
    y += 20
    for row in table.rows:
        part = _row(row, axes, margin, y, narrow=table.narrow)
        y = part.end
        written += part.texts
        strokes += [*part.strokes, Line(margin, y, width - margin, y, 1, GRID)]
    note, end = block(margin, y + 18, _NOTE, room, SMALL, grey=MUTED)
    frame = Frame(width, end, 0, 0, 0, 0)
    return draw(frame, lines(strokes), [*written, *note], table.title, sentences(_description(table)))


# --- words ------------------------------------------------------------------------------------------


def _figure(mean: str, *ends: str) -> str:
    """Say a figure and its range, in pieces that stay on one line each."""
    interval = f" ({TIE.join((ends[0], 'to', ends[1]))})" if ends else ""
    return f"{TIE.join((mean, 'of', '100'))}{interval}"


def _benefit_words(benefit: Benefit) -> str:
    return _figure(signed(benefit.mean), signed(benefit.low), signed(benefit.high))


def _harm_words(harm: Harm) -> str:
    known = harm.low is not None and harm.high is not None
    ends = (of_100(harm.low or 0), of_100(harm.high or 0)) if known else ()
    return f"{harm.name}: {_figure(of_100(harm.mean), *ends)}"


def _description(table: Options) -> Iterator[str]:
    yield f"Benefit ({table.benefit_title}) and harm ({table.harm_title}) of {len(table.rows)} options, not ranked"
    for row in table.rows:
        benefit = [_benefit_words(row.benefit)] if row.benefit else []
        harms = "; ".join([*map(_harm_words, row.harms), *([row.harm_words] if row.harm_words else [])])
        said = ", ".join([*benefit, *([row.benefit_words] if row.benefit_words else [])])
        certainty = f"; {row.certainty}" if row.certainty else ""
        yield f"{row.name}: benefit: {said}; harm: {harms}{certainty}"


# --- parts ------------------------------------------------------------------------------------------


def _axes(table: Options, left: float, right: float) -> _Axes:
    """Give each side half of the room, and one person the same px on both."""
    harms = [v for row in table.rows for h in row.harms for v in (h.mean, h.high) if v is not None]
    benefits = [v for row in table.rows if row.benefit for v in (row.benefit.low, row.benefit.high)]
    most_harm = _rounded_up(max(harms, default=0.0))
    most = _rounded_up(max([0.0, *benefits]))
    least = -_rounded_up(-min(benefits)) if benefits and min(benefits) < 0 else 0.0
    gap = 28.0
    half = (right - left - gap) / 2
    person = (half - 8) / max(most_harm, most - least)
    return _Axes(
        harm=left + half,
        benefit=left + half + gap - least * person,
        person=person,
        most_harm=most_harm,
        least_benefit=least,
        most_benefit=most,
        half=half,
    )


def _rounded_up(value: float) -> float:
    return next(end for end in _ROUND if end >= value)


def _ticks(axes: _Axes, y: float) -> Iterator[Text]:
    """Name nought and the ends of both sides."""
    for people in (0.0, axes.most_harm):
        yield Text(axes.harm - people * axes.person, y, f"{people:g}", SMALL, "center", grey=MUTED)
    crowded = -axes.least_benefit * axes.person < 26
    for people in (*(() if crowded else (axes.least_benefit,)), 0.0, axes.most_benefit):
        yield Text(axes.benefit + people * axes.person, y, signed(people), SMALL, "center", grey=MUTED)


def _row(row: OptionRow, axes: _Axes, margin: float, y: float, *, narrow: bool) -> _Part:
    """Return one option: its name beside or above what is drawn of it."""
    room = axes.text_left + axes.half - margin if narrow else 184.0
    name, below = block(margin, y + 20, row.name, room, SIZE + 1, bold=True, most=6)
    certainty, below = block(margin, below, row.certainty, room, SMALL, grey=MUTED, most=3)
    top = below - 16 if narrow else y
    benefit, harms = _benefit(row, axes, top + 20), _harms(row, axes, top + 20)
    return _Part(
        [*name, *certainty, *benefit.texts, *harms.texts],
        [*benefit.strokes, *harms.strokes],
        max(below, benefit.end, harms.end) + 2,
    )


def _benefit(row: OptionRow, axes: _Axes, base: float) -> _Part:
    """Return the benefit, or the words in its place, from the baseline ``base`` on."""
    x, room = axes.text_left + _INDENT, axes.half - _INDENT
    if (benefit := row.benefit) is None:
        words, end = block(x, base, row.benefit_words, room, most=5)
        return _Part(words, [], end)
    said, y = block(x, base, _benefit_words(benefit), room, most=3)
    low, mean, high = (axes.benefit + v * axes.person for v in (benefit.low, benefit.mean, benefit.high))
    words, end = block(x, y + 20, row.benefit_words, room, SMALL, grey=MUTED, most=5)
    return _Part([*said, *words], _bar(axes.benefit, low, mean, high, y - 2), end)


def _harms(row: OptionRow, axes: _Axes, base: float) -> _Part:
    """Return the harms one below the other, or the words in their place, from the baseline ``base`` on."""
    x, room = axes.harm - _INDENT, axes.half - _INDENT
    if not row.harms:
        words, end = block(x, base, row.harm_words, room, align="right", most=5)
        return _Part(words, [], end)
    written: list[Text] = []
    strokes: list[Line] = []
    for harm in row.harms:
        said, y = block(x, base, _harm_words(harm), room, align="right", most=4)
        low, high = (harm.mean if end is None else end for end in (harm.low, harm.high))
        left, middle, right = (axes.harm - v * axes.person for v in (high, harm.mean, low))
        written += said
        strokes += _bar(axes.harm, left, middle, right, y - 2)
        base = y + 24
    words, end = block(x, base - 4, row.harm_words, room, SMALL, align="right", grey=MUTED, most=5)
    return _Part([*written, *words], strokes, end)


def _bar(nought: float, low: float, mean: float, high: float, y: float) -> list[Line]:
    """Return a figure in px: a line from nought, the range as a bar, the figure as a stroke."""
    return [
        Line(nought, y, mean, y, 1.5, INK),
        Line(low, y, high, y, 10, BAR),
        Line(nought, y - 10, nought, y + 10, 1, INK),
        Line(mean, y - 7, mean, y + 7, 3, INK),
    ]
