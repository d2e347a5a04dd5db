"""How much true results vary between studies: tau2 and its confidence limits, for many problems at once.

Shapes as in :mod:`postlude.evidence.pooling.regression`; an absent row has ``v`` = infinity, and so no weight.
``common`` is what :func:`slopes` finds at tau2 = 0.

Sources: DerSimonian & Laird 1986; Paule & Mandel 1982; Viechtbauer 2005 (ML and REML); Viechtbauer 2007 (Q-profile).
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from postlude.evidence.pooling.fit import Numbers, Truths
from postlude.evidence.pooling.regression import Basis, Slopes, likelihoods, residuals, slopes

Tau2 = Literal["reml", "ml", "dl", "pm", "fixed"]

# The last step of tau2, relative to itself and the variance of the common estimate; what it leaves is its square. Of a
# profile that is a bound (1/Q is concave, and bends at the scale of the variances), of a likelihood a rule.
_LAST_OF_PROFILE = 3e-5
_LAST_OF_LIKELIHOOD = 1e-5
_ITERATIONS = 200  # Newton needs about six; bisection alone would need sixty

_SURVEYED = 12  # values of tau2; the maxima of a likelihood are wide on the logarithm of tau2
_STEPS = np.linspace(0, 1, _SURVEYED - 1)

_Rows = slice | NDArray[np.intp]


def moments(common: Slopes, df: Numbers) -> Numbers:
    """Return DerSimonian and Laird's estimate (b,); 0 where ``df`` (b,) is NaN."""
    return np.fmax((common.ypy - df) / common.tr_p, 0.0)


def profile(y: Numbers, v: Numbers, basis: Basis, target: Numbers, common: Slopes) -> Numbers:
    """Return the tau2 (b,) at which the generalised Q equals ``target`` (b,); 0 where it is less already at tau2 = 0.

    Q = df gives Paule and Mandel's estimate, Q = a quantile of chi-square a limit of the Q-profile. Q is a sum of
    z_i^2 / (tau2 + lambda_i), so 1/Q is a parallel sum: increasing and concave in tau2. Newton's steps from 0 therefore
    climb to the root and never pass it. A target of NaN gives NaN.
    """
    scale = 1 / common.tr_w

    def change(q: Numbers, minus_slope: Numbers, goal: Numbers) -> Numbers:
        # fmax: where Q is 0 there is no slope, and nothing above a target either.
        return np.fmax(q * (q / goal - 1) / minus_slope, 0.0)

    def step(t: Numbers, rows: _Rows) -> tuple[Numbers, Truths]:
        residual, weighted = residuals(y[rows], 1 / (v[rows] + t[:, None]), _of(basis, rows))
        more = change(np.vecdot(weighted, residual), np.vecdot(weighted, weighted), target[rows])
        return t + more, more <= _LAST_OF_PROFILE * (t + scale[rows])

    found = _iterate(change(common.ypy, common.yppy, target), step)
    return np.where(np.isnan(target), np.nan, found)


def likeliest(y: Numbers, v: Numbers, basis: Basis, df: Numbers, common: Slopes, *, restricted: bool) -> Numbers:
    """Return the tau2 >= 0 (b,) of greatest (``restricted``) likelihood.

    The likelihood can have several maxima when variances differ much, so it is surveyed first. From the best place
    found, or the estimate by moments when that is next to it, Newton's steps on the score go up, Fisher's where the
    likelihood is not concave, kept between the last point known to be below the maximum and the last known to be above.
    """
    scale, guess = 1 / common.tr_w, moments(common, df)
    best, below, above = _survey(y, v, basis, restricted=restricted)
    start = np.where((below < guess) & (guess < above), guess, best)

    def step(t: Numbers, rows: _Rows) -> tuple[Numbers, Truths]:
        at = slopes(y[rows], 1 / (v[rows] + t[:, None]), _of(basis, rows))
        trace, expected = (at.tr_p, at.tr_pp) if restricted else (at.tr_w, at.tr_ww)
        score, observed = at.yppy - trace, 2 * at.ypppy - expected  # both doubled
        uphill, unit = score > 0, scale[rows] + t
        low, high = np.where(uphill, t, below[rows]), np.where(uphill, above[rows], t)
        below[rows], above[rows] = low, high
        move = np.minimum(score / np.where(observed > 0, observed, expected), 10 * unit)
        new = np.maximum(t + move, 0.0)
        far = np.abs(move) > _LAST_OF_LIKELIHOOD * unit
        beyond = ((new <= low) | (new >= high)) & far
        if np.count_nonzero(beyond):
            new = np.where(beyond, (np.maximum(low, 0.0) + np.minimum(high, t + unit)) / 2, new)
            return new, np.abs(new - t) <= _LAST_OF_LIKELIHOOD * unit
        return new, ~far | (new == t)

    return _iterate(start, step)


def _survey(y: Numbers, v: Numbers, basis: Basis, *, restricted: bool) -> tuple[Numbers, Numbers, Numbers]:
    """Return the likeliest tau2 of a few, and its neighbours: between them lies a maximum; each (b,).

    The few are 0 and steps of equal ratio from next to nothing to more than the estimates are spread. The neighbours
    beyond the ends are infinite.
    """
    residual, _ = residuals(y, 1 / v, basis)
    least = v.min(-1) / 100
    most = np.maximum(4 * (residual * residual).max(-1), 1e4 * least)
    grid = np.zeros((len(y), _SURVEYED + 2))
    grid[:, 0], grid[:, -1] = -np.inf, np.inf
    grid[:, 2:-1] = least[:, None] * (most / least)[:, None] ** _STEPS
    found = likelihoods(residual, v, basis, grid[:, 1:-1], restricted=restricted)
    best, rows = found.argmax(-1), np.arange(len(y))
    return grid[rows, best + 1], grid[rows, best], grid[rows, best + 2]


def _iterate(start: Numbers, step: Callable[[Numbers, _Rows], tuple[Numbers, Truths]]) -> Numbers:
    """Repeat ``step`` (values, rows -> new values, whether done) until all rows are done; a row that is done rests."""
    values = start.copy()
    rows: _Rows = slice(None)
    for _ in range(_ITERATIONS):
        values[rows], done = step(values[rows], rows)
        settled = np.count_nonzero(done)
        if settled == len(done):
            break
        if settled:
            rows = np.flatnonzero(~done) if isinstance(rows, slice) else rows[~done]
    return values


def _of(basis: Basis, rows: _Rows) -> Basis:
    return None if basis is None else basis[rows]
