"""The smallest intake that tells two versions of the knowledge apart: a person of whom one thing after another goes.

Smallest means that nothing more can be left out, not that there is no other intake with fewer facts.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from postlude.assessment.cases import CASE_DAY
from postlude.assessment.intake import Intake
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue
from postlude.errors import IntakeError

Told = dict[str, Any]
"""The content of an intake file."""
Apart = Callable[[Intake], bool]


def smallest(catalogue: Catalogue, told: Told, apart: Apart) -> Told | None:
    """Return as little of an intake as still is ``apart``, in round numbers if they do; ``None`` if all of it is not.

    ``as_of`` is left out when it is the day of worked patients.
    """

    def still(other: Told) -> bool:
        try:
            intake = understand(other, catalogue, name="", today=CASE_DAY)
        except IntakeError:
            # The person of a solver can be one whom no file can tell of.
            return False
        return apart(intake)

    if not still(told):
        return None
    for ways in (shorter, _rounder):
        found: Told | None = told
        while found is not None:
            told = found
            found = next((other for other in ways(told) if still(other)), None)
    return told


def shorter(told: Told) -> Iterator[Told]:
    """Return the intake without one thing, the greatest first: a list, a record, a field, an answer."""
    if told.get("as_of") == CASE_DAY.isoformat():
        yield _without(told, "as_of")
    lists = [key for key, value in told.items() if isinstance(value, list) and key != "complete"]
    complete = told.get("complete", [])
    for key in lists:
        yield {**_without(told, key), "complete": [other for other in complete if other != key]}
        yield _without(told, key)
    for key in complete:
        yield {**told, "complete": [other for other in complete if other != key]}
    for key in lists:
        for place in range(len(told[key])):
            yield {**told, key: told[key][:place] + told[key][place + 1 :]}
    for key in lists:
        for place, record in enumerate(told[key]):
            for field in record:
                other = copy.deepcopy(told)
                del other[key][place][field]
                yield other
    for name in told.get("facts", {}):
        yield {**told, "facts": _without(told["facts"], name)}
    for key in ("facts", "complete"):
        if key in told and not told[key]:
            yield _without(told, key)


def _rounder(told: Told) -> Iterator[Told]:
    """Return the intake with one number that is not whole a whole one, or one more tenth of it."""
    for facts in (told.get("facts", {}), *(r for value in told.values() if isinstance(value, list) for r in value)):
        if isinstance(facts, dict):
            yield from _rounder_in(told, facts)


def _rounder_in(told: Told, facts: Told) -> Iterator[Told]:
    for name, value in facts.items():
        if isinstance(value, float):
            for other in (int(value), int(value) + 1, round(value, 1)):
                if other != value:
                    facts[name] = other
                    changed = copy.deepcopy(told)
                    facts[name] = value
                    yield changed


def _without(table: Told, name: str) -> Told:
    return {key: value for key, value in table.items() if key != name}
