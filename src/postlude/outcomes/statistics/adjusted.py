"""Comparing people who were not drawn by lot: the chance of treatment given what was measured, and weights that even
the groups out.

Nothing here adjusts for what was not measured.

Sources: Rosenbaum & Rubin 1983 (doi 10.1093/biomet/70.1.41); Austin & Stuart 2015 on weights and their balance (doi
10.1002/sim.6607); Lunceford & Davidian 2004 on the standard error that allows for estimated weights (doi
10.1002/sim.1903).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import Flags, Numbers, column, flags, levels, matrix, same_length
from postlude.outcomes.statistics.linear import Estimate, estimate
from postlude.outcomes.statistics.logistic import Logistic, logistic
from postlude.outcomes.statistics.table_one import number_distance

Estimand: TypeAlias = Literal["everybody", "treated"]


class Propensity(NamedTuple):
    """The chance of treatment of each person, 0 to 1, and the model behind it (intercept first)."""

    score: Numbers
    treated: Flags
    design: Numbers
    model: Logistic


class Weights(NamedTuple):
    """``values``: n weights. ``truncated``: how many were cut, to which ``bounds``. ``effective``: effective number of
    people, treated and not.
    """

    values: Numbers
    estimand: Estimand
    stabilised: bool
    bounds: tuple[float, float] | None
    truncated: int
    effective: tuple[float, float]


class WeightedComparison(NamedTuple):
    """Weighted means (or shares, of an outcome of 0 and 1) of the treated and the others, and their difference."""

    treated: float
    others: float
    difference: Estimate
    ratio: Estimate | None
    """Logarithm of the ratio of the means, with its limits; None unless both are above 0."""
    weights_estimated: bool
    """Whether the standard errors allow for the weights being estimated."""


class Balance(NamedTuple):
    """One covariate: standardised differences (treated minus others, over the unweighted spread) and ratio of
    variances, before and after.
    """

    name: str
    before: float
    after: float
    ratio_before: float
    ratio_after: float


def propensity(treated: ArrayLike, covariates: ArrayLike, names: Sequence[str]) -> Propensity:
    """Logistic regression of treatment (n flags) on covariates (n × c, no gaps), an intercept added.

    Raises ValueError for one group only, gaps, columns that determine each other, and where the covariates tell the
    groups apart without exception: then they cannot be compared at all.
    """
    chosen = flags(treated, "treated")
    x = matrix(covariates, "covariates", rows=len(chosen))
    if chosen.all() or not chosen.any():
        raise ValueError("treated: people with and without the treatment are wanted")
    design = np.column_stack([np.ones(len(x)), x])
    try:
        model = logistic(chosen, design, ["intercept", *names])
    except ValueError as problem:
        if "separation" in str(problem):
            raise ValueError(
                "the covariates tell the treated from the others without exception: the groups do not overlap"
            ) from None
        raise
    return Propensity(model.fitted, chosen, design, model)


def weigh(
    found: Propensity,
    *,
    estimand: Estimand = "everybody",
    stabilised: bool = False,
    truncate: tuple[float, float] | None = None,
) -> Weights:
    """Inverse-probability weights.

    ``estimand``: "everybody", 1/e and 1/(1 - e); "treated", 1 and e/(1 - e). ``stabilised``: times the share of the
    person's group (everybody only). ``truncate``: two quantiles between 0 and 1 (type 7, over all weights) beyond which
    weights are cut; what is estimated changes with it, and it is told. Raises ValueError for other names, quantiles out
    of order, and stabilising for the treated.
    """
    e, chosen = found.score, found.treated
    if estimand == "everybody":
        values = np.where(chosen, 1 / e, 1 / (1 - e))
        if stabilised:
            values = values * np.where(chosen, chosen.mean(), 1 - chosen.mean())
    elif estimand == "treated":
        if stabilised:
            raise ValueError("stabilised: only for weights that stand for everybody")
        values = np.where(chosen, 1.0, e / (1 - e))
    else:
        raise ValueError(f"estimand: {estimand} is neither everybody nor treated")
    bounds, cut = None, 0
    if truncate is not None:
        if not 0 <= truncate[0] < truncate[1] <= 1:
            raise ValueError("truncate: two quantiles in ascending order between 0 and 1 are wanted")
        bounds = (float(np.quantile(values, truncate[0])), float(np.quantile(values, truncate[1])))
        cut = int(((values < bounds[0]) | (values > bounds[1])).sum())
        values = np.clip(values, *bounds)
    return Weights(values, estimand, stabilised, bounds, cut, (effective(values[chosen]), effective(values[~chosen])))


def effective(weights: ArrayLike) -> float:
    """How many people of equal weight tell as much: (sum)² / sum of squares (Kish 1965). 0 for none."""
    w = column(weights, "weights")
    square = float(w @ w)
    return float(w.sum() ** 2 / square) if square > 0 else 0.0


def compare(
    outcome: ArrayLike, found: Propensity, weights: Weights, *, cluster: ArrayLike | None = None, level: float = 0.95
) -> WeightedComparison:
    """Weighted means of the treated and the others, with a robust (sandwich) standard error.

    ``outcome``: n numbers, no gaps. ``cluster``: n labels; rows of one label (a person treated more than once) may
    depend on each other. Without truncation the error allows for the weights being estimated from the same people; with
    it they are taken as known, which for everybody is on the safe side. Limits are normal. Raises ValueError for gaps
    and columns of different lengths.
    """
    y = column(outcome, "outcome")
    same_length(outcome=y, treated=found.treated)
    w, chosen = weights.values, found.treated
    means, influences = [], []
    known = weights.bounds is None
    for group in (chosen, ~chosen):
        inside = np.where(group, w, 0.0)
        mean = float(inside @ y / inside.sum())
        pull = inside * (y - mean)
        if known:
            pull = pull + _of_estimation(found, weights, group, y - mean)
        means.append(mean)
        influences.append(pull / inside.sum())
    if cluster is not None:
        names, place = levels(cluster, "cluster")
        same_length(outcome=y, cluster=place)
        influences = [np.bincount(place, one, len(names)) for one in influences]
    apart = influences[0] - influences[1]
    difference = estimate("difference", means[0] - means[1], float(np.sqrt(apart @ apart)), np.inf, level)
    ratio = None
    if min(means) > 0:
        relative = influences[0] / means[0] - influences[1] / means[1]
        ratio = estimate(
            "log ratio", float(np.log(means[0] / means[1])), float(np.sqrt(relative @ relative)), np.inf, level
        )
    return WeightedComparison(means[0], means[1], difference, ratio, known)


def _of_estimation(found: Propensity, weights: Weights, group: Flags, departure: Numbers) -> Numbers:
    """What each person adds to a group's weighted sum by having helped to estimate the chances."""
    odds = np.exp(found.model.linear)
    if weights.estimand == "everybody":
        slope = np.where(found.treated, -1 / odds, odds)
        if weights.stabilised:
            slope = slope * np.where(found.treated, found.treated.mean(), 1 - found.treated.mean())
    else:
        slope = np.where(found.treated, 0.0, odds)
    gradient = np.where(group, slope * departure, 0.0) @ found.design
    return np.asarray((found.design * (found.treated - found.score)[:, None]) @ (found.model.covariance @ gradient))


