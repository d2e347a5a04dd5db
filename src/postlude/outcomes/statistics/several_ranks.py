"""Three groups or more, or three times or more, compared by ranks.

Sources: Kruskal & Wallis 1952; Dunn 1964 (Technometrics 6:241); Friedman 1937; Iman & Davenport 1980; Kendall's W;
Tomczak & Tomczak 2014 (epsilon squared, eta squared).
"""

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.answers import (
    Estimate,
    Numbers,
    Tested,
    chi_square_p,
    quantile,
    two_sided,
    values_of,
    whole,
)
from postlude.outcomes.statistics.multiplicity import adjust
from postlude.outcomes.statistics.rank_sums import rank_sum
from postlude.outcomes.statistics.ranking import midranks, tie_sum
from postlude.outcomes.statistics.signed_ranks import signed_rank


class Pair(NamedTuple):
    """Two groups (or times) compared after the test of all; numbered from 0 in the order given."""

    first: int
    second: int
    z: float
    """Of Dunn's test; NaN for pairwise tests, which have statistics of their own."""
    p: float
    adjusted: float
    """Corrected for the number of pairs."""


class KruskalWallis(NamedTuple):
    """Whether any group's values tend to be greater than another's."""

    tested: Tested
    """H with tie correction, by chi-square. NaN with p 1 when all values are equal."""
    epsilon_squared: float
    """H / (N - 1), 0 to 1."""
    eta_squared: float
    """(H - k + 1) / (N - k); can be a little below 0."""
    mean_ranks: tuple[float, ...]


def kruskal_wallis(groups: Sequence[ArrayLike]) -> KruskalWallis:
    """Compare two or more independent groups of numbers, none empty, none missing (``ValueError`` else)."""
    arrays = _groups(groups)
    ranks, sizes, means = _ranked(arrays)
    total, k = len(ranks), len(arrays)
    around = float(sizes @ (means - (total + 1) / 2) ** 2)
    below = total * (total + 1) / 12 - tie_sum(np.concatenate(arrays)) / (12 * (total - 1)) if total > 1 else 0.0
    if below <= 0:
        return KruskalWallis(Tested(math.nan, float(k - 1), 1.0), math.nan, math.nan, tuple(means.tolist()))
    h = around / below
    eta = (h - k + 1) / (total - k) if total > k else math.nan
    return KruskalWallis(
        Tested(h, float(k - 1), chi_square_p(h, k - 1)), h / (total - 1), eta, tuple(float(mean) for mean in means)
    )


def dunn(groups: Sequence[ArrayLike], *, correction: str = "holm") -> tuple[Pair, ...]:
    """Compare every two groups by their mean ranks among all (ties corrected), after Kruskal and Wallis.

    Pairs in the order 0-1, 0-2, ...; z is positive where the first has the greater ranks. ``correction`` as in
    ``adjust``.
    """
    arrays = _groups(groups)
    ranks, sizes, means = _ranked(arrays)
    total = len(ranks)
    variance = total * (total + 1) / 12 - tie_sum(np.concatenate(arrays)) / (12 * (total - 1))
    pairs = list(combinations(range(len(arrays)), 2))
    if variance <= 0:
        return tuple(Pair(a, b, math.nan, 1.0, 1.0) for a, b in pairs)
    z = [float((means[a] - means[b]) / math.sqrt(variance * (1 / sizes[a] + 1 / sizes[b]))) for a, b in pairs]
    return _corrected(pairs, z, [two_sided(value) for value in z], correction)


def pairwise_rank_sums(
    groups: Sequence[ArrayLike], *, correction: str = "holm", method: str = "asymptotic", corrected: bool = True
) -> tuple[Pair, ...]:
    """Mann-Whitney's test of every two groups, ranked anew for each pair, as R's ``pairwise.wilcox.test``."""
    arrays = _groups(groups)
    pairs = list(combinations(range(len(arrays)), 2))
    p = [rank_sum(arrays[a], arrays[b], method=method, corrected=corrected).p for a, b in pairs]
    return _corrected(pairs, [math.nan] * len(pairs), p, correction)


class Friedman(NamedTuple):
    """Whether the same people's values differ between times (or treatments)."""

    tested: Tested
    """Friedman's chi-square with tie correction. NaN with p 1 when everybody's values are all equal."""
    kendall_w: float
    """Agreement of people on the order of times, 0 to 1."""
    iman_davenport: Tested
    """F, less conservative; ``df`` is the first of its degrees of freedom, the second (people - 1) times that."""
    rank_sums: tuple[float, ...]


