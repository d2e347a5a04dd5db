"""Finite mixtures of normals on the logit scale, read as shares: no draws, so the same numbers every time.

Everything is vectorised over Q targets; K counts components, shared weights. Grids are trapezium rules over seven
standard deviations, which for these smooth integrands are exact to about 1e-7 while a component's standard deviation
is at most 3.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from postlude.evidence.model.structure import Floats, Integers

_Z: Floats = np.linspace(-7.0, 7.0, 33)
_DENSITY: Floats = np.exp(-0.5 * _Z**2)
_MASS: Floats = _DENSITY / _DENSITY.sum()
_CHUNK = 1 << 17  # numbers held at once: they stay in the cache
_FARTHEST = 9.0  # standard deviations: beyond, a normal has no mass in float64
_CLOSE = 1e-7
_MOST_STEPS = 200
_LEAST_SD = 1e-12  # a known number is a very narrow normal


class Normals(NamedTuple):
    """Mixtures of normals on the logit scale, one for each of Q targets."""

    weight: Floats
    """(K,) summing to 1."""
    mean: Floats
    """(K, Q)"""
    variance: Floats
    """(K, Q)"""


class Shares(NamedTuple):
    """What a mixture says of ``p = 1 / (1 + exp(-eta))``."""

    mean: Floats
    """(Q,)"""
    sd: Floats
    """(Q,)"""
    quantiles: Floats
    """(P, Q) in the order of the probabilities asked for."""


def predict(normals: Normals, probabilities: Sequence[float]) -> Shares:
    """Mean, standard deviation and quantiles of the share."""
    mean, sd = share(normals)
    return Shares(mean, sd, special.expit(quantiles(normals, probabilities)))


def moments(normals: Normals) -> tuple[Floats, Floats]:
    """Mean and standard deviation (Q,) on the logit scale."""
    mean = normals.weight @ normals.mean
    variance = normals.weight @ (normals.variance + (normals.mean - mean) ** 2)
    return mean, np.sqrt(variance)


def share(normals: Normals) -> tuple[Floats, Floats]:
    """Mean and standard deviation (Q,) of p."""
    weight, mean, sd = normals.weight, normals.mean, np.sqrt(normals.variance)
    first, second = np.empty(mean.shape[1]), np.empty(mean.shape[1])
    size = max(1, _CHUNK // (len(weight) * len(_Z)))
    for start in range(0, mean.shape[1], size):
        cut = slice(start, start + size)
        p = special.expit(mean[:, cut, None] + sd[:, cut, None] * _Z)
        first[cut] = weight @ (p @ _MASS)
        # Around the mean, or a small variance would be lost in rounding.
        p -= first[cut, None]
        second[cut] = weight @ ((p * p) @ _MASS)
    return first, np.sqrt(second)


def cumulative(normals: Normals, eta: Floats) -> Floats:
    """P(logit p <= eta): (Q,) for eta (Q,) or one number for all."""
    result: Floats = normals.weight @ special.ndtr((eta - normals.mean) / _sd(normals.variance))
    return result


def above(normals: Normals, threshold: float) -> Floats:
    """P(p > threshold) (Q,) for a share between 0 and 1."""
    result: Floats = normals.weight @ special.ndtr((normals.mean - special.logit(threshold)) / _sd(normals.variance))
    return result


def quantiles(normals: Normals, probabilities: Sequence[float]) -> Floats:
    """The quantiles (P, Q) on the logit scale, to 1e-7; ValueError unless 0 < probability < 1.

    Newton's method inside a bracket that every step narrows; a step that leaves it is replaced by bisection.
    """
    wanted = np.array(probabilities, dtype=np.float64)
    if not ((wanted > 0) & (wanted < 1)).all():
        raise ValueError("probabilities must lie strictly between 0 and 1")
    targets = normals.mean.shape[1]
    which = np.tile(np.arange(targets), len(wanted))
    p = np.repeat(wanted, targets)
    sd = _sd(normals.variance)
    low = (normals.mean - _FARTHEST * sd).min(axis=0)[which]
    high = (normals.mean + _FARTHEST * sd).max(axis=0)[which]
    centre, spread = moments(normals)
    x: Floats = np.clip(centre[which] + spread[which] * special.ndtri(p), low, high)
    size = max(1, _CHUNK // len(normals.weight))
    for start in range(0, len(x), size):
        cut = slice(start, start + size)
        x[cut] = _solve(normals.weight, normals.mean, sd, which[cut], p[cut], x[cut], low[cut], high[cut])
    return np.reshape(x, (len(wanted), targets))


def gain(base: Normals, effect: Normals, covariance: Floats, margin: float | Floats) -> Floats:
    """P(p1 - p0 >= margin) (Q,) with ``logit p0 = base`` and ``logit p1 = base + effect``, jointly normal.

    ``covariance`` (K, Q) is that of base and effect within each component; both have the same weights.
    ``margin`` lies between -1 and 1: one for all, or (Q,).
    """
    slope = np.divide(covariance, base.variance, out=np.zeros_like(covariance), where=base.variance > 0)
    rest = _sd(np.maximum(effect.variance - slope * covariance, 0.0))
    root = np.sqrt(base.variance)
    result = np.zeros(base.mean.shape[1])
    for z, mass in zip(_Z, _MASS, strict=True):
        eta = base.mean + root * z
        needed = np.clip(special.expit(eta) + margin, 0.0, 1.0)  # logit says -inf or inf beyond
        short = effect.mean + slope * root * z - (special.logit(needed) - eta)
        result += mass * (base.weight @ special.ndtr(short / rest))
    return result


def _solve(
    weight: Floats, mean: Floats, sd: Floats, which: Integers, p: Floats, x: Floats, low: Floats, high: Floats
) -> Floats:
    found = x.copy()
    left, right = low.copy(), high.copy()
    going = np.arange(len(x))
    for _ in range(_MOST_STEPS):
        at = found[going]
        z = (at - mean[:, which[going]]) / sd[:, which[going]]
        excess = weight @ special.ndtr(z) - p[going]
        left[going] = np.where(excess < 0, at, left[going])
        right[going] = np.where(excess < 0, right[going], at)
        density = weight @ (np.exp(-0.5 * z**2) / sd[:, which[going]]) / np.sqrt(2.0 * np.pi)
        newton = at - np.divide(excess, density, out=np.full_like(at, np.inf), where=density > 1e-300)
        inside = (newton >= left[going]) & (newton <= right[going])  # both ends: the root may be one
        moved = np.where(inside, newton, 0.5 * (left[going] + right[going]))
        found[going] = moved
        going = going[(np.abs(moved - at) > _CLOSE) & (excess != 0)]
        if not len(going):
            break
    return found


def _sd(variance: Floats) -> Floats:
    return np.maximum(np.sqrt(variance), _LEAST_SD)
