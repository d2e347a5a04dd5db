"""What the functions of this package return, and what they all refuse."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Numbers = NDArray[np.float64]


class Estimate(NamedTuple):
    """A number with its confidence limits, in the unit that the function names; NaN where it cannot be told."""

    estimate: float
    low: float
    high: float
    level: float
    """Of confidence, between 0 and 1."""


class Tested(NamedTuple):
    """A test: never to be printed without the estimate that belongs to it."""

    statistic: float
    df: float
    """Degrees of freedom; NaN where the reference distribution has none."""
    p: float
    """0 to 1; two-sided unless the function says otherwise."""


def quantile(level: float) -> float:
    """Return the standard normal quantile that leaves half of ``1 - level`` above it; ``level`` between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    return float(-special.ndtri((1 - level) / 2))


def chi_square_p(statistic: float, df: float) -> float:
    """Return the chance of a chi-square on ``df`` degrees of freedom at or above ``statistic``."""
    return float(special.chdtrc(df, max(statistic, 0.0)))


def two_sided(z: float) -> float:
    """Return the two-sided p of a standard normal deviate."""
    return float(2 * special.ndtr(-abs(z)))


def counted(events: int, n: int) -> tuple[int, int]:
    """Return both as whole numbers; ``ValueError`` unless 0 <= events <= n and n >= 1."""
    events, n = whole(events, "the number of events"), whole(n, "the number of people")
    if n < 1:
        raise ValueError("a share of nobody is not defined: the number of people must be at least 1")
    if events > n:
        raise ValueError(f"{events} of {n} is not a share: there are more events than people")
    return events, n


def whole(value: float, what: str) -> int:
    """Return a count as an int; ``ValueError`` if it is below 0 or no whole number."""
    if not math.isfinite(value) or value != int(value) or value < 0:
        raise ValueError(f"{what} must be a whole number of at least 0, not {value}")
    return int(value)


def table_of(counts: ArrayLike, *, square: bool = False) -> Numbers:
    """Return a two-way table of counts, at least 2 x 2; ``ValueError`` if it is none."""
    table = np.asarray(counts, np.float64)
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError("a table needs at least two rows and two columns")
    if square and table.shape[0] != table.shape[1]:
        raise ValueError(f"this table must be square, not {table.shape[0]} x {table.shape[1]}")
    if not np.isfinite(table).all() or (table < 0).any() or (table != np.floor(table)).any():
        raise ValueError("a table holds whole numbers of at least 0")
    return table


def values_of(values: ArrayLike, what: str, least: int = 1) -> Numbers:
    """Return a one-dimensional array of finite numbers; ``ValueError`` if one is missing or there are too few."""
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise ValueError(f"{what} must be one row of numbers")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{what} holds values that are missing or not finite; leave them out and say how many there were"
        )
    if len(array) < least:
        raise ValueError(f"{what} needs at least {least} value{'s' if least > 1 else ''}, not {len(array)}")
    return array


def one_of(value: str, allowed: Iterable[str], what: str) -> str:
    """Return ``value``; ``ValueError`` with the words that would be allowed if it is none of them."""
    words: Sequence[str] = list(allowed)
    if value not in words:
        raise ValueError(f"{what} is one of {', '.join(words)}, not {value!r}")
    return value
