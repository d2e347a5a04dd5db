"""The report of a study as Markdown, with its pictures as files beside it."""

from collections.abc import Iterator

from postlude.report.study_blocks import Block, Bullets, Heading, Paragraph, Picture, Report, Table


def markdown(report: Report) -> str:
    """Return the report; pictures are named by their files in ``figures/``."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    if report.banner:
        yield f"**{report.banner}**\n"
    yield f"# {_plain(report.title)}\n"
    yield f"*{_plain(report.kicker)}.* {_plain(report.question)}\n"
    for text in report.warnings:
        yield f"> {_plain(text)}\n"
    for block in report.blocks:
        yield from _block(block)
    yield f"---\n\n{report.banner + ' · ' if report.banner else ''}{_plain(report.stamp)}"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {_plain(text)}\n"
        case Paragraph(text, "code"):
            yield f"```\n{text}\n```\n"
        case Paragraph(text, _):
            yield f"{_plain(text)}\n"
        case Bullets(items):
            yield "\n".join(f"- {_plain(item)}" for item in items) + "\n"
        case Table():
            yield from _table(block)
        case Picture(key, caption):
            yield f"![{_plain(caption)}](figures/{key}.svg)\n"


def _table(table: Table) -> Iterator[str]:
    if not table.quiet:
        yield f"**{_plain(table.caption)}**\n"
    yield _row(table.columns)
    yield _row(tuple("---" if i == 0 or i in table.prose else "---:" for i in range(len(table.columns))), raw=True)
    for row in table.rows:
        first = row.cells[0].strip()
        inner = "&nbsp;&nbsp;" if row.cells[0].startswith("  ") else ""
        strong = row.part or row.strong
        cells = (inner + (f"**{_plain(first)}**" if strong else _plain(first)), *map(_plain, row.cells[1:]))
        yield _row(cells, raw=True)
    yield ""
    if table.note:
        yield f"{_plain(table.note)}\n"


def _row(cells: tuple[str, ...], *, raw: bool = False) -> str:
    return "| " + " | ".join(cells if raw else map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    """Return a text whose signs Markdown would take for its own, with those signs kept as they are."""
    for sign in "\\`*_|[]<>":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())
