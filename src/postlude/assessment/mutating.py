"""Which slips in the conditions would go unnoticed: every mutant of each, put to the worked patients and the proofs.

A mutant is *killed by a case* when a patient comes out otherwise than expected, and *killed by a proof* when one of the
claims of :mod:`postlude.assessment.proving` that holds for the condition as it is does not hold for the mutant. It is
*equivalent* when an assessment says the same of every complete person (proved), and of every partly known one that was
looked at. All others survive.

Three of the claims hold for every mutant by the way decisions are put together, so that they are not asked: that a red
flag forces its urgency, that nothing is offered against a contraindication, that a question does not rest on itself.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Literal as OneOf
from typing import NamedTuple

import msgspec

from postlude.assessment.checking import Witness
from postlude.assessment.conditions import Condition, Node, conditions, definitions, resting_on, with_condition
from postlude.assessment.decisions import choice_of
from postlude.assessment.drafting import Draft, Drafter, value
from postlude.assessment.proving import Prover
from postlude.catalog.catalogue import Catalogue
from postlude.logic.evaluate import truth
from postlude.logic.mutants import mutants
from postlude.logic.nodes import Not, Predicate
from postlude.logic.refs import Ref
from postlude.logic.solver import Solver

Fate = OneOf["case", "proof", "equivalent", "survivor"]


class Outcome(NamedTuple):
    """What became of one mutant. ``by`` names the patient or the claim that killed it; only survivors have a draft."""

    file: str
    entry: str
    key: str
    old: str
    new: str
    fate: Fate
    by: str = ""
    draft: Draft | None = None

    @property
    def text(self) -> str:
        return f"{self.old} → {self.new}"


class Trial:
    """Tries the mutants of a catalogue; made once."""

    def __init__(self, catalogue: Catalogue, witnesses: Iterable[Witness]) -> None:
        self.catalogue = catalogue
        self.prover = Prover(catalogue)
        self._witnesses: dict[str, list[Witness]] = {}
        for witness in witnesses:
            for entry in witness.entries:
                self._witnesses.setdefault(entry, []).append(witness)

    def outcomes(self, only: Iterable[str] = ()) -> Iterator[Outcome]:
        """Return the outcome of every mutant, in the order of the catalogue; of the entries with these ids, if any."""
        wanted = set(only)
        for condition in chain(conditions(self.catalogue), definitions(self.catalogue)):
            if not wanted or condition.entry.partition(" ")[2] in wanted:
                yield from self.of(condition)

    def of(self, condition: Condition) -> Iterator[Outcome]:
        """Return the outcomes of the mutants of one condition, and of the urgency that rests on it."""
        if condition.entry.startswith("rule "):
            yield from self._urgency(condition)
        tried = _Tried(self, condition)
        for number, mutant in enumerate(mutants(condition.node), start=1):
            fate, by, draft = tried.fate(mutant.node, f"#{number}")
            file = self.catalogue.files[condition.entry]
            yield Outcome(file, condition.entry, condition.key, mutant.old, mutant.new, fate, by, draft)

    def looking_at(self, entries: Iterable[str]) -> list[Witness]:
        """Return the witnesses who look at one of these entries."""
        found = (witness for entry in entries for witness in self._witnesses.get(entry, ()))
        return list({id(witness): witness for witness in found}.values())

    def _urgency(self, condition: Condition) -> Iterator[Outcome]:
        """An emergency that is called urgent: noticed only by a patient whose urgency is looked at."""
        key = condition.entry.partition(" ")[2]
        rule = self.catalogue.rules[key]
        if rule.urgency != "emergency":
            return
        slower = msgspec.structs.replace(rule, urgency="urgent")
        changed = msgspec.structs.replace(self.catalogue, rules={**self.catalogue.rules, key: slower})
        touched = (w for w in self.looking_at([condition.entry]) if truth(rule.when, w.person) is not False)
        killer = next((w.where for w in touched if w.comes_out(changed, ()) != w.expect), "")
        fate: Fate = "case" if killer else "survivor"
        yield Outcome(
            self.catalogue.files[condition.entry], condition.entry, "urgency", "emergency", "urgent", fate, killer
        )


class _Tried:
    """One condition, and what its mutants are held against."""

    def __init__(self, trial: Trial, condition: Condition) -> None:
        self.trial = trial
        self.catalogue = trial.catalogue
        self.condition = condition
        kind, _, key = condition.entry.partition(" ")
        self.resting = resting_on(self.catalogue, key) if kind == "derived" else [condition]
        self.entries = list(dict.fromkeys(other.entry for other in self.resting))
        self.drafts: list[Draft] = []
        self.before: dict[str, tuple[Predicate, ...]] = {}
        # What the condition as it is says of each witness: looked at once.
        self.held = [(w, value(condition.node, w.person)) for w in trial.looking_at((*self.entries, condition.entry))]

    @cached_property
    def solver(self) -> Solver:
        # One for each condition: what it shows then does not rest on which other entries are tried.
        return self.trial.prover.solver()

    def fate(self, node: Node, mark: str) -> tuple[Fate, str, Draft | None]:
        """Return what becomes of a mutant, and who or what kills it, or a draft; ``mark`` tells it from others."""
        changed = with_condition(self.catalogue, self.condition._replace(node=node), mark=mark, resting=self.resting)
        if killer := self._case(node, changed):
            return "case", killer, None
        if claim := self._claim(changed, mark):
            return "proof", claim, None
        drafter = Drafter(self.catalogue, changed, self.condition.node, node, self.before)
        # One patient is enough for all the slips that would be noticed with them.
        if found := next(filter(drafter.shown_by, self.drafts), None):
            return "survivor", "", found
        differs, found = drafter.complete(self.solver, self.entries, mark)
        if not differs:
            found = drafter.partly(self.solver, self.entries)
            if found is None:
                return "equivalent", "", None
        self.drafts += [found] if found else []
        return "survivor", "", found

    def _case(self, node: Node, changed: Catalogue) -> str:
        for witness, held in self.held:
            # Who sees the same in the condition itself comes out the same.
            if value(node, witness.person) == held:
                continue
            if witness.comes_out(changed, self.entries) != witness.expect:
                return witness.where
        return ""

    def _claim(self, changed: Catalogue, mark: str) -> str:
        """Return the first claim that holds for the knowledge as it is, and not for what was changed."""
        before = {condition.name: condition.node for condition in self.resting}
        for condition in conditions(changed):
            if condition.name in before and (claim := self._refuted(condition, before[condition.name])):
                return claim
        for entry in self.entries:
            kind, _, key = entry.partition(" ")
            if kind != "treatment" or changed.treatments[key].offer_when is None:
                continue
            if not self.solver.some(choice_of(changed.treatments[key], mark=mark).offer):
                return f"{key} can be offered"
        return ""

    def _refuted(self, condition: Condition, before: Node) -> str:
        node = _predicate(condition.node)
        if not self.solver.some(node):
            return f"{condition.name} can hold"
        if not self.solver.some(Not(node)):
            return f"{condition.name} can fail to hold"
        for key, given in self.trial.prover.gates(node).items():
            if self.solver.matters(node, Ref(key), given) and not self.solver.matters(
                _predicate(before), Ref(key), given
            ):
                return f"{condition.name} does not depend on {key} where it is not asked"
        return ""


def _predicate(node: Node) -> Predicate:
    if not isinstance(node, Predicate):
        raise TypeError("rules, causes and treatments have predicates for conditions")
    return node
