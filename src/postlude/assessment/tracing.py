"""Why two bases of knowledge say different things of one person: the definitions that differ and bear on it.

Only what rests on a changed definition can come out differently. So every condition is first followed, once, to all
that it rests on (derived facts, facts, fields, medicines); those that meet no change are never looked at again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from postlude.assessment.changes import Change
from postlude.assessment.intake import Intake
from postlude.assessment.model import Assessment
from postlude.assessment.telling import Teller
from postlude.catalog.catalogue import Catalogue, Cause, Rule, Treatment
from postlude.catalog.definitions import EntryChange, KeyChange
from postlude.logic.evaluate import truth
from postlude.logic.nodes import Predicate, Quantity, names
from postlude.logic.person import Person
from postlude.logic.reasons import reasons

_WORDING = frozenset(
    {
        "says",
        "plain",
        "ask",
        "phone",
        "why",
        "unit",
        "order",
        "complete_ask",
        "sources",
        "marks",
        "name",
        "what",
        "honest",
        "plain_honest",
        "steps",
        "goals",
        "aimed_at",
        "expect_after",
        "watch_for",
        "settled_by",
        "prevalence",
        "shows",
        "intervention",
        "codes",
        "case",
        "action",
        "frequency",
    }
)
"""Keys that no condition reads. Any other key, also one that is new, is taken to matter."""

_FLOORS = ("emergency-lost", "less-urgent", "more-urgent")
"""Kinds that only what is known to hold can make."""
_POLICY = ("less-urgent", "more-urgent", "headline")
"""What a policy on questions may change by itself; see :mod:`postlude.assessment.disposition`."""


class Differs(msgspec.Struct, frozen=True, kw_only=True):
    """A key of an entry whose text differs between the bases."""

    kind: str
    id: str
    key: str
    old: str
    new: str
    condition: bool


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the knowledge that came out differently, how, and which definitions differ that it rests on."""

    entry: str
    moved: str
    differs: tuple[Differs, ...]


class Side(NamedTuple):
    """One base, and what it makes of one person."""

    catalogue: Catalogue
    intake: Intake
    who: Person
    assessment: Assessment


class _Part(NamedTuple):
    """A condition of an entry that rests on something that changed; ``None`` where a base has no such condition."""

    entry: str
    owner: str
    of: str
    old: Predicate | None
    new: Predicate | None
    differs: tuple[Differs, ...]
    lists: frozenset[str]
    """Lists of medicines that are read: which medicines matter rests on the person."""


class Traced(NamedTuple):
    reasons: tuple[Reason, ...]
    parts: tuple[_Part, ...]


