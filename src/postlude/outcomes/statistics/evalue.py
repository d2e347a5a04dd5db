"""How strong something unmeasured would have to be to explain a difference away: the E-value.

On the scale of risk ratios, the least association that it would have to have with both the treatment and the outcome,
beyond what was adjusted for, to move the estimate (or the nearer limit) to no difference. It says nothing about whether
such a thing exists.

Sources: VanderWeele & Ding 2017 (doi 10.7326/M16-2607); approximate risk ratios from odds ratios, hazard ratios and
standardised differences in its appendix and in VanderWeele 2017 (doi 10.1002/sim.7309) and Chinn 2000.
"""

from typing import NamedTuple

import numpy as np


class EValue(NamedTuple):
    """``estimate`` ≥ 1; ``limit`` ≥ 1 for the limit nearer to no difference, 1 where the interval includes it, None
    without an interval. ``ratio`` is the (approximate) risk ratio they belong to.
    """

    ratio: float
    estimate: float
    limit: float | None


def _one(ratio: float) -> float:
    above = ratio if ratio >= 1 else 1 / ratio
    return float(above + np.sqrt(above * (above - 1)))


def of_risk_ratio(ratio: float, low: float | None = None, high: float | None = None) -> EValue:
    """Of a risk ratio > 0 and, if given, its limits. Raises ValueError for ratios that are not above 0 and limits on
    the wrong side.
    """
    if not ratio > 0 or not np.isfinite(ratio):
        raise ValueError(f"ratio: a finite number above 0 is wanted, not {ratio}")
    if (low is None) != (high is None):
        raise ValueError("both limits or neither are wanted")
    if low is None or high is None:
        return EValue(ratio, _one(ratio), None)
    if not 0 <= low <= ratio <= high:
        raise ValueError("the limits do not enclose the ratio")
    if low <= 1 <= high:
        return EValue(ratio, _one(ratio), 1.0)
    return EValue(ratio, _one(ratio), _one(low if ratio > 1 else high))


def of_odds_ratio(ratio: float, low: float | None = None, high: float | None = None, *, rare: bool) -> EValue:
    """Of an odds ratio. ``rare``: fewer than about 15 % have the outcome at the end; else the root of the odds ratio is
    taken for the risk ratio.
    """
    if rare:
        return of_risk_ratio(ratio, low, high)
    roots = [None if one is None else float(np.sqrt(one)) for one in (ratio, low, high)]
    return of_risk_ratio(float(np.sqrt(ratio)), roots[1], roots[2])


def of_hazard_ratio(ratio: float, low: float | None = None, high: float | None = None, *, rare: bool) -> EValue:
    """Of a hazard ratio; ``rare`` as for odds ratios."""
    if rare:
        return of_risk_ratio(ratio, low, high)

    def turned(value: float) -> float:
        return float((1 - 0.5 ** np.sqrt(value)) / (1 - 0.5 ** np.sqrt(1 / value)))

    return of_risk_ratio(turned(ratio), None if low is None else turned(low), None if high is None else turned(high))


def of_standardised_difference(difference: float, se: float | None = None) -> EValue:
    """Of a difference of means in standard deviations and, if given, its standard error; risk ratio exp(0.91 d), 95 %
    limits exp(0.91 d ± 1.78 se).
    """
    ratio = float(np.exp(0.91 * difference))
    if se is None:
        return of_risk_ratio(ratio)
    if not se >= 0:
        raise ValueError("se: a number from 0 is wanted")
    return of_risk_ratio(
        ratio, float(np.exp(0.91 * difference - 1.78 * se)), float(np.exp(0.91 * difference + 1.78 * se))
    )
