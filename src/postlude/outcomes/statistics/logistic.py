"""Logistic regression by Newton's method, which says so when groups are told apart without exception.

Sources: McCullagh & Nelder 1989, chapter 4; Albert & Anderson 1984 on separation (doi 10.1093/biomet/71.1.1).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.arrays import Numbers, column, flags, matrix
from postlude.outcomes.statistics.linear import Estimate, estimate, independent


class Logistic(NamedTuple):
    """``coefficients`` are log odds ratios, with normal limits; ``fitted`` n probabilities."""

    coefficients: tuple[Estimate, ...]
    covariance: Numbers
    fitted: Numbers
    linear: Numbers
    """Log odds of each row."""
    log_likelihood: float


def logistic(
    happened: ArrayLike,
    design: ArrayLike,
    names: Sequence[str],
    *,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    level: float = 0.95,
) -> Logistic:
    """Maximum likelihood.

    ``happened``: n flags. ``design``: n × p, the intercept among its columns; ``names``: p. ``weights``: n numbers ≥ 0,
    counts of rows. ``offset``: n known log odds. Raises ValueError for columns that determine each other, and where a
    combination of columns tells those with and those without the event apart without exception, so that no finite
    estimate exists.
    """
    y = flags(happened, "happened").astype(np.float64)
    x = matrix(design, "design", rows=len(y))
    independent(x, names)
    w = np.ones(len(y)) if weights is None else column(weights, "weights")
    known = np.zeros(len(y)) if offset is None else column(offset, "offset")
    if len(w) != len(y) or len(known) != len(y):
        raise ValueError("weights, offset: one for each row is wanted")
    if (w < 0).any():
        raise ValueError("weights: a weight is negative")
    beta, covariance = newton(y, x, w, known)
    eta = x @ beta + known
    rows = zip(names, beta, np.sqrt(np.diag(covariance)), strict=True)
    return Logistic(
        tuple(estimate(*row, np.inf, level) for row in rows),
        covariance,
        special.expit(eta),
        eta,
        _likelihood(y, eta, w),
    )


def _likelihood(y: Numbers, eta: Numbers, w: Numbers) -> float:
    return float(w @ (y * eta - np.logaddexp(0, eta)))


def newton(y: Numbers, x: Numbers, w: Numbers, offset: Numbers) -> tuple[Numbers, Numbers]:
    """Coefficients and their covariance. Raises ValueError on separation."""
    apart = (
        "the columns tell those with and those without the event apart without exception: "
        "no finite estimate exists (separation)"
    )
    beta = np.zeros(x.shape[1])
    value = _likelihood(y, offset, w)
    for _ in range(60):
        probability = special.expit(x @ beta + offset)
        information = (x * (w * probability * (1 - probability))[:, None]).T @ x
        try:
            step = np.linalg.solve(information, x.T @ (w * (y - probability)))
        except np.linalg.LinAlgError:
            raise ValueError(apart) from None
        while True:
            reached = _likelihood(y, x @ (beta + step) + offset, w)
            if reached >= value - 1e-10 * (1 + abs(value)) or np.abs(step).max() < 1e-12:
                break
            step = step / 2
        beta, value = beta + step, reached
        moved = float(np.abs(x @ step).max())
        if moved < 1e-9:
            probability = special.expit(x @ beta + offset)
            information = (x * (w * probability * (1 - probability))[:, None]).T @ x
            return beta, np.linalg.inv(information)
        if float(np.abs(x @ beta).max()) > 500:
            break
    raise ValueError(apart)
