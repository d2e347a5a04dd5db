"""Pools 2 x 2 tables by Mantel and Haenszel's weights: odds ratio, risk ratio, risk difference.

No correction is added to any table for the estimate or its tests. Only Q, which compares the tables' own estimates
with the pooled one, adds 0.5 to the four cells of a table with an empty one, and leaves out a table without an event,
or with nothing else, in both groups.

Sources: Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986 (variance of the log odds ratio); Greenland & Robins
1985 (log risk ratio); Sato, Greenland & Robins 1989 (risk difference); Tarone 1985.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from postlude.evidence.pooling.fit import Fit, Numbers, Truths

Measure = Literal["odds-ratio", "risk-ratio", "risk-difference"]


class Association(NamedTuple):
    """Tests on the odds ratio, each (...)."""

    cmh: Numbers
    """Cochran–Mantel–Haenszel chi-square of no association, 1 degree of freedom."""
    cmh_p: Numbers
    tarone: Numbers
    """Breslow–Day chi-square of one common odds ratio, with Tarone's correction."""
    tarone_p: Numbers
    tarone_df: Numbers


class _Tables(NamedTuple):
    """Cells (..., k), 0 where a table is absent; ``total`` is 1 there, so that shares are 0."""

    a: Numbers
    b: Numbers
    c: Numbers
    d: Numbers
    n1: Numbers
    n2: Numbers
    total: Numbers
    present: Truths


def pool(
    measure: Measure,
    events1: Numbers,
    n1: Numbers,
    events2: Numbers,
    n2: Numbers,
    *,
    level: float = 0.95,
    mask: Truths | None = None,
) -> Fit:
    """Pool tables of ``events1`` among ``n1`` against ``events2`` among ``n2``, each (..., k); ratios as logs.

    ``k`` counts every table that the mask leaves, ``df`` the estimates in Q less one. tau² is 0; the log-likelihood is
    that of the tables' own normal estimates at the pooled value. NaN: limits of tau², prediction; everything that
    needs an estimate where the tables determine none (no event at all, say).

    Raises ValueError for a measure that is not known, or a level that is not between 0 and 1.
    """
    if measure not in get_args(Measure) or not 0 < level < 1:
        raise ValueError(f"no such method: measure {measure!r}, level {level!r}")
    tables = _tables(events1, n1, events2, n2, mask)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, se = _POOLED[measure](tables)
        # A ratio of nothing, or by nothing, has no logarithm to report.
        defined = np.isfinite(estimate) & np.isfinite(se)
        estimate, se = (np.where(defined, part, np.nan) for part in (estimate, se))
        y, v, used = _own(measure, tables)
        count = used.sum(-1)
        df = count - 1
        q = np.where(used, (y - estimate[..., None]) ** 2 / v, 0.0).sum(-1)
        q = np.where(defined, np.where(df > 0, q, 0.0), np.nan)
        logs = np.where(used, np.log(2 * np.pi * v), 0.0).sum(-1)
        z, reach = estimate / se, ndtri((1 + level) / 2) * se
        missing = np.full_like(estimate, np.nan)
        return Fit(
            beta=estimate[..., None],
            se=se[..., None],
            cov=(se**2)[..., None, None],
            low=(estimate - reach)[..., None],
            high=(estimate + reach)[..., None],
            p=2 * ndtr(-np.abs(z))[..., None],
            tau2=np.where(defined, 0.0, np.nan),
            tau2_low=missing,
            tau2_high=missing,
            i2=np.where((df > 0) & (q > 0), np.maximum(100 * (q - df) / q, 0.0), q * 0.0),
            h2=np.where(df > 0, q / df, q + 1.0),
            q=q,
            q_p=np.where(df > 0, chdtrc(np.maximum(df, 1), q), q + 1.0),
            log_likelihood=-(logs + q) / 2,
            prediction_low=missing,
            prediction_high=missing,
            k=tables.present.sum(-1),
            df=df,
        )


