"""Where the scales are looked at: deterministic nodes with importance weights instead of random draws.

A scale with prior half-normal(h) is written as ``h * q((1 + Phi(zeta)) / 2)`` with ``zeta ~ N(0, 1)`` and q the normal
quantile, so that every scale has the same prior and none has a boundary.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from postlude.evidence.model.structure import Floats

# Direction numbers of Joe and Kuo 2008 (doi 10.1137/070709359), file new-joe-kuo-6.21201: for each dimension after the
# first the coefficients of its primitive polynomial and its first numbers m. Written here because the library that
# has them takes a second and a half to import.
_DIRECTIONS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (0, (1,)),
    (1, (1, 3)),
    (1, (1, 3, 1)),
    (2, (1, 1, 1)),
    (1, (1, 1, 3, 3)),
    (4, (1, 3, 5, 13)),
    (2, (1, 1, 5, 5, 17)),
    (4, (1, 1, 5, 5, 5)),
    (7, (1, 1, 7, 11, 19)),
)
MOST_SCALES = len(_DIRECTIONS) + 1
_BITS = 30


class Proposal(NamedTuple):
    """A normal distribution of zeta from which nodes are taken."""

    mean: Floats
    """(D,)"""
    root: Floats
    """(D, D) lower triangular; the covariance is root root'."""


def sobol(count: int, dimensions: int) -> Floats:
    """The first ``count`` points (count, dimensions) of Sobol's sequence, moved half a cell inside the open cube.

    ValueError for more than ten dimensions.
    """
    if dimensions > MOST_SCALES:
        raise ValueError(f"{dimensions} scales; at most {MOST_SCALES} can be integrated")
    index = np.arange(count)
    gray = index ^ (index >> 1)
    points = np.zeros((count, dimensions), dtype=np.int64)
    for d in range(dimensions):
        for bit, direction in enumerate(_directions(d)):
            points[:, d] ^= np.where((gray >> bit) & 1, direction, 0)
    cells = 1 << max(count - 1, 0).bit_length()
    result: Floats = points / float(1 << _BITS) + 0.5 / cells
    return result


def nodes(proposal: Proposal, count: int) -> Floats:
    """Zetas (count, D) that represent the proposal: their mean and covariance are its own, without sampling error."""
    dimensions = len(proposal.mean)
    if not dimensions:
        return np.zeros((1, 0))
    spread: Floats = special.ndtri(sobol(count, dimensions))
    if count > 4 * dimensions:  # fewer points may lie in a plane
        spread = spread - spread.mean(axis=0)
        spread = np.linalg.solve(np.linalg.cholesky(spread.T @ spread / count), spread.T).T
    return proposal.mean + spread @ proposal.root.T


def scales(zeta: Floats, priors: Floats) -> Floats:
    """The scales (K, D) at ``zeta`` (K, D)."""
    # 1 - (1 + Phi(z)) / 2 = Phi(-z) / 2 keeps its digits when z is large.
    value: Floats = -priors * special.ndtri(0.5 * special.ndtr(-zeta))
    return value


def growth(zeta: Floats, priors: Floats) -> Floats:
    """The derivatives (K, D) of the scales with respect to zeta."""
    unit = scales(zeta, np.ones_like(priors))
    value: Floats = priors * 0.5 * np.exp(0.5 * (unit**2 - zeta**2))
    return value


def log_density(proposal: Proposal, zeta: Floats) -> Floats:
    """The log density (K,) of the proposal, less D log(2 pi) / 2."""
    if not zeta.shape[1]:
        return np.zeros(len(zeta))
    z = np.linalg.solve(proposal.root, (zeta - proposal.mean).T)
    value: Floats = -0.5 * (z**2).sum(axis=0) - np.log(np.diagonal(proposal.root)).sum()
    return value


def _directions(dimension: int) -> list[int]:
    """The direction numbers of a dimension, as integers of _BITS bits."""
    if dimension == 0:
        return [1 << (_BITS - 1 - i) for i in range(_BITS)]
    polynomial, first = _DIRECTIONS[dimension - 1]
    degree = len(first)
    v = [m << (_BITS - 1 - i) for i, m in enumerate(first)]
    for i in range(degree, _BITS):
        value = v[i - degree] ^ (v[i - degree] >> degree)
        for k in range(1, degree):
            if (polynomial >> (degree - 1 - k)) & 1:
                value ^= v[i - k]
        v.append(value)
    return v
