"""Pools counts by their exact binomial likelihood, with a normal random effect on the logit.

No correction is added and no arm is left out for having no event, or nothing but events. Maximum likelihood over the
coefficients and tau on adaptive quadrature; many problems go at once.

Sources: Stijnen, Hamza & Özdemir 2010 (the models); Jackson et al. 2018 (how the deviation is shared by two arms);
Higgins & Thompson 2002 (I²).
"""

from collections.abc import Callable

import numpy as np
from scipy.special import chdtrc, gammaln, ndtr, ndtri

from postlude.evidence.pooling.arms import Arms, Trials
from postlude.evidence.pooling.ascent import Maximum, Rows, climb
from postlude.evidence.pooling.first_guess import Guess, guess
from postlude.evidence.pooling.fit import Fit, Numbers, Truths

BLOCK = 100
"""Problems that go together: few enough for their arrays to stay in cache, many enough to hide the calls."""


def one_arm(
    events: Numbers,
    n: Numbers,
    x: Numbers | None = None,
    *,
    level: float = 0.95,
    mask: Truths | None = None,
    points: int = 15,
) -> Fit:
    """Pool ``events`` (..., k) among ``n`` (..., k) people of single arms on the logit.

    ``x`` (..., k, p) holds the moderators with the intercept among them; without it an intercept alone is fitted.
    An arm counts when ``mask`` (..., k) is true and n is above 0; others may hold anything.

    level: of all intervals (normal quantiles), between 0 and 1.
    points: of the quadrature, odd; problems whose arms leave their logits wide open get more by themselves.

    se from the observed information of coefficients and tau together. log_likelihood is the marginal one with all
    constants, the binomial coefficients among them. Q is Wald's, of the arms that have both events and others (those
    without tell nothing of it), on k - p. I² and H² compare tau² with the typical variance of logits, where 0.5 is
    added to an arm without events or without others. There are no limits of tau².

    NaN: everything but ``k`` and ``df`` where there is no maximum (no events at all, or nothing else; a moderator that
    tells them apart; fewer arms than coefficients); Q, I², H² with df = 0; prediction with moderators.

    Raises ValueError when the number of points is not odd or level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; allowed: between 0 and 1")
    shape, (events, n), x, present = _flat((events, n), x, mask)
    present &= n > 0
    events, n = np.where(present, events, 0.0), np.where(present, n, 0.0)
    x = None if x is None else np.where(present[..., None], x, 0.0)
    start = _logits(events, n, present, x)
    total = events.sum(-1)
    sound = start.sound & (((total > 0) & (total < n.sum(-1))) | (x is not None))

    def part(rows: Rows) -> Maximum:
        basis = None if start.basis is None else start.basis[rows]
        arms = Arms(events[rows], n[rows], basis, start.y[rows])
        return climb(arms, start.beta[rows], start.tau[rows], points)

    best = _blocks(part, sound, start.beta.shape[1])
    return _fit(best, _binomial_coefficients(events, n), start, x is None, level, shape)


def two_arm(
    events1: Numbers,
    n1: Numbers,
    events2: Numbers,
    n2: Numbers,
    x: Numbers | None = None,
    *,
    level: float = 0.95,
    mask: Truths | None = None,
    points: int = 15,
) -> Fit:
    """Pool the log odds ratio of ``events1`` among ``n1`` against ``events2`` among ``n2``, each (..., k).

    The unconditional model with fixed study effects, see :mod:`postlude.evidence.pooling.arms`. A trial without an
    event in either arm, or with nothing else, says nothing of the odds ratio and is not counted; nor is one with an
    empty arm. Otherwise as :func:`one_arm`: Q is Wald's, of the trials without an empty cell, and 0.5 is added to all
    four cells of a trial with one for the typical variance alone. The likelihood is that of all arms; a trial's own
    level is in it at its maximum.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; allowed: between 0 and 1")
    shape, (e1, n1, e2, n2), x, present = _flat((events1, n1, events2, n2), x, mask)
    both, people = e1 + e2, n1 + n2
    present &= (n1 > 0) & (n2 > 0) & (both > 0) & (both < people)
    e1, n1, e2, n2 = (np.where(present, part, 0.0) for part in (e1, n1, e2, n2))
    x = None if x is None else np.where(present[..., None], x, 0.0)
    cells = e1, n1 - e1, e2, n2 - e2
    empty = np.minimum.reduce(cells) == 0
    half = np.where(empty, 0.5, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = np.where(present, sum(1 / (cell + half) for cell in cells), np.inf)
        odds = [np.log((cells[i] + half) / (cells[i + 1] + half)) for i in (0, 2)]
        start = guess(odds[0] - odds[1], v, ~empty, x)
    effect = start.beta if start.basis is None else np.matvec(start.basis, start.beta)
    beta = np.concatenate([start.beta, np.where(present, (odds[0] + odds[1] - effect) / 2, 0.0)], axis=-1)
    separated = (x is None) & ((e1.sum(-1) == 0) | (e2.sum(-1) == 0) | (e1 == n1).all(-1) | (e2 == n2).all(-1))

    def part(rows: Rows) -> Maximum:
        basis = None if start.basis is None else start.basis[rows]
        trials = Trials((e1[rows], e2[rows]), (n1[rows], n2[rows]), basis)
        return climb(trials, beta[rows], start.tau[rows], points)

    p = start.beta.shape[-1]
    best = _blocks(part, start.sound & ~separated, beta.shape[-1])
    best = best._replace(beta=best.beta[:, :p], cov=best.cov[:, :p, :p])
    constant = sum((_binomial_coefficients(e, n) for e, n in ((e1, n1), (e2, n2))), start=np.zeros(len(beta)))
    return _fit(best, constant, start, x is None, level, shape)


def _binomial_coefficients(events: Numbers, n: Numbers) -> Numbers:
    logs: Numbers = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    total: Numbers = logs.sum(-1)
    return total


def _logits(events: Numbers, n: Numbers, present: Truths, x: Numbers | None) -> Guess:
    """Inverse variance on the logits; 0.5 is added to an arm without events, or without others."""
    extreme = (events == 0) | (events == n)
    half = np.where(extreme, 0.5, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        some, others = events + half, n - events + half
        v = np.where(present, 1 / some + 1 / others, np.inf)
        return guess(np.log(some / others), v, ~extreme, x)


def _flat(
    counts: tuple[Numbers, ...], x: Numbers | None, mask: Truths | None
) -> tuple[tuple[int, ...], list[Numbers], Numbers | None, Truths]:
    """Return the axes of problems, and everything with these made one: counts (b, k), ``x`` (b, k, p), mask (b, k)."""
    first, *others = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in counts))
    shape, k = first.shape[:-1], first.shape[-1]
    flat = [part.reshape(-1, k) for part in (first, *others)]
    present = np.ones(flat[0].shape, np.bool_)
    if mask is not None:
        present &= np.broadcast_to(mask, first.shape).reshape(-1, k)
    if x is not None:
        x = np.broadcast_to(x, (*shape, *np.shape(x)[-2:])).reshape(len(present), k, -1)
    return shape, flat, x, present


