"""Reads the knowledge and runs its worked patients and its published cases, as ``postlude check`` does."""

from collections.abc import Callable, Iterator
from pathlib import Path

from postlude.assessment import cases
from postlude.assessment.assess import Assessor
from postlude.assessment.cases import CASE_DAY
from postlude.assessment.decisions import Decisions, decisions, status
from postlude.assessment.intake import person
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.entries import Case
from postlude.catalog.load import read
from postlude.errors import IntakeError, KnowledgeError
from postlude.logic.evaluate import truth
from postlude.logic.nodes import Predicate
from postlude.logic.person import Person

_TRUTHS = {True: "true", False: "false", None: "unknown"}


def check(overlay: Path | None, *, write: Callable[[str], None]) -> Catalogue:
    """Check everything, say what was checked, and return the knowledge.

    Raises :class:`KnowledgeError` with every mistake.
    """
    catalogue = read(overlay)
    surprises = list(run_cases(catalogue))
    if surprises:
        raise KnowledgeError(surprises)
    write(_summary(catalogue))
    return catalogue


def _summary(catalogue: Catalogue) -> str:
    sections = (catalogue.rules, catalogue.causes, catalogue.treatments)
    worked = sum(len(entry.case) for section in sections for entry in section.values())
    counts = (
        f"{len(catalogue.facts)} facts, {len(catalogue.derived)} derived facts, {len(catalogue.medicines)} medicines, "
        f"{len(catalogue.rules)} rules, {len(catalogue.causes)} causes, {len(catalogue.treatments)} treatments, "
        f"{len(catalogue.sources)} sources"
    )
    studies = catalogue.library.studies.values()
    arms = [arm for study in studies for arm in study.arm]
    evidence = f"{len(studies)} publications, {len(arms)} arms, {sum(len(arm.results()) for arm in arms)} results"
    came = f"all {worked} worked patients came out as expected, and all {len(catalogue.cases)} published cases"
    return f"{counts}\n{evidence}\n{came}\nknowledge {catalogue.hash}\n"


def run_cases(catalogue: Catalogue) -> Iterator[str]:
    """Run every worked patient and published case; yields a sentence for each that comes out otherwise."""
    made = decisions(catalogue)
    for rule in catalogue.rules.values():
        yield from _run(catalogue, f"rule {rule.id}", rule.case, _truth_of(rule.when))
    for cause in catalogue.causes.values():
        yield from _run(catalogue, f"cause {cause.id}", cause.case, _truth_of(cause.list_when))
    for treatment in catalogue.treatments.values():
        yield from _run(catalogue, f"treatment {treatment.id}", treatment.case, _status_of(made, treatment.id))
    yield from cases.run(Assessor(catalogue))


def _truth_of(node: Predicate) -> Callable[[Person], str]:
    return lambda who: _TRUTHS[truth(node, who)]


def _status_of(made: Decisions, treatment: str) -> Callable[[Person], str]:
    choice = made.options[treatment]

    def found(who: Person) -> str:
        return status(*(truth(p, who) for p in (choice.avoid, choice.caution, choice.offer, choice.consider)))

    return found


def _run(catalogue: Catalogue, entry: str, worked: tuple[Case, ...], find: Callable[[Person], str]) -> Iterator[str]:
    for case in worked:
        where = f"{catalogue.files[entry]}, {entry}, case {case.says!r}"
        try:
            intake = understand(dict(case.intake), catalogue, name=where, today=CASE_DAY)
        except IntakeError as error:
            yield from error.problems
            continue
        found = find(person(catalogue, intake))
        if found != case.expect:
            yield f"{where}: expected {case.expect}, came out {found}"