def association(
    events1: Numbers,
    n1: Numbers,
    events2: Numbers,
    n2: Numbers,
    *,
    correct: bool = True,
    mask: Truths | None = None,
) -> Association:
    """Test the odds ratio of the tables (..., k); ``correct`` takes 0.5 off the sum that the first test squares."""
    a, b, c, d, n1, n2, total, _ = tables = _tables(events1, n1, events2, n2, mask)
    events, others = a + c, b + d
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(total > 1, n1 * n2 * events * others / (total**2 * (total - 1)), 0.0).sum(-1)
        away = np.abs((a - n1 * events / total).sum(-1)) - (0.5 if correct else 0.0)
        cmh = np.where(spread > 0, away**2 / spread, np.nan)
        log_ratio, _ = _odds_ratio(tables)
        expected = _expected(np.exp(log_ratio)[..., None], n1, n2, events)
        tells = (expected > 0) & (events > 0) & (others > 0)
        spread_i = 1 / (1 / expected + 1 / (n1 - expected) + 1 / (events - expected) + 1 / (n2 - events + expected))
        distance, spread_i = np.where(tells, a - expected, 0.0), np.where(tells, spread_i, 1.0)
        breslow_day = (distance**2 / spread_i).sum(-1)
        shift = distance.sum(-1) ** 2 / np.where(tells, spread_i, 0.0).sum(-1)
        tarone = np.where(np.isfinite(log_ratio), np.maximum(breslow_day - shift, 0.0), np.nan)
        df = tells.sum(-1) - 1
        return Association(cmh, chdtrc(1, cmh), tarone, np.where(df > 0, chdtrc(np.maximum(df, 1), tarone), np.nan), df)


def _tables(events1: Numbers, n1: Numbers, events2: Numbers, n2: Numbers, mask: Truths | None) -> _Tables:
    a, n1, c, n2 = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (events1, n1, events2, n2)))
    present = (n1 > 0) & (n2 > 0)
    if mask is not None:
        present = present & mask
    a, n1, c, n2 = (np.where(present, part, 0.0) for part in (a, n1, c, n2))
    return _Tables(a, n1 - a, c, n2 - c, n1, n2, np.where(present, n1 + n2, 1.0), present)


def _odds_ratio(t: _Tables) -> tuple[Numbers, Numbers]:
    r, s = t.a * t.d / t.total, t.b * t.c / t.total
    agree, differ = (t.a + t.d) / t.total, (t.b + t.c) / t.total
    rs, ss = r.sum(-1), s.sum(-1)
    variance = (
        (agree * r).sum(-1) / rs**2 + (agree * s + differ * r).sum(-1) / (rs * ss) + (differ * s).sum(-1) / ss**2
    ) / 2
    return np.log(rs / ss), np.sqrt(variance)


def _risk_ratio(t: _Tables) -> tuple[Numbers, Numbers]:
    r, s = (t.a * t.n2 / t.total).sum(-1), (t.c * t.n1 / t.total).sum(-1)
    spread = ((t.n1 * t.n2 * (t.a + t.c) - t.a * t.c * t.total) / t.total**2).sum(-1)
    return np.log(r / s), np.sqrt(spread / (r * s))


def _risk_difference(t: _Tables) -> tuple[Numbers, Numbers]:
    weight = (t.n1 * t.n2 / t.total).sum(-1)
    difference = ((t.a * t.n2 - t.c * t.n1) / t.total).sum(-1) / weight
    lean = ((t.c * t.n1**2 - t.a * t.n2**2 + t.n1 * t.n2 * (t.n2 - t.n1) / 2) / t.total**2).sum(-1)
    mixed = ((t.a * t.d + t.c * t.b) / t.total).sum(-1) / 2
    return difference, np.sqrt(difference * lean + mixed) / weight


_POOLED = {"odds-ratio": _odds_ratio, "risk-ratio": _risk_ratio, "risk-difference": _risk_difference}


def _own(measure: Measure, t: _Tables) -> tuple[Numbers, Numbers, Truths]:
    """Return each table's own estimate, its variance, and where it has one."""
    used = t.present & (t.a + t.c > 0) & (t.b + t.d > 0)
    empty = np.minimum(np.minimum(t.a, t.b), np.minimum(t.c, t.d)) == 0
    a, b, c, d = (np.where(empty, cell + 0.5, cell) for cell in (t.a, t.b, t.c, t.d))
    n1, n2 = a + b, c + d
    if measure == "odds-ratio":
        return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, used
    if measure == "risk-ratio":
        return np.log(a * n2 / (c * n1)), 1 / a - 1 / n1 + 1 / c - 1 / n2, used
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3, used


def _expected(ratio: Numbers, n1: Numbers, n2: Numbers, events: Numbers) -> Numbers:
    """Return the events in group 1 that the odds ratio and the margins of each table call for.

    The root of a quadratic, in the form that also holds where the ratio is 1.
    """
    linear = ratio * (n1 + events) + (n2 - events)
    return 2 * ratio * n1 * events / (linear + np.sqrt(linear**2 - 4 * ratio * (ratio - 1) * n1 * events))
