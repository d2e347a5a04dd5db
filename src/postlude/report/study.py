"""What a study came to, for the terminal: the same page as the report, without its pictures."""

from collections.abc import Iterator, Mapping
from typing import Any

from postlude.catalog.catalogue import Catalogue
from postlude.outcomes.study import Study
from postlude.report.layout import WIDTH, bullet, heading, paragraph
from postlude.report.study_blocks import Block, Bullets, Heading, Paragraph, Picture, Report, Row, Table
from postlude.report.study_page import page

_NARROW, _LABEL = 9, 14
"""Signs that a column of figures, and the names of the rows, have at least; where there are fewer, rows are listed."""


def said(told: Mapping[str, Any], study: Study, catalogue: Catalogue) -> str:
    """Return the results as text of 80 columns."""
    return "\n".join(_lines(page(told, study, catalogue, {}))) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "=" * WIDTH
    yield paragraph(f"{report.banner}: {report.title}" if report.banner else report.title)
    yield "=" * WIDTH
    yield ""
    yield paragraph(f"{report.kicker}. {report.question}")
    for text in report.warnings:
        yield ""
        yield paragraph(text, "! ")
    for block in report.blocks:
        yield from _block(block)
    yield ""
    yield paragraph(f"{report.banner}. {report.stamp}" if report.banner else report.stamp)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, 2):
            yield heading(text).rstrip("\n")
        case Heading(text, _):
            yield ""
            yield paragraph(text)
            yield "-" * min(len(text), WIDTH)
        case Paragraph(text, "code"):
            yield f"\n  {text}"
        case Paragraph(text, _):
            yield ""
            yield paragraph(text)
        case Bullets(items):
            yield ""
            yield from (bullet(item) for item in items)
        case Table():
            yield from _table(block)
        case Picture():
            pass


def _table(table: Table) -> Iterator[str]:
    yield ""
    if not table.quiet:
        yield paragraph(table.caption)
    for stacked in (False, True):
        cells = [[_parts(text, stacked=stacked) for text in row.cells[1:]] for row in table.rows]
        figures = [
            2 + max([_NARROW, *(len(part) for row, line in zip(table.rows, cells, strict=True) if not row.part
                                for part in line[i])])
            for i in range(len(table.columns) - 1)
        ]  # fmt: skip
        first = WIDTH - 2 - sum(figures)
        longest = max((len(row.cells[0].strip()) for row in table.rows if not row.part), default=0)
        if not table.prose and first >= min(longest, _LABEL):
            yield from _gridded(table, min(first, max(longest + 1, _LABEL)), figures, cells)
            break
    else:
        yield from _listed(table)
    if table.note:
        yield paragraph(table.note, "  ")


def _parts(text: str, *, stacked: bool) -> list[str]:
    """Return a cell as its lines, or all of it on one."""
    lines = text.split("\n")
    return lines if stacked else [" ".join(lines)]


def _gridded(table: Table, first: int, figures: list[int], cells: list[list[list[str]]]) -> Iterator[str]:
    if any(table.columns):
        wide = zip(table.columns, (first, *figures), strict=True)
        yield from _line([_broken(name, room - 1) for name, room in wide], first, figures)
    for row, line in zip(table.rows, cells, strict=True):
        if row.part:
            yield f"  {row.cells[0]}"
        else:
            yield from _line([_broken(row.cells[0].strip(), first - 1) or [""], *line], first, figures)


def _line(cells: list[list[str]], first: int, figures: list[int]) -> Iterator[str]:
    """Write cells of several lines beside each other, each from its top."""
    for i in range(max(map(len, cells))):
        head, *rest = (cell[i] if i < len(cell) else "" for cell in cells)
        beside = "".join(f"{text:>{wide}}" for text, wide in zip(rest, figures, strict=True))
        yield f"  {head:<{first}}{beside}".rstrip()


def _broken(text: str, room: int) -> list[str]:
    lines: list[str] = []
    for whole in text.split():
        word = whole
        while len(word) > room:
            lines.append(word[:room])
            word = word[room:]
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _listed(table: Table) -> Iterator[str]:
    """A table that is too wide: each row a bullet, its figures named by their columns."""
    for row in table.rows:
        if row.part:
            yield paragraph(row.cells[0], "  ")
            continue
        yield bullet(_named(row, table), 1)


def _named(row: Row, table: Table) -> str:
    pairs = [(name, text) for name, text in zip(table.columns[1:], row.cells[1:], strict=True) if text]
    return f"{row.cells[0].strip()}: " + "; ".join(f"{name}: {text}" if name else text for name, text in pairs).replace(
        "\n", " "
    )
