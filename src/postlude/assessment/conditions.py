"""Every condition that decides something, by a name a reader finds again, and knowledge with one of them changed."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from postlude.catalog.catalogue import Catalogue, Cause, Treatment
from postlude.logic.nodes import DerivedNumber, DerivedTruth, Predicate, Quantity, children, names, rebuilt

Node = Predicate | Quantity


class Condition(NamedTuple):
    """``entry`` is as in ``Catalogue.files`` (``rule cauda-equina``); ``key`` is where in it the condition stands."""

    entry: str
    key: str
    node: Node

    @property
    def name(self) -> str:
        return self.entry if self.key in ("when", "is") else f"{self.entry}, {self.key}"


def conditions(catalogue: Catalogue) -> Iterator[Condition]:
    """Return the conditions of rules, causes, treatments, combinations and goals, in the order of the files."""
    for rule in catalogue.rules.values():
        yield Condition(f"rule {rule.id}", "when", rule.when)
    for cause in catalogue.causes.values():
        yield from _of_cause(cause)
    for treatment in catalogue.treatments.values():
        yield from _of_treatment(treatment)
    for combination in catalogue.combinations.values():
        yield Condition(f"combination {combination.id}", "when", combination.when)
    for goal in catalogue.goals.values():
        yield Condition(f"goal {goal.id}", "matters_when", goal.matters_when)
        if goal.spoken_against_when is not None:
            yield Condition(f"goal {goal.id}", "spoken_against_when", goal.spoken_against_when)


def definitions(catalogue: Catalogue) -> Iterator[Condition]:
    """Return what the derived facts are; most of them are numbers or conditions that others rest on."""
    for derived in catalogue.derived.values():
        yield Condition(f"derived {derived.id}", "is", derived.body)


def _of_cause(cause: Cause) -> Iterator[Condition]:
    entry = f"cause {cause.id}"
    yield Condition(entry, "list_when", cause.list_when)
    for side, points in (("for", cause.speaks_for), ("against", cause.against)):
        for number, point in enumerate(points, start=1):
            yield Condition(entry, f"{side} {number}", point.when)


def _of_treatment(treatment: Treatment) -> Iterator[Condition]:
    entry = f"treatment {treatment.id}"
    yield Condition(entry, "consider_when", treatment.consider_when)
    if treatment.offer_when is not None:
        yield Condition(entry, "offer_when", treatment.offer_when)
    for caution in (*treatment.avoid, *treatment.caution):
        yield Condition(entry, caution.id, caution.when)


def resting_on(catalogue: Catalogue, derived: str) -> list[Condition]:
    """Return the conditions that rest on a derived fact, straight or through another."""
    return [condition for condition in conditions(catalogue) if derived in names(condition.node)]


def with_condition(
    catalogue: Catalogue, changed: Condition, *, mark: str = "changed", resting: Iterable[Condition] | None = None
) -> Catalogue:
    """Return the knowledge with one condition, or the definition of one derived fact, replaced.

    What rests on a changed derived fact changes with it, but for the questions: whether they apply decides nothing.
    Inside of predicates such a fact has ``mark`` behind its name, as values and formulas are remembered by name.
    ``resting`` is what :func:`resting_on` gave, where it is at hand.
    """
    kind, _, key = changed.entry.partition(" ")
    if kind == "derived":
        on_it = resting_on(catalogue, key) if resting is None else resting
        return _with_definition(catalogue, key, _Definition(key, changed.node, mark), on_it)
    if kind == "rule":
        rule = msgspec.structs.replace(catalogue.rules[key], when=changed.node)
        return msgspec.structs.replace(catalogue, rules={**catalogue.rules, key: rule})
    if kind == "cause":
        cause = _cause_with(catalogue.causes[key], changed)
        return msgspec.structs.replace(catalogue, causes={**catalogue.causes, key: cause})
    if kind == "combination":
        combination = msgspec.structs.replace(catalogue.combinations[key], when=changed.node)
        return msgspec.structs.replace(catalogue, combinations={**catalogue.combinations, key: combination})
    if kind == "goal":
        goal = msgspec.structs.replace(catalogue.goals[key], **{changed.key: changed.node})
        return msgspec.structs.replace(catalogue, goals={**catalogue.goals, key: goal})
    treatment = _treatment_with(catalogue.treatments[key], changed)
    return msgspec.structs.replace(catalogue, treatments={**catalogue.treatments, key: treatment})


def _cause_with(cause: Cause, changed: Condition) -> Cause:
    if changed.key == "list_when":
        return msgspec.structs.replace(cause, list_when=changed.node)
    side, _, number = changed.key.partition(" ")
    key = "speaks_for" if side == "for" else "against"
    points = list(getattr(cause, key))
    points[int(number) - 1] = msgspec.structs.replace(points[int(number) - 1], when=changed.node)
    return msgspec.structs.replace(cause, **{key: tuple(points)})


def _treatment_with(treatment: Treatment, changed: Condition) -> Treatment:
    if changed.key in ("consider_when", "offer_when"):
        return msgspec.structs.replace(treatment, **{changed.key: changed.node})
    objections = {
        kind: tuple(
            msgspec.structs.replace(caution, when=changed.node) if caution.id == changed.key else caution
            for caution in getattr(treatment, kind)
        )
        for kind in ("avoid", "caution")
    }
    return msgspec.structs.replace(treatment, **objections)


def _with_definition(
    catalogue: Catalogue, key: str, definition: "_Definition", resting: Iterable[Condition]
) -> Catalogue:
    derived = {
        name: msgspec.structs.replace(entry, body=definition.body if name == key else definition.put(entry.body))
        for name, entry in catalogue.derived.items()
    }
    changed = msgspec.structs.replace(catalogue, derived=derived)
    for condition in resting:
        changed = with_condition(changed, condition._replace(node=definition.put(condition.node)))
    return changed


class _Definition:
    """Another meaning of a derived fact, to be put wherever it stands."""

    def __init__(self, key: str, body: Node, mark: str) -> None:
        self.key = key
        self.body = body
        self._mark = mark
        self._derived: dict[str, Node] = {}

    def put(self, node: Node) -> Node:
        """Return the node with that meaning in it; the node itself where the fact does not stand in it."""
        if isinstance(node, DerivedTruth | DerivedNumber):
            if node.name not in self._derived:
                body = self.body if node.name == self.key else self.put(node.body)
                marked = f"{node.name} ({self._mark})"
                same = body is node.body
                self._derived[node.name] = node if same else msgspec.structs.replace(node, name=marked, body=body)
            return self._derived[node.name]
        before = children(node)
        after = [self.put(child) for child in before]
        return node if all(a is b for a, b in zip(before, after, strict=True)) else rebuilt(node, after)
