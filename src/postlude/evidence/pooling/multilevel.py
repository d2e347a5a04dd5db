"""Pools results that depend on each other: several of one trial, arms that share a comparator, networks of treatments.

``y ~ N(X beta, V + sum_c s2_c K_c)`` with a known sampling covariance V and known matrices K, one for each variance
component: ones where two results share a trial, say. For one problem; matrices are dense (k, k).

Sources: Harville 1977 (REML); Konstantopoulos 2011 (three levels); Gleser & Olkin 2009 (shared comparators);
Salanti et al. 2008 (networks with equal variance between treatments); Rücker & Schwarzer 2015 (P-score).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr, ndtri

from postlude.evidence.pooling.fit import Numbers

Labels = NDArray[np.generic] | Sequence[object]
Method = Literal["reml", "ml"]

STEPS = 200
TOLERANCE = 1e-20
"""Newton decrement at which the variance components stand still."""


class Levels(NamedTuple):
    """A fit with several variance components; p coefficients, c components."""

    beta: Numbers
    se: Numbers
    cov: Numbers
    low: Numbers
    high: Numbers
    p: Numbers
    variance: Numbers
    """(c,): each component, at least 0."""
    marginal: Numbers
    """V + sum of components (k, k)."""
    q: float
    """Weighted residual sum of squares with V alone."""
    q_p: float
    df: int
    log_likelihood: float
    """Restricted for REML, full for ML, with all constants (REML with half the log determinant of X'X)."""
    prediction_low: float
    """For one further result of a further trial; NaN with moderators."""
    prediction_high: float


class Network(NamedTuple):
    """Treatments of a network against its reference; t - 1 treatments."""

    treatments: list[str]
    estimate: Numbers
    se: Numbers
    cov: Numbers
    tau2: float
    q: float
    q_p: float
    df: int


def fit(
    y: Numbers,
    covariance: Numbers,
    components: Sequence[Numbers],
    x: Numbers | None = None,
    *,
    method: Method = "reml",
    level: float = 0.95,
) -> Levels:
    """Fit ``y`` (k,) with sampling ``covariance`` (k, k) and ``components``, each (k, k).

    ``x`` (k, p) holds the moderators with the intercept among them; without it an intercept alone is fitted.

    Raises ValueError when the components or the moderators cannot be told apart, or the covariance is no covariance.
    """
    y, v = np.asarray(y, np.float64), np.asarray(covariance, np.float64)
    single = x is None
    design = np.ones((len(y), 1)) if x is None else np.asarray(x, np.float64)
    k, p = design.shape
    if np.linalg.matrix_rank(design) < p:
        raise ValueError(f"{p} coefficients cannot be told from these {k} results: one follows from the others")
    kinds = np.asarray(components, np.float64).reshape(len(components), k, k)
    if len(kinds) and np.linalg.matrix_rank(kinds.reshape(len(kinds), k * k)) < len(kinds):
        raise ValueError("the variance components cannot be told apart: no trial has more than one result")
    variance = _components(y, v, kinds, design, method)
    marginal = v + np.tensordot(variance, kinds, axes=1)
    state, common = _least_squares(y, marginal, design), _least_squares(y, v, design)
    se = np.sqrt(np.diag(state.cov))
    quantile = float(ndtri((1 + level) / 2))
    reach = quantile * float(np.sqrt(se[0] ** 2 + variance.sum())) if single else np.nan
    df = k - p
    constant = -(k - p if method == "reml" else k) / 2 * np.log(2 * np.pi)
    if method == "reml":
        constant += np.linalg.slogdet(design.T @ design)[1] / 2
    return Levels(
        beta=state.beta,
        se=se,
        cov=state.cov,
        low=state.beta - quantile * se,
        high=state.beta + quantile * se,
        p=2 * ndtr(-np.abs(state.beta / se)),
        variance=variance,
        marginal=marginal,
        q=common.rss,
        q_p=float(chdtrc(df, common.rss)) if df > 0 else 1.0,
        df=df,
        log_likelihood=float(constant) + _likelihood(state, method),
        prediction_low=float(state.beta[0]) - reach,
        prediction_high=float(state.beta[0]) + reach,
    )


def three_level(
    y: Numbers,
    covariance: Numbers,
    trial: Labels,
    x: Numbers | None = None,
    *,
    method: Method = "reml",
    level: float = 0.95,
) -> Levels:
    """Fit results within trials; ``covariance`` may be the variances (k,). Components: between trials, within."""
    covariance = np.asarray(covariance, np.float64)
    v = np.diag(covariance) if covariance.ndim == 1 else covariance
    return fit(y, v, [together(trial), np.eye(len(y))], x, method=method, level=level)


def network(
    y: Numbers,
    v: Numbers,
    study: Labels,
    treatment: Sequence[str],
    reference: str,
    *,
    random: bool = True,
    method: Method = "reml",
) -> Network:
    """Compare treatments through the trials that hold them; one row for each arm, variances ``v`` (k,).

    Every trial keeps its own level, so that only contrasts within trials count; random contrasts have one variance
    tau² and correlation 1/2 within a trial.

    Raises ValueError when the reference is no treatment, or a treatment is not connected to it.
    """
    names = sorted(set(treatment))
    if reference not in names:
        raise ValueError(f"the reference {reference!r} is no treatment of the network; there are {', '.join(names)}")
    others = [name for name in names if name != reference]
    arms = np.array([[arm == name for name in others] for arm in treatment], np.float64).reshape(len(y), -1)
    same = together(study)
    levels = np.unique(same, axis=0).T
    components = [(same + np.eye(len(y))) / 2] if random else []
    found = fit(y, np.diag(v), components, np.concatenate([arms, levels], axis=1), method=method)
    t = len(others)
    tau2 = float(found.variance.sum())
    return Network(others, found.beta[:t], found.se[:t], found.cov[:t, :t], tau2, found.q, found.q_p, found.df)


def p_scores(found: Network, reference: str, *, smaller_is_better: bool = False) -> dict[str, float]:
    """Return the mean certainty (0 to 1) with which each treatment is better than another; no measure of effect."""
    estimate = np.concatenate([[0.0], found.estimate]) * (-1 if smaller_is_better else 1)
    cov = np.pad(found.cov, ((1, 0), (1, 0)))
    spread = np.diag(cov)[:, None] + np.diag(cov) - 2 * cov
    np.fill_diagonal(spread, 1.0)
    better = ndtr((estimate[:, None] - estimate) / np.sqrt(spread))
    np.fill_diagonal(better, 0.0)
    scores: Numbers = better.sum(1) / (len(estimate) - 1)
    return dict(zip([reference, *found.treatments], scores.tolist(), strict=True))


def together(labels: Labels) -> Numbers:
    """Return a matrix (k, k) of ones where two results have the same label, else zeros."""
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    return np.asarray(codes[:, None] == codes, np.float64)


def shared_comparator_covariance(v: Numbers, comparator: Labels, shared: Numbers) -> Numbers:
    """Return the sampling covariance (k, k) of contrasts of which some share their comparator arm.

    v: variances (k,). comparator: a label (k,) for the comparator arm of each contrast, unique over trials.
    shared: what the comparator arm adds, (k,) or (k, k): for log odds ratios 1/events + 1/others, for log risk ratios
    1/events - 1/n, for risk differences p (1 - p)/n, for mean differences sd²/n, for standardised ones
    :func:`shared_smd`.
    """
    part = np.asarray(shared, np.float64)
    if part.ndim == 1:
        # Contrasts that share an arm carry the same share; a correction for empty cells may part them.
        part = np.sqrt(part[:, None] * part)
    covariance = together(comparator) * part
    np.fill_diagonal(covariance, v)
    return covariance


def shared_smd(g: Numbers, n_comparator: Numbers, n_all: Numbers) -> Numbers:
    """Return the covariances (k, k) that a shared comparator gives standardised mean differences ``g`` (k,).

    ``n_all`` (k,) counts all groups of the trial. Of contrasts that share nothing the entries mean nothing.
    """
    comparator, everyone = (np.sqrt(np.multiply.outer(n, n)) for n in (n_comparator, n_all))
    shared: Numbers = 1 / comparator + np.multiply.outer(g, g) / (2 * everyone)
    return shared


class _State(NamedTuple):
    beta: Numbers
    cov: Numbers
    projection: Numbers
    """P = M^-1 - M^-1 X (X'M^-1 X)^-1 X'M^-1"""
    inverse: Numbers
    rss: float
    log_det: float
    log_det_information: float


def _least_squares(y: Numbers, marginal: Numbers, design: Numbers) -> _State:
    sign, log_det = np.linalg.slogdet(marginal)
    if sign <= 0:
        raise ValueError("the sampling covariance is not positive definite")
    inverse = np.asarray(np.linalg.inv(marginal), np.float64)
    weighted = inverse @ design
    information = design.T @ weighted
    cov = np.asarray(np.linalg.inv(information), np.float64)
    projection = inverse - weighted @ cov @ weighted.T
    log_det_information = np.linalg.slogdet(information)[1]
    return _State(
        cov @ (weighted.T @ y), cov, projection, inverse, float(y @ projection @ y), log_det, log_det_information
    )


def _likelihood(state: _State, method: Method) -> float:
    restricted = state.log_det_information if method == "reml" else 0.0
    return -float(state.log_det + restricted + state.rss) / 2


def _components(y: Numbers, v: Numbers, kinds: Numbers, design: Numbers, method: Method) -> Numbers:
    """Return the variance components of greatest likelihood: Newton's steps, Fisher's where it is not concave."""
    if not (count := len(kinds)):
        return np.zeros(0)
    value = np.full(count, float(np.var(y)) / count)
    for _ in range(STEPS):
        state = _least_squares(y, v + np.tensordot(value, kinds, axes=1), design)
        residual = state.projection @ y
        pulled = kinds @ residual
        own = state.projection if method == "reml" else state.inverse
        spread = own @ kinds
        score = (pulled @ residual - np.trace(spread, axis1=1, axis2=2)) / 2
        expected = np.einsum("aij,bji->ab", spread, spread) / 2
        observed = pulled @ state.projection @ pulled.T - expected
        free = (value > 0) | (score > 0)
        if not free.any():
            break
        block = np.ix_(free, free)
        concave = np.linalg.eigvalsh(observed[block])[0] > 0
        move = np.zeros(count)
        move[free] = np.linalg.solve((observed if concave else expected)[block], score[free])
        start, share = _likelihood(state, method), 1.0
        for _ in range(40):
            there = np.maximum(value + share * move, 0.0)
            gain = _likelihood(_least_squares(y, v + np.tensordot(there, kinds, axes=1), design), method) - start
            if gain >= -1e-12 * abs(start):
                break
            share /= 2
        decrement = float(score[free] @ move[free])
        still = np.abs(there - value).max() <= 1e-13 * (1 + value.max())
        value = there
        if decrement < TOLERANCE or still:
            break
    return value
