"""Pools estimates by inverse variance: common effect, random effects, and regression on moderators.

All problems are solved at once. Conventions are metafor's (``rma``); what differs is listed at :func:`fit`.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy import special

from postlude.evidence.pooling import heterogeneity
from postlude.evidence.pooling.fit import Counts, Fit, Numbers, Truths
from postlude.evidence.pooling.heterogeneity import Tau2
from postlude.evidence.pooling.regression import Basis, Slopes, likelihood, orthonormal, slopes, solve, weights

Interval = Literal["wald", "hartung-knapp"]

_TAU2, _INTERVALS = get_args(Tau2), get_args(Interval)
_RANK = (
    1e-9  # a column nearer than this to the space of those before it, relative to its length, says nothing of its own
)


class _Problems(NamedTuple):
    """Checked problems: ``b`` of them, ``k`` rows; absent rows have y = 0 and v = infinity."""

    y: Numbers
    v: Numbers
    basis: Basis
    triangle: Numbers | None
    """Leads from the basis back to the moderators as they were given."""
    k: Counts
    df: Numbers
    """Residual degrees of freedom, NaN where there are none."""
    sound: Truths
    """Whether the coefficients can be told; what cannot is computed from harmless numbers and overwritten."""


def fit(
    y: Numbers,
    v: Numbers,
    x: Numbers | None = None,
    *,
    tau2: Tau2 = "reml",
    interval: Interval = "wald",
    level: float = 0.95,
    mask: Truths | None = None,
) -> Fit:
    """Pool the estimates ``y`` (..., k) with sampling variances ``v`` (..., k) > 0.

    ``x`` (..., k, p) holds the moderators with the intercept among them; without it an intercept alone is fitted.
    A row counts when ``mask`` (..., k) is true and ``y`` and ``v`` are finite; others may hold anything.

    tau2: "fixed" (no variance between studies), "dl", "pm", "ml" or "reml"; never below 0.
    interval: "wald" (normal quantiles) or "hartung-knapp" (Hartung & Knapp 2001, Sidik & Jonkman 2002: variance scaled
    by the weighted residual mean square, t on k - p; the scale may be below 1, as it is not adjusted ad hoc).
    level: of all intervals, between 0 and 1. The limits of tau2 are Q-profile limits, both 0 where the interval is
    empty. The prediction interval takes the same quantile as the confidence interval.
    The likelihood is the restricted one for "reml" and the full one otherwise, with all constants.
    I2 and H2 compare tau2 with the typical variance of Higgins and Thompson (2002), also with moderators; for "fixed"
    they follow from Q.

    NaN: limits of tau2 and prediction for "fixed" or df = 0; prediction with moderators; all of Hartung and Knapp's
    inference with df = 0; everything but ``k`` and ``df`` where there are fewer rows than coefficients, or a column of
    ``x`` follows from the others. (With one study metafor turns from Hartung-Knapp to Wald, and predicts as if nothing
    varied.)

    Raises ValueError for shapes that do not fit, a word that is not known, or a variance that is not above 0.
    """
    if tau2 not in _TAU2 or interval not in _INTERVALS or not 0 < level < 1:
        raise ValueError(f"no such method: tau2 {tau2!r}, interval {interval!r}, level {level!r}")
    y, v = np.asarray(y, np.float64), np.asarray(v, np.float64)
    if y.shape != v.shape:
        y, v = np.broadcast_arrays(y, v)
    shape = y.shape[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _fit(_checked(y, v, x, mask), tau2, interval, level)
    return Fit._make(part.reshape((*shape, *part.shape[1:])) if shape else part[0, ...] for part in found)


def _checked(y: Numbers, v: Numbers, x: Numbers | None, mask: Truths | None) -> _Problems:
    *shape, rows = y.shape
    present = np.isfinite(y + v)
    if mask is not None:
        present = present & mask
    present, y, v = (part.reshape(-1, rows) for part in (present, y, v))
    k = present.sum(-1)
    if np.count_nonzero(k == rows) < len(k):
        y, v = np.where(present, y, 0.0), np.where(present, v, np.inf)
    if not v.min(initial=np.inf) > 0:
        raise ValueError("a sampling variance is not above 0")
    basis, triangle, sound, p = None, None, k > 0, 1
    if x is not None:
        x = np.broadcast_to(x, (*shape, *np.shape(x)[-2:])).reshape(len(y), rows, -1)
        basis, triangle, sound = _design(np.where(present[..., None], x, 0.0), k)
        p = x.shape[-1]
    if np.count_nonzero(sound) < len(k):
        y, v = np.where(sound[:, None], y, 0.0), np.where(sound[:, None], v, 1.0)
    return _Problems(y, v, basis, triangle, k, np.where(k > p, k - p, np.nan), sound)


def _design(x: Numbers, k: Counts) -> tuple[Numbers, Numbers, Truths]:
    """Return an orthonormal basis, the triangle that leads back to ``x``, and where all coefficients can be told."""
    rows, p = x.shape[-2:]
    if rows < p:
        raise ValueError(f"{p} coefficients cannot be told from {rows} rows")
    basis, triangle = orthonormal(x)
    own = np.abs(np.diagonal(triangle, axis1=-2, axis2=-1))
    sound = (own > _RANK * np.linalg.norm(triangle, axis=-2)).all(-1) & (k >= p)
    if not sound.all():
        basis = np.where(sound[:, None, None], basis, np.eye(rows, p))
        triangle = np.where(sound[:, None, None], triangle, np.eye(p))
    return basis, triangle, sound


def _fit(problems: _Problems, tau2: Tau2, interval: Interval, level: float) -> Fit:
    y, v, basis, triangle, k, df, sound = problems
    tail = (1 - level) / 2
    common = slopes(y, 1 / v, basis)
    between = _between(problems, tau2, common)
    w = weights(v, between)
    final = solve(y, w, basis)

    beta, cov = final.beta, final.inverse
    if triangle is not None:
        back = np.linalg.inv(triangle)
        beta, cov = np.matvec(back, beta), back @ cov @ np.swapaxes(back, -1, -2)
    if interval == "hartung-knapp":
        cov = cov * (final.rss / df)[:, None, None]
        quantile = special.stdtrit(df, 1 - tail)[:, None]
    else:
        quantile = special.ndtri(1 - tail)
    variances = np.diagonal(cov, axis1=-2, axis2=-1)
    se = np.sqrt(variances)
    z = -np.abs(beta / se)
    half = quantile * se
    q = common.ypy.copy()
    if tau2 == "fixed":
        lowest, highest, reach = (np.full_like(q, np.nan) for _ in range(3))
        i2, h2 = np.maximum(100 * (q - df) / q, 0.0), q / df
    else:
        lowest, highest = _limits(problems, common, tail)
        reach = (quantile * np.sqrt(between[:, None] + variances))[:, 0]
        ratio = between * common.tr_p / df
        h2 = 1 + ratio
        i2 = 100 * ratio / h2
    found = Fit(
        beta=beta,
        se=se,
        cov=cov,
        low=beta - half,
        high=beta + half,
        p=2 * (special.ndtr(z) if interval == "wald" else special.stdtr(df[:, None], z)),
        tau2=between,
        tau2_low=lowest,
        tau2_high=highest,
        i2=i2,
        h2=h2,
        q=q,
        q_p=special.chdtrc(df, q),
        log_likelihood=likelihood(final, w, k, restricted=tau2 == "reml"),
        prediction_low=beta[:, 0] - reach,
        prediction_high=beta[:, 0] + reach,
        k=k,
        df=k - beta.shape[-1],
    )
    _settle(found, sound, moderators=triangle is not None)
    return found


def _settle(found: Fit, sound: Truths, *, moderators: bool) -> None:
    """Put in what is known, and NaN for what is not, where the formulae say nothing or too much."""
    saturated = found.df <= 0
    if np.count_nonzero(saturated):
        found.q[saturated] = found.i2[saturated] = 0.0
        found.q_p[saturated] = found.h2[saturated] = 1.0
    found.i2[found.q == 0] = 0.0  # where it is 0 / 0
    if moderators or np.count_nonzero(saturated):
        nothing = saturated | moderators
        found.prediction_low[nothing] = found.prediction_high[nothing] = np.nan
    if np.count_nonzero(sound) < len(sound):
        for part in found[:-2]:
            part[~sound] = np.nan


def _between(problems: _Problems, tau2: Tau2, common: Slopes) -> Numbers:
    y, v, basis, df = problems.y, problems.v, problems.basis, problems.df
    match tau2:
        case "fixed":
            return np.zeros_like(common.ypy)
        case "dl":
            return heterogeneity.moments(common, df)
        case "pm":
            found = heterogeneity.profile(y, v, basis, df[:, None], common)[:, 0]
        case "ml" | "reml":
            found = heterogeneity.likeliest(y, v, basis, df, common, restricted=tau2 == "reml")
    found[np.isnan(df)] = 0.0
    return found


def _limits(problems: _Problems, common: Slopes, tail: float) -> tuple[Numbers, Numbers]:
    """Return the Q-profile limits of tau2; both are looked for in one go."""
    target = special.chdtri(problems.df[:, None], (tail, 1 - tail))
    found = heterogeneity.profile(problems.y, problems.v, problems.basis, target, common)
    return found[:, 0], found[:, 1]
