"""Proves what must hold for every person, whatever else is true of them. A refutation is an intake anyone can assess.

The proofs range over complete persons with at most :data:`BOUND` records in each list, at one day
(:data:`postlude.assessment.cases.CASE_DAY`); dates up to it are free.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

import msgspec

from postlude.assessment.cases import CASE_DAY
from postlude.assessment.conditions import conditions
from postlude.assessment.decisions import Decisions, decisions
from postlude.catalog.catalogue import Catalogue
from postlude.errors import MissingPartError, ProofError
from postlude.logic.nodes import And, Choice, Not, Or, Predicate, Quantity, children, names
from postlude.logic.person import Person
from postlude.logic.refs import Ref
from postlude.logic.vocabulary import Vocabulary

try:
    from postlude.assessment.refusals import Claim, refusals
    from postlude.logic import proof
    from postlude.logic.solver import Solver
except ImportError as error:
    raise MissingPartError(
        f"--prove needs the solver z3, which is not installed ({error}); install postlude[prove]"
    ) from None

BOUND = 3
_DAY_WHEN_UNKNOWN = CASE_DAY.toordinal()


def prove(catalogue: Catalogue, *, write: Callable[[str], None]) -> None:
    """Prove every claim and say how many hold.

    Raises :class:`ProofError` with a paragraph for each that is refuted, or when the solver cannot decide one in time.
    """
    refuted: list[str] = []
    for title, claims in Prover(catalogue).all_claims():
        failed = 0
        for claim in claims:
            found = claim.refute()
            if found is not None:
                failed += 1
                refuted.append(_refutation(catalogue, title, claim, found))
        write(f"{title}: {len(claims) - failed} of {len(claims)} proved\n")
    if refuted:
        raise ProofError("\n\n".join(refuted))


class Prover:
    """Puts claims about the conditions of a catalogue, and about others in their place, to the solver."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.made: Decisions = decisions(catalogue)
        self.predicates = {c.name: c.node for c in conditions(catalogue) if isinstance(c.node, Predicate)}
        named = {code for node in self.predicates.values() for code in _codes(node)}
        self.vocabulary, self.lookups = _few_medicines(catalogue, named)
        self._gates = {key: Not(fact.applies) for key, fact in catalogue.facts.items() if fact.applies is not None}
        self._names: dict[str, frozenset[str]] = {}
        self._solver = self.solver()

    def solver(self) -> Solver:
        """Return a solver to which nothing was put yet: which persons it shows rests on that."""
        return Solver(self.encoder())

    def gates(self, node: Predicate) -> dict[str, Predicate]:
        """Return the facts of a predicate that are not always asked, and when they are not."""
        return {key: self._gates[key] for key in sorted(names(node) & self._gates.keys())}

    def encoder(self, bound: int = BOUND) -> proof.Encoder:
        """Return an encoder in which nothing was mentioned yet; lists have at most ``bound`` entries."""
        day = _DAY_WHEN_UNKNOWN
        return proof.Encoder(self.vocabulary, bound=bound, as_of=day, latest=day, lookups=self.lookups)

    def _never(self, node: Predicate) -> Person | None:
        # The person who refutes a claim is looked for anew: it must not rest on what was asked before.
        return proof.holds_for_some(self.encoder(), node) if self._solver.some(node) else None

    def _sometimes(self, node: Predicate) -> str | None:
        return None if self._solver.some(node) else "there is no such person"

    def _same(self, node: Predicate, key: str, given: Predicate) -> Person | None:
        if not self._solver.matters(node, Ref(key), given):
            return None
        return proof.matters(self.encoder(), node, Ref(key), given)

    def all_claims(self) -> Iterator[tuple[str, list[Claim]]]:
        """Return the claims under the headings that they are counted by."""
        yield "every rule, caution, cause, combination and goal can hold and can fail to hold", list(self._can_fire())
        yield "every red flag forces at least its urgency", list(self._urgency())
        yield "no option is offered while a contraindication of it holds", list(self._offers())
        yield "nothing that decides is never asked", list(self._asked())
        yield "nobody is turned away by what never refuses", list(refusals(self.catalogue, self.made, self.encoder))

    def _can_fire(self) -> Iterator[Claim]:
        for name, node in self.predicates.items():
            yield Claim(f"{name} can hold", partial(self._sometimes, node))
            yield Claim(f"{name} can fail to hold", partial(self._sometimes, Not(node)))

    def _urgency(self) -> Iterator[Claim]:
        for key, rule in self.catalogue.rules.items():
            if rule.urgency:
                levels = (
                    (self.made.emergency,) if rule.urgency == "emergency" else (self.made.emergency, self.made.urgent)
                )
                missed = And((rule.when, Not(Or(levels))))
                yield Claim(f"rule {key} forces {rule.urgency}", partial(self._never, missed))

    def _offers(self) -> Iterator[Claim]:
        for key, treatment in self.catalogue.treatments.items():
            if treatment.offer_when is None:
                continue
            offer = self.made.options[key].offer
            yield Claim(f"{key} can be offered", partial(self._sometimes, offer))
            for caution in treatment.avoid:
                both = And((offer, caution.when))
                yield Claim(f"{key} is not offered with {caution.id}", partial(self._never, both))

    def _asked(self) -> Iterator[Claim]:
        """A question is not asked where it does not apply; there its answer must not matter to anything."""
        for key, given in self._gates.items():
            yield Claim(f"the condition for asking {key} can be settled first", partial(self._circle, key))
            for name, node in self.predicates.items():
                if key in self._named(name):
                    yield Claim(
                        f"{name} does not depend on {key} where it is not asked", partial(self._same, node, key, given)
                    )

    def _named(self, name: str) -> frozenset[str]:
        if name not in self._names:
            self._names[name] = names(self.predicates[name])
        return self._names[name]

    def _circle(self, key: str) -> str | None:
        """Return why a fact can never be asked: whether it applies rests, in the end, on itself."""
        seen: set[str] = set()
        waiting = [key]
        while waiting:
            applies = self.catalogue.facts[waiting.pop()].applies
            for gate in (names(applies) & set(self.catalogue.facts)) if applies else ():
                if gate == key:
                    return "whether it is asked rests on its own answer"
                if gate not in seen:
                    seen.add(gate)
                    waiting.append(gate)
        return None


