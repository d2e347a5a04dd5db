"""The engine of the mixed models: restricted maximum likelihood for people measured repeatedly, and degrees of freedom.

The likelihood, its slope and its curvature are exact; people who were seen at the same visits are worked out together.
Newton's steps where the curvature allows, else scoring, halved until the likelihood rises and the covariance stays
positive definite.

Sources: Harville 1977; Satterthwaite's degrees of freedom for mixed models as in Fai & Cornelius 1996 (doi
10.1080/00949659608811740); Kenward & Roger 1997 (doi 10.2307/2533558).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from postlude.outcomes.statistics.arrays import Numbers, Whole
from postlude.outcomes.statistics.covariance import Structure


class Pattern(NamedTuple):
    """The m people seen at the same visits (d of them, numbered from 0)."""

    visits: Whole
    design: Numbers
    """m × d × p"""
    response: Numbers
    """m × d"""


class State(NamedTuple):
    """Everything at one value of the parameters."""

    parameters: Numbers
    log_likelihood: float
    beta: Numbers
    covariance: Numbers
    """of beta, p × p"""


class Curvature(NamedTuple):
    score: Numbers
    observed: Numbers
    """Minus the second derivative of the restricted log-likelihood, k × k."""
    expected: Numbers
    shape: Numbers
    """X'V⁻¹ (dV/dk) V⁻¹X for each parameter, k × p × p."""
    products: Numbers
    """X'V⁻¹ (dV/dk) V⁻¹ (dV/dl) V⁻¹X, k × k × p × p."""


def patterns(response: Numbers, design: Numbers, person: Whole, visit: Whole) -> tuple[Pattern, ...]:
    """Rows gathered by person, people by the visits they have. Raises ValueError for a person with two rows for one
    visit.
    """
    order = np.lexsort((visit, person))
    who, when = person[order], visit[order]
    if ((who[1:] == who[:-1]) & (when[1:] == when[:-1])).any():
        raise ValueError("a person has two values at the same visit")
    edges = np.flatnonzero(np.concatenate([[True], who[1:] != who[:-1], [True]]))
    groups: dict[tuple[int, ...], list[int]] = {}
    for start, stop in pairwise(edges):
        groups.setdefault(tuple(when[start:stop].tolist()), []).append(int(start))
    found = []
    for visits, starts in sorted(groups.items()):
        rows = order[np.array(starts)[:, None] + np.arange(len(visits))]
        found.append(Pattern(np.array(visits, np.int64), design[rows], response[rows]))
    return tuple(found)


def state(people: tuple[Pattern, ...], structure: Structure, parameters: Numbers) -> State | None:
    """The restricted log-likelihood with its constant, -(n - p)/2 log 2π; None where a covariance is not positive
    definite.
    """
    whole = structure.matrix(parameters)
    width = people[0].design.shape[2]
    cross, right, square, logs, rows = np.zeros((width, width)), np.zeros(width), 0.0, 0.0, 0
    for one in people:
        try:
            root = np.linalg.cholesky(whole[np.ix_(one.visits, one.visits)])
        except np.linalg.LinAlgError:
            return None
        x, y = np.linalg.solve(root, one.design), np.linalg.solve(root, one.response.T).T
        cross += np.einsum("mdp,mdq->pq", x, x)
        right += np.einsum("mdp,md->p", x, y)
        square += float((y**2).sum())
        logs += 2 * len(y) * float(np.log(np.diag(root)).sum())
        rows += y.size
    sign, size = np.linalg.slogdet(cross)
    if sign <= 0:
        return None
    beta = np.asarray(np.linalg.solve(cross, right), np.float64)
    likelihood = -0.5 * ((rows - width) * np.log(2 * np.pi) + logs + size + square - right @ beta)
    return State(parameters, float(likelihood), beta, np.asarray(np.linalg.inv(cross), np.float64))


