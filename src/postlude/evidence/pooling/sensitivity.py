"""How much a pooled result owes to single studies: leaving each out, its influence, and pooling as studies accrue.

Each is one vectorised call of :func:`postlude.evidence.pooling.inverse_variance.fit` on problems that differ in their
mask. For one problem of k studies: ``y`` and ``v`` (k,), ``x`` (k, p) with the intercept among its columns.

Source of the measures: Viechtbauer & Cheung 2010.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtr

from postlude.evidence.pooling import inverse_variance
from postlude.evidence.pooling.fit import Fit, Numbers, Truths
from postlude.evidence.pooling.heterogeneity import Tau2
from postlude.evidence.pooling.inverse_variance import Interval


class Influence(NamedTuple):
    """What each study does to the fit; each (k,) but ``dfbetas``. NaN where the others alone give no fit."""

    rstudent: Numbers
    """Distance of the study from what the others predict, over its standard error."""
    dffits: Numbers
    """Change of the study's fitted value, in standard errors."""
    cooks_distance: Numbers
    """Change of all coefficients together, in the metric of their covariance."""
    covariance_ratio: Numbers
    """Determinant of the covariance without the study over that with it."""
    tau2: Numbers
    """tau² of the others."""
    q: Numbers
    """Q of the others."""
    hat: Numbers
    """Leverage; sums to the number of coefficients."""
    weight: Numbers
    """Share of the weight, in percent."""
    dfbetas: Numbers
    """Change of each coefficient in standard errors (k, p)."""
    influential: Truths
    """By the rules of Viechtbauer and Cheung: a study to look at, not one to leave out."""


def leave_one_out(
    y: Numbers,
    v: Numbers,
    x: Numbers | None = None,
    *,
    tau2: Tau2 = "reml",
    interval: Interval = "wald",
    level: float = 0.95,
) -> Fit:
    """Fit k times, each without one study; row i of the result is the fit without study i."""
    others = ~np.eye(len(y), dtype=np.bool_)
    return _fits(others, y, v, x, tau2, interval, level)


def cumulative(
    y: Numbers,
    v: Numbers,
    order: Numbers | None = None,
    *,
    tau2: Tau2 = "reml",
    interval: Interval = "wald",
    level: float = 0.95,
) -> Fit:
    """Fit the first study, the first two, and so on, by ``order`` (k,), a year say; equal ones as they stand."""
    ranks = np.arange(len(y)) if order is None else np.argsort(order, kind="stable")
    y, v = np.asarray(y)[ranks], np.asarray(v)[ranks]
    return _fits(np.tri(len(y), dtype=np.bool_), y, v, None, tau2, interval, level)


def influence(
    y: Numbers,
    v: Numbers,
    x: Numbers | None = None,
    *,
    tau2: Tau2 = "reml",
    interval: Interval = "wald",
) -> Influence:
    """Measure the influence of each study."""
    y, v = np.asarray(y, np.float64), np.asarray(v, np.float64)
    k = len(y)
    design = np.ones((k, 1)) if x is None else np.asarray(x, np.float64)
    p = design.shape[-1]
    whole = inverse_variance.fit(y, v, x, tau2=tau2, interval=interval)
    less = leave_one_out(y, v, x, tau2=tau2, interval=interval)
    w = 1 / (v + whole.tau2)
    bread = np.linalg.inv(design.T @ (w[:, None] * design))
    hat = w * np.einsum("ip,pq,iq->i", design, bread, design)

    change = whole.beta - less.beta
    # Without adjustment the variance of the coefficients is the inverse information; Hartung and Knapp scale it.
    own = design[None] / (v + less.tau2[:, None])[..., None]
    plain = np.linalg.inv(np.swapaxes(own, -1, -2) @ design)
    rest = (1 / (v + less.tau2[:, None])) * ~np.eye(k, dtype=np.bool_)
    without = np.swapaxes(design[None] * rest[..., None], -1, -2) @ design
    scale = less.cov[:, 0, 0] * np.linalg.inv(without)[:, 0, 0] ** -1 if interval == "hartung-knapp" else np.ones(k)
    predicted = np.einsum("ip,ip->i", design, less.beta)
    variance = np.einsum("ip,ipq,iq->i", design, less.cov, design)
    dffits = np.einsum("ip,ip->i", design, change) / np.sqrt(scale * hat * (less.tau2 + v))
    cooks = np.einsum("ip,pq,iq->i", change, np.linalg.inv(whole.cov), change)
    dfbetas = change / np.sqrt(scale[:, None] * np.diagonal(plain, axis1=-2, axis2=-1))
    influential = (
        (np.abs(dffits) > 3 * np.sqrt(p / (k - p)))
        | (chdtr(p, cooks) > 0.5)
        | (hat > 3 * p / k)
        | (np.abs(dfbetas) > 1).any(-1)
    )
    return Influence(
        rstudent=(y - predicted) / np.sqrt(scale * (v + less.tau2) + variance),
        dffits=dffits,
        cooks_distance=cooks,
        covariance_ratio=np.linalg.det(less.cov) / np.linalg.det(whole.cov),
        tau2=less.tau2,
        q=less.q,
        hat=hat,
        weight=100 * w / w.sum(),
        dfbetas=dfbetas,
        influential=influential,
    )


def _fits(mask: Truths, y: Numbers, v: Numbers, x: Numbers | None, tau2: Tau2, interval: Interval, level: float) -> Fit:
    y, v = np.broadcast_to(y, mask.shape), np.broadcast_to(v, mask.shape)
    return inverse_variance.fit(y, v, x, tau2=tau2, interval=interval, level=level, mask=mask)
