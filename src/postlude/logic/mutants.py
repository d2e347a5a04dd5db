"""What a predicate becomes when one thing in it is written otherwise: a connective, a comparison, a number, a term.

Each mutant is one slip that an author could have made. They are made of nodes, never of text, and what a derived fact
says inside is left alone: it has mutants of its own.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

from postlude.logic import nodes
from postlude.logic.nodes import Predicate, Quantity, children, rebuilt
from postlude.logic.text import text

Node = Predicate | Quantity

_OTHER_OPS = {
    # Denied; the other side of the boundary; the other way round.
    "=": ("<>",),
    "<>": ("=",),
    "<": (">=", "<=", ">"),
    "<=": (">", "<", ">="),
    ">": ("<=", ">=", "<"),
    ">=": ("<", ">", "<="),
}


class Mutant(NamedTuple):
    """The whole node as it would be, and the slip: the part that was changed, before and after."""

    node: Node
    old: str
    new: str

    @property
    def text(self) -> str:
        return f"{self.old} → {self.new}"


def mutants(node: Node) -> Iterator[Mutant]:
    """Return every mutant of a node, each once; those that are alike (NOT NOT a, and a) count as one.

    A slip that can be made at two places has its number behind it at the second: ``a → NOT a [2]``.
    """
    seen: set[Node] = {node}
    times: dict[tuple[str, str], int] = {}
    for mutant in _all(node):
        if mutant.node not in seen:
            seen.add(mutant.node)
            count = times[mutant.old, mutant.new] = times.get((mutant.old, mutant.new), 0) + 1
            yield mutant if count == 1 else mutant._replace(new=f"{mutant.new} [{count}]")


def _all(node: Node) -> Iterator[Mutant]:
    yield from _own(node)
    if isinstance(node, nodes.DerivedTruth | nodes.DerivedNumber):
        return
    below = children(node)
    for place, child in enumerate(below):
        for mutant in _all(child):
            whole = rebuilt(node, (*below[:place], mutant.node, *below[place + 1 :]))
            yield mutant._replace(node=_plain(whole))


def _own(node: Node) -> Iterator[Mutant]:
    """Return the mutants in which the node itself, and nothing below it, is another."""
    yield from (Mutant(other, text(node), text(other)) for other in chain(_changed(node), _moved(node)))
    yield from _shortened(node)


def _plain(node: Node) -> Node:
    return node.arg.arg if isinstance(node, nodes.Not) and isinstance(node.arg, nodes.Not) else node


def _changed(node: Node) -> Iterator[Node]:
    match node:
        case nodes.And(args) if len(args) > 1:
            yield nodes.Or(args)
        case nodes.Or(args) if len(args) > 1:
            yield nodes.And(args)
        case nodes.Not(arg):
            yield arg
        case nodes.Compare(op, left, right):
            yield from (nodes.Compare(other, left, right) for other in _OTHER_OPS[op])
        case nodes.AtLeast(k, args):
            yield from (nodes.AtLeast(n, args) for n in (k - 1, k + 1) if 1 <= n <= len(args))
            yield nodes.Not(node)
        case nodes.Boolean() | nodes.Choice() | nodes.AnyRecord() | nodes.DerivedTruth():
            yield nodes.Not(node)
        case nodes.Arithmetic(op, left, right):
            yield left
            if op in "+-":
                yield nodes.Arithmetic("-" if op == "+" else "+", left, right)
            if op in "+*":
                yield right
        case nodes.CountDistinct(records, _, where):
            yield nodes.CountRecords(records, where)
        case nodes.Extreme(op, records, term, where):
            yield nodes.Extreme("max" if op == "min" else "min", records, term, where)
        case _:
            pass


def _moved(node: Node) -> Iterator[Node]:
    """Return the node with one of the numbers or days directly in it a step lower, or higher."""
    below = children(node)
    for place, child in enumerate(below):
        for other in _steps(child):
            # Division is by a number that is not zero.
            if not (isinstance(node, nodes.Arithmetic) and node.op == "/" and other == nodes.Literal(0.0)):
                yield rebuilt(node, (*below[:place], other, *below[place + 1 :]))


def _steps(node: Node) -> Iterator[Node]:
    if isinstance(node, nodes.Literal):
        written = Fraction(str(node.value))
        decimals = next(d for d in range(20) if (written * 10**d).denominator == 1)
        yield from (nodes.Literal(float(written + Fraction(step, 10**decimals))) for step in (-1, 1))
    elif isinstance(node, nodes.DayLiteral):
        days = (node.day - 1, node.day + 1)
        yield from (nodes.DayLiteral(day) for day in days if nodes.FIRST_DAY <= day <= nodes.LAST_DAY)


def _shortened(node: Node) -> Iterator[Mutant]:
    """Return the node without one of its terms."""
    match node:
        case nodes.And(args) | nodes.Or(args) if len(args) > 1:
            for place, left_out in enumerate(args):
                rest = (*args[:place], *args[place + 1 :])
                yield _without(left_out, rest[0] if len(rest) == 1 else type(node)(rest))
        case nodes.AtLeast(k, args) if len(args) > k:
            for place, left_out in enumerate(args):
                yield _without(left_out, nodes.AtLeast(k, (*args[:place], *args[place + 1 :])))
        case nodes.CountTrue(args) if len(args) > 1:
            for place, left_out in enumerate(args):
                yield _without(left_out, nodes.CountTrue((*args[:place], *args[place + 1 :])))
        case nodes.Choice(name, among, of) if len(among) > 1:
            for code in among:
                other = nodes.Choice(name, tuple(c for c in among if c != code), of)
                yield Mutant(other, text(node), text(other))
        case nodes.CountRecords(_, where) | nodes.CountDistinct(_, _, where) if where is not None:
            yield _without(where, _of_all_records(node))
        case nodes.SumRecords(_, _, where) | nodes.Extreme(_, _, _, where) if where is not None:
            yield _without(where, _of_all_records(node))
        case _:
            pass


def _without(left_out: Node, rest: Node) -> Mutant:
    return Mutant(rest, text(left_out), "(left out)")


def _of_all_records(node: nodes.Aggregate) -> Node:
    """Return an aggregate over all records of its list."""
    match node:
        case nodes.CountRecords(records, _):
            return nodes.CountRecords(records)
        case nodes.CountDistinct(records, field, _):
            return nodes.CountDistinct(records, field)
        case nodes.SumRecords(records, term, _):
            return nodes.SumRecords(records, term)
        case nodes.Extreme(op, records, term, _):
            return nodes.Extreme(op, records, term)
