"""Whether small studies tell another story than large ones: regression and rank tests, trim-and-fill, funnel lines.

What these cannot do: asymmetry has many causes, of which missing studies are one; with fewer than ten studies the
tests find little (Cochrane Handbook 6.4, 13.3.5). They are not valid for shares of single arms, nor for single means:
there is no null effect around which results could be held back, and the standard error of a share follows from the
share itself, so that the funnel leans although nothing is missing (Hunter et al. 2014). Ask :func:`suits` first.

For one problem of k studies, with estimates ``y`` and sampling variances ``v`` (k,).

Sources: Egger et al. 1997; Sterne & Egger 2005; Begg & Mazumdar 1994; Kendall 1970; Duval & Tweedie 2000; Peters et
al. 2008 (contours).
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from postlude.evidence.pooling import inverse_variance
from postlude.evidence.pooling.fit import Fit, Numbers
from postlude.evidence.pooling.heterogeneity import Tau2

SINGLE_ARM = frozenset({"proportion", "mean"})
CONTOURS = (0.01, 0.05, 0.1)
EXACT_BELOW = 50
"""Studies from which on the rank test takes the normal distribution."""
ROUNDS = 100


class Asymmetry(NamedTuple):
    """A regression of the estimates on how small the studies are."""

    statistic: float
    """Slope over its standard error: t, or z for the mixed model."""
    p: float
    df: int | None
    """Degrees of freedom of t; None where the statistic is z."""
    limit: float
    """What the regression says of a study without error (of size 0 for a predictor that is a size)."""
    limit_low: float
    limit_high: float


class RankCorrelation(NamedTuple):
    tau: float
    """Kendall's, -1 to 1, corrected for ties."""
    p: float
    exact: bool


class Filled(NamedTuple):
    """A pooled result after mirroring the studies that have no counterpart."""

    missing: int
    side: Literal["left", "right"]
    """Where the missing ones lie."""
    y: Numbers
    """Estimates with the added ones at the end."""
    v: Numbers
    fit: Fit


class Funnel(NamedTuple):
    """Lines of a funnel plot at the standard errors ``se`` (points,), from 0 down."""

    se: Numbers
    low: Numbers
    """Lower pseudo confidence limit around the pooled estimate (points,)."""
    high: Numbers
    contours: dict[float, Numbers]
    """By two-sided p-value: the distance from no effect at which a study has it (points,)."""


def suits(measure: str) -> bool:
    """Say whether tests of asymmetry mean anything for a measure: not for shares and means of single groups."""
    return measure not in SINGLE_ARM


def egger(
    y: Numbers,
    v: Numbers,
    *,
    model: Literal["lm", "mixed"] = "lm",
    predictor: Numbers | None = None,
    tau2: Tau2 = "reml",
    level: float = 0.95,
) -> Asymmetry:
    """Regress the estimates on their standard errors, or on another ``predictor`` (k,), the size of a study say.

    "lm": weighted least squares with a free residual variance, t on k - 2 (Egger's original test). "mixed": random
    effects with ``tau2``, z.

    Raises ValueError with fewer than three studies: a line through two leaves nothing to test.
    """
    y, v = np.asarray(y, np.float64), np.asarray(v, np.float64)
    if len(y) < 3:
        raise ValueError(f"a test of asymmetry needs at least 3 studies; there are {len(y)}")
    design = np.stack([np.ones_like(y), np.sqrt(v) if predictor is None else predictor], axis=-1)
    if model == "mixed":
        fit = inverse_variance.fit(y, v, design, tau2=tau2, level=level)
        limits = float(fit.low[0]), float(fit.high[0])
        return Asymmetry(float(fit.beta[1] / fit.se[1]), float(fit.p[1]), None, float(fit.beta[0]), *limits)
    fit = inverse_variance.fit(y, v, design, tau2="fixed")
    df = len(y) - 2
    se = fit.se * np.sqrt(fit.q / df)
    t, reach = float(fit.beta[1] / se[1]), float(stdtrit(df, (1 + level) / 2) * se[0])
    limit = float(fit.beta[0])
    return Asymmetry(t, float(2 * stdtr(df, -abs(t))), df, limit, limit - reach, limit + reach)


def begg(y: Numbers, v: Numbers, *, exact: bool = True) -> RankCorrelation:
    """Correlate the ranks of the standardised estimates with those of their variances.

    ``exact`` counts permutations where there are no ties and fewer than 50 studies; otherwise the normal distribution
    with variance for ties.

    Raises ValueError with fewer than two studies.
    """
    y, v = np.asarray(y, np.float64), np.asarray(v, np.float64)
    if len(y) < 2:
        raise ValueError(f"a rank correlation needs at least 2 studies; there are {len(y)}")
    w = 1 / v
    standardised = (y - (w * y).sum() / w.sum()) / np.sqrt(v - 1 / w.sum())
    return _kendall(standardised, v, exact=exact)