def balance(treated: ArrayLike, covariates: ArrayLike, names: Sequence[str], weights: ArrayLike) -> tuple[Balance, ...]:
    """How far the groups stand apart in each covariate (n × c), before and with weights (n, 0 for people who were not
    matched).
    """
    chosen = flags(treated, "treated")
    x = matrix(covariates, "covariates", rows=len(chosen))
    w = column(weights, "weights")
    same_length(treated=chosen, weights=w)
    if len(names) != x.shape[1]:
        raise ValueError("names: one for each covariate is wanted")
    found = []
    for name, values in zip(names, x.T, strict=True):
        plain = [_moments(values[group], np.ones(int(group.sum()))) for group in (chosen, ~chosen)]
        after = [_moments(values[group], w[group]) for group in (chosen, ~chosen)]
        sds = np.sqrt([plain[0][1], plain[1][1]])
        found.append(
            Balance(
                name,
                number_distance(plain[0][0], sds[0], plain[1][0], sds[1]),
                number_distance(after[0][0], sds[0], after[1][0], sds[1]),
                _ratio(plain[0][1], plain[1][1]),
                _ratio(after[0][1], after[1][1]),
            )
        )
    return tuple(found)


def _moments(values: Numbers, w: Numbers) -> tuple[float, float]:
    """Weighted mean and variance; the variance without bias for weights that say how reliable a row is."""
    total = float(w.sum())
    if total == 0:
        return float("nan"), float("nan")
    mean = float(w @ values / total)
    rest = total - float(w @ w) / total
    return mean, float(w @ (values - mean) ** 2 / rest) if rest > 0 else float("nan")


def _ratio(first: float, second: float) -> float:
    return first / second if second > 0 else float("nan")
