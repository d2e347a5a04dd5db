"""Means before, after and of the change, of every group, with the baseline named."""

from typing import Any

from postlude.outcomes.responding import Counted
from postlude.outcomes.statistics.means import Group, d_z, mean_change
from postlude.outcomes.told import Told, estimate, number


def group(counts: Counted) -> Told:
    """Return one group's means. ``changed``: those with both values; only of them is there a change."""
    told: Told = {name: int(counts[name]) for name in ("treated", "due", "answered", "with_baseline", "changed")}
    told["before"] = {"n": told["with_baseline"], "mean": _of(counts["before_mean"]), "sd": _of(counts["before_sd"])}
    told["after"] = {"n": told["answered"], "mean": _of(counts["after_mean"]), "sd": _of(counts["after_sd"])}
    n, mean, sd = told["changed"], counts["change_mean"], counts["change_sd"]
    if n >= 2 and sd is not None:
        one = Group(n, float(mean), float(sd))
        found = mean_change(one)
        told["change"] = {
            "mean": number(found.difference.estimate),
            "low": number(found.difference.low),
            "high": number(found.difference.high),
            "sd": number(float(sd)),
            "t": number(found.tested.statistic),
            "df": number(found.tested.df),
            "p": number(found.tested.p),
        }
        if sd > 0:
            told["change"]["standardised"] = estimate(d_z(one))
    return told


def _of(value: Any) -> float | int | None:
    return None if value is None else number(float(value))
