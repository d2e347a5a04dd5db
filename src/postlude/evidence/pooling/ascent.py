"""Climbs to the maximum of many likelihoods at once: Newton's method in coefficients and tau.

The likelihood is the same for tau and -tau, so tau is free and its sign is dropped: a maximum at tau = 0 needs no
bound. Given tau it is concave in the coefficients; where it is not concave in tau, tau moves uphill by a share of
itself. Problems that have arrived rest, and the others go on alone.

The steps begin on few quadrature points and end on as many as the wanted precision needs: the error of the rule grows
with the spread of an arm's logit, given its counts, so problems with wide arms end on more.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from postlude.evidence.pooling.fit import Numbers, Truths
from postlude.evidence.pooling.quadrature import Rule, rule

Rows = NDArray[np.intp]

FEW = 7
"""Points of the first steps."""
NEAR, DONE = 1e-4, 1e-12
"""Decrements (twice what a Newton step should gain in log-likelihood) that end the first and the last steps. The
last is within 1e-6 standard errors of the maximum, and that step is still taken."""
ROUNDING = 1e-12
"""Loss of log-likelihood, relative, that rounding may cause."""
STEPS, HALVINGS = 80, 12
LEAST_CURVATURE = 1e-14
RESOLVED = 0.5
"""Width of an arm up to which 15 points give the derivatives to about 1e-6; points needed go as its square."""
MOST_POINTS = 151
FARTHEST = 25.0
"""Logit, and tau, beyond which there is no maximum: the data are separated."""
STRIDE = 2.0
"""The most by which one step moves a logit or tau."""
NOTHING = 1e-4
"""A tau below this is 0: Newton's steps halve its digits for ever and never arrive."""


class Slope(NamedTuple):
    """Log-likelihood of each problem (b,) with its derivatives in the coefficients (p) and tau."""

    value: Numbers
    beta: Numbers
    """(b, p)"""
    tau: Numbers
    beta_beta: Numbers
    """(b, p, p)"""
    beta_tau: Numbers
    """(b, p)"""
    tau_tau: Numbers


class Likelihood(Protocol):
    """The likelihoods of b problems."""

    def slope(self, rows: Rows, beta: Numbers, tau: Numbers, rule: Rule) -> Slope:
        """Return the log-likelihoods of the problems ``rows`` at ``beta`` (rows, p) and ``tau`` (rows,)."""

    def logits(self, rows: Rows, beta: Numbers) -> Numbers:
        """Return the greatest absolute logit that ``beta`` gives in each problem."""

    def width(self, rows: Rows, tau: Numbers) -> Numbers:
        """Return how hard the widest arm of each problem is to integrate, where it was looked at last.

        The poles of the logistic curve are 3 logits off the real line: the wider an arm's logit is left by its counts,
        and the more these bend it, the more points it takes. Found by trial: spread times the fourth root of the
        share of the posterior precision that comes from the counts.
        """


class Maximum(NamedTuple):
    """Where the likelihood of each problem is largest; NaN where that is nowhere."""

    beta: Numbers
    """(b, p)"""
    tau: Numbers
    cov: Numbers
    """Inverse of the observed information, the part of the coefficients (b, p, p)."""
    value: Numbers


class _Step(NamedTuple):
    beta: Numbers
    tau: Numbers
    decrement: Numbers


def climb(likelihood: Likelihood, beta: Numbers, tau: Numbers, points: int) -> Maximum:
    """Return the maxima, from the starts ``beta`` (b, p) and ``tau`` (b,) > 0, on ``points`` points or more."""
    b, p = beta.shape
    found = Maximum(beta.copy(), tau.copy(), np.full((b, p, p), np.nan), np.full(b, np.nan))
    rows = np.arange(b)
    if points > FEW:
        _ascend(likelihood, rows, found, rule(FEW), NEAR)
    while True:
        _ascend(likelihood, rows, found, rule(points), DONE)
        if points >= MOST_POINTS:
            break
        needed = 15 * (likelihood.width(rows, found.tau[rows]) / RESOLVED) ** 2
        # On too few points a problem may also fail to arrive.
        rows = rows[(needed > points) | np.isnan(found.value[rows])]
        if not rows.size:
            break
        points = min(2 * points + 1, MOST_POINTS)
    found.tau[found.tau < NOTHING] = 0.0
    lost = np.isnan(found.value)
    found.beta[lost], found.tau[lost], found.cov[lost] = np.nan, np.nan, np.nan
    return found


