"""Pairs of a treated person and the most similar other one, found in a fixed order so that the same data give the same
pairs.

Source: Austin 2011 on the caliper of 0.2 standard deviations of the log odds (doi 10.1002/pst.433).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.adjusted import Propensity
from postlude.outcomes.statistics.arrays import Numbers, column, flags, same_length
from postlude.outcomes.statistics.linear import Estimate, estimate


class Matching(NamedTuple):
    """``pairs``: m × 2 row numbers (treated, other). ``unmatched``: rows of treated people without a partner within the
    caliper. ``weights``: n, 1 for people in a pair and 0 for the rest. ``width``: the caliper, on the scale of the
    score.
    """

    pairs: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    unmatched: tuple[int, ...]
    weights: Numbers
    width: float


def match_on_propensity(found: Propensity, *, caliper: float | None = 0.2) -> Matching:
    """Nearest neighbours on the log odds of treatment; ``caliper`` in its standard deviations, None for none."""
    return match(found.treated, found.model.linear, caliper=caliper)


def match(treated: ArrayLike, score: ArrayLike, *, caliper: float | None = 0.2) -> Matching:
    """One partner for each treated person, nobody twice.

    ``treated``: n flags. ``score``: n numbers, taken to ten decimals so that a
    rounding error does not break a tie. Treated people choose in descending order of their score, at the same score in
    order of their rows; of partners equally near the one in the earlier row is taken. ``caliper``: how far a partner
    may be, in standard deviations of the score (the root of the mean of the two groups' variances); None for any
    distance. Raises ValueError for one group only and a caliper that is not above 0.
    """
    chosen, values = flags(treated, "treated"), np.round(column(score, "score"), 10)
    same_length(treated=chosen, score=values)
    if chosen.sum() < 1 or (~chosen).sum() < 1:
        raise ValueError("treated: people with and without the treatment are wanted")
    width = np.inf
    if caliper is not None:
        if not caliper > 0:
            raise ValueError(f"caliper: a number above 0 is wanted, not {caliper}")
        variances = [values[group].var(ddof=1) if group.sum() > 1 else 0.0 for group in (chosen, ~chosen)]
        width = float(caliper * np.sqrt(np.mean(variances)))
    rows = np.flatnonzero(chosen)
    others = np.flatnonzero(~chosen)
    line = others[np.argsort(values[others], kind="stable")]
    free = _Free(values[line], line)
    pairs, alone = [], []
    for row in rows[np.argsort(-values[rows], kind="stable")]:
        partner = free.take(float(values[row]), width)
        if partner is None:
            alone.append(int(row))
        else:
            pairs.append((int(row), partner))
    weights = np.zeros(len(values))
    table = np.array(sorted(pairs), np.int64).reshape(len(pairs), 2)
    weights[table.ravel()] = 1
    return Matching(table, tuple(sorted(alone)), weights, float(width))


class _Free:
    """People not yet taken, on a line by score; skipping over those who are taken costs next to nothing
    (union-find).
    """

    def __init__(self, score: Numbers, rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> None:
        self.score, self.rows = score, rows
        count = len(rows)
        self.up = list(range(count + 1))
        self.down = list(range(count + 1))

    @staticmethod
    def _find(links: list[int], at: int) -> int:
        while links[at] != at:
            links[at] = links[links[at]]
            at = links[at]
        return at

    def take(self, wanted: float, width: float) -> int | None:
        """The row of the nearest free person within the width, who is then no longer free."""
        place = int(np.searchsorted(self.score, wanted))
        after = self._find(self.up, place)
        before = self._find(self.down, place) - 1  # positions are shifted by one, so that 0 means nobody
        while before > 0:  # of people with the same score, the earliest row
            lower = self._find(self.down, before) - 1
            if lower < 0 or self.score[lower] != self.score[before]:
                break
            before = lower
        candidates = [at for at in (before, after) if 0 <= at < len(self.rows)]
        if not candidates:
            return None
        best = min(candidates, key=lambda at: (abs(self.score[at] - wanted), self.rows[at]))
        if abs(float(self.score[best]) - wanted) > width:
            return None
        self.up[best], self.down[best + 1] = best + 1, best
        return int(self.rows[best])


def compare_pairs(outcome: ArrayLike, matching: Matching, *, level: float = 0.95) -> Estimate:
    """Mean difference (treated minus partner) of an outcome (n numbers, NaN where missing: such pairs are left out),
    with a paired t interval.

    Raises ValueError for fewer than two pairs with both outcomes.
    """
    y = column(outcome, "outcome", missing=True)
    apart = y[matching.pairs[:, 0]] - y[matching.pairs[:, 1]]
    apart = apart[~np.isnan(apart)]
    if len(apart) < 2:
        raise ValueError("two pairs at least are wanted, with both outcomes known")
    return estimate(
        "difference", float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(len(apart))), len(apart) - 1, level
    )
