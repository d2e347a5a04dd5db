"""Worked patients who would kill a mutant, drafted for an editor to judge: who they are, and what comes out today."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from postlude.assessment.cases import CASE_DAY
from postlude.assessment.checking import beside, result
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
from postlude.logic.nodes import And, Not, Predicate, Range
from postlude.logic.person import Person
from postlude.logic.solver import Solver

Beside = Mapping[str, int | str]
_UNDECIDED = ("unknown", "cannot-say")
_WORTH = 2
"""How many things more a patient may tell of whom something definite comes out: easier to judge than *unknown*."""


class Draft(NamedTuple):
    """A worked patient of ``entry``: what comes out with the knowledge as it is, and with the mutant (``otherwise``).

    ``beside`` is what comes out beside it, as the keys of a case; only where nothing else shows the mutant.
    """

    entry: str
    intake: Told
    expect: str
    otherwise: str
    beside: Beside


def value(node: Node, who: Person) -> Truth | Range:
    """Return what a condition or quantity is for one person."""
    return truth(node, who) if isinstance(node, Predicate) else quantity(node, who)


class Drafter:
    """Drafts patients who show that one condition, ``old``, has become another, ``new``, in ``changed`` knowledge.

    ``before`` keeps what is seen of the entries now, for the next drafter; it begins empty.
    """

    def __init__(
        self, catalogue: Catalogue, changed: Catalogue, old: Node, new: Node, before: dict[str, tuple[Predicate, ...]]
    ) -> None:
        self.catalogue = catalogue
        self.changed = changed
        self.old = old
        self.new = new
        self._seen_before = before

    def shown_by(self, draft: Draft) -> bool:
        """Return whether a patient who was drafted for another change shows this one too."""
        intake = understand(draft.intake, self.catalogue, name="", today=CASE_DAY)
        before, after = self._beside(draft.entry, intake) if draft.beside else self._seen(draft.entry, intake)
        return before != after

    def complete(self, solver: Solver, entries: Iterable[str], mark: str) -> tuple[bool, Draft | None]:
        """Return whether what is seen of the entries changes for any complete person, and a patient who shows it.

        There is none where the change is seen in an assessment, but not in what a worked patient looks at.
        """
        differs = False
        for entry in entries:
            before = self._before(entry)
            after = _seen_of(self.changed, entry, f" {mark}")
            for one, other in zip(before, after, strict=True):
                if one == other:
                    continue
                # Somebody of whom it holds, if there is one, is easier to judge than somebody of whom it does not.
                for who in (solver.apart(one, other), solver.apart(other, one)):
                    if who is not None:
                        differs = True
                        if found := self._best(entry, as_intake(self.catalogue, who)):
                            return True, found
        return differs or self._shown_differ(solver), None

    def _before(self, entry: str) -> tuple[Predicate, ...]:
        # The same objects for every mutant: what was encoded once is found again.
        if entry not in self._seen_before:
            self._seen_before[entry] = tuple(_seen_of(self.catalogue, entry, ""))
        return self._seen_before[entry]

    def _shown_differ(self, solver: Solver) -> bool:
        """Return whether a number that a rule shows where it holds can be another."""
        for key, rule in self.catalogue.rules.items():
            for name in rule.shows:
                now, then = self.catalogue.derived[name].body, self.changed.derived[name].body
                if now is not then and solver.differ(now, then, given=self.changed.rules[key].when):
                    return True
        return False

    def partly(self, solver: Solver, entries: Iterable[str]) -> Draft | None:
        """Return a partly known patient, where no completely known one tells the two apart; ``None`` if none is found.

        Looked for on the way from complete persons down to the least of what decides either of the two.
        """
        entries = tuple(entries)
        for told in self._on_the_way(solver):
            for entry in entries:
                found = self._best(entry, told)
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

    def _best(self, entry: str, told: Told) -> Draft | None:
        """Return the shortest patient that comes of leaving things out, while what is now or what would be stays."""
        try:
            start = understand(told, self.catalogue, name="", today=CASE_DAY)
        except IntakeError:
            # The person of a solver can be one whom no file can tell of.
            return None
        now, then = self._seen(entry, start)
        ways: list[Callable[[str, str], bool]] = [lambda before, _: before == now]
        if now != "true":
            ways.append(lambda _, after: after == then)
        found = [draft for stays in ways if now != then and (draft := self._small(entry, told, stays))]
        return min(found, key=_length, default=None) or self._best_beside(entry, told, start)

    def _small(self, entry: str, told: Told, stays: Callable[[str, str], bool]) -> Draft | None:
        def apart(intake: Intake) -> bool:
            before, after = self._seen(entry, intake)
            return before != after and stays(before, after)

        found = smallest(self.catalogue, told, apart)
        if found is None:
            return None
        before, after = self._seen(entry, understand(found, self.catalogue, name="", today=CASE_DAY))
        return Draft(entry, found, before, after, {})

    def _best_beside(self, entry: str, told: Told, start: Intake) -> Draft | None:
        """Return the shortest patient who shows the change beside the result alone, which stays what it is."""
        now = self._beside(entry, start)[0]
        ways: tuple[Callable[[Beside], bool], ...] = (lambda before: before == now, lambda _: True)
        found = [self._small_beside(entry, told, self._seen(entry, start)[0], stays) for stays in ways]
        return min((draft for draft in found if draft), key=_length, default=None)

    def _small_beside(self, entry: str, told: Told, result_now: str, stays: Callable[[Beside], bool]) -> Draft | None:
        def apart(intake: Intake) -> bool:
            before, after = self._beside(entry, intake)
            return before != after and stays(before) and self._seen(entry, intake)[0] == result_now

        found = smallest(self.catalogue, told, apart)
        if found is None:
            return None
        before, after = self._beside(entry, understand(found, self.catalogue, name="", today=CASE_DAY))
        otherwise = ", ".join(f"{key} {value}" for key, value in after.items())
        return Draft(entry, found, result_now, otherwise, before)

    def _seen(self, entry: str, intake: Intake) -> tuple[str, str]:
        """Return what comes out now and with the change."""
        # Another person each time: what is remembered of one rests on the knowledge it was seen through.
        now, then = (result(base, entry, person(self.catalogue, intake)) for base in (self.catalogue, self.changed))
        return now, then

    def _beside(self, entry: str, intake: Intake) -> tuple[Beside, Beside]:
        """Return what may be looked at beside that, now and with the change."""
        now, then = (beside(base, entry, person(self.catalogue, intake)) for base in (self.catalogue, self.changed))
        return now, then


def _length(draft: Draft) -> int:
    return len(list(shorter(draft.intake))) + _WORTH * any(
        outcome in _UNDECIDED for outcome in (draft.expect, *draft.beside.values())
    )


def _seen_of(catalogue: Catalogue, entry: str, mark: str) -> Iterator[Predicate]:
    """Return predicates that are all the same only when an assessment says the same of the entry.

    What speaks for or against a cause is seen where the cause is listed, an objection where the option is, what speaks
    against a goal where it matters.
    """
    kind, _, key = entry.partition(" ")
    if kind == "rule":
        yield catalogue.rules[key].when
    elif kind == "cause":
        cause = catalogue.causes[key]
        yield cause.list_when
        yield from (And((cause.list_when, point.when)) for point in (*cause.speaks_for, *cause.against))
    elif kind == "combination":
        yield catalogue.combinations[key].when
    elif kind == "goal":
        goal = catalogue.goals[key]
        yield goal.matters_when
        if goal.spoken_against_when is not None:
            yield And((goal.matters_when, goal.spoken_against_when))
    else:
        treatment = catalogue.treatments[key]
        choice = choice_of(treatment, mark=mark)
        yield from statuses(choice)
        yield from (And((choice.consider, c.when)) for c in (*treatment.avoid, *treatment.caution))
