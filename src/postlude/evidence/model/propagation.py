"""Expectation propagation: the best Gaussian stand-in for every counted row, at many values of the scales at once.

Minka 2001 (Expectation propagation for approximate Bayesian inference), all rows in parallel. A row's stand-in, its
site, is chosen so that likelihood x cavity (everything but this row) keeps its mean and variance. Sites are those of
each row's linear predictor; measured rows are Gaussian and need no stand-in.

With ``shift = mean - base`` and ``pull_j = linear_j - precision_j mean_j`` the log marginal likelihood at the fixed
point is ``sum_j log mass_j - pull . shift / 2 - log_determinant / 2``. Cavities are kept in standard deviations around
the current mean, so a row that says nothing or everything divides by nothing.
"""

from typing import NamedTuple

import numpy as np

from postlude.evidence.model.elimination import Detail, Gaussian, Plan, Prior, solve
from postlude.evidence.model.sites import Likelihood, Sites
from postlude.evidence.model.structure import Booleans, Floats

TOLERANCE = 1e-6
"""Largest change of a site (its precision and its pull, in units of the current posterior) at convergence."""
MOST_ROUNDS = 100
_CELLS = 1 << 15  # numbers in an array of the nodes solved together: it stays in the cache, and memory is not paged
_LEAST_DAMPING = 0.25


class Propagated(NamedTuple):
    """The fixed points of K nodes; rows in sorted order."""

    precision: Floats
    """(K, N) of the sites."""
    linear: Floats
    """(K, N)"""
    log_likelihood: Floats
    """(K,) log marginal likelihood given the scales."""
    rounds: int
    """The most rounds that a node took."""
    converged: Booleans
    """(K,)"""


class _State(NamedTuple):
    precision: Floats
    linear: Floats
    log_likelihood: Floats
    move: Floats


def propagate(
    how: Plan,
    before: Prior,
    data: Sites,
    start: tuple[Floats, Floats] | None = None,
    *,
    tolerance: float = TOLERANCE,
    most_rounds: int = MOST_ROUNDS,
) -> Propagated:
    """Find the sites of every node. ``data`` is in sorted order; ``start`` (K, N) twice warm-starts."""
    likelihood = Likelihood(data)
    blocks = [
        _block(
            how, _nodes(before, cut), data, likelihood, start and (start[0][cut], start[1][cut]), tolerance, most_rounds
        )
        for cut in _blocks(how, len(before.root))
    ]
    return Propagated(
        precision=np.concatenate([b.precision for b in blocks]),
        linear=np.concatenate([b.linear for b in blocks]),
        log_likelihood=np.concatenate([b.log_likelihood for b in blocks]),
        rounds=max(b.rounds for b in blocks),
        converged=np.concatenate([b.converged for b in blocks]),
    )


def posterior(how: Plan, before: Prior, precision: Floats, linear: Floats) -> Gaussian:
    """The posterior under these sites (K, N), with its detail, put together from blocks of nodes."""
    blocks = [
        solve(how, _nodes(before, cut), precision[cut], linear[cut], detail=True)
        for cut in _blocks(how, len(before.root))
    ]
    details = [block.detail for block in blocks if block.detail is not None]
    stages = range(len(how.stages))
    return Gaussian(
        shift=np.concatenate([block.shift for block in blocks]),
        variance=np.concatenate([block.variance for block in blocks]),
        log_determinant=np.concatenate([block.log_determinant for block in blocks]),
        phi=np.concatenate([block.phi for block in blocks]),
        factor=np.concatenate([block.factor for block in blocks]),
        detail=Detail(
            effects=tuple(
                (
                    np.concatenate([detail.effects[i][0] for detail in details]),
                    np.concatenate([detail.effects[i][1] for detail in details]),
                )
                for i in stages
            ),
            slope=np.concatenate([detail.slope for detail in details]),
            stage_slopes=tuple(np.concatenate([detail.stage_slopes[i] for detail in details]) for i in stages),
        ),
    )


