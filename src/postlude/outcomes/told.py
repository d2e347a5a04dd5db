"""Numbers as results.json holds them: estimates with their limits, and nothing where a figure is not defined."""

import math
from typing import Any

Told = dict[str, Any]


def number(value: float | None) -> float | int | None:
    """Return a number, whole ones as such; ``None`` for NaN and infinities, which JSON does not have."""
    if value is None or isinstance(value, bool):
        return value
    found = float(value)
    if not math.isfinite(found):
        return None
    return int(found) if found == int(found) and abs(found) < 2**53 else found


def estimate(found: Any) -> Told:
    """Return an estimate with its limits, whichever module of statistics it is of; ``through_infinity`` is not lost."""
    names = ("estimate", "low", "high", "se", "t", "df", "p")
    values = {name: number(getattr(found, name)) for name in names if hasattr(found, name)}
    if hasattr(found, "value") and "estimate" not in values:
        values = {"estimate": number(found.value), **values}
    return values


def test(found: Any, kind: str) -> Told:
    """Return a test: which, its statistic, degrees of freedom and p."""
    return {"test": kind, "statistic": number(found.statistic), "df": number(found.df), "p": number(found.p)}
