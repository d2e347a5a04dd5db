"""The report of a study as one HTML page: no script, nothing from elsewhere; for paper, desktop and phone."""

import re
from collections.abc import Iterator, Mapping
from html import escape

from postlude.report.study_blocks import Block, Bullets, Heading, Paragraph, Picture, Report, Table
from postlude.report.study_pictures import Drawn

_STYLE = """
:root{--paper:#fffefb;--ink:#1b1b19;--soft:#5a5954;--line:#cfcdc4;--faint:#f1efe7;--mark:#7a1f12;--head:#22384d}
@media (prefers-color-scheme:dark){:root{--paper:#171816;--ink:#e9e7df;--soft:#aaa89f;--line:#45453f;
--faint:#22231f;
--mark:#f0a08f;--head:#a9c6e0}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Georgia,"Times New Roman",serif}
main{max-width:860px;margin:0 auto;padding:28px 20px 64px}
header{border-bottom:3px double var(--line);padding-bottom:18px;margin-bottom:8px}
.kicker{font:600 13px/1.3 system-ui,sans-serif;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);
margin:0 0 8px}
h1{font-size:32px;line-height:1.18;font-weight:700;margin:0 0 14px;letter-spacing:-.01em;text-wrap:balance}
.question{font-size:20px;line-height:1.4;font-style:italic;margin:0;color:var(--head)}
h2{font-size:23px;line-height:1.25;margin:44px 0 10px;padding-top:14px;border-top:1px solid var(--line);
color:var(--head)}
h3{font-size:18px;line-height:1.3;margin:28px 0 6px}
p{margin:10px 0}
p.lead{font-size:18px}
p.note,.under{font:14px/1.5 system-ui,sans-serif;color:var(--soft)}
.banner{background:var(--mark);color:var(--paper);font:700 14px/1.3 system-ui,sans-serif;letter-spacing:.14em;
padding:8px 14px;text-align:center}
.warning{border-left:4px solid var(--mark);padding:10px 14px;background:var(--faint);
font:15px/1.5 system-ui,sans-serif}
code{font:14px/1.5 ui-monospace,Menlo,Consolas,monospace;background:var(--faint);padding:8px 12px;display:block;
overflow-wrap:anywhere}
nav{font:14px/1.9 system-ui,sans-serif;margin:14px 0 0}
nav a{color:var(--soft);margin-right:16px;white-space:nowrap;display:inline-block}
.table{overflow-x:auto;margin:16px 0 6px;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font:14px/1.4 system-ui,sans-serif;font-variant-numeric:tabular-nums;
border-top:2px solid var(--ink);border-bottom:2px solid var(--ink)}
p.caption{font:600 15px/1.4 system-ui,sans-serif;margin:20px 0 8px;break-after:avoid}
p.caption+.table{margin-top:0}
th,td{padding:6px 10px;vertical-align:top;text-align:right}
th{font-weight:600}
thead th{border-bottom:1px solid var(--ink);vertical-align:bottom}
th:first-child,td:first-child{text-align:left;padding-left:0;font-weight:400}
tbody th{min-width:9em}
td.prose,th.prose{text-align:left;overflow-wrap:anywhere}
tr.part th{font-weight:600;padding-top:14px}
tr.strong th,tr.strong td{font-weight:600}
tr.inner th{padding-left:18px;color:var(--soft)}
td{white-space:nowrap}td.prose{white-space:normal}
td span{display:block;font-weight:400;color:var(--soft);font-size:13px}
figure{margin:22px 0}
figure svg{width:100%;height:auto;display:block;border:1px solid var(--line)}
figure .narrow{display:none}
footer{margin-top:44px;border-top:3px double var(--line);padding-top:12px;overflow-wrap:anywhere}
@media (prefers-color-scheme:dark){figure svg{filter:invert(.9);border-color:#bbb}}
@media (max-width:600px){body{font-size:16px}main{padding:20px 16px 48px}h1{font-size:25px}.question{font-size:18px}
h2{font-size:21px}table{font-size:13px}th,td{padding:6px 4px}tbody th{min-width:6em;hyphens:auto}
thead th{hyphens:auto}td{white-space:normal}td span{font-size:11.5px}figure{margin:18px -6px}figure .wide{display:none}
figure .narrow{display:block}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#333;--line:#999;--faint:#f4f4f4;--mark:#000;--head:#000}
body{font-size:10.5pt}main{max-width:none;padding:0}nav{display:none}.table{overflow:visible}
h2,h3{break-after:avoid}figure,table,.warning{break-inside:avoid}thead{display:table-header-group}
figure svg{filter:none;max-height:22cm}table{font-size:9pt}
.banner{position:fixed;top:0;left:0;right:0;color:#000;background:#fff;border:1pt solid #000}
.banner+main{padding-top:1.4cm}
@page{margin:18mm}}
"""
_TAG = re.compile(r"<svg ")


