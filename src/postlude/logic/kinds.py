"""What kind of thing a node or a fact is, and how far from zero a quantity can lie."""

from datetime import date

from postlude.logic import nodes
from postlude.logic.nodes import Quantity
from postlude.logic.vocabulary import FactType

MAX_RESULT = 4_000_000_000  # a double holds six decimals up to 2**52 / 10**6
MAX_RECORDS = 20


def largest(node: Quantity) -> float:
    """Return how far from zero the quantity can lie, a list holding at most ``MAX_RECORDS``."""
    match node:
        case nodes.Literal(value):
            return abs(value)
        case nodes.Number(_, low, high, _):
            return max(abs(low), abs(high))
        case nodes.Arithmetic(op, left, right):
            a, b = largest(left), largest(right)
            return a * b if op == "*" else a / b if op == "/" else a + b
        case nodes.CountTrue(args):
            return len(args)
        case nodes.CountRecords() | nodes.CountDistinct():
            return MAX_RECORDS
        case nodes.SumRecords(_, term, _):
            return MAX_RECORDS * largest(term)
        case nodes.Extreme(_, _, term, _):
            return largest(term)
        case nodes.DerivedNumber(_, body):
            return largest(body)
        case _:
            return nodes.LAST_DAY


def quantity_kind(node: Quantity) -> str:
    match node:
        case nodes.Day() | nodes.DayLiteral() | nodes.AsOf():
            return "date"
        case nodes.Extreme(_, _, term, _):
            return quantity_kind(term)
        case nodes.DerivedNumber(_, body):
            return quantity_kind(body)
        case _:
            return "number"


def end_said(end: float, kind: str) -> str:
    return date.fromordinal(int(end)).isoformat() if kind == "date" and abs(end) < float("inf") else f"{end:g}"


def kind_said(found: FactType) -> str:
    return {"boolean": "a yes/no fact", "number": "a number", "date": "a date", "choice": "a choice"}[found.kind]
