"""docs/over-triage.md and .csv are what the knowledge does today: the first people are drawn and assessed anew."""

import re

from tests.spec.render_population import FINAL, FIRST, PAGE, PEOPLE, TABLES, first_people, kept, render

from postlude.catalog.load import load

_STALE = "docs/over-triage.csv is not what the knowledge does to stable people: run make population"


def test_the_first_people_are_told_what_is_kept() -> None:
    made = first_people(load())
    assert [row for row in kept() if row.table.startswith(f"first {FIRST}: ")] == made, _STALE


def test_what_is_kept_counts_everybody() -> None:
    rows = kept()
    told = [row for row in rows if row.table == "told"]
    assert {row.of for row in told} == {PEOPLE}
    assert sum(row.count for row in told if row.item in ("emergency", "urgent", "ask", "refer", "consult", "unlikely"))
    assert sum(row.count for row in told if " " not in row.item) == PEOPLE
    assert {row.of for row in rows if row.table.startswith("influence")} == {FINAL}


def test_the_tables_are_made_from_what_is_kept() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"<!-- begin ([a-z-]+) -->", page)) == sorted(TABLES)
    assert render(page) == page, "docs/over-triage.md is not what docs/over-triage.csv says: run make population"


def test_every_rule_and_fact_that_the_page_names_exists() -> None:
    catalogue = load()
    known = {*catalogue.rules, *catalogue.facts, *catalogue.populations}
    named = set(re.findall(r"`([a-z0-9]+(?:[-_][a-z0-9]+)+)`", PAGE.read_text(encoding="utf-8")))
    assert named
    assert named <= known
