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
from postlude.evidence.pooling.regression import Basis, Slopes, likelihoods, residuals, slopes, weights

Tau2 = Literal["reml", "ml", "dl", "pm", "fixed"]

# The last step of tau2, relative to itself and the variance of the common estimate; what it leaves is its square. Of a
# profile that is a bound (1/Q is concave, and bends at the scale of the variances), of a likelihood a rule.
_LAST_OF_PROFILE = 3e-5
_LAST_OF_LIKELIHOOD = 1e-5
_ITERATIONS = 200  # Newton needs about six; bisection alone would need sixty

_SURVEYED = 12  # values of tau2; the maxima of a likelihood are wide on the logarithm of tau2
_STEPS = np.linspace(0, 1, _SURVEYED - 1)
_NEIGHBOURS = np.arange(3)[:, None]

_Rows = slice | NDArray[np.intp]


def moments(common: Slopes, df: Numbers) -> Numbers:
    """Return DerSimonian and Laird's estimate (b,); 0 where ``df`` (b,) is NaN."""
    return np.fmax((common.ypy - df) / common.tr_p, 0.0)


def profile(y: Numbers, v: Numbers, basis: Basis, target: Numbers, common: Slopes) -> Numbers:
    """Return the tau2 (b, t) where the generalised Q equals each ``target`` (b, t); 0 where it is less from the start.

    Q = df gives Paule and Mandel's estimate, Q = a quantile of chi-square a limit of the Q-profile. Q is a sum of
    z_i^2 / (tau2 + lambda_i), so 1/Q is a parallel sum: increasing and concave in tau2. Newton's steps from 0 therefore
    climb to the root and never pass it. A target of NaN gives NaN.
    """
    y, v, scale = y[:, None], v[:, None], (1 / common.tr_w)[:, None]
    if basis is not None:
        basis = basis[:, None]

    def change(q: Numbers, minus_slope: Numbers, goal: Numbers) -> Numbers:
        # fmax: where Q is 0 there is no slope, and nothing above a target either.
        return np.fmax((q * q / goal - q) / minus_slope, 0.0)

    def step(t: Numbers, rows: _Rows) -> tuple[Numbers, Truths]:
        residual, weighted = residuals(y[rows], weights(v[rows], t), _of(basis, rows))
        more = change(np.vecdot(weighted, residual), np.vecdot(weighted, weighted), target[rows])
        return t + more, np.asarray((more > _LAST_OF_PROFILE * (t + scale[rows])).any(-1))

    found = _iterate(change(common.ypy[:, None], common.yppy[:, None], target), step)
    found[np.isnan(target)] = np.nan
    return found


def likeliest(y: Numbers, v: Numbers, basis: Basis, df: Numbers, common: Slopes, *, restricted: bool) -> Numbers:
    """Return the tau2 >= 0 (b,) of greatest (``restricted``) likelihood.

    The likelihood can have several maxima when variances differ much, so it is surveyed first. From the best place
    found, or the estimate by moments when that is next to it, steps go up, kept between the last point known to be
    below the maximum and the last known to be above.

    Twice the score is y'P P y - tr P (tr W for the full likelihood). Newton's steps are for tr P / y'P P y - 1, which
    has the same root but hardly bends, and not at all when all variances are equal: three steps do for four. Where it
    falls, they are Fisher's for the score.
    """
    scale, guess = 1 / common.tr_w, moments(common, df)
    start, below, above = _survey(y, v, basis, restricted=restricted)
    np.copyto(start, guess, where=(below < guess) & (guess < above))

    def step(t: Numbers, rows: _Rows) -> tuple[Numbers, Truths]:
        at = slopes(y[rows], weights(v[rows], t), _of(basis, rows))
        trace, expected = (at.tr_p, at.tr_pp) if restricted else (at.tr_w, at.tr_ww)
        drop = 2 * at.ypppy * (trace / at.yppy)
        score, fall = at.yppy - trace, drop - expected  # both doubled
        uphill, unit = at.yppy > trace, scale[rows] + t
        low, high = below[rows], above[rows]
        np.copyto(low, t, where=uphill)
        np.copyto(high, t, where=~uphill)
        below[rows], above[rows] = low, high
        np.copyto(fall, expected, where=~(drop > expected))  # or NaN, where y'P P y is 0
        new = np.maximum(t + np.minimum(score / fall, 10 * unit), 0.0)
        least = _LAST_OF_LIKELIHOOD * unit
        far = np.abs(new - t) > least
        beyond = ((new <= low) | (new >= high)) & far
        if np.count_nonzero(beyond):
            new = np.where(beyond, (np.maximum(low, 0.0) + np.minimum(high, t + unit)) / 2, new)
            far = np.abs(new - t) > least
        return new, far

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
    below, best, above = grid[np.arange(len(y)), found.argmax(-1) + _NEIGHBOURS]
    return best, below, above


def _iterate(start: Numbers, step: Callable[[Numbers, _Rows], tuple[Numbers, Truths]]) -> Numbers:
    """Repeat ``step`` (values, rows -> new values, rows to go on with) until no row goes on; the others rest."""
    values = start.copy()
    rows: _Rows = slice(None)
    for _ in range(_ITERATIONS):
        values[rows], on = step(values[rows], rows)
        left = np.count_nonzero(on)
        if not left:
            break
        if left < len(on):
            rows = np.flatnonzero(on) if isinstance(rows, slice) else rows[on]
    return values


def _of(basis: Basis, rows: _Rows) -> Basis:
    return None if basis is None else basis[rows]
