"""Tables of counts: whether rows and columns go together, and how much.

Sources: Pearson 1900; Yates 1934; Cramér 1946; Smithson 2003 (Confidence Intervals, on limits by the noncentral
chi-square); Bishop, Fienberg & Holland 1975 (variance of phi); Cochran 1954 (Biometrics 10:417) and Armitage 1955
(Biometrics 11:375).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from postlude.outcomes.statistics.answers import (
    Estimate,
    Numbers,
    Tested,
    chi_square_p,
    counted,
    quantile,
    table_of,
    values_of,
)


class ChiSquare(NamedTuple):
    """Pearson's test of a table, with what one looks at to know whether to believe it."""

    statistic: float
    df: float
    p: float
    corrected: bool
    """Whether Yates's correction was made: only ever in a 2 x 2 table."""
    expected: Numbers
    """Counts expected without association, shaped as the table."""
    residuals: Numbers
    """Pearson's: (observed - expected) / sqrt(expected)."""
    standardised: Numbers
    """The same over its own standard error; about standard normal without association."""
    likelihood_ratio: float
    """G, twice the log-likelihood ratio, on the same degrees of freedom."""
    likelihood_ratio_p: float
    least_expected: float
    """Below 5 the chi-square is a poor guide: prefer the exact test."""


def chi_square(counts: ArrayLike, *, corrected: bool = False) -> ChiSquare:
    """Return Pearson's chi-square of a table of counts (rows x columns).

    ``corrected``: Yates's correction, which applies to 2 x 2 alone (elsewhere it is ignored, and ``corrected`` of the
    answer is false) and never moves a count past its expectation, as in R. It is off unless asked for; scipy and R
    have it on. ``ValueError`` if a row or column is empty: leave it out and say so.
    """
    table = table_of(counts)
    expected = expectation(table)
    rows, columns, total = table.sum(1), table.sum(0), table.sum()
    distance = np.abs(table - expected)
    used = corrected and table.shape == (2, 2)
    if used:
        distance = distance - min(0.5, float(distance.min()))
    statistic = float((distance**2 / expected).sum())
    df = float((table.shape[0] - 1) * (table.shape[1] - 1))
    residuals = (table - expected) / np.sqrt(expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 2 * float(special.xlogy(table, table / expected).sum())
    left = np.outer(1 - rows / total, 1 - columns / total)
    return ChiSquare(
        statistic,
        df,
        chi_square_p(statistic, df),
        used,
        expected,
        residuals,
        residuals / np.sqrt(left),
        ratio,
        chi_square_p(ratio, df),
        float(expected.min()),
    )


def expectation(table: Numbers) -> Numbers:
    """Return the counts expected from the margins; ``ValueError`` if a margin is 0."""
    rows, columns = table.sum(1), table.sum(0)
    if (rows == 0).any() or (columns == 0).any():
        raise ValueError("a row or column of the table is empty: leave it out, and say so")
    found: Numbers = np.outer(rows, columns) / table.sum()
    return found


def cramers_v(counts: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return Cramér's V (0 to 1) of a table of counts, not corrected for chance, with its interval.

    The interval holds every V whose noncentral chi-square would not have made the statistic surprising (Smithson
    2003). Its lower limit is 0 where the test is not significant; V itself is biased upwards in small tables and can
    then lie above it.
    """
    found = chi_square(counts)
    shape = found.expected.shape
    scale = float(found.expected.sum()) * (min(shape) - 1)
    limits = (noncentral(found.statistic, found.df, tail) for tail in ((1 + level) / 2, (1 - level) / 2))
    quantile(level)
    low, high = (min(1.0, math.sqrt(limit / scale)) for limit in limits)
    return Estimate(math.sqrt(found.statistic / scale), low, high, level)


def noncentral(statistic: float, df: float, probability: float) -> float:
    """Return the noncentrality at which a chi-square stays below ``statistic`` with ``probability``; 0 if none does."""
    if special.chdtr(df, statistic) <= probability:
        return 0.0

    def over(nc: float) -> float:
        return float(special.chndtr(statistic, df, nc)) - probability

    reach = statistic + 10
    while over(reach) > 0:
        reach *= 2
    return float(optimize.brentq(over, 0, reach, xtol=1e-13, rtol=1e-13))


def phi(counts: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return phi of a 2 x 2 table: the correlation of row and column (-1 to 1), with a normal interval cut there.

    Positive where the first row has more of the first column. ``ValueError`` unless 2 x 2, or if a margin is empty.
    """
    table = table_of(counts)
    if table.shape != (2, 2):
        raise ValueError(
            f"phi belongs to a table of 2 x 2, not of {table.shape[0]} x {table.shape[1]}; ask for Cramér's V"
        )
    expectation(table)
    n = table.sum()
    p = table / n
    (r1, r2), (c1, c2) = p.sum(1), p.sum(0)
    root = math.sqrt(r1 * r2 * c1 * c2)
    value = float((p[0, 0] * p[1, 1] - p[0, 1] * p[1, 0]) / root)
    row, column = (r1 - r2) / math.sqrt(r1 * r2), (c1 - c2) / math.sqrt(c1 * c2)
    square = value * value
    variance = (1 - square + value * (1 + square / 2) * row * column - 0.75 * square * (row**2 + column**2)) / n
    half = quantile(level) * math.sqrt(max(float(variance), 0.0))
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), level)


class Trend(NamedTuple):
    """A linear trend of a share over ordered groups."""

    tested: Tested
    slope: Estimate
    """Change of the share for each unit of the scores (weighted least squares)."""


def trend(events: ArrayLike, sizes: ArrayLike, scores: ArrayLike | None = None, *, level: float = 0.95) -> Trend:
    """Return the Cochran-Armitage test of a trend of ``events / sizes`` over ``scores`` (1, 2, 3, ... if none are
    given).

    The chi-square on one degree of freedom is that of R's ``prop.trend.test`` (no continuity correction). The slope's
    interval takes each group's own share for its variance. With nobody or everybody having the event there is no
    trend to test: NaN. ``ValueError`` for fewer than two groups, an impossible share, or scores that are all the
    same.
    """
    x, n = values_of(events, "the events", 2), values_of(sizes, "the sizes", 2)
    if len(x) != len(n):
        raise ValueError("there must be as many sizes as numbers of events")
    for one, size in zip(x, n, strict=True):
        counted(int(one) if one == int(one) else one, size)
    s = np.arange(1.0, len(x) + 1) if scores is None else values_of(scores, "the scores", 2)
    if len(s) != len(x):
        raise ValueError("there must be one score for each group")
    middle = float(n @ s / n.sum())
    spread = float(n @ (s - middle) ** 2)
    if spread == 0:
        raise ValueError("the scores of the groups are all the same: there is no trend to look for")
    shares, overall = x / n, float(x.sum() / n.sum())
    slope = float((n * (s - middle)) @ shares / spread)
    null = overall * (1 - overall)
    statistic = slope**2 * spread / null if null > 0 else math.nan
    p = chi_square_p(statistic, 1) if null > 0 else math.nan
    error = math.sqrt(float((n * (s - middle) ** 2) @ (shares * (1 - shares)))) / spread
    half = quantile(level) * error
    return Trend(Tested(statistic, 1.0, p), Estimate(slope, slope - half, slope + half, level))