def _codes(node: Predicate | Quantity) -> Iterator[str]:
    if isinstance(node, Choice):
        yield from node.among
    for child in children(node):
        yield from _codes(child)


def _few_medicines(catalogue: Catalogue, named: Iterable[str]) -> tuple[Vocabulary, dict[str, Any]]:
    """Return a vocabulary with fewer medicines in which exactly the same can be proved, and what follows from each.

    Medicines of the same classes and factor that no condition names are alike to every condition; with at most
    ``BOUND`` records, ``BOUND`` of each kind are enough to keep them distinct where that counts.
    """
    alike: dict[Any, int] = {}
    kept: dict[str, dict[str, bool | float]] = {}
    for medicine in catalogue.medicines.values():
        signature = (tuple(sorted(medicine.classes)), medicine.mme_factor)
        alike[signature] = alike.get(signature, 0) + 1
        if alike[signature] <= BOUND or medicine.id in named:
            follows: dict[str, bool | float] = {name: name in medicine.classes for name in catalogue.classes}
            if medicine.mme_factor is not None:
                follows["mme_factor"] = medicine.mme_factor
            kept[medicine.id] = follows
    records = dict(catalogue.vocabulary.records)
    lookups = {}
    for name, listed in catalogue.records.items():
        if listed.by_medicine:
            field = msgspec.structs.replace(records[name][listed.by_medicine], values=tuple(kept))
            records[name] = {**records[name], listed.by_medicine: field}
            lookups[name] = {listed.by_medicine: kept}
    return msgspec.structs.replace(catalogue.vocabulary, records=records), lookups


def _refutation(catalogue: Catalogue, title: str, claim: Claim, found: Person | str) -> str:
    if isinstance(found, str):
        return f"{title}: refuted: {claim.says}: {found}"
    intake = json.dumps(as_intake(catalogue, found), ensure_ascii=False, indent=1)
    return f"{title}: refuted: {claim.says}\nthis intake shows it (postlude assess reproduces it):\n{intake}"


def as_intake(catalogue: Catalogue, person: Person) -> dict[str, Any]:
    """Return a person of the solver as the content of an intake file."""

    def told(kind: str, value: Any) -> Any:
        if kind == "date":
            return date.fromordinal(int(value[0])).isoformat()
        return int(value[0]) if kind == "integer" else value[0] if kind == "number" else value

    intake: dict[str, Any] = {
        "as_of": date.fromordinal(person.as_of).isoformat(),
        "facts": {name: told(catalogue.facts[name].type, value) for name, value in person.facts.items()},
    }
    for name, entries in person.records.items():
        listed = catalogue.records[name]
        intake[listed.key] = [
            {field: told(listed.fields[field].type, value) for field, value in entry.items() if field in listed.fields}
            for entry in entries
        ]
    intake["complete"] = [catalogue.records[name].key for name in person.complete]
    return intake
