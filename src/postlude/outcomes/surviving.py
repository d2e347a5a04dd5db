"""Time to what comes next: staying free of it (Kaplan–Meier), or having it while others compete (Aalen–Johansen)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from postlude.outcomes.entries import Analysis
from postlude.outcomes.frame import DAYS_A_MONTH
from postlude.outcomes.responding import Arrays
from postlude.outcomes.statistics import competing, survival, survival_tests
from postlude.outcomes.told import Told, number

_STEPS = 120
"""Months at most that a curve is told for; a point a month."""


def analyse(analysis: Analysis, arrays: Arrays, groups: NDArray[Any], order: tuple[str, ...]) -> Told:
    """Return the curves of every group, by month, with the numbers at risk; and the log-rank test of free groups.

    Units count until they were last heard of. Whoever was heard of on the day of the event and not after it counts for
    a time of 0.
    """
    time, kind = arrays[f"{analysis.id} days"] / DAYS_A_MONTH, arrays[f"{analysis.id} event"]
    known = ~np.isnan(time)
    told: Told = {"units": int(known.sum()), "never_heard_of": int((~known).sum()), "curve": [], "events": {}}
    for group in order:
        inside = known & (groups == group)
        if not inside.any():
            continue
        times, kinds = time[inside], kind[inside].astype(np.int64)
        told["events"][group] = {"units": int(inside.sum()), "events": int((kinds == 1).sum()),
                                 "competing": int((kinds > 1).sum())}  # fmt: skip
        months = np.arange(0, min(int(np.floor(times.max())), _STEPS) + 1, dtype=np.float64)
        found = _incidence if analysis.kind == "cumulative-incidence" else _free
        told["curve"].append({"group": group, **found(times, kinds, months)})
    placed = known & np.isin(groups, order)
    if analysis.kind == "survival" and len(told["curve"]) > 1 and (kind[placed] == 1).any():
        test = survival_tests.log_rank(time[placed], kind[placed] == 1, groups[placed])
        told["result"] = {"test": "log-rank", "statistic": number(test.statistic), "df": test.df, "p": number(test.p)}
    return told


def _free(times: NDArray[np.float64], kinds: NDArray[np.int64], months: NDArray[np.float64]) -> Told:
    curve = survival.kaplan_meier(times, kinds == 1)
    points = survival.at_times(curve, months)
    middle = survival.quantile(curve)
    return {
        "time": months.tolist(),
        "share": [number(p.survival) for p in points],
        "low": [number(p.low) for p in points],
        "high": [number(p.high) for p in points],
        "at_risk": [p.at_risk for p in points],
        "median": {"estimate": number(middle.time), "low": number(middle.low), "high": number(middle.high)},
    }


def _incidence(times: NDArray[np.float64], kinds: NDArray[np.int64], months: NDArray[np.float64]) -> Told:
    if not kinds.any():
        return {"time": months.tolist(), "share": [0.0] * len(months), "low": [], "high": [], "at_risk": []}
    curve = competing.cumulative_incidence(times, kinds)
    points = competing.incidence_at(curve, months)
    return {
        "time": months.tolist(),
        "share": [number(p.share[0]) for p in points],
        "low": [number(p.low[0]) for p in points],
        "high": [number(p.high[0]) for p in points],
        "at_risk": [p.at_risk for p in points],
    }