class Tracer:
    """Traces changes between two bases; made once, used for many people."""

    def __init__(self, old: Catalogue, new: Catalogue, found: Iterable[EntryChange]) -> None:
        self.old, self.new = old, new
        self.changed = {(change.kind, change.id): change for change in found}
        self._asked: dict[tuple[str, frozenset[str]], tuple[Reason, ...]] = {}

    def trace(self, change: Change, old: Side, new: Side) -> Traced:
        """Return why; nothing when no single definition is found that bears on it."""
        if change.kind == "question":
            return Traced(self._of_question(change, old, new), ())
        if change.kind == "action":
            # The change itself holds both texts.
            return Traced((Reason(entry=f"rule {change.about}", moved="asks for something else", differs=()),), ())
        if change.kind == "figure":
            return Traced(self._of_figure(change.about, old, new), ())
        found, parts = list[Reason](), list[_Part]()
        for part in self._bearing(change):
            values = (
                None if part.old is None else _spoken(truth(part.old, old.who)),
                None if part.new is None else _spoken(truth(part.new, new.who)),
            )
            differs = part.differs
            if values[0] == values[1]:
                # The condition came out as before: what may bear is the urgency, the time or the weight that it gives.
                differs = tuple(d for d in differs if (d.kind, d.id) == (part.owner, part.of) and not d.condition)
            moved = _moved(*values)
            known = "true" in values or change.kind not in _FLOORS
            if moved and known and (differs or values[0] != values[1]):
                differs = (*differs, *self._medicines(part.lists, old, new))
                found.append(Reason(entry=part.entry, moved=moved, differs=differs))
                parts.append(part)
        if not found and change.kind in _POLICY:
            found += self._of_policy(old)
        return Traced(tuple(found), tuple(parts))

    def facts(self, traced: Traced, old: Side, new: Side) -> tuple[str, ...]:
        """Return the known facts of the person that carry what came out differently, each once, as a reader says it."""
        found: dict[str, None] = {}
        for part in traced.parts:
            for side, node in _telling(part, old, new):
                refs = reasons(node, side.who)
                found |= dict.fromkeys(b.says for b in Teller(side.catalogue, side.intake).because(refs))
        return tuple(found)

    # --- which parts bear on a change ---------------------------------------------------------------

    def _bearing(self, change: Change) -> Iterator[_Part]:
        treatment, _, objection = change.about.partition("/")
        for part in self._parts:
            match change.kind:
                case "route":
                    wanted = part.owner == "rule" and self._has(part.of, "route")
                case "headline":
                    wanted = part.owner == "rule" and (self._has(part.of, "route") or self._has(part.of, "urgency"))
                case "safety" | "finding":
                    wanted = part.owner == "rule" and part.of == change.about
                case "cause":
                    wanted = part.owner == "cause" and part.of == change.about
                case "cause-order":
                    wanted = part.owner == "cause"
                case "option":
                    wanted = part.owner == "treatment" and part.of == change.about
                case "contraindication-lost" | "contraindication-gained" | "caution":
                    wanted = part.owner == "treatment" and part.of == treatment and part.entry.split()[1] == objection
                case _:
                    wanted = part.owner == "rule" and self._has(part.of, "urgency")
            if wanted:
                yield part

    def _has(self, rule: str, key: str) -> bool:
        return any(rule in base.rules and getattr(base.rules[rule], key) for base in (self.old, self.new))

    @cached_property
    def _parts(self) -> tuple[_Part, ...]:
        """Every condition that rests on a change, or stands in one base only."""
        made = (*self._of_rules(), *self._of_treatments(), *self._of_causes())
        return tuple(p for p in made if p.differs or p.lists or (p.old is None) is not (p.new is None))

    def _of_rules(self) -> Iterator[_Part]:
        for key, was, now in _both(self.old.rules, self.new.rules):
            rule: Rule = now or was
            label = f"{rule.kind.replace('-', ' ')} {key}"
            yield self._part(label, "rule", key, was and was.when, now and now.when, _matters)

    def _of_treatments(self) -> Iterator[_Part]:
        for key, was, now in _both(self.old.treatments, self.new.treatments):
            for name, says in (("consider_when", "worth weighing"), ("offer_when", "offered")):
                old_node, new_node = (None if t is None else getattr(t, name) for t in (was, now))
                yield self._part(f"{says}: {key}", "treatment", key, old_node, new_node, _only(name))
            for kind, says in (("avoid", "contraindication"), ("caution", "caution")):
                old, new = (_objections(treatment, kind) for treatment in (was, now))
                for objection, before, after in _both(old, new):
                    label = f"{says} {objection} of {key}"
                    yield self._part(label, "treatment", key, before, after, _only(f"{kind}.{objection}."))

    def _of_causes(self) -> Iterator[_Part]:
        for key, was, now in _both(self.old.causes, self.new.causes):
            old_node, new_node = (None if c is None else c.list_when for c in (was, now))
            yield self._part(f"cause {key}", "cause", key, old_node, new_node, _only("list_when"))
            for kind, sign in (("speaks_for", "for"), ("against", "against")):
                old, new = (_points(cause, kind) for cause in (was, now))
                for says, before, after in _both(old, new):
                    label = f"{sign} {key}: {says}"
                    yield self._part(label, "cause", key, before, after, _only(f"{sign}.{says}."))

    def _part(
        self,
        label: str,
        owner: str,
        key: str,
        old: Predicate | None,
        new: Predicate | None,
        wanted: Callable[[str], bool],
    ) -> _Part:
        if old is None or new is None:
            return _Part(label, owner, key, old, new, self._keys(owner, key, wanted), frozenset())
        differs, lists = self._rests(names(old) | names(new))
        return _Part(label, owner, key, old, new, (*self._keys(owner, key, wanted), *differs), lists)

    # --- what a condition rests on ------------------------------------------------------------------

    def _keys(self, kind: str, key: str, wanted: Callable[[str], bool]) -> tuple[Differs, ...]:
        change = self.changed.get((kind, key))
        return tuple(_differs(change, k) for k in change.keys if wanted(k.key)) if change else ()

    def _rests(self, on: frozenset[str]) -> tuple[tuple[Differs, ...], frozenset[str]]:
        """Return the changed definitions behind these names, and the lists of medicines that are read."""
        found: list[Differs] = []
        for name in sorted(on):
            record, _, field = name.partition(".")
            found += self._keys("derived", name, _matters)
            found += self._keys("fact", name, lambda key: _matters(key) and key != "applies")
            if field:
                found += self._keys("record", record, _only(f"field.{field}."))
        lists = {name.partition(".")[0] for name in on} & {
            r.id for base in (self.old, self.new) for r in base.records.values() if r.by_medicine
        }
        return tuple(found), frozenset(lists) if self._medicines_differ else frozenset()

    @cached_property
    def _medicines_differ(self) -> bool:
        return any(kind == "medicine" for kind, _ in self.changed)

    def _medicines(self, lists: frozenset[str], old: Side, new: Side) -> Iterator[Differs]:
        """Yield what differs in the medicines that this person is known to have."""
        taken: dict[Any, None] = {}
        for side in (old, new):
            for name in sorted(lists & side.catalogue.records.keys()):
                by = side.catalogue.records[name].by_medicine
                taken |= dict.fromkeys(record.get(by) for record in side.intake.records.get(name, ()))
        for medicine in taken:
            yield from self._keys("medicine", str(medicine), _matters)

    # --- the rest -----------------------------------------------------------------------------------

    def _of_figure(self, fact: str, old: Side, new: Side) -> tuple[Reason, ...]:
        bodies: list[Predicate | Quantity] = [b.derived[fact].body for b in (self.old, self.new) if fact in b.derived]
        differs, lists = self._rests(frozenset({fact}).union(*map(names, bodies)))
        differs = (*differs, *self._medicines(lists, old, new))
        return (Reason(entry=f"derived fact {fact}", moved="", differs=differs),) if differs else ()

    def _of_policy(self, old: Side) -> Iterator[Reason]:
        """Yield what differs in the questions that the person was asked: whether "not sure" means a call, for one."""
        for fact in sorted(old.intake.answers):
            if keys := self._keys("fact", fact, _matters):
                yield Reason(entry=f"question {fact}", moved="", differs=keys)

    def _of_question(self, change: Change, old: Side, new: Side) -> tuple[Reason, ...]:
        """Return what differs in the question itself, or in what it could change: by definition, not by truth."""
        asked = (q for side in (old, new) for q in side.assessment.ask if _same(q.fact, change.about))
        could = frozenset(key for question in asked for key in question.could_change)
        if (change.about, could) not in self._asked:
            own = self._keys("fact", change.about, lambda key: True)
            found = [Reason(entry=f"question {change.about}", moved="", differs=own)] if own else []
            for part in self._parts:
                if part.of in could and (part.differs or part.old is None or part.new is None):
                    moved = "is new" if part.old is None else "is gone" if part.new is None else ""
                    found.append(Reason(entry=part.entry, moved=moved, differs=part.differs))
            self._asked[change.about, could] = tuple(found)
        return self._asked[change.about, could]


