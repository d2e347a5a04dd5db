"""A synthetic population: how people who do not exist answer, question by question, each share with what it stands on.

The tables of ``populations/*.toml``, as they are written and as they are understood;
:mod:`postlude.catalog.populating` leads from one to the other. ``docs/knowledge-format.md`` explains each key.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from typing import Literal as OneOf

import msgspec

from postlude.catalog.entries import Entry, FactId, Grounded, Id, Mark, Sentence, Share, When
from postlude.logic.nodes import Predicate

Days = Annotated[int, msgspec.Meta(ge=0, le=40_000, description="a whole number of days")]


class AnswerText(Grounded, frozen=True, kw_only=True):
    """How a question is answered: by a ``share`` of yes, ``shares`` of codes, or a number.

    Numbers are spread evenly from ``low`` to ``high``, or normally with ``mean`` and ``sd`` between the two, in steps
    of ``round``. ``known`` is the share of people in whom it is on record at all. ``frequency`` names a source: the
    share is the one that the fact itself gives from there.
    """

    share: Share | None = None
    shares: dict[str, Share] = msgspec.field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    sd: Annotated[float, msgspec.Meta(gt=0, description="a number above 0")] | None = None
    round: Annotated[float, msgspec.Meta(gt=0, description="a number above 0")] | None = None
    known: Share = 1.0
    frequency: Id | OneOf[""] = ""


class AnswerEntry(AnswerText, frozen=True, kw_only=True):
    fact: FactId
    also: tuple[FactId, ...] = ()
    when: When = ""


class ItemEntry(Entry, frozen=True, kw_only=True):
    """One kind of entry of a list: ``set`` holds what all of the kind have, the others what differs."""

    share: Share = 1.0
    set: dict[FactId, Any] = msgspec.field(default_factory=dict)
    shares: dict[FactId, dict[str, Share]] = msgspec.field(default_factory=dict)
    days_ago: dict[FactId, tuple[Days, Days]] = msgspec.field(default_factory=dict)


class ListedText(Grounded, frozen=True, kw_only=True):
    """What stands in a list: ``times`` are the shares of people with none, one, two … entries of this line, ``share``
    is short for at most one; ``entry`` are the kinds that each is drawn from.
    """

    share: Share | None = None
    times: tuple[Share, ...] = ()
    entry: tuple[ItemEntry, ...]


class ListedEntry(ListedText, frozen=True, kw_only=True):
    list: FactId
    when: When = ""


class UnsureEntry(Grounded, frozen=True, kw_only=True):
    """The share that answers a warning sign with "not sure", of which ``declined`` would rather not say.

    It is the share among ``people``, a share of everybody; the others are always sure. The same people are unsure of
    all signs, so that answers come in clusters. The last one, without ``facts``, speaks for all other signs.
    """

    share: Share
    people: Share = 1.0
    declined: Share = 0.5
    facts: tuple[FactId, ...] = ()


class LeftOpenEntry(Grounded, frozen=True, kw_only=True):
    """Whose questions stay open where no line speaks of them. What the person answers is never left open."""

    answered_by: OneOf["clinician", "test"]


class PopulationEntry(Entry, frozen=True, kw_only=True):
    id: Id
    says: Sentence
    marks: tuple[Mark, ...] = ()
    right_to_call: tuple[Id, ...] = ()
    answer: tuple[AnswerEntry, ...] = ()
    listed: tuple[ListedEntry, ...] = ()
    unsure: tuple[UnsureEntry, ...] = ()
    left_open: tuple[LeftOpenEntry, ...] = ()


class LinesEntry(Entry, frozen=True, kw_only=True):
    """A file of further lines of a ``population``. All lines of one fact, or of one list, stand in one file."""

    population: Id
    answer: tuple[AnswerEntry, ...] = ()
    listed: tuple[ListedEntry, ...] = ()


class Answering(AnswerText, frozen=True, kw_only=True):
    """One line, understood; ``share`` is filled in from the fact where it was left to it."""

    when: Predicate | None = None


class Listed(ListedText, frozen=True, kw_only=True):
    when: Predicate | None = None


class Population(Entry, frozen=True, kw_only=True):
    """``answers`` by fact and ``listed`` by list, the first line that holds speaks. ``unsure`` is by warning sign.

    ``right_to_call`` names the rules whose call is not too much for such a person, whatever the headline.
    ``order`` names facts and lists so that everything stands behind what it rests on.
    """

    id: str
    says: str
    marks: tuple[Mark, ...]
    right_to_call: tuple[str, ...]
    answers: Mapping[str, tuple[Answering, ...]]
    listed: Mapping[str, tuple[Listed, ...]]
    unsure: Mapping[str, UnsureEntry]
    left_open: Mapping[str, LeftOpenEntry]
    order: tuple[str, ...]
