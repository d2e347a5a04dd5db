"""The sets of questionnaires: which are given at a visit, what opens the next, and what needs no second asking."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from postlude.catalog.problems import Place, Problems
from postlude.errors import one_of
from postlude.instruments.entries import Part, SetEntry
from postlude.instruments.instrument import Answered, Instrument
from postlude.instruments.scoring import Score, Scores, score
from postlude.logic import evaluate
from postlude.logic.language import PredicateError, predicate
from postlude.logic.nodes import Predicate
from postlude.logic.person import Person, Value
from postlude.logic.vocabulary import FactType, Vocabulary

_MINUTE = 60


class ReadSet(msgspec.Struct, frozen=True):
    """A set understood: its parts with the condition that opens each, ``None`` for those always given."""

    entry: SetEntry
    parts: tuple[tuple[Part, Predicate | None], ...]

    @property
    def id(self) -> str:
        return self.entry.id

    def minutes(self) -> tuple[float, float]:
        """Return the estimated minutes: with no part opened by an answer, and with all of them."""
        always = sum(part.seconds for part, when in self.parts if when is None)
        return always / _MINUTE, sum(part.seconds for part, _ in self.parts) / _MINUTE


class Given(NamedTuple):
    """A part to give now: the items to ask, those answered elsewhere already, and why it is given.

    ``open`` is ``True`` when the part is given, ``None`` when an answer that was left open decides it.
    """

    part: Part
    items: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]
    open: bool | None


def understand_set(
    entry: SetEntry, instruments: Mapping[str, Instrument], place: Place, problems: Problems
) -> ReadSet | None:
    """Return the set, or ``None`` with every mistake noted."""
    before = len(problems)
    vocabulary: dict[str, FactType] = {}
    parts = []
    for part in entry.part:
        here = place.at(f"part {part.id}")
        when = None
        if part.when:
            try:
                when = predicate(part.when, Vocabulary(facts=dict(vocabulary)))
            except PredicateError as error:
                for why in error.problems:
                    problems.note(here.at("when"), why)
        if bool(part.instrument) is bool(part.facts):
            problems.note(here, "needs `instrument` or `facts`: one of them")
        instrument = instruments.get(part.instrument) if part.instrument else None
        if part.instrument and instrument is None:
            problems.note(
                here.at("instrument"),
                f"there is none {part.instrument!r}; {one_of(sorted(instruments), part.instrument)}",
            )
        for item in part.items:
            if instrument is not None and item not in instrument.items:
                problems.note(here.at("items"), f"there is no item {item!r}; {one_of(list(instrument.items), item)}")
        if instrument is not None:
            for key in instrument.scores:
                vocabulary[told_as(instrument.id, key)] = FactType("number", -1e6, 1e6)
        parts.append((part, when))
    return ReadSet(entry, tuple(parts)) if len(problems) == before else None


def told_as(instrument: str, score_id: str) -> str:
    """Return how a condition of a set names a score: ``phq4_depression``."""
    return f"{instrument.replace('-', '_')}_{score_id}"


def given(
    chosen: ReadSet,
    instruments: Mapping[str, Instrument],
    answers: Mapping[str, Answered],
    licensed: Sequence[str] = (),
) -> Iterator[Given]:
    """Yield the parts to give, in order, with what was answered so far (by id of the part).

    A question that stands in two instruments (``same_as``) is asked once: ``shared`` says where its answer is.
    ``licensed`` names the instruments whose words the clinic holds.
    """
    told: dict[str, Value] = {}
    asked: dict[str, tuple[str, str]] = {}
    for part, when in chosen.parts:
        if part.only_licensed and part.instrument not in licensed:
            continue
        truth = True if when is None else evaluate.truth(when, Person(told, {}, frozenset(), 1))
        if truth is False:
            continue
        if not part.instrument:
            yield Given(part, (), (), truth)
            continue
        instrument = instruments[part.instrument]
        ask, shared = [], []
        for key in part.items or tuple(instrument.items):
            same = instrument.items[key].item.same_as
            if same and same in asked and not part.sites:
                shared.append((key, ".".join(asked[same])))
            else:
                ask.append(key)
                if same:
                    asked.setdefault(same, (part.id, key))
        yield Given(part, tuple(ask), tuple(shared), truth)
        found = _scored(instrument, part, shared, answers)
        for key, value in found.scores.items():
            if isinstance(value, Score) and not isinstance(value.value, bool):
                told[told_as(instrument.id, key)] = (value.value, value.value)


def _scored(
    instrument: Instrument, part: Part, shared: Sequence[tuple[str, str]], answers: Mapping[str, Answered]
) -> Scores:
    own = dict(answers.get(part.id, {}))
    for key, where in shared:
        other, item = where.split(".")
        if item in answers.get(other, {}):
            own[key] = answers[other][item]
    return score(instrument, own)