def friedman(values: ArrayLike) -> Friedman:
    """Compare two or more times; ``values`` is people x times with none missing (``ValueError`` else)."""
    table = _people(values)
    n, k = table.shape
    ranks = np.array([midranks(row) for row in table])
    sums = ranks.sum(0)
    ties = sum(tie_sum(row) for row in table)
    below = n * k * (k + 1) - ties / (k - 1)
    if below <= 0:
        none = Tested(math.nan, float(k - 1), 1.0)
        return Friedman(none, math.nan, none, tuple(sums.tolist()))
    chi2 = float(12 * ((sums - n * (k + 1) / 2) ** 2).sum() / below)
    w = chi2 / (n * (k - 1))
    left = n * (k - 1) - chi2
    if left > 1e-9 * chi2 and n > 1:
        f = (n - 1) * chi2 / left
        tested = Tested(f, float(k - 1), float(special.fdtrc(k - 1, (n - 1) * (k - 1), f)))
    else:
        tested = Tested(math.inf, float(k - 1), 0.0) if n > 1 else Tested(math.nan, float(k - 1), math.nan)
    return Friedman(Tested(chi2, float(k - 1), chi_square_p(chi2, k - 1)), w, tested, tuple(sums.tolist()))


def pairwise_signed_ranks(
    values: ArrayLike, *, correction: str = "holm", method: str = "asymptotic", corrected: bool = True
) -> tuple[Pair, ...]:
    """Wilcoxon's signed-rank test of every two times (people x times), differences of 0 left out as in R."""
    table = _people(values)
    pairs = list(combinations(range(table.shape[1]), 2))
    p = [signed_rank(table[:, a] - table[:, b], method=method, corrected=corrected).p for a, b in pairs]
    return _corrected(pairs, [math.nan] * len(pairs), p, correction)


def bootstrapped(
    groups: Sequence[ArrayLike],
    statistic: Callable[[Sequence[Numbers]], float],
    generator: np.random.Generator,
    *,
    draws: int = 2000,
    level: float = 0.95,
) -> Estimate:
    """Return a statistic of groups with percentile limits from people drawn anew within each group.

    For effect sizes without an interval of their own, such as epsilon squared; a person is a number, or a row of
    numbers (then ``groups`` is one table: people x times). The same generator gives the same limits. Draws for which
    the statistic is NaN are left out; limits are NaN if more than a tenth are. ``ValueError`` for no draws or an
    empty group.
    """
    arrays = [np.asarray(group, np.float64) for group in groups]
    many = whole(draws, "the number of draws")
    if many < 1 or any(len(group) == 0 for group in arrays):
        raise ValueError("a bootstrap needs at least one draw, and at least one person in each group")
    quantile(level)
    found = np.empty(many)
    for at in range(many):
        found[at] = statistic([group[generator.integers(0, len(group), len(group))] for group in arrays])
    told = found[~np.isnan(found)]
    if len(told) < 0.9 * many:
        return Estimate(statistic(arrays), math.nan, math.nan, level)
    low, high = np.quantile(told, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(statistic(arrays), float(low), float(high), level)


def _groups(groups: Sequence[ArrayLike]) -> list[Numbers]:
    if len(groups) < 2:
        raise ValueError("there must be at least two groups to compare")
    return [values_of(group, f"group {number}") for number, group in enumerate(groups, 1)]


def _ranked(arrays: list[Numbers]) -> tuple[Numbers, Numbers, Numbers]:
    """Ranks of all in one row, sizes, mean ranks."""
    ranks = midranks(np.concatenate(arrays))
    sizes = np.array([len(group) for group in arrays], np.float64)
    parts = np.split(ranks, np.cumsum(sizes[:-1]).astype(int))
    return ranks, sizes, np.array([part.mean() for part in parts])


def _people(values: ArrayLike) -> Numbers:
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        raise ValueError("repeated values are a table: people in rows, at least two times in columns")
    if not np.isfinite(table).all():
        raise ValueError("a value is missing: leave people with a missing value out, and say how many there were")
    return table


def _corrected(pairs: list[tuple[int, int]], z: list[float], p: list[float], correction: str) -> tuple[Pair, ...]:
    raised = adjust(np.array(p), correction)
    return tuple(
        Pair(a, b, value, one, float(other)) for (a, b), value, one, other in zip(pairs, z, p, raised, strict=True)
    )
