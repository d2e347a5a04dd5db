"""One person seen through the predicates of a catalogue: each is looked at once, however often it is asked about.

``truth``, ``questions`` and the effect of an answer each walk a predicate from its root; an assessment needs all three
of some thousand nodes, many of them parts of each other. Here one walk gives truth and questions together, a second
one what every single answer would decide. Only the connectives are walked here; what
stands below them is left to the interpreters of ``logic``, and tests hold the two equal.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from postlude.catalog.catalogue import Catalogue
from postlude.logic.evaluate import truth
from postlude.logic.kleene import Truth, at_least, negation
from postlude.logic.nodes import (
    FIRST_DAY,
    And,
    AsOf,
    AtLeast,
    Boolean,
    Choice,
    Compare,
    CountTrue,
    DerivedNumber,
    DerivedTruth,
    Literal,
    Not,
    Or,
    Predicate,
    Quantity,
    children,
    names,
)
from postlude.logic.person import Person, nobody
from postlude.logic.questions import questions
from postlude.logic.refs import Ref

T = TypeVar("T")
Answer = bool | str
Effects = Mapping[tuple[str, Answer], bool]
"""What one answer alone makes of a predicate: by fact and answer, only where it decides."""

_NONE: tuple[Ref, ...] = ()
_NO_EFFECTS: Effects = {}


Seen = tuple[Truth, tuple[Ref, ...]]
"""A predicate's truth, and the unknown facts that may decide it (none once it is decided)."""

_DECIDED: dict[bool, Seen] = {True: (True, _NONE), False: (False, _NONE)}
_CONNECTIVES = frozenset({And, Or, Not, AtLeast})


class View:
    """What one person makes of the predicates of a catalogue.

    Nodes are told apart by their identity, so they must outlive the view; those of a catalogue do.
    """

    def __init__(self, catalogue: Catalogue, person: Person, untouched: "Untouched | None" = None) -> None:
        self.person = person
        self._untouched = untouched
        self._known = {*person.facts, *(key for key, listed in person.records.items() if listed), *person.complete}
        self._facts = catalogue.facts
        self._seen: dict[Hashable, Seen] = {}
        self._effects: dict[Hashable, Effects] = {}

    def truth(self, node: Predicate) -> Truth:
        return self.see(node)[0]

    def questions(self, node: Predicate) -> tuple[Ref, ...]:
        return self.see(node)[1]

    def once(self, key: Hashable, reads: Callable[[], Iterable[Predicate]], make: Callable[["View"], T]) -> T:
        """Return what ``make`` makes of this view, worked out once for all who touch none of the predicates.

        What is made may rest on nothing of a person but those predicates; ``key`` tells it apart from all others.
        """
        shared = self._untouched
        return make(self) if shared is None else shared.once(key, reads, make, self)

    def touches(self, read: frozenset[str]) -> bool:
        """Return whether something is known of these facts and lists."""
        return not read.isdisjoint(self._known)

    def see(self, node: Predicate) -> Seen:
        """Return the truth of a predicate and its questions, as ``evaluate.truth`` and ``questions`` say."""
        # This runs some thousand times for each person, mostly for yes/no facts: they come first, without a detour.
        if isinstance(node, Boolean):
            found = self._seen.get(node.name)
            if found is None:
                known = self.person.facts.get(node.name)
                found = (None, (Ref(node.name),)) if known is None else _DECIDED[known is True]
                self._seen[node.name] = found
            return found
        key = _key(node)
        found = self._seen.get(key)
        if found is None:
            shared = self._untouched
            if shared is not None and shared.holds(key, node, self._known):
                found = shared.view.see(node)
            else:
                found = self._look(node)
            self._seen[key] = found
        return found

    def _look(self, node: Predicate) -> Seen:
        kind = type(node)
        if kind is Or or kind is And:
            return self._chain(node.args, stop=kind is Or)  # type: ignore[union-attr]
        match node:
            case DerivedTruth(_, body):
                return self.see(body)
            case Not(arg):
                value, asks = self.see(arg)
                return negation(value), asks
            case AtLeast(k, args):
                return self._count(k, args)
            case Compare() if counted := _counted(node):
                value, asks = self._count(counted.k, counted.args)
                return (value, asks) if counted.reached else (negation(value), asks)
            case _:
                value = truth(node, self.person)
                return value, questions(node, self.person) if value is None else _NONE

    def _count(self, k: int, args: Iterable[Predicate]) -> Seen:
        parts = [self.see(arg) for arg in args]
        value = at_least(k, [part for part, _ in parts])
        return value, _NONE if value is not None else _merged([asks for _, asks in parts])

    def _chain(self, args: Iterable[Predicate], *, stop: bool) -> Seen:
        """Look at parts joined with OR (``stop`` is true: one such part decides it) or with AND (false)."""
        open_parts: list[tuple[Ref, ...]] = []
        for arg in args:
            value, asks = self.see(arg)
            if value is stop:
                return stop, _NONE
            if value is None:
                open_parts.append(asks)
        return (None, _merged(open_parts)) if open_parts else (not stop, _NONE)

    def effects(self, node: Predicate) -> Effects:
        """Return what each single answer to a yes/no or choice fact would make of an undecided predicate.

        A decided one is never changed by an answer (the language is monotone), so it has none.
        """
        return self._of_open(node) if self.see(node)[0] is None else _NO_EFFECTS

    def _of_open(self, node: Predicate) -> Effects:
        key = _key(node)
        found = self._effects.get(key)
        if found is None:
            shared = self._untouched
            if shared is not None and (isinstance(node, Boolean) or shared.holds(key, node, self._known)):
                found = shared.view.effects(node)
            else:
                found = self._try(node)
            self._effects[key] = found
        return found

    def _try(self, node: Predicate) -> Effects:
        match node:
            case Boolean(name, _):
                return {(name, True): True, (name, False): False}
            case Choice(name, among, _):
                return {(name, code): code in among for code in self._facts[name].answers()}
            case DerivedTruth(_, body):
                return self.effects(body)
            case Not(arg):
                return {answer: not becomes for answer, becomes in self.effects(arg).items()}
            case And(args):
                parts = self._open(args)
                return self._decided(parts, needed=len(parts), of_false=1)
            case Or(args):
                parts = self._open(args)
                return self._decided(parts, needed=1, of_false=len(parts))
            case AtLeast(k, args):
                return self._counts(k, args)
            case Compare() if counted := _counted(node):
                effects = self._counts(counted.k, counted.args)
                return {answer: becomes is counted.reached for answer, becomes in effects.items()}
            case _:
                return self._tried(node)

    def _counts(self, k: int, args: Iterable[Predicate]) -> Effects:
        parts = self._open(args)
        needed = k - sum(self.truth(arg) is True for arg in args)
        return self._decided(parts, needed=needed, of_false=len(parts) - needed + 1)

    def _open(self, args: Iterable[Predicate]) -> list[Predicate]:
        return [arg for arg in args if self.see(arg)[0] is None]

    def _decided(self, parts: list[Predicate], *, needed: int, of_false: int) -> Effects:
        """Return the answers that make ``needed`` of the undecided parts true, or ``of_false`` of them false."""
        found: dict[tuple[str, Answer], bool] = {}
        times: dict[tuple[tuple[str, Answer], bool], int] = {}
        for part in parts:
            for answer, becomes in self._of_open(part).items():
                least = needed if becomes else of_false
                if least == 1:
                    found[answer] = becomes
                    continue
                count = times[answer, becomes] = times.get((answer, becomes), 0) + 1
                if count == least:
                    found[answer] = becomes
        return found

    def _tried(self, node: Predicate) -> Effects:
        """Try each answer, where a predicate reads its facts through numbers or records."""
        found: dict[tuple[str, Answer], bool] = {}
        for ref in self.questions(node):
            if not ref.records:
                for answer in self._facts[ref.name].answers():
                    becomes = truth(node, self.person.knowing(ref.name, answer))
                    if becomes is not None:
                        found[ref.name, answer] = becomes
        return found


