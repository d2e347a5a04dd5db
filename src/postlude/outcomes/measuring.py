"""Means before, after and of the change, of every group, with the baseline named."""

from fractions import Fraction
from math import sqrt

from postlude.outcomes.responding import Counted
from postlude.outcomes.statistics.means import Group, d_z, mean_change
from postlude.outcomes.told import Told, estimate, number


def group(counts: Counted) -> Told:
    """Return one group's means. ``changed``: those with both values; only of them is there a change."""
    told: Told = {name: int(counts[name]) for name in ("treated", "due", "answered", "with_baseline", "changed")}
    told["before"], told["after"] = _summed(counts, "before"), _summed(counts, "after")
    change = _summed(counts, "change")
    if change["n"] >= 2:
        one = Group(change["n"], float(change["mean"]), float(change["sd"]))
        found = mean_change(one)
        told["change"] = {
            "mean": number(found.difference.estimate),
            "low": number(found.difference.low),
            "high": number(found.difference.high),
            "sd": number(one.sd),
            "t": number(found.tested.statistic),
            "df": number(found.tested.df),
            "p": number(found.tested.p),
        }
        if one.sd > 0:
            told["change"]["standardised"] = estimate(d_z(one))
    return told


def _summed(counts: Counted, what: str) -> Told:
    """Return size, mean and standard deviation from exact sums; nothing where there is nobody."""
    n = int(counts[f"{what}_n"])
    if not n:
        return {"n": 0, "mean": None, "sd": None}
    total, squares = Fraction(counts[f"{what}_sum"]), Fraction(counts[f"{what}_squares"])
    spread = (squares - total * total / n) / (n - 1) if n > 1 else None
    sd = None if spread is None else sqrt(max(float(spread), 0.0))
    return {"n": n, "mean": number(float(total / n)), "sd": None if sd is None else number(sd)}
