"""What a report of a study is made of, whatever it becomes: a page of headings, paragraphs, tables and pictures.

Every figure is put into words once, here upstream of HTML, Word, Markdown and the terminal, so that they cannot differ.
"""

from collections.abc import Mapping
from typing import Literal as OneOf
from typing import NamedTuple

Say = Mapping[str, str]


class Heading(NamedTuple):
    text: str
    level: int = 2


class Paragraph(NamedTuple):
    """``kind``: plain; lead, which comes first; note, small; warning, which must not be overlooked; code, typed."""

    text: str
    kind: OneOf["plain", "lead", "note", "warning", "code"] = "plain"


class Bullets(NamedTuple):
    items: tuple[str, ...]


class Row(NamedTuple):
    """A row of a table. ``part``: it heads the rows under it. ``strong``: it holds the main figures.

    A cell can have lines: the figure, and under it what belongs to it, such as its interval.
    """

    cells: tuple[str, ...]
    part: bool = False
    strong: bool = False


class Table(NamedTuple):
    """``prose``: columns, from 0, that hold sentences; all but these and the first hold figures."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    prose: tuple[int, ...] = ()
    quiet: bool = False
    """Whether the heading above says what the caption would: it is then for those who cannot see it."""


class Picture(NamedTuple):
    """A picture by its id; the pictures themselves are beside the page, wide and narrow."""

    id: str
    caption: str


Block = Heading | Paragraph | Bullets | Table | Picture


class Report(NamedTuple):
    """``banner`` stands on every page: what nobody may overlook, such as that the data are nobody's."""

    title: str
    kicker: str
    question: str
    banner: str
    warnings: tuple[str, ...]
    blocks: tuple[Block, ...]
    stamp: str
    language: str = "en"
