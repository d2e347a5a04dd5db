"""Weighted least squares for many small problems at once, and what the estimators of tau2 need of it.

Shapes: ``b`` problems, ``k`` rows (studies), ``p`` coefficients. A basis of ``None`` means an intercept alone: then all
comes down to sums, several times faster than matrices. Otherwise the basis (b, k, p) has orthonormal columns, so that
moderators of any size (a year, say) cost no digits.

In the names below W is the diagonal matrix of weights and P = W - W X (X'WX)^-1 X'W, so that P y are the weighted
residuals. A row of weight 0 is absent.
"""

import math
from typing import NamedTuple

import numpy as np

from postlude.evidence.pooling.fit import Counts, Numbers

Basis = Numbers | None

_LOG_2_PI = math.log(2 * math.pi)


class Solution(NamedTuple):
    """Least squares at one set of weights, in terms of the basis."""

    beta: Numbers
    """(b, p)"""
    inverse: Numbers
    """(X'WX)^-1, (b, p, p): the covariance of ``beta`` where weights are inverse variances."""
    rss: Numbers
    """Weighted residual sum of squares y'P y, (b,)."""
    log_det: Numbers
    """log det X'WX for orthonormal X, (b,)."""


def orthonormal(x: Numbers) -> tuple[Numbers, Numbers]:
    """Return an orthonormal basis of the columns (b, k, p) and the triangle R (b, p, p) with x = basis R."""
    basis, triangle = np.linalg.qr(x)
    return basis, triangle


def weights(v: Numbers, tau2: Numbers) -> Numbers:
    """Return the inverse variances (..., k) where results vary by ``v`` (..., k) and by ``tau2`` (...) between them."""
    total = v + tau2[..., None]
    return np.reciprocal(total, out=total)  # in place: arrays are large when many problems are surveyed


def solve(y: Numbers, w: Numbers, basis: Basis) -> Solution:
    """Fit by weighted least squares."""
    if basis is None:
        total = w.sum(-1)
        mean = (np.vecdot(w, y) / total)[:, None]
        residual = y - mean
        log_det: Numbers = np.log(total / np.count_nonzero(w, axis=-1))
        return Solution(mean, 1 / total[:, None, None], np.vecdot(w * residual, residual), log_det)
    wx = w[..., None] * basis
    information = _transposed(basis) @ wx
    inverse = np.asarray(np.linalg.inv(information), np.float64)
    beta = np.matvec(inverse, np.vecmat(y, wx))
    residual = y - np.matvec(basis, beta)
    return Solution(beta, inverse, np.vecdot(w * residual, residual), np.linalg.slogdet(information)[1])


def residuals(y: Numbers, w: Numbers, basis: Basis) -> tuple[Numbers, Numbers]:
    """Return the residuals (b, k) of weighted least squares, and the same times their weights: P y."""
    if basis is None:
        residual = y - (np.vecdot(w, y) / w.sum(-1))[..., None]
    else:
        wx = w[..., None] * basis
        beta = np.linalg.solve(_transposed(basis) @ wx, np.vecmat(y, wx)[..., None])
        residual = y - (basis @ beta)[..., 0]
    return residual, w * residual


def likelihood(at: Solution, w: Numbers, k: Counts, *, restricted: bool) -> Numbers:
    """Return the log of the (``restricted``) likelihood (b,) at the solution for weights ``w``, with all constants.

    ``k`` (b,) rows are present.
    """
    log_w = np.log(w, where=w > 0, out=np.zeros(w.shape)).sum(-1)
    if restricted:
        return np.asarray(-0.5 * ((k - at.beta.shape[-1]) * _LOG_2_PI - log_w + at.rss + at.log_det))
    return np.asarray(-0.5 * (k * _LOG_2_PI - log_w + at.rss))


def likelihoods(y: Numbers, v: Numbers, basis: Basis, tau2: Numbers, *, restricted: bool) -> Numbers:
    """Return :func:`likelihood` at several values of ``tau2`` (b, t), each (b, t), up to a constant of the problem.

    Without a basis it is cheap, and ``y`` is to be centred: what is squared is not.
    """
    w = weights(v[:, None], tau2)
    if basis is not None:
        (problems, several, k), p = w.shape, basis.shape[-1]
        y = np.broadcast_to(y[:, None], w.shape).reshape(-1, k)
        basis = np.broadcast_to(basis[:, None], (problems, several, k, p)).reshape(-1, k, p)
        w = w.reshape(-1, k)
        found = likelihood(solve(y, w, basis), w, np.count_nonzero(w, axis=-1), restricted=restricted)
        return found.reshape(problems, several)
    powers = np.ones((*y.shape, 3))
    powers[..., 1] = y
    powers[..., 2] = y * y
    sums = w @ powers
    one, first, second = sums[..., 0], sums[..., 1], sums[..., 2]
    log_w = np.log(w, where=w > 0, out=w).sum(-1)  # in place: the largest array there is, and 0 stays where it is 0
    return np.asarray(log_w - second + first * first / one - (np.log(one) if restricted else 0.0)) / 2


class Slopes(NamedTuple):
    """How weighted least squares answers to tau2; each (b,)."""

    ypy: Numbers
    """y'P y, the generalised Q."""
    yppy: Numbers
    """y'P P y, less the derivative of y'P y by tau2."""
    ypppy: Numbers
    """y'P P P y"""
    tr_p: Numbers
    tr_pp: Numbers
    tr_w: Numbers
    tr_ww: Numbers


def slopes(y: Numbers, w: Numbers, basis: Basis) -> Slopes:
    """Return what the derivatives of both likelihoods by tau2 are made of."""
    tr_w, tr_ww = w.sum(-1), np.vecdot(w, w)
    if basis is None:
        # As residuals(), but the sum of the weights is taken once.
        residual = y - (np.vecdot(w, y) / tr_w)[..., None]
        r = w * residual
        share = tr_ww / tr_w
        ypppy = np.vecdot(w * r, r) - np.vecdot(w, r) ** 2 / tr_w
        tr_pp = tr_ww - 2 * np.vecdot(w * w, w) / tr_w + share * share
        return Slopes(np.vecdot(r, residual), np.vecdot(r, r), ypppy, tr_w - share, tr_pp, tr_w, tr_ww)
    residual, r = residuals(y, w, basis)
    ypy, yppy, ypppy = np.vecdot(r, residual), np.vecdot(r, r), np.vecdot(w * r, r)
    wx = w[..., None] * basis
    transposed = _transposed(wx)
    inverse = np.linalg.inv(_transposed(basis) @ wx)
    second = inverse @ (transposed @ wx)  # (X'WX)^-1 X'W^2 X
    third = inverse @ (transposed @ (w[..., None] * wx))
    xwr = np.matvec(transposed, r)
    ypppy -= np.vecdot(xwr, np.matvec(inverse, xwr))
    tr_pp = tr_ww - 2 * _trace(third) + _trace(second @ second)
    return Slopes(ypy, yppy, ypppy, tr_w - _trace(second), tr_pp, tr_w, tr_ww)


def _trace(matrix: Numbers) -> Numbers:
    return np.asarray(np.trace(matrix, axis1=-2, axis2=-1))


def _transposed(matrix: Numbers) -> Numbers:
    return np.swapaxes(matrix, -1, -2)
