"""The report of a study as a Word document: real tables and headings, pictures as PNG, the same bytes each time."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from postlude.report.study_blocks import Block, Bullets, Heading, Paragraph, Picture, Report, Table
from postlude.report.study_pictures import Drawn

_NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands wherever the format wants a day: a report has none, or the same study would not give the same bytes."""
_BREADTH = 16.5
"""Of a picture, in cm: an A4 page less its margins."""
_SCALE = 2
"""Dots of a picture for each px."""


def word(report: Report, drawn: Mapping[str, Drawn]) -> bytes:
    """Return the document."""
    import docx  # noqa: PLC0415  (it takes 0.2 s: only who writes a document should wait)
    from docx.shared import Cm, Pt  # noqa: PLC0415

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.25)
    section.top_margin = section.bottom_margin = Cm(2)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Georgia", Pt(10.5)
    _about(document, report)
    if report.banner:
        document.add_paragraph().add_run(report.banner).bold = True
    document.add_heading(report.title, 0)
    document.add_paragraph(report.kicker).runs[0].italic = True
    document.add_paragraph(report.question)
    for text in report.warnings:
        document.add_paragraph(text, style="Intense Quote")
    for block in report.blocks:
        _block(document, block, drawn)
    head = section.header.paragraphs[0]
    head.text = report.banner
    section.footer.paragraphs[0].text = f"{report.banner} · {report.stamp}" if report.banner else report.stamp
    into = io.BytesIO()
    document.save(into)
    return _without_clock(into.getvalue())


def _about(document: Any, report: Report) -> None:
    about = document.core_properties
    about.title, about.author, about.comments, about.last_modified_by = (
        report.title,
        "Postlude",
        report.stamp,
        "Postlude",
    )
    about.created = about.modified = _NO_DAY
    about.revision = 1


def _block(document: Any, block: Block, drawn: Mapping[str, Drawn]) -> None:
    from docx.shared import Cm, Pt  # noqa: PLC0415

    match block:
        case Heading(text, level):
            document.add_heading(text, level - 1)
        case Paragraph(text, kind):
            run = document.add_paragraph().add_run(text)
            if kind == "note":
                run.font.size = Pt(9)
            elif kind == "code":
                run.font.name, run.font.size = "Courier New", Pt(9.5)
        case Bullets(items):
            for item in items:
                document.add_paragraph(item, style="List Bullet")
        case Table():
            _table(document, block)
        case Picture(key, caption):
            document.add_picture(io.BytesIO(_png(drawn[key].wide)), width=Cm(_BREADTH))
            shape = document.inline_shapes[-1]._inline.docPr  # the library has no way to say it
            shape.set("descr", caption)


def _png(svg: str) -> bytes:
    import vl_convert  # noqa: PLC0415

    found: bytes = vl_convert.svg_to_png(svg, scale=_SCALE)
    return found


def _table(document: Any, table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Cm, Pt  # noqa: PLC0415

    if not table.quiet:
        caption = document.add_paragraph()
        caption.add_run(table.caption).bold = True
        caption.paragraph_format.keep_with_next = True
    headed = any(table.columns)
    made = document.add_table(rows=len(table.rows) + headed, cols=len(table.columns))
    made.autofit = False
    _ruled(made, headed)
    for column, wide in zip(made.columns, _widths(table), strict=True):
        for cell in column.cells:
            cell.width = Cm(wide)
    rows = [(table.columns, True, False), *((row.cells, row.part or row.strong, row.part) for row in table.rows)]
    for place, (cells, bold, part) in enumerate(rows if headed else rows[1:]):
        line = made.rows[place].cells
        if part:
            line[0].merge(line[-1])
        for i, text in enumerate(cells[:1] if part else cells):
            paragraph = line[i].paragraphs[0]
            paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(1)
            run = paragraph.add_run(f"\u2003{text.strip()}" if text.startswith("  ") else text)
            run.font.size = Pt(8.5)
            run.bold = bold
            if i and i not in table.prose:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if headed:
        _repeated(made.rows[0])
    document.add_paragraph().add_run(table.note).font.size = Pt(9)


def _widths(table: Table) -> list[float]:
    """Share the breadth among the columns by their longest line; long sentences break sooner than figures."""
    texts = [table.columns, *(row.cells for row in table.rows if not row.part)]
    longest = [max(len(line) for cells in texts for line in cells[i].split("\n")) for i in range(len(table.columns))]
    words = [max(len(word) for cells in texts for word in cells[i].split() or [""]) for i in range(len(table.columns))]
    parts = [min(max(min(n, 24), min(word, 40)) + 3, 43) for n, word in zip(longest, words, strict=True)]
    return [_BREADTH * part / sum(parts) for part in parts]


def _ruled(made: Any, headed: bool) -> None:
    """Rule a table as journals do: above, below, and under its head."""
    from docx.oxml import parse_xml  # noqa: PLC0415
    from docx.oxml.ns import nsdecls  # noqa: PLC0415

    def rules(tag: str, *sides: str) -> Any:
        inside = "".join(f'<w:{side} w:val="single" w:sz="8" w:space="0" w:color="000000"/>' for side in sides)
        return parse_xml(f"<w:{tag} {nsdecls('w')}>{inside}</w:{tag}>")

    made._tbl.tblPr.append(rules("tblBorders", "top", "bottom"))
    for cell in made.rows[0].cells if headed else ():
        cell._tc.get_or_add_tcPr().append(rules("tcBorders", "bottom"))


def _repeated(row: Any) -> None:
    """Let the head of a table stand on every page that it runs over."""
    from docx.oxml import OxmlElement  # noqa: PLC0415

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # the library has no way to say it


def _without_clock(document: bytes) -> bytes:
    """Pack the parts anew, each with the same day: a zip file otherwise says when it was made."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name == "docProps/thumbnail.jpeg":
                continue  # of the template, not of this report
            part = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.compress_type, part.create_system = zipfile.ZIP_DEFLATED, 0
            content = old.read(name)
            if name == "_rels/.rels":
                content = _without_thumbnail(content)
            new.writestr(part, content)
    return into.getvalue()


def _without_thumbnail(relations: bytes) -> bytes:
    import re  # noqa: PLC0415

    return re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", relations)
