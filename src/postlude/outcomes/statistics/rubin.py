"""Rubin's rules: one answer out of several completed data sets.

Sources: Rubin 1987 (doi 10.1002/9780470316696); degrees of freedom by Barnard & Rubin 1999 (doi
10.1093/biomet/86.4.948).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import column, same_length, t_p, t_quantile


class Pooled(NamedTuple):
    """One figure from m completed data sets."""

    estimate: float
    se: float
    within: float
    """Mean of the squared standard errors."""
    between: float
    """Variance of the estimates between the sets."""
    total: float
    df: float
    increase: float
    """Relative increase of the variance by what is missing."""
    lost: float
    """Share of the variance that comes of what is missing (lambda), 0 to 1."""
    fraction: float
    """Fraction of missing information, which allows for the degrees of freedom, 0 to 1."""
    t: float
    p: float
    low: float
    high: float


def pool(estimates: ArrayLike, errors: ArrayLike, *, complete_df: float = np.inf, level: float = 0.95) -> Pooled:
    """Combine the same figure from m ≥ 2 completed data sets.

    ``estimates``: m numbers on a scale on which they are about normal (a share as its log odds, a ratio as its
    logarithm). ``errors``: their m standard errors. ``complete_df``: degrees of freedom there would be without anything
    missing, > 0, infinite for large samples. Raises ValueError for fewer than two sets and for standard errors that are
    not above 0.
    """
    values, se = column(estimates, "estimates"), column(errors, "errors")
    sets = same_length(estimates=values, errors=se)
    if sets < 2:
        raise ValueError("estimates: two completed data sets at least are wanted")
    if not (se > 0).all():
        raise ValueError("errors: a standard error is not above 0")
    if not complete_df > 0:
        raise ValueError("complete_df: a number above 0 is wanted")
    within, between = float((se**2).mean()), float(values.var(ddof=1))
    extra = (1 + 1 / sets) * between
    total = within + extra
    lost, increase = extra / total, extra / within
    df = _barnard_rubin(sets, lost, complete_df)
    fraction = (increase + 2 / (df + 3)) / (1 + increase) if np.isfinite(df) else lost
    mean, error = float(values.mean()), float(np.sqrt(total))
    reach = t_quantile(level, df) * error
    t = mean / error
    return Pooled(
        mean, error, within, between, total, df, increase, lost, fraction, t, t_p(t, df), mean - reach, mean + reach
    )


def _barnard_rubin(sets: int, lost: float, complete: float) -> float:
    old = np.inf if lost < 1e-12 else (sets - 1) / lost**2
    if np.isinf(complete):
        return float(old)
    observed = (complete + 1) / (complete + 3) * complete * (1 - lost)
    return float(observed if np.isinf(old) else old * observed / (old + observed))