def curvature(people: tuple[Pattern, ...], structure: Structure, at: State) -> Curvature:
    """Slope, both informations and the pieces that the degrees of freedom need."""
    whole, by = structure.matrix(at.parameters), structure.derivatives(at.parameters)
    count, width = len(at.parameters), len(at.beta)
    shape, products = np.zeros((count, width, width)), np.zeros((count, count, width, width))
    traces, pairs, seconds = np.zeros(count), np.zeros((count, count)), np.zeros((count, count))
    quadratic, bent, across = np.zeros(count), np.zeros((count, count)), np.zeros((count, width))
    second_shape = None if by.second is None else np.zeros((count, count, width, width))
    for one in people:
        cut = np.ix_(one.visits, one.visits)
        inverse = np.linalg.inv(whole[cut])
        first = by.first[:, cut[0], cut[1]]
        x = np.einsum("de,mep->mdp", inverse, one.design)
        gram = np.einsum("mdp,meq->depq", x, x)
        half = np.einsum("kde,ef->kdf", first, inverse)
        traces += len(one.response) * np.einsum("kdd->k", half)
        pairs += len(one.response) * np.einsum("kde,led->kl", half, half)
        shape += np.einsum("kde,depq->kpq", first, gram)
        double = np.einsum("kde,lef->kldf", half, first)
        products += np.einsum("klde,depq->klpq", double, gram)
        u = (one.response - one.design @ at.beta) @ inverse
        outer = np.einsum("md,me->de", u, u)
        quadratic += np.einsum("kde,de->k", first, outer)
        bent += np.einsum("klde,de->kl", double, outer)
        across += np.einsum("kde,dep->kp", first, np.einsum("mdp,me->dep", x, u))
        if by.second is not None and second_shape is not None:
            second = by.second[:, :, cut[0], cut[1]]
            seconds += len(one.response) * np.einsum("klde,ed->kl", second, inverse) - np.einsum(
                "klde,de->kl", second, outer
            )
            second_shape += np.einsum("klde,depq->klpq", second, gram)
    c = at.covariance
    inner = np.einsum("pq,kqr->kpr", c, shape)
    score = -0.5 * (traces - np.einsum("kpp->k", inner) - quadratic)
    expected = 0.5 * (pairs - 2 * np.einsum("pq,klqp->kl", c, products) + np.einsum("kpq,lqp->kl", inner, inner))
    # u'V_k P V_l u with P = V⁻¹ - V⁻¹X C X'V⁻¹.
    observed = (bent - across @ c @ across.T) - expected
    if second_shape is not None:
        observed += 0.5 * (seconds - np.einsum("pq,klqp->kl", c, second_shape))
    return Curvature(score, (observed + observed.T) / 2, (expected + expected.T) / 2, shape, products)


def climb(
    people: tuple[Pattern, ...], structure: Structure, start: Numbers, *, rounds: int = 200
) -> tuple[State, Curvature] | None:
    """The maximum, or None where it was not reached: no positive definite start, a singular curvature, or too many
    rounds.
    """
    at = state(people, structure, start)
    if at is None:
        return None
    for _ in range(rounds):
        bend = curvature(people, structure, at)
        step = _direction(bend)
        if step is None:
            return None
        gain = float(bend.score @ step)
        if gain < 1e-16 * (1 + abs(at.log_likelihood)) or gain < 1e-13:
            return (at, bend) if _definite(bend.observed) else None
        better = _halved(people, structure, at, step, gain)
        if better is None:
            return (at, bend) if gain < 1e-9 and _definite(bend.observed) else None
        at = better
    return None


def _direction(bend: Curvature) -> Numbers | None:
    for information in (bend.observed, bend.expected):
        if _definite(information):
            return np.asarray(np.linalg.solve(information, bend.score), np.float64)
    return None


def _definite(information: Numbers) -> bool:
    scale = np.sqrt(np.abs(np.diag(information)))
    if not (scale > 0).all():
        return False
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] > 1e-10)


def _halved(people: tuple[Pattern, ...], structure: Structure, at: State, step: Numbers, gain: float) -> State | None:
    size = 1.0
    while size > 1e-6:
        tried = state(people, structure, at.parameters + size * step)
        if tried is not None and tried.log_likelihood >= at.log_likelihood + 1e-4 * size * gain:
            return tried
        size /= 2
    return None


def satterthwaite(at: State, bend: Curvature, weights: Numbers) -> float:
    """Degrees of freedom of the combination ``weights`` of beta: 2 v² / var(v), v its variance, by the observed
    information.
    """
    image = at.covariance @ weights
    slope = np.einsum("p,kpq,q->k", image, bend.shape, image)
    variance = float(weights @ image)
    return float(2 * variance**2 / (slope @ np.linalg.solve(bend.observed, slope)))


def kenward_roger(at: State, bend: Curvature, weights: Numbers, *, observed: bool) -> tuple[float, float]:
    """Adjusted standard error and degrees of freedom of one combination, for structures that are linear in their
    parameters.

    ``observed``: by the observed information, as SAS and R's mmrm have it; else by the expected, as in the article and
    R's pbkrtest.
    """
    w = np.linalg.inv(bend.observed if observed else bend.expected)
    c = at.covariance
    middle = bend.products - np.einsum("kpq,qr,lrs->klps", bend.shape, c, bend.shape)
    adjusted = c + 2 * c @ np.einsum("kl,klpq->pq", w, middle) @ c
    image = c @ weights
    slope = np.einsum("p,kpq,q->k", image, bend.shape, image)
    share = float(slope @ w @ slope) / float(weights @ image) ** 2
    return float(np.sqrt(weights @ adjusted @ weights)), 2 / share
