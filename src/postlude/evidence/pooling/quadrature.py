"""Integrates a binomial likelihood over a normal random effect, with the derivatives that Newton's method needs.

Adaptive Gauss–Hermite quadrature: the points are laid around the largest value of each integrand and stretched by
its curvature there, so that few of them do (Naylor & Smith 1982; Pinheiro & Bates 1995). The derivatives of the log
integral are posterior means by Fisher's and Louis' identities (Louis 1982), taken on the same points.

An arm's logit is ``eta = m + tau * z`` with z standard normal; a = events - n p is the slope of its log-likelihood
in eta, b = -n p (1 - p) the curvature.

The work is done on arrays of points × arms, points first: sums over points are then products of a small matrix with
a long one, and one buffer serves every step. The arrays of a block of about a hundred problems stay in cache.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from postlude.evidence.pooling.fit import Numbers

FLOOR = 1e-9
"""Least tau that is divided by; below it the random effect moves no logit that can be told apart."""
MODE_STEPS = 40
MODE_STRIDE = 2.0
"""The most by which a step moves a logit towards its mode: where a likelihood is flat, Newton's would leap over it."""
OFF_CENTRE = 1e-3
"""Squared last step towards a mode, in posterior variances, that is near enough: the step after it is far smaller."""


class Rule(NamedTuple):
    """Points of the quadrature on the standard normal."""

    powers: Numbers
    """(points, 3): 1, t, t² at each point t."""
    log_weight: Numbers
    """(points,): what each point's log integrand gains: the log weight plus t²/2."""


class Curvature(NamedTuple):
    """Log integral of each arm with its derivatives in m and tau, all of one shape."""

    value: Numbers
    m: Numbers
    tau: Numbers
    mm: Numbers
    mtau: Numbers
    tautau: Numbers


@cache
def rule(points: int) -> Rule:
    """Return the rule with ``points`` points, an odd number so that one lies in the centre."""
    if points < 1 or points % 2 == 0:
        raise ValueError(f"the number of quadrature points is {points}; allowed: an odd number, at least 1")
    t, weight = np.polynomial.hermite_e.hermegauss(points)
    powers = np.stack([np.ones_like(t), t, t * t], axis=1)
    return Rule(powers, np.log(weight / weight.sum()) + t * t / 2)


def modes(events: Numbers, n: Numbers, m: Numbers, tau: Numbers, start: Numbers) -> Numbers:
    """Return the logit at which each integrand is largest, by Newton steps from ``start``; shapes broadcast.

    In logits, not in z: an arm with many people stays where it is while m and tau move.
    """
    tau2 = tau * tau
    eta = start
    for _ in range(MODE_STEPS):
        p = 1 / (1 + np.exp(-eta))
        spread = n * p
        bend = 1 + tau2 * spread * (1 - p)
        move = np.clip((tau2 * (events - spread) - (eta - m)) / bend, -MODE_STRIDE, MODE_STRIDE)
        eta = eta + move
        if (move * move * bend <= OFF_CENTRE * tau2).all():
            break
    return eta


def integrate(events: Numbers, n: Numbers, m: Numbers, tau: Numbers, centre: Numbers, rule: Rule) -> Curvature:
    """Return the log of the integral of each arm's binomial likelihood, less its binomial coefficient.

    Shapes broadcast to that of ``centre``, the logit around which the points lie, see :func:`modes`. An arm with
    n = 0 has the value 0 and derivatives 0.
    """
    shape, arms = centre.shape, centre.size
    events, n, m, tau = (np.broadcast_to(part, shape).reshape(arms) for part in (events, n, m, tau))
    centre = centre.reshape(arms)
    powers, _ = rule
    points = len(powers)
    middle = points // 2
    share = 1 / (1 + np.exp(-centre))
    scale = 1 / np.sqrt(1 + tau * tau * n * share * (1 - share))
    z = (centre - m) / np.maximum(tau, FLOOR)

    buffers = np.empty((4, points, arms))
    p, log, weight, slope = buffers
    np.multiply.outer(powers[:, 1], tau * scale, out=p)
    p += centre
    np.exp(p, out=p)
    np.add(p, 1, out=weight)
    np.log(weight, out=log)
    p /= weight
    log *= n
    # The log integrand relative to its centre is a parabola in t less n log(1 + exp(eta)).
    at_centre = log[middle].copy()
    parabola = np.stack([at_centre, scale * (events * tau - z), -0.5 * scale * scale])
    np.matmul(powers, parabola, out=weight)
    weight -= log
    weight += rule.log_weight[:, None]
    np.exp(weight, out=weight)

    np.multiply(p, n, out=log)
    np.subtract(events, log, out=slope)
    np.subtract(1, p, out=p)
    log *= p
    np.multiply(slope, slope, out=p)
    p -= log  # b + a²
    slope *= weight
    p *= weight
    sums = powers.T @ weight
    total = sums[0]
    first = (powers.T[:2] @ slope) / total
    second = (powers.T @ p) / total

    a, az = first[0], z * first[0] + scale * first[1]
    g, gt, gtt = second
    gz = z * g + scale * gt
    gzz = z * (z * g + 2 * scale * gt) + scale * scale * gtt
    value = np.log(total * scale) + events * centre - at_centre - 0.5 * z * z
    found = (value, a, az, g - a * a, gz - a * az, gzz - az * az)
    return Curvature(*(part.reshape(shape) for part in found))


