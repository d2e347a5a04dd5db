"""Inverse variance on logits of counts: where maximum likelihood starts, and the parts of its answer that need none.

Shapes: b problems, k rows, p coefficients. A design of ``None`` means an intercept alone: all comes down to sums.
"""

from typing import NamedTuple

import numpy as np

from postlude.evidence.pooling.fit import Counts, Numbers, Truths

Basis = Numbers | None

LEAST_TAU = 0.1
"""Least start of tau: at 0 itself the likelihood is level in tau."""
NO_WEIGHT = 1e9
"""Factor on the variance of a logit that tells nothing of Q. Not infinite, so that moderators can still be told."""
RANK = 1e-9
"""A column nearer than this to the space of the others says nothing of its own."""


class Guess(NamedTuple):
    basis: Basis
    """Orthonormal columns (b, k, p) that span the design: a year as moderator costs no digits."""
    triangle: Numbers | None
    """design = basis @ triangle (b, p, p)."""
    sound: Truths
    """Where there are enough rows, and no moderator follows from the others (b,)."""
    y: Numbers
    """Logits (b, k), 0 where a row is absent."""
    beta: Numbers
    """(b, p), for the basis."""
    tau: Numbers
    """(b,), above 0; by DerSimonian and Laird's moments."""
    typical: Numbers
    """Higgins and Thompson's typical variance within studies (b,); NaN with df = 0."""
    q: Numbers
    """Cochran's Q of the rows that ``tells`` names (b,)."""
    k: Counts
    df: Counts


class _Weighted(NamedTuple):
    beta: Numbers
    rss: Numbers
    trace: Numbers
    """Of W - W X (X'WX)^-1 X'W."""


def guess(y: Numbers, v: Numbers, tells: Truths, x: Numbers | None) -> Guess:
    """Fit ``y`` with variances ``v`` (b, k), infinite for an absent row, on ``x`` (b, k, p); Q from rows that tell."""
    k = np.isfinite(v).sum(-1)
    basis, triangle, sound = (None, None, k > 0) if x is None else _design(x, k)
    if not sound.all():
        v = np.where(sound[:, None], v, 1.0)
    df = k - (1 if x is None else x.shape[-1])
    common = _weighted(y, 1 / v, basis)
    trace = np.where(df > 0, common.trace, np.nan)
    tau2 = np.fmax((common.rss - df) / trace, 0.0)
    return Guess(
        basis=basis,
        triangle=triangle,
        sound=sound,
        y=y,
        beta=_weighted(y, 1 / (v + tau2[:, None]), basis).beta,
        tau=np.maximum(np.sqrt(tau2), LEAST_TAU),
        typical=df / trace,
        q=_weighted(y, 1 / np.where(tells, v, NO_WEIGHT * v), basis).rss,
        k=k,
        df=df,
    )


def _weighted(y: Numbers, w: Numbers, basis: Basis) -> _Weighted:
    total = w.sum(-1)
    if basis is None:
        mean = np.vecdot(w, y) / total
        residual = y - mean[:, None]
        return _Weighted(mean[:, None], np.vecdot(w * residual, residual), total - np.vecdot(w, w) / total)
    wx = w[..., None] * basis
    across = np.swapaxes(wx, -1, -2)
    inverse = np.linalg.inv(across @ basis)
    beta = np.matvec(inverse, np.matvec(across, y))
    residual = y - np.matvec(basis, beta)
    trace = total - np.trace(inverse @ (across @ wx), axis1=-2, axis2=-1)
    return _Weighted(beta, np.vecdot(w * residual, residual), trace)


def _design(x: Numbers, k: Counts) -> tuple[Numbers, Numbers, Truths]:
    """Return an orthonormal basis, the triangle that leads back to ``x``, and where all coefficients can be told."""
    rows, p = x.shape[-2:]
    if rows < p:
        raise ValueError(f"{p} coefficients cannot be told from {rows} rows")
    basis, triangle = np.linalg.qr(x)
    diagonal = np.abs(np.diagonal(triangle, axis1=-2, axis2=-1))
    sound = (diagonal > RANK * np.linalg.norm(triangle, axis=-2)).all(-1) & (k >= p)
    if not sound.all():
        basis = np.where(sound[:, None, None], basis, np.eye(rows, p))
        triangle = np.where(sound[:, None, None], triangle, np.eye(p))
    return basis, triangle, sound
