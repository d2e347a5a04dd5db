"""What is still missing, the question that matters most first, and what each answer could change."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import NamedTuple

from postlude.assessment.combinations import may_be_shown
from postlude.assessment.decisions import Choice, Decisions
from postlude.assessment.model import Effect, Question
from postlude.assessment.telling import Asked, Teller
from postlude.assessment.view import Effects, View
from postlude.catalog.catalogue import Catalogue, Cause, Rule
from postlude.logic.nodes import Predicate
from postlude.logic.questions import missing
from postlude.logic.refs import Ref

# How much a decision weighs when questions are put in order, and how much harder it is to have an examination or a test
# than to answer: our own choice [design]. Only the order follows from them, never what is asked or concluded.
_WEIGHTS = {"emergency": 1000.0, "urgent": 300.0, "route": 100.0, "safety": 10.0, "finding": 5.0}
_OPTION, _CAUSE, _GOAL, _COMBINATION = 2.0, 1.0, 0.5, 0.5
_EFFORT = {"patient": 1.0, "clinician": 3.0, "test": 5.0}


class Open(NamedTuple):
    """Something not yet decided: its id, its weight, and the unknown references it rests on."""

    id: str
    weight: float
    refs: tuple[Ref, ...]


def undecided(catalogue: Catalogue, decisions: Decisions, view: View) -> Iterator[Open]:
    """Return everything that an answer could still change."""
    yield from undecided_rules(catalogue.rules.values(), catalogue, decisions, view)
    for key, choice in decisions.options.items():
        if refs := view.once(("open option", key), partial(_option_parts, choice), partial(_of_option, choice)):
            yield Open(key, _OPTION, refs)
    for key, cause in catalogue.causes.items():
        if refs := view.once(("open cause", key), partial(_cause_parts, cause), partial(_of_cause, cause)):
            yield Open(key, _CAUSE, refs)
    for key, aim in decisions.goals.items():
        if refs := _together(view, aim):
            yield Open(key, _GOAL, refs)
    for key, combination in catalogue.combinations.items():
        refs = view.questions(decisions.combinations[key])
        if refs and may_be_shown(combination, decisions, view):
            yield Open(key, _COMBINATION, refs)


def undecided_rules(rules: Iterable[Rule], catalogue: Catalogue, decisions: Decisions, view: View) -> Iterator[Open]:
    """Return those of ``rules`` that an answer could still change, or whose printed values it could."""
    for rule in rules:
        value, refs = view.see(decisions.rules[rule.id])
        if value is True:
            shown = [catalogue.derived[name].body for name in rule.shows]
            refs += tuple(
                ref for body in shown if not isinstance(body, Predicate) for ref in missing(body, view.person)
            )
        if refs:
            yield Open(rule.id, _WEIGHTS[rule.urgency or rule.kind], refs)


def _option_parts(choice: Choice) -> tuple[Predicate, ...]:
    cautions = (caution.when for caution in choice.treatment.caution)
    return (choice.consider, choice.avoid, choice.caution, choice.offer, *cautions)


def _of_option(choice: Choice, view: View) -> tuple[Ref, ...]:
    if view.truth(choice.consider) is False:
        return ()
    if view.truth(choice.avoid) is True:
        return view.questions(choice.consider)
    return _together(view, _option_parts(choice))


def _cause_parts(cause: Cause) -> tuple[Predicate, ...]:
    return (cause.list_when, *(point.when for point in (*cause.speaks_for, *cause.against)))


def _of_cause(cause: Cause, view: View) -> tuple[Ref, ...]:
    return () if view.truth(cause.list_when) is False else _together(view, _cause_parts(cause))


def _together(view: View, parts: Iterable[Predicate]) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(map(view.questions, parts))))


class _Entry:
    """A question being put together."""

    def __init__(self, ref: Ref, asked: Asked, gates: tuple[str, ...]) -> None:
        self.ref = ref
        self.asked = asked
        self.gates = gates
        self.gain = 0.0
        self.changes: dict[str, None] = {}


def ask(
    catalogue: Catalogue, decisions: Decisions, view: View, teller: Teller, open_items: Iterable[Open]
) -> tuple[Question, ...]:
    """Return every unknown fact that may still change something, in the order in which to ask.

    A question that does not make sense for this person is left out (that it cannot matter is proved of the knowledge).
    """
    found = _gathered(catalogue, view, teller, open_items)
    ordered = sorted(
        found.values(),
        key=lambda e: (
            not e.asked.warning_sign,
            not _follows(catalogue, e.ref, view),
            # Every warning sign is asked, so they keep the order of the script, which goes from topic to topic.
            0.0 if e.asked.warning_sign else -_worth(e),
            e.asked.order,
            e.asked.path,
        ),
    )
    changed = dict.fromkeys(key for entry in ordered for key in entry.changes if key in decisions.rules)
    effects = {key: does for key in changed if (does := view.effects(decisions.rules[key]))}
    return tuple(_question(e, tuple(_effects(catalogue, effects, e))) for e in _gates_first(ordered))


def unanswered(catalogue: Catalogue, view: View, teller: Teller, open_items: Iterable[Open]) -> tuple[Question, ...]:
    """Return the questions of :func:`ask` in no order, without what an answer would do: all that a headline needs."""
    return tuple(_question(e, ()) for e in _gathered(catalogue, view, teller, open_items).values())


def _question(entry: _Entry, effects: tuple[Effect, ...]) -> Question:
    return Question(
        fact=entry.asked.path,
        question=entry.asked.question,
        why=entry.asked.why,
        answered_by=entry.asked.answered_by,
        warning_sign=entry.asked.warning_sign,
        state=entry.asked.state,
        after=entry.gates,
        could_change=tuple(entry.changes),
        answers=effects,
    )


def _gathered(catalogue: Catalogue, view: View, teller: Teller, open_items: Iterable[Open]) -> dict[str, _Entry]:
    """Return what is to be asked, by path, each with what it may change."""
    found: dict[str, _Entry] = {}
    entries: dict[Ref, _Entry | None] = {}
    for item in open_items:
        share = item.weight / len(item.refs)
        for ref in item.refs:
            if ref not in entries:
                entries[ref] = _entry(catalogue, ref, view, teller, found)
            entry = entries[ref]
            if entry is not None:
                entry.gain += share
                entry.changes[item.id] = None
    _gates_too(catalogue, view, teller, found)
    return found


def _follows(catalogue: Catalogue, ref: Ref, view: View) -> bool:
    """Return whether a question follows from an answer already given ("is that new?"), and so is asked next."""
    applies = None if ref.records else catalogue.facts[ref.name].applies
    return applies is not None and view.truth(applies) is True


def _worth(entry: _Entry) -> float:
    return entry.gain / _EFFORT[entry.asked.answered_by]


def _entry(catalogue: Catalogue, ref: Ref, view: View, teller: Teller, found: dict[str, _Entry]) -> _Entry | None:
    """Return the question for a reference; ``None`` where nobody can answer it or it does not make sense."""
    asked = teller.asked(ref)
    if asked is None:
        return None
    if asked.path not in found:
        applies = None if ref.records else catalogue.facts[ref.name].applies
        value, unknown = view.see(applies) if applies is not None else (True, ())
        if value is False:
            return None
        # The unknown facts on which it rests whether the question makes sense.
        gates = tuple(dict.fromkeys(r.name for r in unknown if not r.records))
        found[asked.path] = _Entry(ref, asked, gates)
    return found[asked.path]


def _gates_too(catalogue: Catalogue, view: View, teller: Teller, found: dict[str, _Entry]) -> None:
    """Ask also what only decides whether a question makes sense; without it that question would wait for ever."""
    waiting = list(found.values())
    while waiting:
        entry = waiting.pop()
        for gate in entry.gates:
            listed = gate in found
            made = _entry(catalogue, Ref(gate), view, teller, found)
            # A gate that is asked anyway, for something else, opens the way to these changes too.
            if made is not None and not (listed and entry.changes.keys() <= made.changes.keys()):
                made.changes.update(entry.changes)
                waiting.append(made)


def _gates_first(ordered: list[_Entry]) -> Iterator[_Entry]:
    """Put a question behind the one that decides whether it makes sense ("is that new?" behind "has it changed?")."""
    waiting = {e.asked.path: e for e in ordered}

    def take(entry: _Entry) -> Iterator[_Entry]:
        del waiting[entry.asked.path]
        for gate in entry.gates:
            if gate in waiting:
                yield from take(waiting[gate])
        yield entry

    for entry in ordered:
        if entry.asked.path in waiting:
            yield from take(entry)


def _effects(catalogue: Catalogue, known: Mapping[str, Effects], entry: _Entry) -> Iterator[Effect]:
    """Say which rules each answer alone would decide; ``known`` is what answers do to each."""
    if entry.ref.records:
        return
    rules = [(key, known[key]) for key in entry.changes if key in known]
    for answer in catalogue.facts[entry.ref.name].answers():
        for key, effects in rules:
            becomes = effects.get((entry.ref.name, answer))
            if becomes is not None:
                yield Effect(answer=answer, rule=key, becomes=becomes)
