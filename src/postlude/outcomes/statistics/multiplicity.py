"""Several tests at once: p-values raised so that the whole family keeps its error rate.

Sources: Holm 1979 (Scand J Stat 6:65); Hochberg 1988 (Biometrika 75:800); Benjamini & Hochberg 1995 (J R Stat Soc B
57:289); Benjamini & Yekutieli 2001 (Ann Stat 29:1165).
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.answers import Numbers, one_of

METHODS: Final = ("none", "bonferroni", "holm", "hochberg", "benjamini-hochberg", "benjamini-yekutieli")


def adjust(p: ArrayLike, method: str = "holm") -> Numbers:
    """Return adjusted p-values in the order given, each 0 to 1, as R's ``p.adjust``.

    ``bonferroni``, ``holm`` (any dependence) and ``hochberg`` (positive dependence) hold the chance of any false
    finding; ``benjamini-hochberg`` (positive dependence) and ``benjamini-yekutieli`` (any) hold the expected share of
    false findings. NaN stays NaN and does not count as a test. ``ValueError`` for a p outside 0 to 1 or an unknown
    method.
    """
    given = np.asarray(p, np.float64)
    one_of(method, METHODS, "the correction for several tests")
    if given.ndim != 1:
        raise ValueError("p-values must be one row of numbers")
    told = ~np.isnan(given)
    known = given[told]
    if ((known < 0) | (known > 1)).any():
        raise ValueError("a p-value lies between 0 and 1")
    adjusted = given.copy()
    if len(known):
        adjusted[told] = _adjusted(known, method)
    return adjusted


def _adjusted(p: Numbers, method: str) -> Numbers:
    n = len(p)
    if method == "none":
        return p
    if method == "bonferroni":
        return np.minimum(1.0, n * p)
    order = np.argsort(p, kind="stable")
    place = np.arange(1, n + 1)
    if method == "holm":
        raised = np.maximum.accumulate((n + 1 - place) * p[order])
    else:
        dependence = float((1 / place).sum()) if method == "benjamini-yekutieli" else 1.0
        factors = n + 1 - place if method == "hochberg" else dependence * n / place
        raised = np.minimum.accumulate((factors * p[order])[::-1])[::-1]
    found = np.empty(n)
    found[order] = np.minimum(1.0, raised)
    return found
