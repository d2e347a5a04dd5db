"""What is still missing, the question that matters most first, and what each answer could change."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from postlude.assessment.decisions import Decisions
from postlude.assessment.model import Effect, Question
from postlude.assessment.telling import Asked, Teller
from postlude.catalog.catalogue import Catalogue
from postlude.logic.evaluate import truth
from postlude.logic.nodes import Predicate
from postlude.logic.person import Person
from postlude.logic.questions import missing, questions
from postlude.logic.refs import Ref

# How much a decision weighs when questions are put in order, and how much harder it is to have an examination or a test
# than to answer: our own choice [design]. Only the order follows from them, never what is asked or concluded.
_WEIGHTS = {"emergency": 1000.0, "urgent": 300.0, "route": 100.0, "safety": 10.0, "finding": 5.0}
_OPTION, _CAUSE = 2.0, 1.0
_EFFORT = {"patient": 1.0, "clinician": 3.0, "test": 5.0}


class Open(NamedTuple):
    """Something not yet decided: its id, its weight, and the unknown references it rests on."""

    id: str
    weight: float
    refs: tuple[Ref, ...]


def undecided(catalogue: Catalogue, decisions: Decisions, person: Person) -> Iterator[Open]:
    """Return everything that an answer could still change."""
    for key, rule in catalogue.rules.items():
        shown = [catalogue.derived[name].body for name in rule.shows]
        refs = questions(decisions.rules[key], person)
        if truth(decisions.rules[key], person) is True:
            refs += tuple(ref for body in shown if not isinstance(body, Predicate) for ref in missing(body, person))
        if refs:
            yield Open(key, _WEIGHTS[rule.urgency or rule.kind], refs)
    for key, choice in decisions.options.items():
        if truth(choice.consider, person) is False:
            continue
        parts = [choice.consider]
        if truth(choice.avoid, person) is not True:
            parts += [choice.avoid, choice.caution, choice.offer, *(c.when for c in choice.treatment.caution)]
        refs = tuple(ref for part in parts for ref in questions(part, person))
        if refs:
            yield Open(key, _OPTION, tuple(dict.fromkeys(refs)))
    for key, cause in catalogue.causes.items():
        if truth(cause.list_when, person) is False:
            continue
        parts = [cause.list_when, *(p.when for p in (*cause.speaks_for, *cause.against))]
        refs = tuple(ref for part in parts for ref in questions(part, person))
        if refs:
            yield Open(key, _CAUSE, tuple(dict.fromkeys(refs)))


class _Entry:
    """A question being put together."""

    def __init__(self, ref: Ref, asked: Asked) -> None:
        self.ref = ref
        self.asked = asked
        self.gain = 0.0
        self.changes: dict[str, None] = {}


def ask(
    catalogue: Catalogue, decisions: Decisions, person: Person, teller: Teller, open_items: Iterable[Open]
) -> tuple[Question, ...]:
    """Return every unknown fact that may still change something, in the order in which to ask.

    A question that does not make sense for this person is left out (that it cannot matter is proved of the knowledge).
    """
    found: dict[str, _Entry] = {}
    for item in open_items:
        for ref in item.refs:
            asked = teller.asked(ref)
            if asked is None or _pointless(catalogue, ref, person):
                continue
            entry = found.setdefault(asked.path, _Entry(ref, asked))
            entry.gain += item.weight / len(item.refs)
            entry.changes[item.id] = None
    ordered = sorted(found.values(), key=lambda e: (not e.asked.warning_sign, -_worth(e), e.asked.order, e.asked.path))
    return tuple(
        Question(
            fact=e.asked.path,
            question=e.asked.question,
            why=e.asked.why,
            answered_by=e.asked.answered_by,
            warning_sign=e.asked.warning_sign,
            state=e.asked.state,
            after=_gates(catalogue, e.ref, person),
            could_change=tuple(e.changes),
            answers=tuple(_effects(catalogue, decisions, person, e)),
        )
        for e in _gates_first(catalogue, person, ordered)
    )


def _worth(entry: _Entry) -> float:
    return entry.gain / _EFFORT[entry.asked.answered_by]


def _pointless(catalogue: Catalogue, ref: Ref, person: Person) -> bool:
    applies = None if ref.records else catalogue.facts[ref.name].applies
    return applies is not None and truth(applies, person) is False


def _gates_first(catalogue: Catalogue, person: Person, ordered: list[_Entry]) -> Iterator[_Entry]:
    """Put a question behind the one that decides whether it makes sense ("is that new?" behind "has it changed?")."""
    waiting = {e.asked.path: e for e in ordered}

    def take(entry: _Entry) -> Iterator[_Entry]:
        del waiting[entry.asked.path]
        for gate in _gates(catalogue, entry.ref, person):
            if gate in waiting:
                yield from take(waiting[gate])
        yield entry

    for entry in ordered:
        if entry.asked.path in waiting:
            yield from take(entry)


def _gates(catalogue: Catalogue, ref: Ref, person: Person) -> tuple[str, ...]:
    """Return the unknown facts on which it rests whether a question makes sense."""
    applies = None if ref.records else catalogue.facts[ref.name].applies
    return () if applies is None else tuple(dict.fromkeys(r.name for r in questions(applies, person) if not r.records))


def _effects(catalogue: Catalogue, decisions: Decisions, person: Person, entry: _Entry) -> Iterator[Effect]:
    """Try each answer alone, and say which rules it would decide."""
    if entry.ref.records:
        return
    fact = catalogue.facts[entry.ref.name]
    answers: Iterable[bool | str] = (True, False) if fact.type == "boolean" else tuple(fact.values)
    for answer in answers:
        supposed = person.knowing(fact.id, answer)
        for key in entry.changes:
            if key in decisions.rules:
                becomes = truth(decisions.rules[key], supposed)
                if becomes is not None and truth(decisions.rules[key], person) is None:
                    yield Effect(answer=answer, rule=key, becomes=becomes)
