"""Do curves of time to an event differ? The log-rank test, of any number of groups, within strata if wanted.

Source: Mantel 1966; the variance with tied times in Kalbfleisch & Prentice 2002, section 1.5 (doi
10.1002/9781118032985).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.arrays import Flags, Numbers, Whole, levels, same_length
from postlude.outcomes.statistics.survival import people_under_observation


class GroupEvents(NamedTuple):
    """One group of a log-rank test."""

    group: Any
    people: int
    observed: int
    expected: float
    """Events expected if the groups did not differ."""


class LogRank(NamedTuple):
    """The test's answer. ``statistic`` is chi-square on ``df`` degrees of freedom."""

    groups: tuple[GroupEvents, ...]
    statistic: float
    df: int
    p: float


def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None = None) -> LogRank:
    """The log-rank test.

    ``time``: n times ≥ 0. ``event``: n flags (1 happened, 0 observation ended). ``group``: n labels, two kinds at
    least. ``stratum``: n labels; people are compared within their stratum only. Raises ValueError for one group, and
    where no event tells the groups apart.
    """
    times, happened = people_under_observation(time, event)
    names, place = levels(group, "group")
    strata = np.zeros(len(times), np.int64) if stratum is None else levels(stratum, "stratum")[1]
    same_length(time=times, group=place, stratum=strata)
    if len(names) < 2:
        raise ValueError("group: at least two groups are wanted")
    observed, expected = np.zeros(len(names)), np.zeros(len(names))
    variance = np.zeros((len(names), len(names)))
    for which in range(int(strata.max()) + 1):
        here = strata == which
        parts = _one_stratum(times[here], happened[here], place[here], len(names))
        observed, expected, variance = observed + parts[0], expected + parts[1], variance + parts[2]
    statistic, df = _quadratic(observed - expected, variance)
    sizes = np.bincount(place, minlength=len(names))
    rows = zip(names, sizes, observed, expected, strict=True)
    return LogRank(
        tuple(GroupEvents(a, int(b), int(c), float(d)) for a, b, c, d in rows),
        statistic,
        df,
        float(special.chdtrc(df, statistic)),
    )


def _one_stratum(times: Numbers, happened: Flags, place: Whole, count: int) -> tuple[Numbers, Numbers, Numbers]:
    """Observed and expected events of each group and the hypergeometric covariance, summed over the times."""
    when, at = np.unique(times, return_inverse=True)
    shape = (len(when), count)
    events = np.bincount(at * count + place, happened, len(when) * count).reshape(shape)
    ended = np.bincount(at * count + place, minlength=len(when) * count).reshape(shape).astype(np.float64)
    at_risk = ended[::-1].cumsum(0)[::-1]
    everyone, together = at_risk.sum(1), events.sum(1)
    shares = at_risk / everyone[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(everyone > 1, together * (everyone - together) / (everyone - 1), 0.0)
    variance = np.diag(weight @ shares) - np.einsum("t,ti,tj->ij", weight, shares, shares)
    return events.sum(0), together @ shares, variance


def _quadratic(difference: Numbers, variance: Numbers) -> tuple[float, int]:
    """Chi-square of differences that add up to 0, over the groups about which something is known."""
    known = np.diag(variance) > 1e-12
    df = int(known.sum()) - 1
    if df < 1:
        raise ValueError("no event happened while people of two groups were at risk: the groups cannot be compared")
    keep = np.flatnonzero(known)[:-1]
    part = difference[keep]
    return float(part @ np.linalg.solve(variance[np.ix_(keep, keep)], part)), df