def _only(start: str) -> Callable[[str], bool]:
    return lambda key: (key == start or (start.endswith(".") and key.startswith(start))) and _matters(key)


def _matters(key: str) -> bool:
    return key.partition(".")[0] not in _WORDING and key.rpartition(".")[2] not in _WORDING


def _differs(change: EntryChange, key: KeyChange) -> Differs:
    return Differs(kind=change.kind, id=change.id, key=key.key, old=key.old, new=key.new, condition=key.condition)


def _both(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield from ((key, old.get(key), new.get(key)) for key in dict.fromkeys((*old, *new)))


def _objections(treatment: Treatment | None, kind: str) -> dict[str, Predicate]:
    return {} if treatment is None else {o.id: o.when for o in getattr(treatment, kind)}


def _points(cause: Cause | None, kind: str) -> dict[str, Predicate]:
    return {} if cause is None else {p.says: p.when for p in getattr(cause, kind)}


def _same(path: str, about: str) -> bool:
    """Return whether a question's path is the one that a change names without the numbers of entries."""
    head, mark, tail = path.partition("[")
    return (f"{head}[]{tail.partition(']')[2]}" if mark else path) == about


def _spoken(value: bool | None) -> str:
    return "not decided" if value is None else "true" if value else "false"


def _moved(before: str | None, after: str | None) -> str:
    """Say how a condition moved; empty when it was of no account. ``None``: there is none in that base."""
    if before is None or after is None:
        told = after or before
        if told == "false":
            return ""
        tense = "holds" if told == "true" else "is not decided yet"
        return f"is new and {tense}" if before is None else f"is gone ({tense} in the old base)"
    if before == after:
        return {"true": "holds in both", "not decided": "is decided in neither"}.get(before, "")
    return f"was {before}, is now {after}"


def _telling(part: _Part, old: Side, new: Side) -> Iterator[tuple[Side, Predicate]]:
    """Yield the side on which the person's facts carry something: the one where the condition is true, else decided."""
    sides = [(side, node) for side, node in ((new, part.new), (old, part.old)) if node is not None]
    values = [(truth(node, side.who), side, node) for side, node in sides]
    for wanted in (True, False):
        for value, side, node in values:
            if value is wanted:
                yield side, node
                return
