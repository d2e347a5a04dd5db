"""Why a predicate has the value it has: the known facts that carry it.

Law: a definite predicate that the language accepts has at least one reason. (The language refuses what is decided
when nothing is known, and a value that is definite now and was not then must rest on something that became known.)
"""

from collections.abc import Iterator

from postlude.logic.evaluate import NO_RECORD, truth
from postlude.logic.kleene import Truth
from postlude.logic.nodes import (
    And,
    AnyRecord,
    AtLeast,
    Boolean,
    Choice,
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


def reasons(node: Predicate, person: Person) -> tuple[Ref, ...]:
    """Return the known facts that carry a definite value through the predicate, each once, in written order.

    Empty when the predicate is not known.
    """
    return tuple(dict.fromkeys(_carriers(node, truth(node, person), person, -1, NO_RECORD)))


def contributors(node: Quantity, person: Person) -> tuple[Ref, ...]:
    """Return the known facts that a quantity is made of."""
    return tuple(dict.fromkeys(_leaves(node, person, -1, NO_RECORD)))


def _carriers(node: Predicate, value: Truth, person: Person, index: int, record: Record) -> Iterator[Ref]:
    """Yield what carries ``value``, the truth of the node; nothing when it is not known."""
    if value is None:
        return
    match node:
        case Boolean(name, of) | Choice(name, _, of):
            yield Ref(name, of, index if of else -1)
        case Not(arg):
            yield from _carriers(arg, not value, person, index, record)
        case And(args) | Or(args) | AtLeast(_, args):
            # A true conjunction rests on all of its parts, a false one on those that are false: in each connective
            # the parts that carry its value are those that have it.
            for arg in args:
                if truth(arg, person, record) is value:
                    yield from _carriers(arg, value, person, index, record)
        case AnyRecord(records, where):
            yield from _record_carriers(records, where, person, wanted=value)
        case DerivedTruth(_, body):
            yield from _carriers(body, value, person, -1, NO_RECORD)
        case _:
            yield from _leaves(node, person, index, record)


def _record_carriers(records: str, where: Predicate, person: Person, *, wanted: bool) -> Iterator[Ref]:
    for i, record in enumerate(person.records.get(records, ())):
        if truth(where, person, record) is wanted:
            yield Ref("", records, i)
            yield from _carriers(where, wanted, person, i, record)
    if not wanted:
        yield Ref("", records)


def _leaves(node: Predicate | Quantity, person: Person, index: int, record: Record) -> Iterator[Ref]:
    match node:
        case Boolean(name, of) | Choice(name, _, of) | Number(name, _, _, of) | Day(name, of):
            if name in (record if of else person.facts):
                yield Ref(name, of, index if of else -1)
        case CountTrue(args):
            for arg in args:
                yield from _carriers(arg, truth(arg, person, record), person, index, record)
        case CountRecords(records, where):
            yield from _list_leaves(records, (), where, person)
        case CountDistinct(records, field, where):
            yield from _list_leaves(records, (Choice(field, (), records),), where, person)
        case SumRecords(records, term, where) | Extreme(_, records, term, where):
            yield from _list_leaves(records, (term,), where, person)
        case _:
            for child in children(node):
                yield from _leaves(child, person, index, record)


def _list_leaves(
    records: str, terms: tuple[Predicate | Quantity, ...], where: Predicate | None, person: Person
) -> Iterator[Ref]:
    for i, record in enumerate(person.records.get(records, ())):
        member = True if where is None else truth(where, person, record)
        if member is not False:
            yield Ref("", records, i)
            for term in terms:
                yield from _leaves(term, person, i, record)
        if where is not None:
            for ref in _carriers(where, member, person, i, record):
                # Why a record does not count is left out as far as the record itself says it: rules that ask for
                # opioids need no word on every other medicine. A fact of the person that excludes it is a reason.
                if member is not False or (ref.records, ref.at) != (records, i):
                    yield ref
    if records in person.complete:
        yield Ref("", records)
    else:
        # What a further record can add also rests on what the terms read outside the list.
        for term in terms:
            yield from _leaves(term, person, -1, NO_RECORD)