class PairCurvature(NamedTuple):
    """Log integral of each pair of arms with its derivatives in (m1, m2, tau)."""

    value: Numbers
    slope: Numbers
    """(3, ...)"""
    curvature: Numbers
    """(3, 3, ...)"""


Pair = tuple[Numbers, Numbers]
"""Of arm 1 and arm 2."""


def pair_modes(events: Pair, n: Pair, m: Pair, tau: Numbers, start: Numbers) -> Numbers:
    """Return the deviation u between the arms at which each integrand is largest: logits m1 + u/2 and m2 - u/2."""
    tau2, u = tau * tau, start
    for _ in range(MODE_STEPS):
        p1, p2 = 1 / (1 + np.exp(-m[0] - u / 2)), 1 / (1 + np.exp(u / 2 - m[1]))
        slope = (events[0] - n[0] * p1 - events[1] + n[1] * p2) / 2
        bend = 1 + tau2 * (n[0] * p1 * (1 - p1) + n[1] * p2 * (1 - p2)) / 4
        move = np.clip((tau2 * slope - u) / bend, -MODE_STRIDE, MODE_STRIDE)
        u = u + move
        if (move * move * bend <= OFF_CENTRE * tau2).all():
            break
    return u


def integrate_pairs(events: Pair, n: Pair, m: Pair, tau: Numbers, u: Numbers, rule: Rule) -> PairCurvature:
    """Return the log of the integral of each pair's likelihood over u ~ N(0, tau²), around ``u``; shapes as of ``u``.

    Without binomial coefficients. The same identities as in :func:`integrate`, with three parameters for two.
    """
    t = rule.powers[:, 1].reshape(-1, *(1 for _ in u.shape))
    log_weight = rule.log_weight.reshape(t.shape)
    p1, p2 = 1 / (1 + np.exp(-m[0] - u / 2)), 1 / (1 + np.exp(u / 2 - m[1]))
    scale = 1 / np.sqrt(1 + tau * tau * (n[0] * p1 * (1 - p1) + n[1] * p2 * (1 - p2)) / 4)
    z = u / np.maximum(tau, FLOOR) + scale * t
    eta1, eta2 = m[0] + tau * z / 2, m[1] - tau * z / 2
    e1, e2 = np.exp(eta1), np.exp(eta2)
    height = events[0] * eta1 - n[0] * np.log1p(e1) + events[1] * eta2 - n[1] * np.log1p(e2) - z * z / 2
    top = height[len(t) // 2]
    weight = np.exp(height - top + log_weight)
    total = weight.sum(0)
    weight /= total
    p1, p2 = e1 / (1 + e1), e2 / (1 + e2)
    a1, a2 = events[0] - n[0] * p1, events[1] - n[1] * p2
    b1, b2 = -n[0] * p1 * (1 - p1), -n[1] * p2 * (1 - p2)
    score = np.stack([a1, a2, z * (a1 - a2) / 2])
    nothing = np.zeros_like(b1)
    bent = np.stack(
        [
            np.stack([b1, nothing, z * b1 / 2]),
            np.stack([nothing, b2, -z * b2 / 2]),
            np.stack([z * b1 / 2, -z * b2 / 2, z * z * (b1 + b2) / 4]),
        ]
    )
    slope = (score * weight).sum(1)
    curvature = ((bent + score[:, None] * score) * weight).sum(2) - slope[:, None] * slope
    return PairCurvature(np.log(total * scale) + top, slope, curvature)