def html(report: Report, drawn: Mapping[str, Drawn]) -> str:
    """Return the page; every picture stands in it twice, for a wide and a narrow screen."""
    return "\n".join(_lines(report, drawn)) + "\n"


def _lines(report: Report, drawn: Mapping[str, Drawn]) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield f'<html lang="{escape(report.language)}"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    title = f"{report.banner}: {report.title}" if report.banner else report.title
    yield f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
    if report.banner:
        yield f'<div class="banner">{escape(report.banner)}</div>'
    yield f'<main><header><p class="kicker">{escape(report.kicker)}</p><h1>{escape(report.title)}</h1>'
    yield f'<p class="question">{escape(report.question)}</p></header>'
    yield from (f'<p class="warning">{escape(text)}</p>' for text in report.warnings)
    heads = [block.text for block in report.blocks if isinstance(block, Heading) and block.level == 2]
    links = "".join(f'<a href="#{_anchor(text)}">{escape(text)}</a>' for text in heads)
    yield f"<nav>{links}</nav>"
    for block in report.blocks:
        yield from _block(block, drawn)
    banner = f"{report.banner} · " if report.banner else ""
    yield f'<footer class="under">{escape(banner + report.stamp)}</footer></main></body></html>'


def _block(block: Block, drawn: Mapping[str, Drawn]) -> Iterator[str]:
    match block:
        case Heading(text, level):
            anchor = f' id="{_anchor(text)}"' if level == 2 else ""
            yield f"<h{level}{anchor}>{escape(text)}</h{level}>"
        case Paragraph(text, "code"):
            yield f"<code>{escape(text)}</code>"
        case Paragraph(text, "plain"):
            yield f"<p>{escape(text)}</p>"
        case Paragraph():
            yield f'<p class="{block.kind}">{escape(block.text)}</p>'
        case Bullets(items):
            yield "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"
        case Table():
            yield from _table(block)
        case Picture(key, _):
            yield "<figure>"
            for kind, svg in drawn[key]._asdict().items():
                yield _TAG.sub(f'<svg class="{kind}" ', _own(svg, f"{key}-{kind}"), count=1)
            yield "</figure>"


def _own(svg: str, key: str) -> str:
    """Give the ids within a picture a name of their own, so that two on one page do not take each other's."""
    ids = re.findall(r'\bid="([^"]+)"', svg)
    for one in ids:
        svg = svg.replace(f'id="{one}"', f'id="{key}-{one}"').replace(f"url(#{one})", f"url(#{key}-{one})")
    return svg


def _table(table: Table) -> Iterator[str]:
    if not table.quiet:
        yield f'<p class="caption">{escape(table.caption)}</p>'
    named = f'role="region" aria-label="{escape(table.caption)}"'
    yield f'<div class="table" tabindex="0" {named}><table id="{escape(table.id)}">'
    if any(table.columns):
        cells = "".join(_cell("th", name, i, table, ' scope="col"') for i, name in enumerate(table.columns))
        yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        inner = row.cells[0].startswith("  ")
        kinds = [name for name, true in (("part", row.part), ("strong", row.strong), ("inner", inner)) if true]
        look = f' class="{" ".join(kinds)}"' if kinds else ""
        if row.part:
            yield f'<tr{look}><th scope="rowgroup" colspan="{len(row.cells)}">{escape(row.cells[0])}</th></tr>'
            continue
        head = f'<th scope="row">{escape(row.cells[0].strip())}</th>'
        rest = "".join(_cell("td", text, i, table) for i, text in enumerate(row.cells[1:], 1))
        yield f"<tr{look}>{head}{rest}</tr>"
    yield "</tbody></table></div>"
    if table.note:
        yield f'<p class="note">{escape(table.note)}</p>'


def _cell(tag: str, text: str, place: int, table: Table, more: str = "") -> str:
    prose = ' class="prose"' if place in table.prose else ""
    first, *more_lines = text.split("\n")
    said = escape(first) + "".join(f" <span>{escape(line)}</span>" for line in more_lines)
    return f"<{tag}{more}{prose}>{said}</{tag}>"


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
