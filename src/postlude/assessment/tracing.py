"""Why two bases of knowledge say different things of one person: the definitions that differ and bear on it."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from postlude.assessment.changes import Change, Kind, unnumbered
from postlude.assessment.intake import Intake
from postlude.assessment.model import Assessment
from postlude.assessment.parts import Differs, Part, Parts
from postlude.assessment.telling import Teller
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.definitions import EntryChange
from postlude.logic.evaluate import truth
from postlude.logic.kleene import Truth
from postlude.logic.nodes import Predicate
from postlude.logic.person import Person
from postlude.logic.reasons import reasons

_FLOORS: tuple[Kind, ...] = ("emergency-lost", "less-urgent", "more-urgent")
"""Kinds that only what is known to hold can make."""
_POLICY: tuple[Kind, ...] = ("less-urgent", "more-urgent", "headline")
"""What a policy on questions may change by itself; see :mod:`postlude.assessment.disposition`."""


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


class _Came(NamedTuple):
    """How one part came out for one person. ``reason`` is ``None`` when it cannot have changed anything."""

    old: Truth
    new: Truth
    reason: Reason | None


class Pair:
    """One person as two bases see them, and what was left out for the old one; remembers how each part came out."""

    def __init__(self, old: Side, new: Side, unheard: tuple[str, ...] = ()) -> None:
        self.old, self.new, self.unheard = old, new, unheard
        self.came: dict[int, _Came] = {}


class Traced(NamedTuple):
    reasons: tuple[Reason, ...]
    parts: tuple[Part, ...]


class Tracer:
    """Traces changes between two bases; made once, used for many people."""

    def __init__(self, old: Catalogue, new: Catalogue, found: Iterable[EntryChange]) -> None:
        self.parts = Parts(old, new, found)
        self._urgent = self.parts.rules_with("urgency")
        self._routes = self.parts.rules_with("route")
        self._headlines = self.parts.rules_with("urgency", "route")
        self._causes = self.parts.owned("cause")
        self.treatments = tuple(dict.fromkeys((*old.treatments, *new.treatments)))

    def trace(self, change: Change, pair: Pair) -> Traced:
        """Return why; nothing when no single definition is found that bears on it."""
        if change.kind == "question":
            return Traced(tuple(self._of_question(change, pair)), ())
        if change.kind == "action":
            # The change itself holds both texts.
            return Traced((Reason(entry=f"rule {change.about}", moved="asks for something else", differs=()),), ())
        if change.kind == "figure":
            differs, lists = self.parts.figure(change.about)
            differs = (*differs, *self._medicines(lists, pair))
            found = [Reason(entry=f"derived fact {change.about}", moved="", differs=differs)] if differs else []
            return Traced(tuple(found), ())
        found, parts = list(self._beside(change, pair)), list[Part]()
        for part in self._bearing(change, pair):
            came = self._came(part, pair)
            known = True in (came.old, came.new) or change.kind not in _FLOORS
            if came.reason is not None and known:
                found.append(came.reason)
                parts.append(part)
        if not found and change.kind in _POLICY:
            found += self._of_policy(pair)
        if not found and pair.unheard:
            told = ", ".join(pair.unheard)
            found.append(Reason(entry=told, moved="could not be told to the old base", differs=()))
        return Traced(tuple(found), tuple(parts))

    def facts(self, traced: Traced, pair: Pair) -> tuple[str, ...]:
        """Return the known facts of the person that carry what came out differently, each once, as a reader says it."""
        found: dict[str, None] = {}
        for part in traced.parts:
            for side, node in _telling(part, pair, pair.came[id(part)]):
                because = Teller(side.catalogue, side.intake).because(reasons(node, side.who))
                found |= dict.fromkeys(reason.says for reason in because)
        return tuple(found)

    def _bearing(self, change: Change, pair: Pair) -> Iterable[Part]:
        of = self.parts.of
        match change.kind:
            case "route":
                return self._routes
            case "headline":
                return self._headlines
            case "safety" | "finding" | "waiting":
                return of.get(("rule", change.about), ())
            case "companion":
                return self._routes
            case "combination" | "goal":
                treatments = dict.fromkeys(t for side in (pair.old, pair.new) for t in _named(change, side.assessment))
                own = of.get((change.kind, change.about), [])
                return [*own, *(part for t in treatments for part in of.get(("treatment", t), ()))]
            case "cause":
                return of.get(("cause", change.about), ())
            case "cause-order":
                return self._causes
            case "option":
                return of.get(("treatment", change.about), ())
            case "contraindication-lost" | "contraindication-gained" | "caution":
                treatment, _, objection = change.about.partition("/")
                return [part for part in of.get(("treatment", treatment), ()) if part.objection == objection]
            case _:
                return self._urgent

    def _came(self, part: Part, pair: Pair) -> _Came:
        if id(part) not in pair.came:
            pair.came[id(part)] = self._look(part, pair)
        return pair.came[id(part)]

    def _look(self, part: Part, pair: Pair) -> _Came:
        old = None if part.old is None else truth(part.old, pair.old.who)
        new = None if part.new is None else truth(part.new, pair.new.who)
        moved = _moved(part, old, new)
        same = part.old is not None and part.new is not None and old is new
        differs = part.differs
        if same:
            # The condition came out as before: what may bear is the urgency, the time or the weight that it gives.
            differs = tuple(d for d in differs if (d.kind, d.id) == (part.owner, part.of) and not d.condition)
        if not moved or (same and not differs):
            return _Came(old, new, None)
        differs = (*differs, *self._medicines(part.lists, pair))
        return _Came(old, new, Reason(entry=part.called, moved=moved, differs=differs))

    def _medicines(self, lists: frozenset[str], pair: Pair) -> Iterator[Differs]:
        """Yield what differs in the medicines that this person is known to have."""
        taken: dict[Any, None] = {}
        for side in (pair.old, pair.new):
            for name in sorted(lists & side.catalogue.records.keys()):
                by = side.catalogue.records[name].by_medicine
                taken |= dict.fromkeys(record.get(by) for record in side.intake.records.get(name, ()))
        for medicine in taken:
            yield from self.parts.keys("medicine", str(medicine))

    def _beside(self, change: Change, pair: Pair) -> Iterator[Reason]:
        """Yield what bears on a change beside conditions: what a clinic stands for, and what treatments are for."""
        if change.kind in ("safety", "waiting"):
            start = f"confirmed.rule {change.about}."
            if own := self.parts.keys("clinic", "clinic", lambda key: key == "production" or key.startswith(start)):
                yield Reason(entry="the clinic", moved="", differs=own)
            if any(side.catalogue.clinic.production for side in (pair.old, pair.new)):
                # A confirmation is of the rule as it was read, its words included.
                whole = self.parts.keys("rule", change.about, lambda key: not key.startswith("case."))
                below = (d for part in self.parts.of.get(("rule", change.about), ()) for d in part.differs)
                if differs := tuple(dict.fromkeys((*whole, *below))):
                    yield Reason(entry=f"rule {change.about}", moved="is not as it was confirmed", differs=differs)
        if change.kind == "goal":
            for treatment in self.treatments:
                if own := self.parts.keys("treatment", treatment, lambda key: key in ("goals", "aimed_at")):
                    yield Reason(entry=f"treatment {treatment}", moved="", differs=own)

    def _of_policy(self, pair: Pair) -> Iterator[Reason]:
        """Yield what differs in the questions that the person was asked: whether "not sure" means a call, for one."""
        for fact in sorted(pair.old.intake.answers):
            if keys := self.parts.keys("fact", fact):
                yield Reason(entry=f"question {fact}", moved="", differs=keys)

    def _of_question(self, change: Change, pair: Pair) -> Iterator[Reason]:
        """Yield what differs in the question itself, or in what it could change: by definition, not by truth."""
        if own := self.parts.keys("fact", change.about, lambda _: True):
            yield Reason(entry=f"question {change.about}", moved="", differs=own)
        asked = [q for side in (pair.old, pair.new) for q in side.assessment.ask if unnumbered(q.fact) == change.about]
        for key in dict.fromkeys(key for question in asked for key in question.could_change):
            for owner in ("rule", "treatment", "cause"):
                for part in self.parts.of.get((owner, key), ()):
                    if part.differs or part.old is None or part.new is None:
                        moved = "is new" if part.old is None else "is gone" if part.new is None else ""
                        yield Reason(entry=part.called, moved=moved, differs=part.differs)


def _named(change: Change, found: Assessment) -> Iterator[str]:
    """Yield the treatments that a combination or goal names."""
    if change.kind == "combination":
        yield from (t for c in found.combinations if c.id == change.about for t in c.treatments)
    else:
        yield from (option.treatment for goal in found.goals if goal.id == change.about for option in goal.options)


def _spoken(value: Truth) -> str:
    return "not decided" if value is None else "true" if value else "false"


def _moved(part: Part, old: Truth, new: Truth) -> str:
    """Say how a condition moved; empty when it was of no account."""
    if part.old is None or part.new is None:
        value = new if part.old is None else old
        if value is False:
            return ""
        tense = "holds" if value else "is not decided yet"
        return f"is new and {tense}" if part.old is None else f"is gone ({tense} in the old base)"
    if old is new:
        return {True: "holds in both", False: "", None: "is decided in neither"}[old]
    return f"was {_spoken(old)}, is now {_spoken(new)}"


def _telling(part: Part, pair: Pair, came: _Came) -> Iterator[tuple[Side, Predicate]]:
    """Yield the side on which the person's facts carry something: the one where the condition is true, else decided."""
    sides = ((came.new, pair.new, part.new), (came.old, pair.old, part.old))
    for wanted in (True, False):
        for value, side, node in sides:
            if node is not None and value is wanted:
                yield side, node
                return
