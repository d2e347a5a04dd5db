"""Counts what the shipped population of stable people is told: ``make population``. Ten minutes on two processors.

Writes docs/over-triage.csv, which is kept, and the tables of docs/over-triage.md from it; the prose there is by hand.
A table stands between ``<!-- begin NAME -->`` and ``<!-- end -->``; what stands there is replaced.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.evidence.pooling.intervals import wilson
from postlude.simulate.influence import Influence, influences
from postlude.simulate.triage import Measured, measure

DOCS = Path(__file__).parents[2] / "docs"
KEPT, PAGE = DOCS / "over-triage.csv", DOCS / "over-triage.md"
POPULATION, SEED = "stable", 1
PEOPLE, FIRST = 100_000, 1_000
SCREENED, FINAL, MOST = 1_000, 20_000, 5
_COLUMNS = ("table", "item", "detail", "count", "of", "percent", "low", "high")
_TABLE = re.compile(r"(?s)(<!-- begin ([a-z-]+) -->\n).*?(<!-- end -->)")
_EARLY = "ended early: "


class Row(NamedTuple):
    """One counted share; percentages are of ``of``, with the 95 % interval by Wilson."""

    table: str
    item: str
    detail: str
    count: int
    of: int

    def cells(self) -> tuple[str, ...]:
        low, high = wilson(self.count, self.of) if self.of else (0.0, 1.0)
        share = self.count / self.of if self.of else 0.0
        return (*map(str, self), *(f"{100 * value:.3f}" for value in (share, low, high)))


def first_people(catalogue: Catalogue) -> list[Row]:
    """Return the counts of the first people, which the test makes anew."""
    found = measure(catalogue, catalogue.populations[POPULATION], FIRST, SEED)
    return [row._replace(table=f"first {FIRST}: {row.table}") for row in _rows(found)]


def _rows(found: Measured) -> Iterator[Row]:
    for word, count in found.told.items():
        yield Row("told", word, "", count, found.people)
    yield Row("told", "more than is right", "", found.too_much, found.people)
    for rule in found.rules:
        for name in ("holds", "decides", "alone"):
            yield Row(name, rule.rule, rule.leads_to, getattr(rule, name), found.people)
    for part in found.broken_off:
        for word, count in part.told.items():
            yield Row(f"{_EARLY}{part.part}", word, "", count, part.people)


def _influence_rows(found: Iterable[Influence]) -> Iterator[Row]:
    for line in found:
        for name in ("as_is", "doubled", "halved"):
            share = f"{line.rarer}, {100 * line.share:g} %"
            yield Row(f"influence {name}", line.line, share, round(getattr(line, name) * FINAL), FINAL)


def write_kept() -> None:
    catalogue = load()
    population = catalogue.populations[POPULATION]
    rows = [*_rows(measure(catalogue, population, PEOPLE, SEED)), *first_people(catalogue)]
    rows += _influence_rows(influences(catalogue, population, seed=SEED, screened=SCREENED, final=FINAL, most=MOST))
    with KEPT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(row.cells() for row in rows)


def kept() -> list[Row]:
    """Return what is kept."""
    with KEPT.open(encoding="utf-8", newline="") as file:
        return [
            Row(line["table"], line["item"], line["detail"], int(line["count"]), int(line["of"]))
            for line in csv.DictReader(file)
        ]


# --- the tables of the page -------------------------------------------------------------------------


def _told(rows: list[Row]) -> str:
    lines = [f"| {row.item} | {_percent(row)} | {_interval(row)} |" for row in rows if row.table == "told"]
    return "\n".join(["| told | % | 95 % interval |", "| --- | ---: | --- |", *lines])


def _rules(rows: list[Row]) -> str:
    of = {(row.table, row.item): row for row in rows}
    lines = []
    for row in (row for row in rows if row.table == "holds" and row.count):
        cells = [_percent(of[name, row.item]) for name in ("holds", "decides", "alone")]
        name = f"`{row.item}`" if " " not in row.item else f"*{row.item}*"
        lines.append(f"| {name} | {row.detail} | {' | '.join(cells)} | {_interval(of['alone', row.item])} |")
    head = ["| rule | leads to | holds | decides | alone | 95 % interval of alone |"]
    return "\n".join([*head, "| --- | --- | ---: | ---: | ---: | --- |", *lines])


def _early(rows: list[Row]) -> str:
    parts = list(dict.fromkeys(row.table for row in rows if row.table.startswith(_EARLY)))
    words = [row.item for row in rows if row.table == parts[0]]
    head = f"| ended in the | people | {' | '.join(words)} |"
    lines = []
    for part in parts:
        here = [row for row in rows if row.table == part]
        cells = " | ".join(_percent(row) for row in here)
        lines.append(f"| {part.removeprefix(_EARLY)} | {here[0].of:,} | {cells} |")
    return "\n".join([head, "| --- " + "| ---: " * (len(words) + 1) + "|", *lines])


def _influence(rows: list[Row]) -> str:
    of = {(row.table, row.item): row for row in rows}
    lines = []
    for row in (row for row in rows if row.table == "influence as_is"):
        doubled, halved = of["influence doubled", row.item], of["influence halved", row.item]
        lines.append(f"| {row.item} | {row.detail} | {_percent(row)} | {_percent(doubled)} | {_percent(halved)} |")
    head = ["| line | rarer answer | as is, % | doubled, % | halved, % |"]
    return "\n".join([*head, "| --- | --- | ---: | ---: | ---: |", *lines])


def _percent(row: Row) -> str:
    share = 100 * row.count / row.of if row.of else 0.0
    return f"{share:.2f}" if share < 1 else f"{share:.1f}"


def _interval(row: Row) -> str:
    low, high = wilson(row.count, row.of)
    return f"{100 * low:.2f} to {100 * high:.2f}"


TABLES: dict[str, Callable[[list[Row]], str]] = {
    "told": _told,
    "rules": _rules,
    "ended-early": _early,
    "influence": _influence,
}


def render(page: str) -> str:
    """Return the page with every table made from what is kept."""
    rows = kept()
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found[2]](rows)}\n{found[3]}", page)


if __name__ == "__main__":
    write_kept()
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
