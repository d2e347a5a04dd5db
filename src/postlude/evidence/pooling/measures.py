"""Estimates with their sampling variances from what studies print. Arrays of any shape that broadcast.

Names as in metafor's ``escalc``, whose conventions hold: a continuity correction ``add`` goes to every cell of a study
that has an empty cell, and to no other study. Where a result cannot be told from the numbers it is NaN or infinite.
Counts and sizes are not checked here; whoever reads them does.

Sources: Cochrane Handbook 6.4, chapters 6 and 10; Yusuf 1985 (Peto); Hedges 1981 and Hedges & Olkin 1985 (SMD); Becker
1988 and Morris 2000 (standardised change); Freeman & Tukey 1950 and Miller 1978.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from postlude.evidence.pooling.fit import Numbers, Values


class Estimate(NamedTuple):
    """What a study estimates, on the scale named by the function, and the sampling variance of that."""

    y: Numbers
    v: Numbers


class Cells(NamedTuple):
    """A 2 x 2 table: events and the rest, in the first group and the second."""

    events1: Numbers
    rest1: Numbers
    events2: Numbers
    rest2: Numbers


def cells(events1: Values, n1: Values, events2: Values, n2: Values, *, add: float = 0.5) -> Cells:
    """Return the four cells, with ``add`` in each cell of a table that has an empty one."""
    a, c = np.asarray(events1, np.float64), np.asarray(events2, np.float64)
    b, d = n1 - a, n2 - c
    more = np.where((a == 0) | (b == 0) | (c == 0) | (d == 0), add, 0.0)
    return Cells(a + more, b + more, c + more, d + more)


def log_odds_ratio(table: Cells) -> Estimate:
    """First group over second."""
    a, b, c, d = table
    with np.errstate(divide="ignore", invalid="ignore"):
        return Estimate(np.log(a) - np.log(b) - np.log(c) + np.log(d), 1 / a + 1 / b + 1 / c + 1 / d)


def log_risk_ratio(table: Cells) -> Estimate:
    """First group over second."""
    a, b, c, d = table
    with np.errstate(divide="ignore", invalid="ignore"):
        return Estimate(np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def risk_difference(table: Cells) -> Estimate:
    """First group minus second."""
    a, b, c, d = table
    n1, n2 = a + b, c + d
    return Estimate(a / n1 - c / n2, a * b / n1**3 + c * d / n2**3)


def peto_log_odds_ratio(table: Cells) -> Estimate:
    """Peto's one-step estimate: observed minus expected over the hypergeometric variance.

    It needs no continuity correction (``add=0``). NaN with infinite variance where nobody or everybody had the event.
    """
    a, b, c, d = table
    n1, n2, events, rest = a + b, c + d, a + c, b + d
    n = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        information = n1 * n2 * events * rest / (n**2 * (n - 1))
        return Estimate((a - n1 * events / n) / information, 1 / information)


def proportion(events: Values, n: Values, *, add: float = 0.5) -> Estimate:
    """The share itself, 0 to 1; the correction keeps its variance above 0."""
    a, b = _two(events, n, add)
    size = a + b
    return Estimate(a / size, a * b / size**3)


def log_proportion(events: Values, n: Values, *, add: float = 0.5) -> Estimate:
    a, b = _two(events, n, add)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Estimate(np.log(a / (a + b)), 1 / a - 1 / (a + b))


def logit_proportion(events: Values, n: Values, *, add: float = 0.5) -> Estimate:
    a, b = _two(events, n, add)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Estimate(np.log(a / b), 1 / a + 1 / b)


def freeman_tukey(events: Values, n: Values) -> Estimate:
    """Double arcsine, halved as metafor does; radians, 0 to pi / 2. It needs no correction."""
    size = np.asarray(n, np.float64)
    return Estimate(_double_arcsine(np.asarray(events, np.float64), size), 1 / (4 * size + 2))


def from_freeman_tukey(transformed: Values, n: Values) -> Numbers:
    """Return the share (0 to 1) whose double arcsine for ``n`` people is ``transformed`` (Miller 1978).

    For a pooled estimate ``n`` is the harmonic mean of the sizes. What is beyond the double arcsine of none or all of
    ``n`` becomes 0 or 1.
    """
    x, size = np.asarray(transformed, np.float64), np.asarray(n, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sine = np.sin(2 * x)
        cosine = np.sqrt(np.maximum(1 - (sine + (sine - 1 / sine) / size) ** 2, 0.0))
    share = (1 - np.sign(np.cos(2 * x)) * cosine) / 2
    share = np.where(x > _double_arcsine(size, size), 1.0, share)
    return np.where(x < _double_arcsine(np.zeros_like(size), size), 0.0, share)


def mean(mean: Values, sd: Values, n: Values) -> Estimate:
    """The mean of one group; also of changes, where mean and SD are those of the changes."""
    return Estimate(np.asarray(mean, np.float64), np.square(sd) / np.asarray(n, np.float64))


def mean_difference(mean1: Values, sd1: Values, n1: Values, mean2: Values, sd2: Values, n2: Values) -> Estimate:
    """First group minus second; SDs are not taken to be equal."""
    first, second = mean(mean1, sd1, n1), mean(mean2, sd2, n2)
    return Estimate(first.y - second.y, first.v + second.v)


def standardised_mean_difference(
    mean1: Values, sd1: Values, n1: Values, mean2: Values, sd2: Values, n2: Values
) -> Estimate:
    """Hedges' g: first minus second over the pooled SD, corrected for bias; NaN when fewer than 3 people."""
    a, b = np.asarray(n1, np.float64), np.asarray(n2, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        g = hedges_correction(a + b - 2) * np.subtract(mean1, mean2) / pooled_sd(sd1, a, sd2, b)
        return Estimate(g, 1 / a + 1 / b + g**2 / (2 * (a + b)))


def mean_change(mean1: Values, sd1: Values, mean2: Values, sd2: Values, n: Values, r: Values) -> Estimate:
    """First time minus second, of the same ``n`` people; ``r`` is the correlation of the two times."""
    return Estimate(np.subtract(mean1, mean2), change_sd(sd1, sd2, r) ** 2 / n)


def standardised_change(mean1: Values, sd1: Values, mean2: Values, sd2: Values, n: Values, r: Values) -> Estimate:
    """First time minus second over the SD of the changes, corrected for bias (metafor's SMCC)."""
    size = np.asarray(n, np.float64)
    g = hedges_correction(size - 1) * np.subtract(mean1, mean2) / change_sd(sd1, sd2, r)
    return Estimate(g, 1 / size + g**2 / (2 * size))


def change_in_raw_sds(mean1: Values, sd1: Values, mean2: Values, n: Values, r: Values) -> Estimate:
    """First time minus second over the SD of the first, corrected for bias (metafor's SMCR).

    Give as first the time whose SD is the yardstick, usually the baseline, and turn the sign as needed.
    """
    size = np.asarray(n, np.float64)
    g = hedges_correction(size - 1) * np.subtract(mean1, mean2) / sd1
    return Estimate(g, 2 * (1 - np.asarray(r)) / size + g**2 / (2 * size))


def hedges_correction(df: Values) -> Numbers:
    """Return the factor (0 to 1) that takes the bias off a standardised mean, by gamma functions; NaN for df < 2."""
    m = np.asarray(df, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)) / np.sqrt(m / 2)
    return np.where(m >= 2, factor, np.nan)


def pooled_sd(sd1: Values, n1: Values, sd2: Values, n2: Values) -> Numbers:
    """Return the SD common to two groups."""
    a, b = np.asarray(n1, np.float64) - 1, np.asarray(n2, np.float64) - 1
    return np.asarray(np.sqrt((a * np.square(sd1) + b * np.square(sd2)) / (a + b)))


def change_sd(sd1: Values, sd2: Values, r: Values) -> Numbers:
    """Return the SD of the changes between two times that correlate by ``r``."""
    return np.asarray(np.sqrt(np.square(sd1) + np.square(sd2) - 2 * np.multiply(r, np.multiply(sd1, sd2))))


def _two(events: Values, n: Values, add: float) -> tuple[Numbers, Numbers]:
    a = np.asarray(events, np.float64)
    b = n - a
    more = np.where((a == 0) | (b == 0), add, 0.0)
    return a + more, b + more


def _double_arcsine(events: Numbers, n: Numbers) -> Numbers:
    return (np.arcsin(np.sqrt(events / (n + 1))) + np.arcsin(np.sqrt((events + 1) / (n + 1)))) / 2
