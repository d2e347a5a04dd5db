"""Means and SDs from what is printed in their place. Arrays of any shape that broadcast.

Sources: Cochrane Handbook 6.4, section 6.5.2; Wan 2014 (SD, doi 10.1186/1471-2288-14-135); Luo 2018 (mean,
doi 10.1177/0962280216669183). Wan and Luo take the values to be normally distributed; skewed ones come out wrong.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from postlude.evidence.pooling.fit import Numbers, Values


class Group(NamedTuple):
    """A group of people and how their values lie."""

    n: Numbers
    mean: Numbers
    sd: Numbers


class Centre(NamedTuple):
    mean: Numbers
    sd: Numbers


def sd_from_se(se: Values, n: Values) -> Numbers:
    return np.asarray(np.multiply(se, np.sqrt(n)))


def sd_from_interval(low: Values, high: Values, n: Values, *, level: float = 0.95) -> Numbers:
    """From the confidence interval of one group's mean, made with t on n - 1 degrees of freedom."""
    size = np.asarray(n, np.float64)
    quantile = special.stdtrit(size - 1, (1 + level) / 2)
    return np.asarray(np.sqrt(size) * np.subtract(high, low) / (2 * quantile))


def from_range(low: Values, median: Values, high: Values, n: Values) -> Centre:
    """From least, median and greatest value."""
    size = np.asarray(n, np.float64)
    weight = 4 / (4 + size**0.75)
    middle = np.add(low, high) / 2
    return Centre(weight * middle + (1 - weight) * np.asarray(median), np.subtract(high, low) / _range_in_sds(size))


def from_quartiles(q1: Values, median: Values, q3: Values, n: Values) -> Centre:
    """From the quartiles (an interquartile range with its ends)."""
    size = np.asarray(n, np.float64)
    weight = 0.7 + 0.39 / size
    middle = np.add(q1, q3) / 2
    return Centre(weight * middle + (1 - weight) * np.asarray(median), np.subtract(q3, q1) / _quartiles_in_sds(size))


def from_five(low: Values, q1: Values, median: Values, q3: Values, high: Values, n: Values) -> Centre:
    """From least value, quartiles and greatest value."""
    size = np.asarray(n, np.float64)
    ends, quarters = 2.2 / (2.2 + size**0.75), 0.7 - 0.72 / size**0.55
    centre = ends * np.add(low, high) / 2 + quarters * np.add(q1, q3) / 2 + (1 - ends - quarters) * np.asarray(median)
    sd = (np.subtract(high, low) / _range_in_sds(size) + np.subtract(q3, q1) / _quartiles_in_sds(size)) / 2
    return Centre(centre, sd)


def merged(first: Group, second: Group) -> Group:
    """Return two groups as one, as if all people had been described together."""
    n = np.asarray(first.n + second.n, np.float64)
    mean = (first.n * first.mean + second.n * second.mean) / n
    within = (first.n - 1) * np.square(first.sd) + (second.n - 1) * np.square(second.sd)
    apart = first.n * second.n / n * np.square(np.subtract(first.mean, second.mean))
    return Group(n, np.asarray(mean), np.asarray(np.sqrt((within + apart) / (n - 1))))


def _range_in_sds(n: Numbers) -> Numbers:
    """How many SDs lie between the least and the greatest of ``n`` values (Blom's approximation, as in Wan)."""
    return np.asarray(2 * special.ndtri((n - 0.375) / (n + 0.25)))


def _quartiles_in_sds(n: Numbers) -> Numbers:
    return np.asarray(2 * special.ndtri((0.75 * n - 0.125) / (n + 0.25)))