class _Counted(NamedTuple):
    """``at_least(k, args)``, or where it is not ``reached``, its denial."""

    k: int
    args: tuple[Predicate, ...]
    reached: bool


def _counted(node: Compare) -> _Counted | None:
    """Return what ``count_true(…) >= 2`` says as ``at_least(2, …)``, whose parts are looked at once."""
    left, right = node.left, node.right
    while isinstance(left, DerivedNumber):
        left = left.body
    if not (isinstance(left, CountTrue) and isinstance(right, Literal) and right.value.is_integer()):
        return None
    if node.op in ("=", "<>"):
        return None
    return _Counted(int(right.value) + (node.op in (">", "<=")), left.args, node.op in (">", ">="))


class Untouched:
    """What predicates are while nothing is known of what they read: worked out once, the same for everybody.

    Most facts of most people are not known, so that an assessment only walks what its facts touch.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.view = View(catalogue, nobody(FIRST_DAY))
        self._reads: dict[Hashable, frozenset[str] | None] = {}
        self._together: dict[Hashable, frozenset[str] | None] = {}
        self._made: dict[Hashable, Any] = {}

    def once(
        self,
        key: Hashable,
        reads: Callable[[], Iterable[Predicate]],
        make: Callable[[View], T],
        view: View,
    ) -> T:
        """Return what ``make`` makes of a view, remembered where the view touches none of the predicates."""
        if key not in self._together:
            self._together[key] = self._read_by(reads())
        together = self._together[key]
        if together is None or view.touches(together):
            return make(view)
        if key not in self._made:
            self._made[key] = make(self.view)
        made: T = self._made[key]
        return made

    def holds(self, key: Hashable, node: Predicate, known: set[str]) -> bool:
        """Return whether none of what a predicate reads is ``known``. ``key`` tells the node apart."""
        if key not in self._reads:
            self._reads[key] = self._read(node)
        reads = self._reads[key]
        return reads is not None and reads.isdisjoint(known)

    def _read(self, node: Predicate) -> frozenset[str] | None:
        """Return the facts and lists read; ``None`` when the day is read too, on which people differ."""
        if type(node) is Boolean:
            return frozenset((node.name,))
        if type(node) not in _CONNECTIVES and type(node) is not DerivedTruth:
            return None if _reads_the_day(node) else names(node)
        return self._read_by(children(node))  # type: ignore[arg-type]  # below a connective stand predicates only

    def _read_by(self, nodes: Iterable[Predicate]) -> frozenset[str] | None:
        found: set[str] = set()
        for node in nodes:
            key = _key(node)
            if key not in self._reads:
                self._reads[key] = self._read(node)
            reads = self._reads[key]
            if reads is None:
                return None
            found |= reads
        return frozenset(found)


def _reads_the_day(node: Predicate | Quantity) -> bool:
    return isinstance(node, AsOf) or any(map(_reads_the_day, children(node)))


def _key(node: Predicate) -> Hashable:
    """Return what tells a node apart: its name, its place in the catalogue, or (a leaf, soon hashed) itself."""
    kind = type(node)
    if kind is Boolean or kind is DerivedTruth:
        return node.name  # type: ignore[union-attr]
    return id(node) if kind in _CONNECTIVES else node


def _merged(parts: list[tuple[Ref, ...]]) -> tuple[Ref, ...]:
    """Return everything in the parts, each once, in their order."""
    return parts[0] if len(parts) == 1 else tuple(dict.fromkeys(chain.from_iterable(parts)))