def _ascend(likelihood: Likelihood, rows: Rows, found: Maximum, rule: Rule, tolerance: float) -> None:
    """Climb from where ``found`` stands and write there; of a problem that does not arrive the value is NaN."""
    beta, tau = found.beta[rows], found.tau[rows]
    found.value[rows] = np.nan
    here = likelihood.slope(rows, beta, tau, rule)
    for _ in range(STEPS):
        step = _newton(likelihood, rows, here, tau)
        near = np.maximum(likelihood.logits(rows, beta), tau) < FARTHEST
        done = near & (step.decrement <= tolerance)
        if done.any():
            at = rows[done]
            found.beta[at] = (beta + step.beta)[done]
            found.tau[at] = np.abs(tau + step.tau)[done]
            found.value[at] = (here.value + step.decrement / 2)[done]
            found.cov[at] = _covariance(here, done)
        going = near & ~done
        if not going.any():
            break
        if not going.all():
            rows, beta, tau = rows[going], beta[going], tau[going]
            step, value = _Step(*(part[going] for part in step)), here.value[going]
        else:
            value = here.value
        beta, tau, here = _uphill(likelihood, rows, beta, tau, step, value, rule, tolerance)


def _uphill(
    likelihood: Likelihood,
    rows: Rows,
    beta: Numbers,
    tau: Numbers,
    step: _Step,
    value: Numbers,
    rule: Rule,
    slack: float,
) -> tuple[Numbers, Numbers, Slope]:
    """Take the step, or the half, quarter … of it that does not lead downhill."""
    share = np.ones(len(rows))
    for _ in range(HALVINGS):
        to_beta, to_tau = beta + share[:, None] * step.beta, np.abs(tau + share * step.tau)
        there = likelihood.slope(rows, to_beta, to_tau, rule)
        worse = ~(there.value >= value - slack - ROUNDING * np.abs(value))
        if not worse.any():
            break
        share = np.where(worse, share / 2, share)
    return to_beta, to_tau, there


def _newton(likelihood: Likelihood, rows: Rows, at: Slope, tau: Numbers) -> _Step:
    """Return Newton's step and its decrement, infinite where the likelihood is not concave."""
    if at.beta.shape[1] == 1:
        own, cross = at.beta / at.beta_beta[..., 0], at.beta_tau / at.beta_beta[..., 0]
    else:
        sides = np.stack([at.beta, at.beta_tau], axis=-1)
        # A problem that runs off to infinity must not stop the others with a singular matrix.
        curved = at.beta_beta - LEAST_CURVATURE * np.eye(at.beta.shape[1])
        both = np.asarray(np.linalg.solve(curved, sides), np.float64)
        own, cross = both[..., 0], both[..., 1]
    # Along the ridge on which the coefficients are best for each tau.
    slope = at.tau - np.vecdot(at.beta, cross)
    curvature = at.tau_tau - np.vecdot(at.beta_tau, cross)
    concave = curvature < 0
    uphill = np.copysign(np.maximum(tau / 2, 0.1), slope)
    by_tau = np.where(concave, -slope / np.where(concave, curvature, 1.0), uphill)
    by_beta = -own - cross * by_tau[:, None]
    decrement = np.where(concave, np.vecdot(at.beta, by_beta) + at.tau * by_tau, np.inf)
    furthest = np.maximum(likelihood.logits(rows, by_beta), np.abs(by_tau))
    if furthest.max() > STRIDE:
        share = np.minimum(1.0, STRIDE / furthest)
        by_beta, by_tau = by_beta * share[:, None], by_tau * share
    return _Step(by_beta, by_tau, decrement)


def _covariance(at: Slope, rows: Truths) -> Numbers:
    cross = at.beta_tau[rows]
    outer = cross[:, :, None] * cross[:, None, :] / at.tau_tau[rows, None, None]
    information = outer - at.beta_beta[rows]
    if information.shape[-1] == 1:
        return 1 / information
    return np.asarray(np.linalg.inv(information), np.float64)