def first_guess(data: Sites, nodes: int) -> tuple[Floats, Floats]:
    """Sites (K, N) from each row alone: exact for measured rows."""
    precision = data.power / data.variance
    linear = precision * data.y
    likelihood = Likelihood(data)
    precision[likelihood.rows], linear[likelihood.rows] = likelihood.start()
    return np.tile(precision, (nodes, 1)), np.tile(linear, (nodes, 1))


def _block(
    how: Plan,
    before: Prior,
    data: Sites,
    likelihood: Likelihood,
    start: tuple[Floats, Floats] | None,
    tolerance: float,
    most_rounds: int,
) -> Propagated:
    nodes = len(before.root)
    precision, linear = (part.copy() for part in (start or first_guess(data, nodes)))
    log_likelihood = np.zeros(nodes)
    last = np.full(nodes, np.inf)
    damping = np.ones(nodes)
    going = np.arange(nodes)
    rounds = 0
    while len(going) and rounds < most_rounds:
        rounds += 1
        now = _round(how, _nodes(before, going), data, likelihood, precision[going], linear[going], damping[going])
        log_likelihood[going] = now.log_likelihood
        # A step that brings a node no nearer is the sign of an oscillation: shorter ones end it.
        stuck = (now.move > (1.0 - 0.2 * damping[going]) * last[going]) & (rounds > 2)
        damping[going] = np.where(stuck, np.maximum(damping[going] / 2.0, _LEAST_DAMPING), damping[going])
        last[going] = now.move
        unfinished = now.move > tolerance
        precision[going], linear[going] = now.precision, now.linear
        going = going[unfinished]
    converged = np.ones(nodes, dtype=np.bool_)
    converged[going] = False
    return Propagated(precision, linear, log_likelihood, rounds, converged)


def _round(
    how: Plan, before: Prior, data: Sites, likelihood: Likelihood, precision: Floats, linear: Floats, damping: Floats
) -> _State:
    """One parallel update of all sites, and the log marginal likelihood of those it started from."""
    now: Gaussian = solve(how, before, precision, linear)
    mean = how.base + now.shift
    pull = linear - precision * mean
    rows = likelihood.rows
    centre, variance, own = mean[:, rows], now.variance[:, rows], precision[:, rows]
    sd = np.sqrt(variance)
    cavity = 1.0 - own * variance
    tilted = likelihood.tilt(centre, sd, cavity, pull[:, rows] * sd)
    log_likelihood = (
        tilted.log_mass.sum(axis=1)
        + _measured(data, mean).sum(axis=1)
        - 0.5 * (pull * now.shift).sum(axis=1)
        - 0.5 * now.log_determinant
    )
    # A mixture of counts may be wider than its cavity; a precision below 0 could make the whole improper.
    better = np.maximum((1.0 / tilted.variance - cavity) / variance, 0.0)
    better_linear = tilted.mean / (tilted.variance * sd) + pull[:, rows] + better * centre
    step = damping[:, None]
    new_precision, new_linear = precision.copy(), linear.copy()
    new_precision[:, rows] += step * (better - own)
    new_linear[:, rows] += step * (better_linear - linear[:, rows])
    # Of the sites, not of the moments: those of a row that is held at precision 0 never agree.
    change = np.abs(better - own) * variance, np.abs(tilted.mean) / tilted.variance
    move = np.maximum(*change).max(axis=1, initial=0.0)
    return _State(new_precision, new_linear, log_likelihood, move)


def _measured(data: Sites, mean: Floats) -> Floats:
    """The log densities of the measured rows at their means (K, those rows)."""
    rows = np.flatnonzero(data.exact)
    variance = data.variance[rows]
    return -0.5 * data.power[rows] * (np.log(2.0 * np.pi * variance) + (data.y[rows] - mean[:, rows]) ** 2 / variance)


def _nodes(before: Prior, chosen: slice | np.ndarray) -> Prior:
    return Prior(before.root[chosen], tuple(v[chosen] for v in before.stages))


def _blocks(how: Plan, nodes: int) -> list[slice]:
    """Which nodes to solve together."""
    size = max(1, _CELLS // max(how.design.size, 1))
    return [slice(i, i + size) for i in range(0, nodes, size)]
