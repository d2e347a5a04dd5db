"""The nodes of the predicate language: frozen, typed, and the only thing interpreters see.

A *predicate* is true, false or not known. A *quantity* is a number or a date that is known, known
within a range, or not known (the range of everything possible). Dates are counted in days, the
first of January of the year 1 being day 1, so that both kinds of quantity are plain numbers.

``of`` names the record list whose current record a leaf reads; empty means the person.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

Range = tuple[float, float]
"""Least and greatest possible value, both included; infinite where nothing bounds it."""

UNBOUNDED: Range = (-math.inf, math.inf)
FIRST_DAY = date(1900, 1, 1).toordinal()
LAST_DAY = date(2200, 12, 31).toordinal()


class Node(
    msgspec.Struct,
    frozen=True,
    tag_field="node",
    tag=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Root of all nodes. Equal nodes mean the same."""


# --- predicates ---------------------------------------------------------------------------------


class Boolean(Node, frozen=True):
    """A yes/no fact, or a yes/no field of the current record."""

    name: str
    of: str = ""


class Choice(Node, frozen=True):
    """A coded fact compared with codes: true when its value is one of ``among``."""

    name: str
    among: tuple[str, ...]
    of: str = ""


class Compare(Node, frozen=True):
    """Two quantities compared; ``op`` is one of ``= <> < <= > >=``."""

    op: str
    left: "Quantity"
    right: "Quantity"


class And(Node, frozen=True):
    args: tuple["Predicate", ...]


class Or(Node, frozen=True):
    args: tuple["Predicate", ...]


class Not(Node, frozen=True):
    arg: "Predicate"


class AtLeast(Node, frozen=True):
    """True when ``k`` of the arguments are true, false when that can no longer happen."""

    k: int
    args: tuple["Predicate", ...]


class AnyRecord(Node, frozen=True):
    """True when some record of the list fulfils ``where``."""

    records: str
    where: "Predicate"


class DerivedTruth(Node, frozen=True):
    """A named predicate, defined once in the knowledge."""

    name: str
    body: "Predicate"


# --- quantities ---------------------------------------------------------------------------------


class Literal(Node, frozen=True):
    value: float


class DayLiteral(Node, frozen=True):
    day: int


class AsOf(Node, frozen=True):
    """The day for which the question is answered; always known."""


class Number(Node, frozen=True):
    """A number fact or field with its least and greatest possible value."""

    name: str
    low: float
    high: float
    of: str = ""


class Day(Node, frozen=True):
    """A date fact or field, as a day number."""

    name: str
    of: str = ""


class Arithmetic(Node, frozen=True):
    """``op`` is one of ``+ - * /``; the result is rounded to six decimals. ``/`` has a literal on its right."""

    op: str
    left: "Quantity"
    right: "Quantity"


class DaysBetween(Node, frozen=True):
    """Days from ``start`` to ``end``; negative when the end comes first."""

    start: "Quantity"
    end: "Quantity"


class CountTrue(Node, frozen=True):
    """How many of the arguments are true."""

    args: tuple["Predicate", ...]


class CountRecords(Node, frozen=True):
    """How many records fulfil ``where`` (all of them without it)."""

    records: str
    where: "Predicate | None" = None


class CountDistinct(Node, frozen=True):
    """How many different codes of ``field`` occur among the records that fulfil ``where``."""

    records: str
    field: str
    where: "Predicate | None" = None


class SumRecords(Node, frozen=True):
    """The sum of ``term`` over the records that fulfil ``where``."""

    records: str
    term: "Quantity"
    where: "Predicate | None" = None


class Extreme(Node, frozen=True):
    """The least (``min``) or greatest (``max``) ``term``; not known when no record fulfils ``where``."""

    op: str
    records: str
    term: "Quantity"
    where: "Predicate | None" = None


class DerivedNumber(Node, frozen=True):
    """A named quantity, defined once in the knowledge."""

    name: str
    body: "Quantity"


Predicate = Boolean | Choice | Compare | And | Or | Not | AtLeast | AnyRecord | DerivedTruth
Quantity = (
    Literal
    | DayLiteral
    | AsOf
    | Number
    | Day
    | Arithmetic
    | DaysBetween
    | CountTrue
    | CountRecords
    | CountDistinct
    | SumRecords
    | Extreme
    | DerivedNumber
)
Aggregate = CountRecords | CountDistinct | SumRecords | Extreme


def children(node: Predicate | Quantity) -> tuple[Predicate | Quantity, ...]:
    """Return the nodes directly below ``node``, in the order in which they are written."""
    match node:
        case And(args) | Or(args) | AtLeast(_, args) | CountTrue(args):
            return args
        case Not(arg):
            return (arg,)
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case DaysBetween(start, end):
            return (start, end)
        case AnyRecord(_, where):
            return (where,)
        case DerivedTruth(_, body):
            return (body,)
        case DerivedNumber(_, body):
            return (body,)
        case CountRecords(_, where) | CountDistinct(_, _, where):
            return (where,) if where is not None else ()
        case SumRecords(_, term, where) | Extreme(_, _, term, where):
            return (term, where) if where is not None else (term,)
        case _:
            return ()


def rebuilt(node: Predicate | Quantity, parts: Sequence[Predicate | Quantity]) -> Predicate | Quantity:
    """Return the node with others directly below it, in the order of :func:`children` and as many as it has."""
    given = iter(parts)
    changed: dict[str, Any] = {}
    for key in _BELOW.get(type(node), ()):
        old = getattr(node, key)
        if old is not None:
            changed[key] = tuple(next(given) for _ in old) if isinstance(old, tuple) else next(given)
    return msgspec.structs.replace(node, **changed) if changed else node


_BELOW: dict[type, tuple[str, ...]] = {
    And: ("args",),
    Or: ("args",),
    AtLeast: ("args",),
    CountTrue: ("args",),
    Not: ("arg",),
    Compare: ("left", "right"),
    Arithmetic: ("left", "right"),
    DaysBetween: ("start", "end"),
    AnyRecord: ("where",),
    DerivedTruth: ("body",),
    DerivedNumber: ("body",),
    CountRecords: ("where",),
    CountDistinct: ("where",),
    SumRecords: ("term", "where"),
    Extreme: ("term", "where"),
}


def names(node: Predicate | Quantity) -> frozenset[str]:
    """Return every name the node rests on.

    Facts and record lists by their id, fields as ``list.field``; derived facts by their own id and by
    what they are made of.
    """
    found: set[str] = set()
    stack: list[Predicate | Quantity] = [node]
    while stack:
        here = stack.pop()
        match here:
            case Boolean(name, of) | Choice(name, _, of) | Number(name, _, _, of) | Day(name, of):
                found.add(f"{of}.{name}" if of else name)
            case DerivedTruth(name, _) | DerivedNumber(name, _):
                found.add(name)
            case CountDistinct(records, field, _):
                found |= {records, f"{records}.{field}"}
            case AnyRecord(records, _) | CountRecords(records, _) | SumRecords(records, _, _):
                found.add(records)
            case Extreme(_, records, _, _):
                found.add(records)
            case _:
                pass
        stack.extend(children(here))
    return frozenset(found)
