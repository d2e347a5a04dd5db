"""Who got better by how much: relief in percent, and the share of people at or above every threshold.

What decides is compared without floating percentages: 8 -> 4 is relief of exactly 50 %. Source of the cumulative curve:
Farrar et al. 2006 (J Pain Symptom Manage 31:369).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from postlude.outcomes.statistics.answers import Estimate, Numbers
from postlude.outcomes.statistics.proportions import share

_SLACK = 1e-9
"""Of the baseline: what rounding of decimals like 4.2 can do, and far less than any step of a scale."""


def relief(baseline: ArrayLike, follow_up: ArrayLike, *, higher_is_better: bool = False) -> Numbers:
    """Return the improvement in percent of the baseline, one for each person; negative where things got worse.

    NaN where either value is missing, and where the baseline is 0: a percentage of nothing is not defined.
    ``ValueError`` for rows of different length or a baseline below 0.
    """
    before, after = _both(baseline, follow_up)
    change = after - before if higher_is_better else before - after
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Numbers = np.where(before > 0, 100 * change / before, np.nan)
    return found


def reaches(
    baseline: ArrayLike, follow_up: ArrayLike, percent: float, *, strictly: bool = False, higher_is_better: bool = False
) -> NDArray[np.bool_]:
    """Return for each person whether the improvement is at least ``percent`` of the baseline (``strictly``: more than
    it).

    False where ``relief`` is NaN: count those separately (``told``), they are not known not to respond.
    """
    before, after = _both(baseline, follow_up)
    change = after - before if higher_is_better else before - after
    gap = 100 * change - percent * before
    slack = 100 * _SLACK * np.maximum(np.abs(before), np.abs(after))
    with np.errstate(invalid="ignore"):
        enough = gap > slack if strictly else gap >= -slack
    found: NDArray[np.bool_] = enough & (before > 0)
    return found


def told(baseline: ArrayLike, follow_up: ArrayLike) -> NDArray[np.bool_]:
    """Return for each person whether relief can be told: both values known and a baseline above 0."""
    before, after = _both(baseline, follow_up)
    found: NDArray[np.bool_] = np.isfinite(after) & (before > 0)
    return found


def _both(baseline: ArrayLike, follow_up: ArrayLike) -> tuple[Numbers, Numbers]:
    before, after = np.asarray(baseline, np.float64), np.asarray(follow_up, np.float64)
    if before.ndim != 1 or before.shape != after.shape:
        raise ValueError("baseline and follow-up must be two rows of the same length, one value for each person")
    if (before < 0).any():
        raise ValueError("relief in percent needs a scale that starts at 0: a baseline is below 0")
    return before, after


class Point(NamedTuple):
    """One threshold of a cumulative responder curve."""

    threshold: float
    """Percent of the baseline."""
    responders: int
    complete: Estimate
    """Share of those whose relief can be told."""
    missing_as_failure: Estimate
    """Share of everybody."""


class Curve(NamedTuple):
    """Share of people who improved by at least each threshold."""

    n: int
    told: int
    zero_baselines: int
    """People for whom relief in percent is not defined, among those who answered."""
    points: tuple[Point, ...]
    median: float
    """Median relief in percent of those who told; NaN if nobody did."""


def cumulative(
    baseline: ArrayLike,
    follow_up: ArrayLike,
    thresholds: Sequence[float] = tuple(range(0, 101, 10)),
    *,
    method: str = "wilson",
    level: float = 0.95,
    higher_is_better: bool = False,
) -> Curve:
    """Return the cumulative responder curve of one group; one value for each person, NaN where it is missing.

    ``thresholds`` in percent, ``method`` and ``level`` as in ``share``. Estimates are NaN, 0 to 1, where nobody's
    relief can be told. ``ValueError`` for nobody at all.
    """
    before, after = _both(baseline, follow_up)
    if not len(before):
        raise ValueError("a curve of nobody is not defined")
    known = told(before, after)
    many = int(known.sum())
    percent = relief(before, after, higher_is_better=higher_is_better)[known]
    points = []
    for threshold in thresholds:
        x = int(reaches(before, after, threshold, higher_is_better=higher_is_better).sum())
        complete = share(x, many, method=method, level=level) if many else Estimate(np.nan, 0.0, 1.0, level)
        points.append(Point(float(threshold), x, complete, share(x, len(before), method=method, level=level)))
    zeros = int((np.isfinite(after) & (before == 0)).sum())
    return Curve(len(before), many, zeros, tuple(points), float(np.median(percent)) if many else np.nan)


def largest_gap(first: ArrayLike, second: ArrayLike) -> float:
    """Return the greatest vertical distance of two groups' cumulative curves (Kolmogorov-Smirnov's D), 0 to 1.

    Of any values; missing ones (NaN) are left out. NaN if a group has none.
    """
    x, y = (np.asarray(one, np.float64) for one in (first, second))
    x, y = np.sort(x[~np.isnan(x)]), np.sort(y[~np.isnan(y)])
    if not len(x) or not len(y):
        return float("nan")
    every = np.concatenate([x, y])
    one, other = (np.searchsorted(part, every, side="right") / len(part) for part in (x, y))
    return float(np.abs(one - other).max())
