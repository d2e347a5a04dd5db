"""What a chapter of the manual is made of: prose, and tables whose every row is run.

The prose is for clinicians who edit the knowledge; ``render`` writes it into ``docs/language.md``.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from postlude.logic import language
from postlude.logic.evaluate import quantity, truth
from postlude.logic.kleene import Truth
from postlude.logic.nodes import Range
from postlude.logic.person import Person, Record, Value
from postlude.logic.questions import questions
from postlude.logic.reasons import reasons
from postlude.logic.vocabulary import FactType, Vocabulary

TODAY = date(2026, 1, 15)

_YES_NO, _DATE = FactType("boolean"), FactType("date")


def _plain() -> Vocabulary:
    return Vocabulary(
        facts={
            "fever": _YES_NO,
            "saddle_numbness": _YES_NO,
            "bladder_change": _YES_NO,
            "leg_weakness": _YES_NO,
            "pain_now": FactType("number", low=0.0, high=10.0),
            "pain_before": FactType("number", low=0.0, high=10.0),
            "operation_date": _DATE,
            "pain_return_date": _DATE,
            "leg_relief": FactType("choice", values=("relieved", "partly", "not-relieved")),
            "story": FactType("text"),
        },
        records={
            "medications": {
                "medicine": FactType("choice", values=("oxycodone", "morphine", "gabapentin")),
                "opioid": _YES_NO,
                "current": _YES_NO,
                "daily_dose": FactType("number", low=0.0, high=1000.0),
                "mme_factor": FactType("number", low=0.0, high=20.0),
                "started": _DATE,
            },
            "operations": {
                "fusion": _YES_NO,
                "level": FactType("choice", values=("l3-l4", "l4-l5", "l5-s1")),
                "done_on": _DATE,
            },
        },
    )


DERIVED = {
    "cauda_sign": "saddle_numbness OR bladder_change",
    "mme_per_day": "sum(medications, daily_dose * mme_factor, current AND opioid)",
}


def _with_derived() -> Vocabulary:
    plain = _plain()
    derived = {
        "cauda_sign": language.predicate(DERIVED["cauda_sign"], plain),
        "mme_per_day": language.quantity(DERIVED["mme_per_day"], plain),
    }
    return Vocabulary(plain.facts, plain.records, derived)


VOCABULARY = _with_derived()


# --- what is known ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What is known of a person, as an example states it.

    A number is exact or a pair of limits. A date is ``2025-10-15``, ``2025-10`` or ``2025``. ``all_told`` names the
    lists that hold everything.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    all_told: tuple[str, ...] = ()

    def person(self) -> Person:
        facts = {n: _value(VOCABULARY.facts[n], v) for n, v in self.facts.items()}
        records: dict[str, list[Record]] = {
            of: [{n: _value(VOCABULARY.records[of][n], v) for n, v in record.items()} for record in told]
            for of, told in self.lists.items()
        }
        return Person(facts, records, frozenset(self.all_told), TODAY.toordinal())

    def __str__(self) -> str:
        parts = [f"{n}: {_said(v)}" for n, v in self.facts.items()]
        for of, told in self.lists.items():
            each = [", ".join(f"{n} {_said(v)}" for n, v in r.items()) or "nothing known of it" for r in told]
            records = "; ".join(f"({i}) {text}" for i, text in enumerate(each, 1)) or "none"
            parts.append(f"{of}: {records} – {'these are all' if of in self.all_told else 'there may be more'}")
        return "<br>".join(parts) or "nothing"


def known(*all_told: str, **told: Any) -> Known:
    """Return what is known: facts by name, lists by name, and the names of the lists that are complete."""
    lists = {n: v for n, v in told.items() if n in VOCABULARY.records}
    lists |= {n: [] for n in all_told if n not in lists}
    return Known({n: v for n, v in told.items() if n not in VOCABULARY.records}, lists, all_told)


def _value(kind: FactType, value: Any) -> Value:
    if kind.kind == "date":
        return _days(value)
    if kind.kind == "number":
        low, high = value if isinstance(value, tuple) else (value, value)
        return float(low), float(high)
    assert isinstance(value, bool | str)
    return value


def _days(text: str) -> Range:
    year, *rest = map(int, text.split("-"))
    first = date(year, *[*rest, 1, 1][:2])
    last = date(year, first.month if rest else 12, 31 if not rest else calendar.monthrange(year, first.month)[1])
    return (first.toordinal(), first.toordinal()) if len(rest) == 2 else (first.toordinal(), last.toordinal())


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return f"{value[0]:g} to {value[1]:g}"
    return str(value)


# --- rows -------------------------------------------------------------------------------------------


def _answer(value: Truth) -> str:
    return {True: "yes", False: "no", None: "not known"}[value]


def _code(text: str) -> str:
    return f"`{text}`"


@dataclass(frozen=True)
class Holds:
    """A condition, what is known, and what the condition is then."""

    text: str
    known: Known
    value: Truth
    note: str = ""

    columns = ("condition", "what is known", "result", "because")

    def check(self) -> None:
        node, person = language.predicate(self.text, VOCABULARY), self.known.person()
        assert truth(node, person) is self.value
        assert bool(reasons(node, person)) is (self.value is not None)

    def cells(self) -> tuple[str, ...]:
        return _code(self.text), str(self.known), f"**{_answer(self.value)}**", self.note


@dataclass(frozen=True)
class Connects:
    """One row of the table of a connective."""

    text: str
    fever: Truth
    leg_weakness: Truth
    value: Truth

    columns = ("`fever`", "`leg_weakness`", "result")

    def check(self) -> None:
        told = {"fever": self.fever, "leg_weakness": self.leg_weakness}
        person = known(**{n: v for n, v in told.items() if v is not None}).person()
        assert truth(language.predicate(self.text, VOCABULARY), person) is self.value

    def cells(self) -> tuple[str, ...]:
        return _answer(self.fever), _answer(self.leg_weakness), f"**{_answer(self.value)}**"


@dataclass(frozen=True)
class Measures:
    """A number, what is known, and the limits between which the number then lies."""

    text: str
    known: Known
    low: float
    high: float
    note: str = ""

    columns = ("number", "what is known", "lies between", "because")

    def check(self) -> None:
        assert quantity(language.quantity(self.text, VOCABULARY), self.known.person()) == (self.low, self.high)

    def cells(self) -> tuple[str, ...]:
        low, high = ("no limit" if abs(end) == float("inf") else f"{end:,g}" for end in (self.low, self.high))
        between = f"exactly **{low}**" if self.low == self.high else f"**{low}** and **{high}**"
        return _code(self.text), str(self.known), between, self.note


@dataclass(frozen=True)
class Reads:
    """Two ways of writing the same."""

    text: str
    same: str
    note: str = ""

    columns = ("written", "is read as", "")

    def check(self) -> None:
        assert language.predicate(self.text, VOCABULARY) == language.predicate(self.same, VOCABULARY)

    def cells(self) -> tuple[str, ...]:
        return _code(self.text), _code(self.same), self.note


@dataclass(frozen=True)
class Because:
    """The known facts that carry a result."""

    text: str
    known: Known
    value: Truth
    reasons: tuple[str, ...]

    columns = ("condition", "what is known", "result", "rests on")

    def check(self) -> None:
        node, person = language.predicate(self.text, VOCABULARY), self.known.person()
        assert truth(node, person) is self.value
        assert tuple(map(str, reasons(node, person))) == self.reasons

    def cells(self) -> tuple[str, ...]:
        rests_on = "<br>".join(map(_worded, self.reasons)) or "nothing"
        return _code(self.text), str(self.known), f"**{_answer(self.value)}**", rests_on


@dataclass(frozen=True)
class Asks:
    """What is asked while a condition is not known."""

    text: str
    known: Known
    questions: tuple[str, ...]

    columns = ("condition", "what is known", "asked next")

    def check(self) -> None:
        node, person = language.predicate(self.text, VOCABULARY), self.known.person()
        assert tuple(map(str, questions(node, person))) == self.questions
        assert not self.questions or truth(node, person) is None

    def cells(self) -> tuple[str, ...]:
        return _code(self.text), str(self.known), "<br>".join(map(_worded, self.questions)) or "nothing"


@dataclass(frozen=True)
class Refuses:
    """A text that is not accepted, and what is said about it."""

    text: str
    message: str

    columns = ("written", "what Postlude says")

    def check(self) -> None:
        with pytest.raises(language.PredicateError) as refused:
            language.predicate(self.text, VOCABULARY)
        assert str(refused.value) == self.message

    def cells(self) -> tuple[str, ...]:
        return _code(self.text), self.message


def _worded(ref: str) -> str:
    """Put a reference in words: ``medications[0].opioid`` is the opioid of the first of medications."""
    place, _, name = ref.partition(".")
    if "[" in place:
        of, at = place.rstrip("]").split("[")
        return f"{of} ({int(at) + 1})" + (f": {name}" if name else "")
    return f"whether {place} holds all there is" if place in VOCABULARY.records else place


Row = Holds | Connects | Measures | Reads | Because | Asks | Refuses


@dataclass(frozen=True)
class Table:
    """Rows of one kind; a column that is empty in every row is left out."""

    rows: tuple[Row, ...]
    title: str = ""

    def markdown(self) -> str:
        columns = self.rows[0].columns
        assert all(row.columns == columns for row in self.rows)
        cells = [row.cells() for row in self.rows]
        kept = [i for i in range(len(columns)) if any(row[i] for row in cells)]
        lines = [[columns[i] for i in kept], ["---"] * len(kept), *([row[i] for i in kept] for row in cells)]
        table = "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)
        return f"**{self.title}**\n\n{table}" if self.title else table


@dataclass(frozen=True)
class Chapter:
    """A title, and prose and tables in the order in which they are read."""

    title: str
    parts: tuple[str | Table, ...]

    def rows(self) -> list[Row]:
        return [row for part in self.parts if isinstance(part, Table) for row in part.rows]

    def markdown(self) -> str:
        body = [part.markdown() if isinstance(part, Table) else part.strip() for part in self.parts]
        return "\n\n".join((f"## {self.title}", *body))
