"""Whole numbers with a fixed count of decimals, as constants or as expressions of the solver."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import z3

DECIMALS = 2
"""Decimals of a number fact."""
ROUNDED = 6
"""Decimals to which arithmetic rounds, as in :mod:`postlude.logic.ranges`."""


class Scaled(NamedTuple):
    """The number ``whole / 10**decimals``; ``whole`` is an int or an integer expression."""

    whole: Any
    decimals: int


def fraction(value: float) -> Fraction:
    # The shortest decimal that reads as this float is what was written.
    return Fraction(str(value))


def literal(value: float) -> Scaled:
    exact = fraction(value)
    decimals = next(d for d in range(ROUNDED + 1) if d == ROUNDED or (exact * 10**d).denominator == 1)
    return Scaled(round(exact * 10**decimals), decimals)


def aligned(a: Scaled, b: Scaled) -> tuple[Any, Any, int]:
    decimals = max(a.decimals, b.decimals)
    x, y = (n.whole if n.decimals == decimals else n.whole * 10 ** (decimals - n.decimals) for n in (a, b))
    return x, y, decimals


def chosen(guard: Any, this: Scaled, other: Scaled) -> Scaled:
    x, y, decimals = aligned(this, other)
    return Scaled(z3.If(guard, x, y), decimals)


def total(parts: Sequence[Scaled]) -> Scaled:
    total = Scaled(0, 0)
    for part in parts:
        x, y, decimals = aligned(total, part)
        total = Scaled(x + y, decimals)
    return total


def tally(formulas: Sequence[Any]) -> Scaled:
    return Scaled(z3.Sum([z3.If(f, 1, 0) for f in formulas]), 0)


def rounded(number: Scaled) -> Scaled:
    """Round to six decimals, halves up; unchanged when it has no more."""
    surplus = number.decimals - ROUNDED
    return number if surplus <= 0 else Scaled(floor(number.whole + 10**surplus // 2, 10**surplus), ROUNDED)


def quotient(a: Scaled, divisor: Fraction) -> Scaled:
    factor = 1 / divisor
    for decimals in range(2 * ROUNDED + 1):
        if (factor * 10**decimals).denominator == 1:
            return Scaled(a.whole * int(factor * 10**decimals), a.decimals + decimals)
    # Not a finite decimal: rounded at once, halves up.
    unit = 2 * factor.denominator * 10**a.decimals
    return Scaled(floor(2 * a.whole * factor.numerator * 10**ROUNDED + unit // 2, unit), ROUNDED)


def floor(whole: Any, divisor: int) -> Any:
    # z3 divides integers downwards when the divisor is positive, as Python does.
    return whole // divisor if isinstance(whole, int) else whole / divisor
