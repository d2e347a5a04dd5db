"""An instrument understood: its items and scores with every condition typed and every table read."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from postlude.instruments.entries import Answers, Class, InstrumentEntry, Item, ScoreEntry, Wording
from postlude.logic.nodes import Predicate

Code = int | float | str | bool
"""An answer as it is kept: a code of a choice, a number, yes or no, or the minutes of a clock time since midnight."""
Answered = Mapping[str, Code]
"""Answers by item id; an item that is not there was not answered."""


class Row(NamedTuple):
    """A row of a table: the value, and its standard error where the table prints one."""

    value: float
    se: float | None = None


class Table(msgspec.Struct, frozen=True):
    """A published look-up table: ``rows`` by raw score. ``says`` is the head of its file: whose, where it was read."""

    name: str
    rows: dict[float, Row]
    says: tuple[str, ...]


class ReadItem(msgspec.Struct, frozen=True):
    """An item with its list of answers; ``when`` is ``None`` when it is always asked."""

    item: Item
    answers: Answers
    when: Predicate | None = None

    @property
    def id(self) -> str:
        return self.item.id


class ReadScore(msgspec.Struct, frozen=True):
    """A score with its conditions and tables (by the value of the option ``table_by``; under "" when there is one)."""

    entry: ScoreEntry
    when: Predicate | None = None
    only_when: Predicate | None = None
    tables: dict[str, Table] = {}

    @property
    def id(self) -> str:
        return self.entry.id

    @property
    def name(self) -> str:
        return self.entry.named or self.entry.id


class Instrument(msgspec.Struct, frozen=True):
    """``names`` leads from everything an item may be called (id, alias, place in the form) to its id."""

    entry: InstrumentEntry
    items: dict[str, ReadItem]
    scores: dict[str, ReadScore]
    classes: tuple[tuple[Class, Predicate], ...]
    alerts: dict[str, Predicate]
    names: dict[str, str]
    wordings: dict[str, Wording] = {}

    @property
    def id(self) -> str:
        return self.entry.id

    def main(self) -> tuple[str, ...]:
        """Return the names of the scores that a reader is told, in the order of the file."""
        return tuple(dict.fromkeys(s.name for s in self.scores.values() if s.entry.shown == "main"))

    def needed(self) -> frozenset[str]:
        """Return the items that a score told to a reader is made of, directly or through other scores."""
        found: set[str] = set()
        stack = [s for s in self.scores.values() if s.entry.shown == "main"]
        while stack:
            for key in stack.pop().entry.of:
                if key in self.scores:
                    stack.append(self.scores[key])
                else:
                    found.add(key)
        return frozenset(found)


def code_points(answers: Answers, choice: str = "") -> dict[Code, float]:
    """Return what each code counts; of a choice that depends on an option, for ``choice`` of it."""
    if answers.type == "yes-no":
        no, yes = answers.points_of.get(choice) or answers.points or (0.0, 1.0)
        return {False: no, True: yes}
    points = answers.points_of.get(choice) or answers.points
    if not points:
        return {code: float(code) for code in answers.codes if isinstance(code, int)}
    return dict(zip(answers.codes, points, strict=True))
