"""Runs published patients: what the software says of each, and whether that is what a reader expected."""

from collections.abc import Iterator, Mapping
from datetime import date

from postlude.assessment.assess import Assessor
from postlude.assessment.following import followed
from postlude.assessment.intake import Intake, person
from postlude.assessment.model import Assessment
from postlude.assessment.outline import Outline, outlined
from postlude.assessment.reading import understand
from postlude.catalog.cases import LEVELS, Expected, PublishedCase
from postlude.catalog.catalogue import Catalogue
from postlude.errors import IntakeError, UsageError, one_of
from postlude.logic.evaluate import quantity
from postlude.logic.nodes import Predicate
from postlude.logic.person import Person

CASE_DAY = date(2026, 1, 15)
"""The day of a case, or of a worked patient, that names none."""
_FIRST = 3
"""How many candidates are the first ones."""


def find(catalogue: Catalogue, key: str) -> PublishedCase:
    """Return a case by its id. Raises :class:`UsageError`."""
    if key not in catalogue.cases:
        raise UsageError(f"there is no published case {key!r}; {one_of(sorted(catalogue.cases), key)}")
    return catalogue.cases[key]


def place(catalogue: Catalogue, case: PublishedCase) -> str:
    """Return the file and id of a case, as they stand before a message."""
    return f"{catalogue.files[f'case {case.id}']}, case {case.id}"


def intake_of(catalogue: Catalogue, case: PublishedCase) -> Intake:
    """Return what was told of the patient. Raises :class:`IntakeError` with everything that is wrong with it."""
    where = f"{place(catalogue, case)}, key `intake`"
    return followed(catalogue, understand(dict(case.intake), catalogue, name=where, today=CASE_DAY))


def run(assessor: Assessor) -> Iterator[str]:
    """Run every case; yields a sentence for each expectation that is not met, or cannot be."""
    for case in assessor.catalogue.cases.values():
        where = place(assessor.catalogue, case)
        try:
            intake = intake_of(assessor.catalogue, case)
        except IntakeError as error:
            yield from error.problems
            continue
        assessment = assessor.assess(intake)
        unknown = list(_unknown(assessor.catalogue, case.expect))
        found = unknown or list(unmet(case.expect, assessment, assessor.catalogue, person(assessor.catalogue, intake)))
        true = ", ".join(conclusion.rule for conclusion in assessment.conclusions) or "none"
        yield from (
            f"{where}: {problem}; rules true: {true}" if not unknown else f"{where}, {problem}" for problem in found
        )


def unmet(expect: Expected, found: Assessment, catalogue: Catalogue, who: Person) -> Iterator[str]:
    """Say what was expected and what came out, for everything that came out otherwise."""
    return unmet_in(expect, outlined(found), catalogue, who)


def unmet_in(expect: Expected, found: Outline, catalogue: Catalogue, who: Person) -> Iterator[str]:
    """Say the same of an outline."""
    level = found.urgency.at_least
    if expect.at_least and LEVELS.index(level) < LEVELS.index(expect.at_least):
        yield f"expected urgency at least {expect.at_least}, came out {level} (at most {found.urgency.at_most})"
    if expect.at_most and LEVELS.index(level) > LEVELS.index(expect.at_most):
        yield f"expected no more than {expect.at_most} to be known, came out {level}"
    if expect.route and not _goes(expect.route, found.route):
        yield f"expected route {expect.route}, came out {', '.join(found.route)}"
    first = found.candidates[:_FIRST]
    for key in expect.among_first:
        if key not in first:
            yield f"expected {key} among the first {_FIRST} causes, came out {', '.join(first) or 'none'}"
    states = found.objections
    for key in expect.raises:
        if key not in found.rules and "holds" not in states.get(key, ()):
            yield f"expected {key} to be raised, came out {_spoken(states, key)}"
    for key in expect.to_check:
        if "to-check" not in states.get(key, ()):
            yield f"expected {key} to be listed as to check, came out {_spoken(states, key)}"
    for key, low in expect.shows.items():
        came = _low(catalogue, key, who)
        if round(came - low, 6):
            yield f"expected {key} to be at least {low:g}, came out {came:g}"


def _goes(expected: str, route: tuple[str, ...]) -> bool:
    """``refer`` must be settled; ``consult`` must be possible, and that nobody can help must not be."""
    if expected == "refer":
        return route == ("refer",)
    return expected in route and "unlikely" not in route


def _spoken(states: Mapping[str, frozenset[str]], key: str) -> str:
    return " and ".join(sorted(states.get(key, ()))) or "not raised"


def _low(catalogue: Catalogue, key: str, who: Person) -> float:
    body = catalogue.derived[key].body
    assert not isinstance(body, Predicate)  # noqa: S101  # _unknown refused it
    return quantity(body, who)[0]


def _unknown(catalogue: Catalogue, expect: Expected) -> Iterator[str]:
    """Say which ids of an expectation nothing has."""
    objections = {c.id for t in catalogue.treatments.values() for c in (*t.avoid, *t.caution)}
    numbers = {key for key, derived in catalogue.derived.items() if derived.type == "number"}
    for name, what, keys, allowed in (
        ("among_first", "cause", expect.among_first, set(catalogue.causes)),
        ("raises", "rule, caution or contraindication", expect.raises, {*catalogue.rules, *objections}),
        ("to_check", "caution or contraindication", expect.to_check, objections),
        ("shows", "derived number", expect.shows, numbers),
    ):
        for key in keys:
            if key not in allowed:
                yield f"key `expect.{name}`: there is no {what} {key!r}; {one_of(sorted(allowed), key, limit=5)}"
