"""Which options a report shows in full and which in a line: each once, and none is lost without a word."""

import random
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_assess import partly
from tests.unit.test_disposition import look, seeds

from postlude.assessment.assess import Assessor
from postlude.assessment.model import Assessment, Status
from postlude.catalog.load import load
from postlude.report.clinician import clinician
from postlude.report.listing import listing
from postlude.report.plain import plain


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor(load())


def _flat(text: str) -> str:
    return " ".join(text.split())


def _with(found: Assessment, statuses: list[Any], *, candidates: int) -> Assessment:
    """The same assessment with other statuses, and the first candidates only."""
    options = [msgspec.structs.replace(o, status=s) for o, s in zip(found.options, statuses, strict=False)]
    return msgspec.structs.replace(found, options=tuple(options), candidates=found.candidates[:candidates])


@settings(max_examples=60)
@given(seeds, st.lists(st.sampled_from(get_args(Status)), min_size=80, max_size=80), st.integers(0, 3))
def test_every_option_is_listed_once(assessor: Assessor, seed: int, statuses: list[Any], candidates: int) -> None:
    found = look(assessor, partly(assessor, random.Random(seed)))  # noqa: S311
    found = _with(found, statuses, candidates=candidates)
    shown = listing(found)
    assert sorted(o.treatment for part in shown for o in part) == sorted(o.treatment for o in found.options)
    assert {o.status for o in shown.full} <= {"offer", "consider", "caution"}
    assert {o.status for o in shown.undecided} <= {"cannot-say"}
    assert {o.status for o in shown.avoided} <= {"avoid"}
    named = {candidate.id for candidate in found.candidates}
    for option in shown.aside:
        assert named
        assert not named & set(option.aimed_at)
        assert option.status != "avoid"


@settings(max_examples=30)
@given(seeds)
def test_both_reports_name_every_option(assessor: Assessor, seed: int) -> None:
    found = look(assessor, partly(assessor, random.Random(seed)))  # noqa: S311
    human = _flat(clinician(found, assessor.catalogue.words["en"], title="x"))
    person = _flat(plain(found, assessor.catalogue))
    for option in found.options if found.disposition != "emergency" else ():
        assert option.name in human
        assert option.name in person


@pytest.fixture(scope="module")
def told(assessor: Assessor) -> Assessment:
    """A worked patient of whom much is known, with options of every place in the listing."""
    cases = [case.intake for treatment in assessor.catalogue.treatments.values() for case in treatment.case]
    return next(found for found in (look(assessor, intake) for intake in cases) if all(listing(found)))


def test_a_full_option_comes_with_what_comes_after_it(assessor: Assessor, told: Assessment) -> None:
    human = _flat(clinician(told, assessor.catalogue.words["en"], title="x"))
    person = _flat(plain(told, assessor.catalogue))
    for option in listing(told).full:
        assert option.honest in human
        assert option.plain_honest in person
        if option.steps:
            assert f"steps: {' → '.join(option.steps)}" in human
            assert f"The steps: {', '.join(option.steps)}." in person
        if option.expect_after:
            assert f"afterwards: {option.expect_after}" in human
            assert option.expect_after in person
        if option.watch_for:
            assert f"watch for: {'; '.join(option.watch_for)}" in human
            assert f"Watch for: {'; '.join(option.watch_for)}." in person


def test_what_comes_in_a_line_says_why(assessor: Assessor, told: Assessment) -> None:
    human = _flat(clinician(told, assessor.catalogue.words["en"], title="x"))
    person = _flat(plain(told, assessor.catalogue))
    shown = listing(told)
    for option in (*shown.undecided, *shown.avoided, *shown.aside):
        assert option.honest not in human
        assert option.plain_honest not in person
    for option in shown.avoided:
        for objection in option.objections:
            if (objection.kind, objection.state) == ("avoid", "holds"):
                assert objection.says in human
                assert all(source.id in human for source in objection.sources)
        for reason in option.because:
            assert reason.says in human
            assert reason.says in person
    for option in shown.undecided:
        missing = [reason.says.removeprefix("not known: ") for reason in option.because]
        assert "; ".join(missing[:4]) in human
        assert len(missing) <= 4 or f"and {len(missing) - 4} more" in human
    assert f"Cannot say yet ({len(shown.undecided)})" in human
    assert f"Avoid ({len(shown.avoided)})" in human
    assert f"Aimed at something not found here ({len(shown.aside)})" in human
    assert "stands in full in --json" in human


def test_without_a_candidate_nothing_is_aimed_elsewhere(told: Assessment) -> None:
    none = msgspec.structs.replace(told, candidates=())
    assert listing(none).aside == ()


def test_only_what_is_shown_is_cited(assessor: Assessor, told: Assessment) -> None:
    human = clinician(told, assessor.catalogue.words["en"], title="x")
    listed = human[human.rindex("\nSOURCES\n") :]
    for option in listing(told).full:
        assert all(f"- {source.id}: " in listed for source in option.sources)


def test_what_speaks_against_an_option_is_cited(assessor: Assessor, told: Assessment) -> None:
    for option in (*listing(told).full, *listing(told).avoided):
        alone = msgspec.structs.replace(told, conclusions=(), safety=(), candidates=(), options=(option,))
        human = clinician(alone, assessor.catalogue.words["en"], title="x")
        kinds = {"avoid"} if option.status == "avoid" else {"avoid", "caution"}
        for objection in option.objections:
            if objection.state == "holds" and objection.kind in kinds:
                assert all(f"- {source.id}: " in human for source in objection.sources)
