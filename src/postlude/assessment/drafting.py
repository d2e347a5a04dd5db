"""Worked patients who would kill a mutant, drafted for an editor to judge: who they are, and what comes out today."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from postlude.assessment.cases import CASE_DAY
from postlude.assessment.checking import result
from postlude.assessment.conditions import Node
from postlude.assessment.decisions import choice_of, statuses
from postlude.assessment.intake import Intake, person
from postlude.assessment.proving import as_intake
from postlude.assessment.reading import understand
from postlude.assessment.smallest import Told, shorter, smallest
from postlude.catalog.catalogue import Catalogue
from postlude.errors import IntakeError
from postlude.logic.evaluate import quantity, truth
from postlude.logic.kleene import Truth
from postlude.logic.nodes import Not, Predicate, Range
from postlude.logic.person import Person
from postlude.logic.solver import Solver

_UNDECIDED = ("unknown", "cannot-say")


class Draft(NamedTuple):
    """A worked patient of ``entry``: what the knowledge as it is gives, and what the mutant gives."""

    entry: str
    intake: Told
    expect: str
    otherwise: str


def value(node: Node, who: Person) -> Truth | Range:
    """Return what a condition or quantity is for one person."""
    return truth(node, who) if isinstance(node, Predicate) else quantity(node, who)


class Drafter:
    """Drafts patients who tell two versions of the knowledge apart; in one condition they differ: ``old``, ``new``."""

    def __init__(self, catalogue: Catalogue, changed: Catalogue, old: Node, new: Node) -> None:
        self.catalogue = catalogue
        self.changed = changed
        self.old = old
        self.new = new

    def draft(self, solver: Solver, entries: Iterable[str], mark: str) -> Draft | None:
        """Return a patient of one of the entries, or ``None`` when no worked patient of theirs can show the change."""
        for entry in entries:
            before = _shown(self.catalogue, entry, "")
            after = _shown(self.changed, entry, f" {mark}")
            for one, other in zip(before, after, strict=True):
                complete = solver.differ(one, other)
                if complete is not None:
                    found = self._small(entry, as_intake(self.catalogue, complete), decided=True)
                    if found is not None:
                        return found
        return None

    def partly(self, solver: Solver, entries: Iterable[str]) -> Draft | None:
        """Return a partly known patient, where no completely known one tells the two apart; ``None`` if none is found.

        Looked for on the way from complete persons down to the least of what decides either of the two.
        """
        entries = tuple(entries)
        for told in self._on_the_way(solver):
            for entry in entries:
                found = self._small(entry, told, decided=False)
                if found is not None:
                    return found
        return None

    def _on_the_way(self, solver: Solver) -> Iterator[Told]:
        if not isinstance(self.old, Predicate):
            return
        for side in (self.old, Not(self.old)):
            complete = solver.person(side)
            if complete is not None:
                for kept in (self.old, self.new):
                    yield from self._down(as_intake(self.catalogue, complete), kept)

    def _down(self, told: Told, kept: Node) -> Iterator[Told]:
        """Leave out one thing after another for as long as ``kept`` stays decided; yield where the two differ."""
        last: Told | None = told
        while last is not None:
            told, last = last, None
            for other in shorter(told):
                who = self._person(other)
                if who is not None and value(kept, who) is not None:
                    if value(self.old, who) != value(self.new, who):
                        yield other
                    last = other
                    break

    def _person(self, told: Told) -> Person | None:
        try:
            return person(self.catalogue, understand(told, self.catalogue, name="", today=CASE_DAY))
        except IntakeError:
            return None

    def _small(self, entry: str, told: Told, *, decided: bool) -> Draft | None:
        start = self._person(told)
        if start is None:
            return None
        fixed = result(self.catalogue, entry, start)
        if decided and fixed in _UNDECIDED:
            return None

        def apart(intake: Intake) -> bool:
            before = result(self.catalogue, entry, person(self.catalogue, intake))
            return before == fixed and before != result(self.changed, entry, person(self.catalogue, intake))

        found = smallest(self.catalogue, told, apart)
        if found is None:
            return None
        intake = understand(found, self.catalogue, name="", today=CASE_DAY)
        return Draft(entry, found, fixed, result(self.changed, entry, person(self.catalogue, intake)))


def _shown(catalogue: Catalogue, entry: str, mark: str) -> tuple[Predicate, ...]:
    """Return the predicates that a worked patient of an entry looks at."""
    kind, _, key = entry.partition(" ")
    if kind == "treatment":
        return statuses(choice_of(catalogue.treatments[key], mark=mark))
    return (catalogue.rules[key].when if kind == "rule" else catalogue.causes[key].list_when,)
