"""What is still missing: the unknown facts under branches that are not yet decided.

Law: answering anything that is not listed never changes the value. What is listed may be too much (``a OR NOT a``
lists ``a`` though nothing depends on it); how much is measured against an exact solver. A fact that a condition on
records reads beside their fields is listed once there is a record for which it matters.
"""

from collections.abc import Iterator

from postlude.logic.evaluate import NO_RECORD, quantity, truth
from postlude.logic.nodes import (
    Aggregate,
    And,
    AnyRecord,
    AtLeast,
    Boolean,
    Choice,
    Compare,
    CountDistinct,
    CountRecords,
    CountTrue,
    Day,
    DerivedTruth,
    Extreme,
    Not,
    Number,
    Or,
    Predicate,
    Quantity,
    SumRecords,
    children,
)
from postlude.logic.person import Person, Record
from postlude.logic.refs import Ref


def questions(node: Predicate, person: Person) -> tuple[Ref, ...]:
    """Return the unknown facts that may decide the predicate, each once, in written order; none once decided."""
    return tuple(dict.fromkeys(_open(node, person, -1, NO_RECORD)))


def missing(node: Quantity, person: Person) -> tuple[Ref, ...]:
    """Return the unknown facts that may narrow the quantity; none once it is exact."""
    return tuple(dict.fromkeys(_open_quantity(node, person, -1, NO_RECORD)))


def _open(node: Predicate, person: Person, index: int, record: Record) -> Iterator[Ref]:
    if truth(node, person, record) is not None:
        return
    match node:
        case Boolean(name, of) | Choice(name, _, of):
            yield Ref(name, of, index if of else -1)
        case Not(arg):
            yield from _open(arg, person, index, record)
        case And(args) | Or(args) | AtLeast(_, args):
            for arg in args:
                yield from _open(arg, person, index, record)
        case AnyRecord(records, where):
            for i, r in enumerate(person.records.get(records, ())):
                yield from _open(where, person, i, r)
            if records not in person.complete:
                yield Ref("", records)
        case DerivedTruth(_, body):
            yield from _open(body, person, -1, NO_RECORD)
        case Compare(_, left, right):
            yield from _open_quantity(left, person, index, record)
            yield from _open_quantity(right, person, index, record)


def _open_quantity(node: Quantity, person: Person, index: int, record: Record) -> Iterator[Ref]:
    low, high = quantity(node, person, record)
    # A minimum over no record is not known and stays so; every other exact quantity has nothing left to ask.
    if low == high:
        return
    match node:
        case Number(name, _, _, of) | Day(name, of):
            yield Ref(name, of, index if of else -1)
        case CountTrue(args):
            for arg in args:
                yield from _open(arg, person, index, record)
        case CountRecords() | CountDistinct() | SumRecords() | Extreme():
            yield from _open_list(node, person)
        case _:
            for child in children(node):
                if isinstance(child, Quantity):
                    yield from _open_quantity(child, person, index, record)


def _open_list(node: Aggregate, person: Person) -> Iterator[Ref]:
    for i, record in enumerate(person.records.get(node.records, ())):
        member = True if node.where is None else truth(node.where, person, record)
        if member is None and node.where is not None:
            yield from _open(node.where, person, i, record)
        if member is False:
            continue
        match node:
            case SumRecords(_, term, _) | Extreme(_, _, term, _):
                yield from _open_quantity(term, person, i, record)
            case CountDistinct(records, field, _):
                if field not in record:
                    yield Ref(field, records, i)
            case _:
                pass
    if node.records not in person.complete:
        yield Ref("", node.records)
        if isinstance(node, SumRecords | Extreme):
            # What a further record can add also depends on what its term reads outside the list.
            for ref in _open_quantity(node.term, person, -1, NO_RECORD):
                if not (ref.name and ref.records == node.records and ref.at < 0):
                    yield ref
