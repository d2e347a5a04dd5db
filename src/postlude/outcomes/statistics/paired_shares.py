"""The same people asked twice or more: did the share change?

Sources: McNemar 1947 (Psychometrika 12:153); Newcombe 1998 (Stat Med 17:2635, method 10); Cochran 1950 (Biometrika
37:256); Cohen 1960 (kappa).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.answers import Estimate, Tested, chi_square_p, quantile, table_of
from postlude.outcomes.statistics.proportions import share


class McNemar(NamedTuple):
    """Whether more people changed one way than the other, and by how much."""

    uncorrected: Tested
    corrected: Tested
    """With a continuity correction of 1, never larger than the difference, as in R."""
    exact_p: float
    mid_p: float
    """Exact, counting half of the tables that are as likely as the one seen; less conservative."""
    difference: Estimate
    """First share (row 1) less second share (column 1), -1 to 1."""
    odds: Estimate
    """Discordant pairs of the first kind over those of the second, with exact limits; NaN without discordant pairs."""


def mcnemar(counts: ArrayLike, *, level: float = 0.95) -> McNemar:
    """Return McNemar's tests of a 2 x 2 table of pairs: rows first answer (yes, no), columns second answer (yes, no).

    Without discordant pairs nothing speaks for a change: the statistic is NaN, every p is 1 (R gives NaN for the
    asymptotic ones). ``ValueError`` for a table that is not 2 x 2, or without anybody.
    """
    table = table_of(counts, square=True)
    if table.shape != (2, 2):
        raise ValueError("McNemar's test is of two answers twice: a table of 2 x 2")
    one, other = int(table[0, 1]), int(table[1, 0])
    difference = _difference(table, level)
    pairs = one + other
    if pairs == 0:
        none = Tested(math.nan, 1.0, 1.0)
        return McNemar(none, none, 1.0, 1.0, difference, Estimate(math.nan, 0.0, math.inf, level))
    gap = abs(one - other)
    plain, corrected = gap**2 / pairs, max(gap - 1, 0) ** 2 / pairs
    less = min(one, other)
    tail = float(special.bdtr(less, pairs, 0.5))
    point = float(math.exp(math.log(math.comb(pairs, less)) - pairs * math.log(2)))
    split = share(one, pairs, method="clopper-pearson", level=level)
    return McNemar(
        Tested(plain, 1.0, chi_square_p(plain, 1)),
        Tested(corrected, 1.0, chi_square_p(corrected, 1)),
        min(1.0, 2 * tail),
        min(1.0, 2 * tail - point) if one != other else 1.0,
        difference,
        Estimate(_odds(split.estimate), _odds(split.low), _odds(split.high), level),
    )


def _odds(p: float) -> float:
    return p / (1 - p) if p < 1 else math.inf


def _difference(table: np.ndarray[tuple[int, ...], np.dtype[np.float64]], level: float) -> Estimate:
    """Newcombe's square-and-add, which takes the correlation of both answers into account."""
    n = int(table.sum())
    (r1, r2), (c1, c2) = table.sum(1), table.sum(0)
    first, second = share(int(r1), n, level=level), share(int(c1), n, level=level)
    product = float(table[0, 0] * table[1, 1] - table[0, 1] * table[1, 0])
    margins = float(r1 * r2 * c1 * c2)
    if product > 0:
        product = max(product - n / 2, 0.0)
    correlation = product / math.sqrt(margins) if margins else 0.0
    low1, high1 = first.estimate - first.low, first.high - first.estimate
    low2, high2 = second.estimate - second.low, second.high - second.estimate

    def together(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * correlation * a * b + b * b, 0.0))

    middle = first.estimate - second.estimate
    return Estimate(middle, middle - together(low1, high2), middle + together(high1, low2), level)


def cochran_q(answers: ArrayLike) -> Tested:
    """Return Cochran's Q: whether the share of yes is the same at all times; ``answers`` is people x times of 0 and 1.

    NaN with p 1 where everybody answered the same at all times. ``ValueError`` for other values or fewer than two
    times.
    """
    table = np.asarray(answers, np.float64)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        raise ValueError("Cochran's Q needs people in rows and at least two times in columns")
    if not np.isin(table, (0.0, 1.0)).all():
        raise ValueError(
            "Cochran's Q is of answers that are 0 or 1; leave people with a missing answer out, and say how many"
        )
    k = table.shape[1]
    times, people = table.sum(0), table.sum(1)
    below = k * people.sum() - (people**2).sum()
    if below == 0:
        return Tested(math.nan, float(k - 1), 1.0)
    q = float((k - 1) * (k * (times**2).sum() - times.sum() ** 2) / below)
    return Tested(q, float(k - 1), chi_square_p(q, k - 1))


def kappa(counts: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return Cohen's kappa (unweighted, at most 1) of a square table of counts, with the normal interval of Fleiss
    1969.

    NaN where both raters gave one and the same answer throughout.
    """
    table = table_of(counts, square=True)
    n = table.sum()
    if n == 0:
        raise ValueError("agreement of nobody is not defined")
    p = table / n
    rows, columns = p.sum(1), p.sum(0)
    seen, chance = float(np.trace(p)), float(rows @ columns)
    if chance >= 1:
        return Estimate(math.nan, math.nan, math.nan, level)
    value = (seen - chance) / (1 - chance)
    diagonal = np.diag(p) @ (1 - (rows + columns) * (1 - value)) ** 2
    weights = (columns[:, None] + rows[None, :]) ** 2  # column margin of the row's category, row margin of the column's
    off = (1 - value) ** 2 * ((p * weights).sum() - np.diag(p) @ np.diag(weights))
    variance = (diagonal + off - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    half = quantile(level) * math.sqrt(max(float(variance), 0.0))
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), level)
