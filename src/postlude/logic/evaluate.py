"""What a predicate or a quantity is for one person: the reference meaning of the language.

The other interpreters (SQL, the solver) are held equal to this one by generated tests.
"""

import math
from collections.abc import Callable
from typing import Any

from postlude.logic import ranges
from postlude.logic.kleene import Truth, at_least, conjunction, disjunction, negation
from postlude.logic.nodes import (
    FIRST_DAY,
    LAST_DAY,
    UNBOUNDED,
    And,
    AnyRecord,
    Arithmetic,
    AsOf,
    AtLeast,
    Boolean,
    Choice,
    Compare,
    CountDistinct,
    CountRecords,
    CountTrue,
    Day,
    DayLiteral,
    DaysBetween,
    DerivedNumber,
    DerivedTruth,
    Extreme,
    Literal,
    Not,
    Number,
    Or,
    Predicate,
    Quantity,
    Range,
    SumRecords,
)
from postlude.logic.person import Person, Record

NO_RECORD: Record = {}
_ANY_DAY: Range = (FIRST_DAY, LAST_DAY)


def truth(node: Predicate, person: Person, record: Record = NO_RECORD) -> Truth:
    """Return what the predicate is: true, false, or ``None`` for not known."""
    result: Truth = _TRUTH[type(node)](node, person, record)
    return result


def quantity(node: Quantity, person: Person, record: Record = NO_RECORD) -> Range:
    """Return the least and greatest value the quantity can have; equal when it is known exactly."""
    result: Range = _QUANTITY[type(node)](node, person, record)
    return result


def _derived_truth(node: DerivedTruth, person: Person, record: Record) -> Truth:
    if node.name not in person.remembered:
        person.remembered[node.name] = truth(node.body, person)
    return person.remembered[node.name]  # type: ignore[return-value]


def _derived_number(node: DerivedNumber, person: Person, record: Record) -> Range:
    if node.name not in person.remembered:
        person.remembered[node.name] = quantity(node.body, person)
    return person.remembered[node.name]  # type: ignore[return-value]


def _any_record(node: AnyRecord, person: Person, record: Record) -> Truth:
    result = disjunction(truth(node.where, person, r) for r in person.records.get(node.records, ()))
    return None if result is False and node.records not in person.complete else result


def _arithmetic(node: Arithmetic, person: Person, record: Record) -> Range:
    return _ARITHMETIC[node.op](quantity(node.left, person, record), quantity(node.right, person, record))


def _days_between(node: DaysBetween, person: Person, record: Record) -> Range:
    start, end = quantity(node.start, person, record), quantity(node.end, person, record)
    return end[0] - start[1], end[1] - start[0]


def _count_true(node: CountTrue, person: Person, record: Record) -> Range:
    values = [truth(arg, person, record) for arg in node.args]
    return values.count(True), len(values) - values.count(False)


def members(records: str, where: Predicate | None, person: Person) -> tuple[list[Record], list[Record]]:
    """Return the records that fulfil ``where`` and those of which it is not known."""
    certain: list[Record] = []
    possible: list[Record] = []
    for record in person.records.get(records, ()):
        value = True if where is None else truth(where, person, record)
        if value is True:
            certain.append(record)
        elif value is None:
            possible.append(record)
    return certain, possible


def _count_records(node: CountRecords, person: Person, record: Record) -> Range:
    certain, possible = members(node.records, node.where, person)
    return len(certain), len(certain) + len(possible) if node.records in person.complete else math.inf


def _count_distinct(node: CountDistinct, person: Person, record: Record) -> Range:
    certain, possible = members(node.records, node.where, person)
    codes = {r[node.field] for r in certain if node.field in r}
    # A record whose code is not known is one of the others at least, a new one at most.
    low = max(len(codes), 1 if certain else 0)
    everything = certain + possible
    all_codes = {r[node.field] for r in everything if node.field in r}
    high = len(all_codes) + sum(node.field not in r for r in everything)
    return low, high if node.records in person.complete else math.inf


def _sum_records(node: SumRecords, person: Person, record: Record) -> Range:
    certain, possible = members(node.records, node.where, person)
    low = high = 0.0
    for r in certain:
        low, high = ranges.add((low, high), ranges.rounds(quantity(node.term, person, r)))
    for r in possible:
        least, most = ranges.rounds(quantity(node.term, person, r))
        low, high = ranges.add((low, high), (min(0.0, least), max(0.0, most)))
    if node.records not in person.complete:
        least, most = quantity(node.term, person, NO_RECORD)
        low, high = (low if least >= 0 else -math.inf), (high if most <= 0 else math.inf)
    return low, high


def _extreme(node: Extreme, person: Person, record: Record) -> Range:
    certain, possible = members(node.records, node.where, person)
    if not certain:
        return UNBOUNDED
    sure = [quantity(node.term, person, r) for r in certain]
    maybe = [quantity(node.term, person, r) for r in possible]
    if node.records not in person.complete:
        maybe.append(quantity(node.term, person, NO_RECORD))
    if node.op == "min":
        return min(low for low, _ in sure + maybe), min(high for _, high in sure)
    return max(low for low, _ in sure), max(high for _, high in sure + maybe)


_ARITHMETIC = {"+": ranges.add, "-": ranges.subtract, "*": ranges.multiply, "/": ranges.divide}

_TRUTH: dict[type, Callable[[Any, Person, Record], Any]] = {
    Boolean: lambda n, p, r: (r if n.of else p.facts).get(n.name),
    Choice: lambda n, p, r: None if (v := (r if n.of else p.facts).get(n.name)) is None else v in n.among,
    Compare: lambda n, p, r: ranges.compare(n.op, quantity(n.left, p, r), quantity(n.right, p, r)),
    And: lambda n, p, r: conjunction(truth(a, p, r) for a in n.args),
    Or: lambda n, p, r: disjunction(truth(a, p, r) for a in n.args),
    Not: lambda n, p, r: negation(truth(n.arg, p, r)),
    AtLeast: lambda n, p, r: at_least(n.k, (truth(a, p, r) for a in n.args)),
    AnyRecord: _any_record,
    DerivedTruth: _derived_truth,
}

_QUANTITY: dict[type, Callable[[Any, Person, Record], Any]] = {
    Literal: lambda n, p, r: (n.value, n.value),
    DayLiteral: lambda n, p, r: (n.day, n.day),
    AsOf: lambda n, p, r: (p.as_of, p.as_of),
    Number: lambda n, p, r: (r if n.of else p.facts).get(n.name, (n.low, n.high)),
    Day: lambda n, p, r: (r if n.of else p.facts).get(n.name, _ANY_DAY),
    Arithmetic: _arithmetic,
    DaysBetween: _days_between,
    CountTrue: _count_true,
    CountRecords: _count_records,
    CountDistinct: _count_distinct,
    SumRecords: _sum_records,
    Extreme: _extreme,
    DerivedNumber: _derived_number,
}
