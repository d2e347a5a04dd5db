"""Arithmetic and comparison of ranges: what follows when a number is known only within limits.

Both ends belong to a range. Every operation is monotone: a narrower input never gives a wider result, which is
what lets a definite comparison stand when more is learned.

Results of arithmetic are rounded to six decimals, so that 0.1 + 0.2 is 0.3 and the order in which medicines are
told cannot move a sum across a threshold. The rounding uses operations that IEEE 754 defines exactly, so that SQL
engines give the same bits.
"""

import math

from postlude.logic.kleene import Truth
from postlude.logic.nodes import Range

SCALE = 1e6


def rounded(x: float) -> float:
    """Round to six decimals, halves up; infinities stay."""
    return x if math.isinf(x) else math.floor(x * SCALE + 0.5) / SCALE


def rounds(a: Range) -> Range:
    """Round both ends. A sum adds rounded terms, or its last decimal would depend on the order of the records."""
    return rounded(a[0]), rounded(a[1])


def add(a: Range, b: Range) -> Range:
    return rounded(a[0] + b[0]), rounded(a[1] + b[1])


def subtract(a: Range, b: Range) -> Range:
    return rounded(a[0] - b[1]), rounded(a[1] - b[0])


def multiply(a: Range, b: Range) -> Range:
    """Multiply; the language lets no unbounded range come here except beside a number that is not zero."""
    products = (a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1])
    return rounded(min(products)), rounded(max(products))


def divide(a: Range, b: Range) -> Range:
    """Divide by ``b``, which is exact and not zero."""
    ends = (a[0] / b[0], a[1] / b[0])
    return rounded(min(ends)), rounded(max(ends))


def compare(op: str, a: Range, b: Range) -> Truth:
    """Compare two ranges: definite only when every pair of possible values agrees."""
    if op == "<":
        return True if a[1] < b[0] else False if a[0] >= b[1] else None
    if op == "<=":
        return True if a[1] <= b[0] else False if a[0] > b[1] else None
    if op == ">":
        return True if a[0] > b[1] else False if a[1] <= b[0] else None
    if op == ">=":
        return True if a[0] >= b[1] else False if a[1] < b[0] else None
    apart = a[1] < b[0] or b[1] < a[0]
    same = a[0] == a[1] == b[0] == b[1]
    if op == "=":
        return False if apart else True if same else None
    return True if apart else False if same else None
