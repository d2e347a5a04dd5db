"""Who the people were, by group: numbers, shares and how far the groups stand apart in standard deviations.

Standardised differences describe; they are not tests, and do not grow with the number of people.

Sources: Yang & Dalton 2012 for binary and several categories (SAS Global Forum, paper 335-2012); Austin 2009 (doi
10.1002/sim.3697); Hyndman & Fan 1996 for the types of quartiles (doi 10.1080/00031305.1996.10473566).
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import Numbers, Whole, column, levels, same_length

QuartileType: TypeAlias = Literal[2, 6, 7]
_TYPES: dict[int, Any] = {2: "averaged_inverted_cdf", 6: "weibull", 7: "linear"}


class NumberSummary(NamedTuple):
    """One group's values of a number. All but the counts are NaN where nobody has a value; ``sd`` also with one
    value.
    """

    group: Any
    known: int
    missing: int
    mean: float
    sd: float
    median: float
    first: float
    third: float
    least: float
    greatest: float


class Distance(NamedTuple):
    """Standardised difference of two groups, ≥ 0 for categories and signed (first minus second) for numbers; NaN where
    it is not defined.
    """

    first: Any
    second: Any
    value: float


class NumberRow(NamedTuple):
    groups: tuple[NumberSummary, ...]
    distances: tuple[Distance, ...]
    quartile_type: int


class LevelCount(NamedTuple):
    """How many people of one group have a level; ``percent`` of those whose level is known."""

    group: Any
    level: Any
    people: int
    percent: float


class CategoryRow(NamedTuple):
    levels: tuple[Any, ...]
    counts: tuple[LevelCount, ...]
    known: tuple[int, ...]
    missing: tuple[int, ...]
    distances: tuple[Distance, ...]


def describe_number(values: ArrayLike, group: ArrayLike, *, quartile_type: QuartileType = 7) -> NumberRow:
    """Mean, SD, median and quartiles by group, and the standardised difference of each pair of groups.

    ``values``: n numbers, NaN where missing. ``group``: n labels. ``quartile_type``: Hyndman and Fan's; 7 as in R and
    numpy, 2 as in SAS, 6 as in SPSS and Minitab. Difference: of the means, over the root of the mean of the two
    variances. Raises ValueError for columns of different lengths and other types.
    """
    numbers = column(values, "values", missing=True)
    names, place = levels(group, "group")
    same_length(values=numbers, group=place)
    if quartile_type not in _TYPES:
        raise ValueError(f"quartile_type: {quartile_type} is none of 2, 6, 7")
    summaries = tuple(_summary(name, numbers[place == one], quartile_type) for one, name in enumerate(names))
    distances = tuple(
        Distance(a.group, b.group, number_distance(a.mean, a.sd, b.mean, b.sd)) for a, b in combinations(summaries, 2)
    )
    return NumberRow(summaries, distances, quartile_type)


def _summary(group: Any, values: Numbers, quartile_type: int) -> NumberSummary:
    known = values[~np.isnan(values)]
    absent = len(values) - len(known)
    if not len(known):
        return NumberSummary(group, 0, absent, *([np.nan] * 7))
    first, median, third = (float(np.quantile(known, part, method=_TYPES[quartile_type])) for part in (0.25, 0.5, 0.75))
    sd = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    return NumberSummary(
        group, len(known), absent, float(known.mean()), sd, median, first, third, float(known.min()), float(known.max())
    )


def number_distance(mean1: float, sd1: float, mean2: float, sd2: float) -> float:
    """Difference of means over the root of the mean of the two variances. 0 for equal means; NaN for different ones
    without any spread.
    """
    spread = np.sqrt((sd1**2 + sd2**2) / 2)
    if mean1 == mean2:
        return 0.0
    return float((mean1 - mean2) / spread) if spread > 0 else float("nan")


def describe_category(values: Sequence[Any], group: ArrayLike, *, order: Sequence[Any] | None = None) -> CategoryRow:
    """Counts and percentages of each level by group, and the standardised difference of each pair of groups.

    ``values``: n labels, None where missing. ``group``: n labels. ``order``: the levels, if not in sorted order; may
    hold levels that nobody has. Difference: Mahalanobis distance of the shares; with two levels that is the usual one
    of a binary variable. Raises ValueError for columns of different lengths and a level that ``order`` does not hold.
    """
    names, place = levels(group, "group")
    listed = [None if value is None or value != value else value for value in values]  # noqa: PLR0124 - NaN is not itself
    if len(listed) != len(place):
        raise ValueError(f"the columns differ in length: values {len(listed)}, group {len(place)}")
    seen = {value for value in listed if value is not None}
    found = tuple(sorted(seen)) if order is None else tuple(order)
    if not seen <= set(found):
        raise ValueError(f"order: {sorted(seen - set(found), key=str)[0]} is not among the levels")
    numbers = {name: at for at, name in enumerate(found)}
    table = np.zeros((len(names), len(found)), np.int64)
    absent = np.zeros(len(names), np.int64)
    for at, value in zip(place, listed, strict=True):
        if value is None:
            absent[at] += 1
        else:
            table[at, numbers[value]] += 1
    known = table.sum(1)
    with np.errstate(invalid="ignore"):
        percent = 100 * table / known[:, None]
    counts = tuple(
        LevelCount(name, level, int(table[g, k]), float(percent[g, k]))
        for g, name in enumerate(names)
        for k, level in enumerate(found)
    )
    distances = tuple(
        Distance(names[a], names[b], category_distance(table[a], table[b]))
        for a, b in combinations(range(len(names)), 2)
    )
    return CategoryRow(found, counts, tuple(map(int, known)), tuple(map(int, absent)), distances)


def category_distance(first: Whole | Numbers, second: Whole | Numbers) -> float:
    """Distance of two groups' counts (or weights) of K levels, ≥ 0. Levels that neither group has do not enter.

    NaN for a group without anybody; infinite where no level is shared by the groups and neither varies.
    """
    present = (first + second) > 0
    a, b = np.asarray(first[present], np.float64), np.asarray(second[present], np.float64)
    if a.sum() == 0 or b.sum() == 0:
        return float("nan")
    p, q = a / a.sum(), b / b.sum()
    if np.array_equal(p, q):
        return 0.0
    spread = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    part, rest = (p - q)[:-1], spread[:-1, :-1]
    if np.linalg.matrix_rank(rest) < len(rest):
        return float("inf")
    return float(np.sqrt(part @ np.linalg.solve(rest, part)))