def trim_and_fill(
    y: Numbers,
    v: Numbers,
    *,
    estimator: Literal["L0", "R0"] = "L0",
    side: Literal["left", "right"] | None = None,
    tau2: Tau2 = "reml",
    level: float = 0.95,
) -> Filled:
    """Estimate how many studies are missing on one side, add their mirror images, and pool all.

    Without ``side`` it is the one away from which the regression of estimates on standard errors leans.
    What comes out is a what-if, not a corrected result.

    Raises ValueError with fewer than three studies, or when the count of missing studies does not settle.
    """
    y, v = np.asarray(y, np.float64), np.asarray(v, np.float64)
    if side is None:
        side = "right" if egger(y, v, model="mixed", tau2=tau2).statistic < 0 else "left"
    k, sign = len(y), -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    mirrored, spread = sign * y[order], v[order]
    missing, centre = 0, 0.0
    for _ in range(ROUNDS):
        kept = slice(0, k - missing)
        centre = float(inverse_variance.fit(mirrored[kept], spread[kept], tau2=tau2).beta[0])
        before, missing = missing, _missing(mirrored - centre, estimator)
        if missing == before:
            break
    else:
        raise ValueError(f"trim and fill did not settle on a number of missing studies in {ROUNDS} rounds")
    added = slice(k - missing, k)
    all_y = np.concatenate([y, sign * (2 * centre - mirrored[added])])
    all_v = np.concatenate([v, spread[added]])
    return Filled(missing, side, all_y, all_v, inverse_variance.fit(all_y, all_v, tau2=tau2, level=level))


def funnel(estimate: float, se: Numbers, *, level: float = 0.95, null: float = 0.0, points: int = 2) -> Funnel:
    """Return the lines of a funnel plot around ``estimate`` down to the largest ``se`` (k,), with contours of p.

    The lines are straight: two points do, more are for drawing on a bent scale. Contours are relative to no effect,
    ``null``, and tell whether the empty part of a funnel is where results are not significant.
    """
    steps = np.linspace(0.0, float(np.max(se)), points)
    reach = float(ndtri((1 + level) / 2)) * steps
    contours = {p: float(ndtri(1 - p / 2)) * steps for p in CONTOURS}
    return Funnel(steps, estimate - reach, estimate + reach, {p: null + half for p, half in contours.items()})


def _missing(distance: Numbers, estimator: Literal["L0", "R0"]) -> int:
    """Estimate the missing studies left of the centre from signed ranks of the distances (k,)."""
    k = len(distance)
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(distance), kind="stable")] = np.arange(1, k + 1)
    if estimator == "R0":
        left = ranks[distance < 0]
        return max(0, round(k - (left.max() if left.size else 0) - 1))
    positive = float(ranks[distance > 0].sum())
    return max(0, round((4 * positive - k * (k + 1)) / (2 * k - 1)))


def _kendall(a: Numbers, b: Numbers, *, exact: bool) -> RankCorrelation:
    k = len(a)
    signs_a, signs_b = (np.sign(part[:, None] - part) for part in (a, b))
    score = float((signs_a * signs_b).sum() / 2)
    pairs = k * (k - 1) / 2
    ties_a, ties_b = _ties(a), _ties(b)
    untied = (pairs - (ties_a * (ties_a - 1)).sum() / 2) * (pairs - (ties_b * (ties_b - 1)).sum() / 2)
    if untied == 0:
        return RankCorrelation(math.nan, math.nan, exact=False)
    tau = score / math.sqrt(untied)
    if exact and k < EXACT_BELOW and len(ties_a) == len(ties_b) == k:
        concordant = round((score + pairs) / 2)
        return RankCorrelation(tau, _permutations(k, min(concordant, int(pairs) - concordant)), exact=True)
    triples_a, triples_b = ((t * (t - 1) * (t - 2)).sum() for t in (ties_a, ties_b))
    spread = (
        (k * (k - 1) * (2 * k + 5) - sum((t * (t - 1) * (2 * t + 5)).sum() for t in (ties_a, ties_b))) / 18
        + (ties_a * (ties_a - 1)).sum() * (ties_b * (ties_b - 1)).sum() / (2 * k * (k - 1))
        + (triples_a * triples_b / (9 * k * (k - 1) * (k - 2)) if k > 2 else 0.0)
    )
    return RankCorrelation(tau, float(2 * ndtr(-abs(score) / math.sqrt(spread))), exact=False)


def _ties(values: Numbers) -> Numbers:
    return np.unique(values, return_counts=True)[1].astype(np.float64)


def _permutations(k: int, most: int) -> float:
    """Return twice the share of permutations of k with at most ``most`` inversions, at most 1."""
    counts = [1]
    for size in range(2, k + 1):
        longer = [0] * (len(counts) + size - 1)
        for shift in range(size):
            for inversions, count in enumerate(counts):
                longer[inversions + shift] += count
        counts = longer
    return min(1.0, 2 * sum(counts[: most + 1]) / math.factorial(k))