def _blocks(part: Callable[[Rows], Maximum], sound: Truths, p: int) -> Maximum:
    """Climb block after block; NaN where there is nothing to climb."""
    b = len(sound)
    found = Maximum(*(np.full(shape, np.nan) for shape in ((b, p), (b,), (b, p, p), (b,))))
    rows = np.flatnonzero(sound)
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        for whole, piece in zip(found, part(block), strict=True):
            whole[block] = piece
    return found


def _fit(best: Maximum, constant: Numbers, start: Guess, single: bool, level: float, shape: tuple[int, ...]) -> Fit:
    """Say of the maxima what a :class:`Fit` says; ``single`` when there are no moderators."""
    beta, cov = best.beta, best.cov
    if start.triangle is not None:
        back = np.linalg.inv(start.triangle)
        beta, cov = np.matvec(back, beta), back @ cov @ np.swapaxes(back, -1, -2)
    se = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    quantile = ndtri((1 + level) / 2)
    tau2 = best.tau * best.tau
    missing = np.full(len(tau2), np.nan)
    reach = quantile * np.sqrt(se[:, 0] ** 2 + tau2) if single else missing
    defined = (start.df > 0) & ~np.isnan(tau2)
    with np.errstate(invalid="ignore"):
        found = Fit(
            beta=beta,
            se=se,
            cov=cov,
            low=beta - quantile * se,
            high=beta + quantile * se,
            p=2 * ndtr(-np.abs(beta / se)),
            tau2=tau2,
            tau2_low=missing,
            tau2_high=missing,
            i2=100 * tau2 / (tau2 + start.typical),
            h2=1 + tau2 / start.typical,
            q=np.where(defined, start.q, np.nan),
            q_p=np.where(defined, chdtrc(np.maximum(start.df, 1), start.q), np.nan),
            log_likelihood=best.value + constant,
            prediction_low=beta[:, 0] - reach,
            prediction_high=beta[:, 0] + reach,
            k=start.k,
            df=start.df,
        )
    return Fit(*(part.reshape((*shape, *part.shape[1:])) for part in found))
