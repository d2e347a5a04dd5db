"""Events that shut each other out: the share who have had each kind by a time (cumulative incidence).

One minus the product-limit estimate of one kind overstates that share, because it takes those who had another kind for
people who might still have this one. Tied times are taken as tied: events of several kinds at one time share the people
at risk just before it.

Sources: Aalen & Johansen 1978; the standard error as in R's survival (infinitesimal jackknife; Therneau, Crowson &
Atkinson, vignette "Multi-state models and competing risks").
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import Numbers, Whole, column, normal_quantile, same_length, whole


class Incidence(NamedTuple):
    """Cumulative incidence: one row for each different time, ascending; in two dimensions a column for each kind of
    event, 1 to K.
    """

    time: Numbers
    at_risk: Whole
    events: Whole
    """times × kinds"""
    free: Numbers
    """Share without any event just after the time, 0 to 1."""
    share: Numbers
    """times × kinds: share who have had that kind, 0 to 1."""
    se: Numbers
    low: Numbers
    high: Numbers
    """times × kinds: limits on the log(-log) scale, 0 to 1; NaN where the share is 0 or 1."""
    level: float


class IncidenceAt(NamedTuple):
    """Cumulative incidence of each kind (arrays of K) at one time."""

    time: float
    at_risk: int
    share: Numbers
    se: Numbers
    low: Numbers
    high: Numbers


def _checked(time: ArrayLike, kind: ArrayLike) -> tuple[Numbers, Whole]:
    times, kinds = column(time, "time"), whole(kind, "kind")
    same_length(time=times, kind=kinds)
    if (times < 0).any():
        raise ValueError("time: a time is negative")
    if not kinds.any():
        raise ValueError("kind: nobody had an event of any kind")
    return times, kinds


def cumulative_incidence(
    time: ArrayLike, kind: ArrayLike, *, kinds: int | None = None, level: float = 0.95
) -> Incidence:
    """Aalen–Johansen estimate.

    ``time``: n times ≥ 0. ``kind``: n whole numbers; 0 observation ended, 1 to K which event ended it. ``kinds``: K, if
    larger than the largest in the data. ``level`` of the limits, between 0 and 1. Work grows with people × times ×
    kinds, in blocks of bounded memory. Raises ValueError for columns that do not fit each other, and where nobody had
    an event.
    """
    times, which = _checked(time, kind)
    count = max(int(which.max()), kinds or 0)
    when, place = np.unique(times, return_inverse=True)
    size = len(when)
    table = np.bincount(place * (count + 1) + which, minlength=size * (count + 1)).reshape(size, count + 1)
    at_risk = table.sum(1)[::-1].cumsum()[::-1]
    events = table[:, 1:]
    free = np.cumprod(1 - events.sum(1) / at_risk)
    before = np.concatenate([[1.0], free[:-1]])
    share = np.cumsum(before[:, None] * events / at_risk[:, None], axis=0)
    se = np.sqrt(_jackknife(table, at_risk, before, share))
    low, high = _limits(share, se, normal_quantile(level))
    return Incidence(when, at_risk, events, free, share, se, low, high, level)


def _jackknife(table: Whole, at_risk: Whole, before: Numbers, share: Numbers) -> Numbers:
    """Variance of each share: the squared influence of each person, summed. People with the same time and end have the
    same influence.

    Influence on the hazard of kind j at time u of a person at risk then: (own event of kind j at u - d_j / n) / n. On
    the share of j: the sum over u of S(u-) times that, plus what a change of S(u-) does, d_j / n times the change.
    """
    size, width = table.shape
    count = width - 1
    hazard = table[:, 1:] / at_risk[:, None]
    total = hazard.sum(1)
    variance = np.zeros((size, count))
    cells = np.argwhere(table > 0)
    steps = np.arange(size)
    block = max(1, 4_000_000 // size)
    stays = 1 - total
    for start in range(0, len(cells), block):
        part = cells[start : start + block]
        end, kind = part[:, 0], part[:, 1]
        exposed = steps[None, :] <= end[:, None]
        own = (steps[None, :] == end[:, None]) & (kind > 0)[:, None]
        change = (own - np.where(exposed, total, 0.0)) / at_risk
        # Influence on S: S(t) times the sum of -change / (1 - total), by a running product that also survives S(t) = 0.
        on_before = _influence_on_free(change, stays, before)
        weight = table[end, kind]
        for j in range(count):
            mine = own & (kind == j + 1)[:, None]
            change_j = (mine - np.where(exposed, hazard[:, j], 0.0)) / at_risk
            influence = np.cumsum(before * change_j + on_before * hazard[:, j], axis=1)
            variance[:, j] += weight @ influence**2
    return np.where(share > 0, variance, 0.0)


def _influence_on_free(change: Numbers, stays: Numbers, before: Numbers) -> Numbers:
    """Influence of each person (row) on the share without an event just before each time."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(stays > 0, -change / stays, 0.0)
    sums = np.cumsum(relative, axis=1)
    shifted = np.concatenate([np.zeros((len(change), 1)), sums[:, :-1]], axis=1)
    return np.asarray(before * shifted)


def _limits(share: Numbers, se: Numbers, quantile: float) -> tuple[Numbers, Numbers]:
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = quantile * se / (share * np.log(share))
        low, high = share ** np.exp(-reach), share ** np.exp(reach)
    known = (share > 0) & (share < 1)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def incidence_at(curve: Incidence, times: ArrayLike) -> tuple[IncidenceAt, ...]:
    """The shares at given times, in the order given; NaN after the last observed time while somebody is still without
    an event.
    """
    found = []
    for time in column(times, "times"):
        before = int(np.searchsorted(curve.time, time, side="right")) - 1
        reach = int(np.searchsorted(curve.time, time, side="left"))
        at_risk = int(curve.at_risk[reach]) if reach < len(curve.time) else 0
        nothing = np.zeros(curve.share.shape[1])
        unknown = np.full(curve.share.shape[1], np.nan)
        if time > curve.time[-1] and curve.free[-1] > 0:
            found.append(IncidenceAt(float(time), 0, unknown, unknown, unknown, unknown))
        elif before < 0:
            found.append(IncidenceAt(float(time), at_risk, nothing, nothing, unknown, unknown))
        else:
            found.append(
                IncidenceAt(
                    float(time), at_risk, curve.share[before], curve.se[before], curve.low[before], curve.high[before]
                )
            )
    return tuple(found)
