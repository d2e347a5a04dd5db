"""Where the scales are plausible, so that nodes are spent there and not on their prior.

With many rows the prior's nodes are nearly all wasted (of 64, one or two carry the weight). Newton's method finds the
most plausible zeta; the slopes are exact (:func:`~postlude.evidence.model.elimination.slopes`), the curvature is their
difference between neighbours, and a centre with its neighbours is one batch of nodes. The answer only says where to
look: the importance weights stay exact when it is poor.
"""

from typing import NamedTuple

import numpy as np

from postlude.evidence.model import elimination, propagation
from postlude.evidence.model.elimination import Plan
from postlude.evidence.model.nodes import Proposal, growth, scales
from postlude.evidence.model.sites import Sites
from postlude.evidence.model.structure import Floats, Structure

_NEIGHBOUR = 0.25
_LONGEST_STEP = 1.5
_NEAR = 0.1  # in prior standard deviations; a proposal need not be nearer
_MOST_STEPS = 8
_LEAST_CURVATURE = 0.3  # the prior's own is 1; less would spread nodes where nothing is
_INFLATION = 1.35  # a proposal a little too wide loses little, one too narrow loses the tails
_TOLERANCE = 1e-3


class Found(NamedTuple):
    """Where to look, and sites to start from."""

    proposal: Proposal
    precision: Floats
    """(N,) sorted, at the centre."""
    linear: Floats
    """(N,)"""


def search(how: Plan, model: Structure, data: Sites) -> Found:
    """Find a normal proposal for zeta; ``data`` is in the plan's order."""
    priors = model.scale_priors
    dimensions = len(priors)
    neighbours = _NEIGHBOUR * np.concatenate([np.zeros((1, dimensions)), np.eye(dimensions), -np.eye(dimensions)])
    centre, step = np.zeros(dimensions), np.zeros(dimensions)
    value = -np.inf
    sites = propagation.first_guess(data, len(neighbours))
    covariance = np.eye(dimensions)
    for _ in range(_MOST_STEPS):
        zeta = centre + step + neighbours
        at = scales(zeta, priors)
        before = elimination.prior(how, model, at)
        found = propagation.propagate(how, before, data, sites, tolerance=_TOLERANCE)
        here = float(found.log_likelihood[0] - 0.5 * zeta[0] @ zeta[0])
        if here < value - 1e-6:  # too far: from the last centre, half the way
            step = step / 2.0
            continue
        centre, value = zeta[0], here
        sites = _repeat(found.precision[0], len(zeta)), _repeat(found.linear[0], len(zeta))
        detail = propagation.posterior(how, before, found.precision, found.linear).detail
        if detail is None or not dimensions:
            break
        slope = elimination.slopes(how, model, at, detail) * growth(zeta, priors) - zeta
        curvature = (slope[dimensions + 1 :] - slope[1 : dimensions + 1]) / (2.0 * _NEIGHBOUR)
        curve, axes = np.linalg.eigh((curvature + curvature.T) / 2.0)
        curve = np.maximum(curve, _LEAST_CURVATURE)
        covariance = (axes / curve) @ axes.T
        step = covariance @ slope[0]
        length = float(np.linalg.norm(step))
        if length < _NEAR:
            centre = centre + step
            break
        step *= min(1.0, _LONGEST_STEP / length)
    root: Floats = np.linalg.cholesky(covariance).astype(np.float64)
    return Found(Proposal(centre, _INFLATION * root), sites[0][0], sites[1][0])


def _repeat(sites: Floats, nodes: int) -> Floats:
    return np.tile(sites, (nodes, 1))
