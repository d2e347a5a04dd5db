"""The same people measured twice, compared by ranks: Wilcoxon's signed-rank test.

Sources: Wilcoxon 1945; Pratt 1959 (J Am Stat Assoc 54:655, on differences of 0); Hodges & Lehmann 1963 (pseudomedian);
Kerby 2014 (matched-pairs rank-biserial correlation).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.answers import Estimate, Numbers, one_of, quantile, two_sided, values_of
from postlude.outcomes.statistics.rank_sums import METHODS
from postlude.outcomes.statistics.ranking import midranks, scores_of, signed_sums, tails, tie_sum, turning_point

ZEROS = ("drop", "pratt")
FEW = 50
"""Below this many differences other than 0 ``auto`` is exact, as in R (which gives up at the first tie or 0; this
does not)."""


class SignedRank(NamedTuple):
    """Wilcoxon's signed-rank test with what belongs to it."""

    v: float
    """Sum of the ranks of positive differences. R calls it V."""
    n: int
    """Differences."""
    zeros: int
    """How many of them are 0."""
    method: str
    p: float
    """Two-sided; 1 where every difference is 0."""
    p_greater: float
    p_less: float
    z: float
    shift: Estimate
    """Hodges and Lehmann's pseudomedian of the differences: the median of the means of all pairs, in their unit."""
    rank_biserial: float
    """(ranks of positive - ranks of negative differences) / all, -1 to 1; NaN where every difference is 0."""


def signed_rank(
    differences: ArrayLike, *, zeros: str = "drop", method: str = "auto", corrected: bool = True, level: float = 0.95
) -> SignedRank:
    """Test whether differences (one for each person, none missing) are symmetric about 0.

    ``zeros``: ``drop`` leaves differences of 0 out before ranking (Wilcoxon, R), ``pratt`` ranks them and leaves
    their ranks out. ``method`` and ``corrected`` as in ``rank_sum``; the exact p holds with ties and zeros. The
    pseudomedian and its limits are of all differences, those of 0 too (R's ``wilcox.test`` drops them there as well,
    which moves the estimate away from 0). Limits: exact by counting without ties and zeros, else where the asymptotic
    test turns. ``ValueError`` for no difference, a missing one, an unknown word.
    """
    d = values_of(differences, "the differences")
    one_of(zeros, ZEROS, "the treatment of differences of 0")
    one_of(method, METHODS, "the method of a rank test")
    moving = d != 0
    kept = d[moving]
    ranks = midranks(np.abs(kept)) if zeros == "drop" else midranks(np.abs(d))[moving]
    v, total = float(ranks[kept > 0].sum()), float(ranks.sum())
    exact = method == "exact" or (method == "auto" and len(kept) < FEW)
    z, less, greater, both = _normal(v, ranks, corrected=corrected)
    if exact and len(kept):
        scores = scores_of(ranks)
        less, greater, both = tails(signed_sums(scores), int(scores[kept > 0].sum()))
    plain = len(kept) == len(d) and tie_sum(np.abs(kept)) == 0
    return SignedRank(
        v,
        len(d),
        len(d) - len(kept),
        "exact" if exact else "asymptotic",
        both,
        greater,
        less,
        z,
        _pseudomedian(d, level, exact=exact and plain, corrected=corrected),
        (2 * v - total) / total if total else math.nan,
    )


def _normal(v: float, ranks: Numbers, *, corrected: bool) -> tuple[float, float, float, float]:
    """Return z, p less, p greater, two-sided p; the variance from the ranks themselves is right with ties and zeros."""
    spread = math.sqrt(float((ranks**2).sum()) / 4)
    if spread <= 0:
        return math.nan, 1.0, 1.0, 1.0
    distance = v - float(ranks.sum()) / 2
    half = 0.5 if corrected else 0.0
    z = (distance - math.copysign(half, distance) * (distance != 0)) / spread
    less, greater = float(special.ndtr((distance + half) / spread)), float(special.ndtr(-(distance - half) / spread))
    return z, less, greater, min(1.0, two_sided(z))


def _pseudomedian(d: Numbers, level: float, *, exact: bool, corrected: bool) -> Estimate:
    one, other = np.triu_indices(len(d))
    walsh = np.sort((d[one] + d[other]) / 2)
    middle = float(np.median(walsh))
    z = quantile(level)
    if exact:
        counts = np.cumsum(signed_sums(np.arange(1, len(d) + 1, dtype=np.int64)))
        rank = int(np.searchsorted(counts, (1 - level) / 2 * (1 - 1e-12), side="left"))
        if rank == 0:
            return Estimate(middle, -math.inf, math.inf, level)
        return Estimate(middle, float(walsh[rank - 1]), float(walsh[len(walsh) - rank]), level)

    def beyond(at: float, critical: float) -> float:
        moved = d - at
        ranks = midranks(np.abs(moved))
        return _normal(float(ranks[moved > 0].sum()), ranks, corrected=corrected)[0] - critical

    steps = np.unique(walsh)
    low = turning_point(lambda at: beyond(at, z), steps)
    high = turning_point(lambda at: beyond(at, -z), steps)
    return Estimate(middle, low, high, level)
