"""docs/evidence.md says what the library holds: its tables are current, and its sentences agree with files and code."""

import re

import pytest
from tests.spec import render_evidence
from tests.spec.render_evidence import PAGE, SLOW, TABLES

from postlude.catalog.catalogue import Library
from postlude.evidence import arms
from postlude.evidence.contrasts import contrasts

_STALE = "docs/evidence.md is not what the evidence says: run make docs (.venv/bin/python -m tests.spec.render)"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(TABLES.keys() - SLOW))
def test_a_table_is_what_the_evidence_says(name: str, page: str) -> None:
    assert render_evidence.render(page, [name]) == page, f"{name}: {_STALE}"


@pytest.mark.slow
def test_the_tables_of_left_out_trials_are_current(page: str) -> None:
    assert render_evidence.render(page, SLOW) == page, _STALE


def test_every_table_has_one_place(page: str) -> None:
    assert sorted(render_evidence.named(page)) == sorted(TABLES)
    assert page.count("<!-- begin ") == len(TABLES)
    assert "-->\n<!-- end" not in page


def test_a_table_that_is_stale_is_seen(page: str) -> None:
    counted = str(len(arms.rows(render_evidence.shipped()).counted))
    assert counted in render_evidence.routes()
    assert render_evidence.render(page.replace(f"| {counted} |", "| 1 |"), ["routes"]) == page


def test_no_route_of_a_row_or_comparison_is_left_without_words(library: Library) -> None:
    assert {row.route for row in arms.rows(library).counted} <= set(render_evidence.ROUTES)
    found = contrasts(library, library.priors["contrast-score-mapping"].sd)
    assert {c.route for c in found} <= set(render_evidence.COMPARISONS)


def test_every_prior_stands_there_with_what_it_rests_on(library: Library, page: str) -> None:
    for prior in library.priors.values():
        (row,) = re.findall(rf"^\| `{prior.id}` \|.*$", page, re.MULTILINE)
        assert f"| **{prior.stands_on}** |" in row
        assert all(source in row for source in prior.sources)


def test_every_publication_named_is_in_the_library(library: Library, page: str) -> None:
    named = set(re.findall(r"`([a-z-]+-(?:19|20)\d\d[a-z0-9-]*)`", page))
    assert named
    assert named <= set(library.studies)


def test_the_study_it_began_with_is_shown_as_printed_and_never_counted(library: Library, page: str) -> None:
    section = page.split("\n## The study that this project began with\n")[1].split("\n## ", maxsplit=1)[0]
    (key,) = re.findall(r"`([a-z-]+-\d{4}-[a-z-]+)`", section)
    printed = [result.percent for arm in library.studies[key].arm for result in arm.responders]
    assert len(printed) == 4
    for percent in printed:
        assert f"{percent} %" in section
    found = arms.rows(library)
    assert key not in {row.study for row in found.counted}
    assert [aside.why for aside in found.set_aside if aside.study == key] == ["no denominator is known"] * 4


def test_the_weight_of_repeated_results_is_that_of_the_code(page: str) -> None:
    assert f"1 / (1 + {arms._REPEAT:g} (*r* − 1))" in page


def test_the_times_that_are_predicted_are_those_of_the_code(page: str) -> None:
    from postlude.evidence.expect import MONTHS

    *first, last = (f"{month:g}" for month in MONTHS)
    assert f"Times are {', '.join(first)} and {last} months." in page


def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page):
        assert (PAGE.parent / target).exists(), target
    headings = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", page, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings
