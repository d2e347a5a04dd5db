"""Standard errors that hold although results of one cluster (a trial, a centre) depend on each other in unknown ways.

``y`` (k,) was fitted on ``x`` (k, p) with the inverse of ``marginal`` (k, k), a working covariance of blocks within
clusters; m clusters.

CR0: the plain sandwich. CR1: times m/(m - 1). CR1p: times m/(m - p), as metafor's ``robust`` does. CR2: residuals
adjusted so that the variance is unbiased where the working covariance is right, with Satterthwaite's degrees of
freedom: the one to take with few clusters.

Sources: Liang & Zeger 1986; Hedges, Tipton & Johnson 2010; Tipton 2015; Pustejovsky & Tipton 2018.
"""

from typing import Literal, NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from postlude.evidence.pooling.fit import Numbers, Truths
from postlude.evidence.pooling.multilevel import Labels

Kind = Literal["CR0", "CR1", "CR1p", "CR2"]


class Robust(NamedTuple):
    """Coefficients with robust inference, (p,) each but ``cov`` (p, p)."""

    beta: Numbers
    se: Numbers
    cov: Numbers
    low: Numbers
    high: Numbers
    p: Numbers
    """Two-sided, by t on ``df``."""
    df: Numbers
    """m - p; for CR2 Satterthwaite's, one for each coefficient."""
    clusters: int


def robust(
    y: Numbers, marginal: Numbers, cluster: Labels, x: Numbers | None = None, *, kind: Kind = "CR2", level: float = 0.95
) -> Robust:
    """Return robust inference for the generalised least squares fit; ``marginal`` may be the variances (k,).

    Raises ValueError with no more clusters than coefficients, or when ``marginal`` ties results of different clusters.
    """
    y, work = np.asarray(y, np.float64), np.asarray(marginal, np.float64)
    work = np.diag(work) if work.ndim == 1 else work
    design = np.ones((len(y), 1)) if x is None else np.asarray(x, np.float64)
    p = design.shape[1]
    codes = np.unique(np.asarray(cluster), return_inverse=True)[1]
    members = [codes == code for code in range(codes.max() + 1)]
    m = len(members)
    if m <= p:
        raise ValueError(f"robust standard errors need more clusters than coefficients; there are {m} for {p}")
    if (work[codes[:, None] != codes] != 0).any():
        raise ValueError("the working covariance ties results of different clusters")
    weight = np.asarray(np.linalg.inv(work), np.float64)
    bread = np.linalg.inv(design.T @ weight @ design)
    beta = bread @ (design.T @ (weight @ y))
    residual = y - design @ beta
    # (k, k): what the fit leaves of y.
    remain = np.eye(len(y)) - design @ bread @ design.T @ weight
    lines = [_lines(rows, design, weight, work, remain, adjust=kind == "CR2") for rows in members]
    scores = np.stack([line @ residual[rows] for line, rows in zip(lines, members, strict=True)])
    cov = bread @ (scores.T @ scores) @ bread
    cov *= {"CR0": 1.0, "CR1": m / (m - 1), "CR1p": m / (m - p), "CR2": 1.0}[kind]
    if kind == "CR2":
        reach = np.stack([bread @ line @ remain[rows] for line, rows in zip(lines, members, strict=True)])
        df = np.array([_satterthwaite(reach[:, j], work) for j in range(p)])
    else:
        df = np.full(p, float(m - p))
    se = np.sqrt(np.diag(cov))
    half = stdtrit(df, (1 + level) / 2) * se
    return Robust(beta, se, cov, beta - half, beta + half, 2 * stdtr(df, -np.abs(beta / se)), df, m)


def _lines(rows: Truths, design: Numbers, weight: Numbers, work: Numbers, remain: Numbers, *, adjust: bool) -> Numbers:
    """Return the matrix (p, rows) that makes a cluster's residuals its score, adjusted for CR2."""
    score: Numbers = design[rows].T @ weight[np.ix_(rows, rows)]
    if not adjust:
        return score
    triangle = np.linalg.cholesky(work[np.ix_(rows, rows)]).T
    left = remain[rows]
    seen = triangle @ (left @ work @ left.T) @ triangle.T
    values, vectors = np.linalg.eigh((seen + seen.T) / 2)
    kept = values > 1e-12 * max(values[-1], 1e-300)
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    adjusted: Numbers = score @ triangle.T @ root @ triangle
    return adjusted


def _satterthwaite(reach: Numbers, work: Numbers) -> float:
    """Degrees of freedom of one coefficient, from each cluster's part (m, k) in its variance."""
    products = reach @ work @ reach.T
    return float(np.trace(products) ** 2 / (products**2).sum())
