"""The conditions of two bases side by side, each with the changed definitions that it rests on.

Only what rests on a changed definition can come out differently. So every condition is followed once to all that it
rests on (derived facts, facts, fields, medicines); those that meet no change are never looked at again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from postlude.catalog.catalogue import Catalogue, Cause, Rule, Treatment
from postlude.catalog.definitions import EntryChange
from postlude.logic.nodes import Predicate, Quantity, names

_WORDING = frozenset(
    {
        *("says", "plain", "ask", "phone", "why", "unit", "order", "complete_ask", "sources", "marks", "name", "what"),
        *("honest", "plain_honest", "steps", "goals", "aimed_at", "expect_after", "watch_for", "settled_by"),
        *("prevalence", "shows", "intervention", "codes", "case", "action", "frequency"),
    }
)
"""Keys that no condition reads. Any other key, also one that is new, is taken to matter."""


class Differs(msgspec.Struct, frozen=True, kw_only=True):
    """A key of an entry whose text differs between the bases."""

    kind: str
    id: str
    key: str
    old: str
    new: str
    condition: bool


class Part(NamedTuple):
    """A condition that rests on something that changed; ``None`` where a base has no such condition.

    ``owner`` and ``of`` are the kind and id of the entry it stands in, ``objection`` its own id if it has one.
    ``lists`` are the lists of medicines that it reads: which medicines matter rests on the person.
    """

    called: str
    owner: str
    of: str
    objection: str
    old: Predicate | None
    new: Predicate | None
    differs: tuple[Differs, ...]
    lists: frozenset[str]


class Parts:
    """All parts of two bases, by the entry they stand in: ``of["rule", ID]``."""

    def __init__(self, old: Catalogue, new: Catalogue, found: Iterable[EntryChange]) -> None:
        self.old, self.new = old, new
        self._changed = {(change.kind, change.id): change for change in found}
        self._lists = {r.id for base in (old, new) for r in base.records.values() if r.by_medicine}
        self._medicines_differ = any(kind == "medicine" for kind, _ in self._changed)
        self.of: dict[tuple[str, str], list[Part]] = {}
        for part in (
            *self._of_rules(),
            *self._of_treatments(),
            *self._of_causes(),
            *self._of_combinations(),
            *self._of_goals(),
        ):
            if part.differs or part.lists or (part.old is None) is not (part.new is None):
                self.of.setdefault((part.owner, part.of), []).append(part)

    def rules_with(self, *keys: str) -> tuple[Part, ...]:
        """Return the parts of rules that have one of these keys in either base."""
        return tuple(
            part
            for (owner, rule), parts in self.of.items()
            if owner == "rule" and any(self._has(rule, key) for key in keys)
            for part in parts
        )

    def owned(self, owner: str) -> tuple[Part, ...]:
        return tuple(part for (kind, _), parts in self.of.items() if kind == owner for part in parts)

    def _has(self, rule: str, key: str) -> bool:
        return any(rule in base.rules and getattr(base.rules[rule], key) for base in (self.old, self.new))

    # --- what changed -------------------------------------------------------------------------------

    def keys(self, kind: str, key: str, wanted: Callable[[str], bool] | None = None) -> tuple[Differs, ...]:
        """Return the changed keys of an entry: those ``wanted``, or those that a condition may read."""
        change = self._changed.get((kind, key))
        if change is None:
            return ()
        return tuple(
            Differs(kind=kind, id=key, key=k.key, old=k.old, new=k.new, condition=k.condition)
            for k in change.keys
            if (wanted or _matters)(k.key)
        )

    def rests(self, on: frozenset[str]) -> tuple[tuple[Differs, ...], frozenset[str]]:
        """Return the changed definitions behind these names, and the lists of medicines that are read."""
        found: list[Differs] = []
        for name in sorted(on):
            record, _, field = name.partition(".")
            # Where one base has no such thing, the condition that names it differs too, and says enough of it.
            if name in self.old.derived and name in self.new.derived:
                found += self.keys("derived", name)
            elif name in self.old.facts and name in self.new.facts:
                # Whether a question makes sense changes no answer.
                found += self.keys("fact", name, lambda key: _matters(key) and key != "applies")
            elif field:
                found += self.keys("record", record, _only(f"field.{field}."))
        lists = {name.partition(".")[0] for name in on} & self._lists
        return tuple(found), frozenset(lists) if self._medicines_differ else frozenset()

    def figure(self, fact: str) -> tuple[tuple[Differs, ...], frozenset[str]]:
        """Return the same of a derived fact."""
        bodies: list[Predicate | Quantity] = [b.derived[fact].body for b in (self.old, self.new) if fact in b.derived]
        return self.rests(frozenset({fact}).union(*map(names, bodies)))

    # --- the parts ----------------------------------------------------------------------------------

    def _of_rules(self) -> Iterator[Part]:
        for key, was, now in _both(self.old.rules, self.new.rules):
            rule: Rule = now or was
            called = f"{rule.kind.replace('-', ' ')} {key}"
            yield self._part(called, ("rule", key, ""), was and was.when, now and now.when, _matters)

    def _of_treatments(self) -> Iterator[Part]:
        for key, was, now in _both(self.old.treatments, self.new.treatments):
            for name, says in (("consider_when", "worth weighing"), ("offer_when", "offered")):
                old_node, new_node = (None if t is None else getattr(t, name) for t in (was, now))
                yield self._part(f"{says}: {key}", ("treatment", key, ""), old_node, new_node, _only(name))
            for kind, says in (("avoid", "contraindication"), ("caution", "caution")):
                old, new = (_objections(treatment, kind) for treatment in (was, now))
                for objection, before, after in _both(old, new):
                    called, place = f"{says} {objection} of {key}", ("treatment", key, objection)
                    yield self._part(called, place, before, after, _only(f"{kind}.{objection}."))

    def _of_causes(self) -> Iterator[Part]:
        for key, was, now in _both(self.old.causes, self.new.causes):
            old_node, new_node = (None if c is None else c.list_when for c in (was, now))
            yield self._part(f"cause {key}", ("cause", key, ""), old_node, new_node, _only("list_when"))
            for kind, sign in (("speaks_for", "for"), ("against", "against")):
                old, new = (_points(cause, kind) for cause in (was, now))
                for says, before, after in _both(old, new):
                    called = f"{sign} {key}: {says}"
                    yield self._part(called, ("cause", key, ""), before, after, _only(f"{sign}.{says}."))

    def _of_combinations(self) -> Iterator[Part]:
        for key, was, now in _both(self.old.combinations, self.new.combinations):
            place = ("combination", key, "")
            yield self._part(f"combination {key}", place, was and was.when, now and now.when, _matters)

    def _of_goals(self) -> Iterator[Part]:
        for key, was, now in _both(self.old.goals, self.new.goals):
            for name, says in (("matters_when", "goal"), ("spoken_against_when", "against the goal")):
                old_node, new_node = (None if g is None else getattr(g, name) for g in (was, now))
                yield self._part(f"{says} {key}", ("goal", key, ""), old_node, new_node, _only(name))

    def _part(
        self,
        called: str,
        place: tuple[str, str, str],
        old: Predicate | None,
        new: Predicate | None,
        wanted: Callable[[str], bool],
    ) -> Part:
        own = self.keys(*place[:2], wanted)
        if old is None or new is None:
            return Part(called, *place, old, new, own, frozenset())
        differs, lists = self.rests(names(old) | names(new))
        return Part(called, *place, old, new, (*own, *differs), lists)


def _only(start: str) -> Callable[[str], bool]:
    return lambda key: (key == start or (start.endswith(".") and key.startswith(start))) and _matters(key)


def _matters(key: str) -> bool:
    return key.partition(".")[0] not in _WORDING and key.rpartition(".")[2] not in _WORDING


def _both(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield from ((key, old.get(key), new.get(key)) for key in dict.fromkeys((*old, *new)))


def _objections(treatment: Treatment | None, kind: str) -> dict[str, Predicate]:
    return {} if treatment is None else {o.id: o.when for o in getattr(treatment, kind)}


def _points(cause: Cause | None, kind: str) -> dict[str, Predicate]:
    return {} if cause is None else {p.says: p.when for p in getattr(cause, kind)}
