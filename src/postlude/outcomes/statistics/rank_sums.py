"""Two groups compared by ranks: Mann-Whitney's test, the shift between the groups, the chance of a greater value.

Sources: Mann & Whitney 1947; Hodges & Lehmann 1963 and Bauer 1972 (shift and its limits); Streitberg & Röhmel 1986
(exact with ties); Newcombe 2006 (Stat Med 25:559, method 5, interval of the chance of a greater value).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from postlude.outcomes.statistics.answers import Estimate, Numbers, one_of, quantile, two_sided, values_of
from postlude.outcomes.statistics.ranking import drawn_sums, midranks, scores_of, tails, tie_sum, turning_point

METHODS = ("auto", "exact", "asymptotic")
FEW = 50
"""Below this many in both groups ``auto`` is exact, as in R (which there gives up at the first tie; this does not)."""


class RankSum(NamedTuple):
    """Mann-Whitney's test with what belongs to it."""

    u: float
    """Pairs in which the value of the first group is the greater; ties count half. R calls it W."""
    method: str
    """``exact`` or ``asymptotic``."""
    p: float
    """Two-sided. Exact: every arrangement whose rank sum is at least as far from its mean."""
    p_greater: float
    """That the first group's values are greater."""
    p_less: float
    z: float
    """Standardised rank sum with tie correction, continuity correction as asked; NaN when all values are equal."""
    shift: Estimate
    """Hodges and Lehmann's: the median of all differences first less second, in the unit of the values."""
    greater: Estimate
    """Chance that somebody of the first group has the greater value, ties half (the area under the curve), 0 to 1."""
    rank_biserial: Estimate
    """Twice that less 1, -1 to 1; also known as Cliff's delta."""


def rank_sum(
    first: ArrayLike, second: ArrayLike, *, method: str = "auto", corrected: bool = True, level: float = 0.95
) -> RankSum:
    """Compare two independent groups of numbers, each without missing values.

    ``method``: ``exact`` conditions on the ties that are there (shift algorithm; scipy's exact p is wrong with ties,
    R's ``wilcox.test`` has none), ``asymptotic`` is normal with the variance corrected for ties, ``auto`` chooses
    exact below 50 in each group. ``corrected``: the continuity correction of one half, for the asymptotic p only (R
    and scipy have it on). Limits of the shift: exact by counting where there are no ties, else where the asymptotic
    test turns, and infinite where no shift would be rejected. ``ValueError`` for an empty group, a missing value, an
    unknown method.
    """
    x, y = values_of(first, "the first group"), values_of(second, "the second group")
    one_of(method, METHODS, "the method of a rank test")
    m, n = len(x), len(y)
    exact = method == "exact" or (method == "auto" and max(m, n) < FEW)
    together = np.concatenate([x, y])
    ranks = midranks(together)
    u = float(ranks[:m].sum()) - m * (m + 1) / 2
    spread = _spread(m, n, tie_sum(together))
    z, low_p, high_p, both = _normal(u, m, n, spread, corrected=corrected)
    if exact:
        scores = scores_of(ranks)
        low_p, high_p, both = tails(*_smaller(scores, m, n))
    chance = _chance(u / (m * n), m, n, level)
    return RankSum(
        u,
        "exact" if exact else "asymptotic",
        both,
        high_p,
        low_p,
        z,
        _shift(x, y, level, exact=exact and tie_sum(together) == 0, corrected=corrected),
        chance,
        Estimate(2 * chance.estimate - 1, 2 * chance.low - 1, 2 * chance.high - 1, level),
    )


def _smaller(scores: np.ndarray[tuple[int, ...], np.dtype[np.int64]], m: int, n: int) -> tuple[Numbers, int]:
    """The distribution of the first group's sum, worked out for the smaller group, and the sum seen."""
    seen, total = int(scores[:m].sum()), int(scores.sum())
    if m <= n:
        return drawn_sums(scores, m), seen
    other = drawn_sums(scores, n)
    turned = np.zeros(total + 1)
    turned[total - len(other) + 1 :] = other[::-1]
    return turned, seen


def _spread(m: int, n: int, ties: float) -> float:
    """Standard deviation of U with this sum of ties, as R computes it."""
    total = m + n
    square = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    return math.sqrt(max(square, 0.0))


def _normal(u: float, m: int, n: int, spread: float, *, corrected: bool) -> tuple[float, float, float, float]:
    """Return z, p that the first is less, p that it is greater, two-sided p."""
    distance = u - m * n / 2
    if spread <= 0:
        return math.nan, 1.0, 1.0, 1.0
    half = 0.5 if corrected else 0.0
    z = (distance - math.copysign(half, distance) * (distance != 0)) / spread
    less, greater = float(special.ndtr((distance + half) / spread)), float(special.ndtr(-(distance - half) / spread))
    return z, less, greater, min(1.0, two_sided(z))


def _shift(x: Numbers, y: Numbers, level: float, *, exact: bool, corrected: bool) -> Estimate:
    differences = np.sort((x[:, None] - y[None, :]).ravel())
    middle = float(np.median(differences))
    z = quantile(level)
    m, n = len(x), len(y)
    if exact:
        chances = drawn_sums(np.arange(1, m + n + 1, dtype=np.int64), min(m, n))
        counts = np.cumsum(chances[min(m, n) * (min(m, n) + 1) // 2 :])
        rank = int(np.searchsorted(counts, (1 - level) / 2 * (1 - 1e-12), side="left"))
        # The chance of at most rank - 1 is below the tail: the limit is the difference of that rank.
        if rank == 0:
            return Estimate(middle, -math.inf, math.inf, level)
        return Estimate(middle, float(differences[rank - 1]), float(differences[len(differences) - rank]), level)

    def beyond(at: float, critical: float) -> float:
        moved = np.concatenate([x - at, y])
        distance = float(midranks(moved)[:m].sum()) - m * (m + 1) / 2 - m * n / 2
        if corrected:
            distance -= math.copysign(0.5, distance) * (distance != 0)
        spread = _spread(m, n, tie_sum(moved))
        return (distance / spread if spread else math.inf * distance) - critical

    steps = np.unique(differences)
    low = turning_point(lambda at: beyond(at, z), steps)
    high = turning_point(lambda at: beyond(at, -z), steps)
    return Estimate(middle, low, high, level)


def _chance(theta: float, m: int, n: int, level: float) -> Estimate:
    """Newcombe's fifth method: every chance that a score test would not reject; defined at 0 and 1 too."""
    z = quantile(level)
    extra = (m + n) / 2 - 1

    def over(at: float) -> float:
        variance = at * (1 - at) * (1 + extra * (1 - at) / (2 - at) + extra * at / (1 + at)) / (m * n)
        return (at - theta) ** 2 - z * z * variance

    tiny = 1e-300
    low = 0.0 if theta <= 0 else float(optimize.brentq(over, tiny, theta, xtol=1e-15, rtol=1e-14))
    # 1 - at keeps its digits when the limit is near 1.
    high = 1.0 if theta >= 1 else 1 - float(optimize.brentq(lambda rest: over(1 - rest), tiny, 1 - theta, xtol=1e-15))
    return Estimate(theta, low, high, level)
