"""How much a regimen amounts to in a day."""

from __future__ import annotations

import math
from collections.abc import Iterable

from postlude.assessment.regimen.form import GRAMS_TO_MG, Regimen, Step


def daily_amount(regimen: Regimen, unit: str, *, day: int | None = None) -> tuple[float, float] | None:
    """The least and greatest amount a day in `unit`, averaged where it is not taken daily; None if nothing can be said.

    unit: "mg", "g" and "mcg" convert into each other; "mcg/h" gives the rate of a patch itself; any other unit only
    where the line is in that unit. As needed makes the least 0. Steps taken together are added.
    day: days since the regimen began, 0 the first. A step lasts its days, a single dose one day, the next starts the
    day after. Where a step before the last is open-ended, all that may then be in force are spanned; after a last step
    that ends, 0.
    day = None: spans all steps, without single doses when a later step exists. (A lone single dose: from 0, as on all
    other days there is none.)
    None whenever any fragment is unread, or a step that counts has no dose or does not say how often.
    """
    if regimen.unread or not regimen.steps or (day is not None and day < 0):
        return None
    groups: list[list[Step]] = []
    for step in regimen.steps:
        if step.with_previous and groups:
            groups[-1].append(step)
        else:
            groups.append([step])
    if day is None:
        chosen = [g for g in groups[:-1] if not g[0].once] + [groups[-1]]
        return _hull([_together(g, unit) for g in chosen], zero=groups[-1][0].once)
    earliest = latest = 0.0  # when the group may begin
    amounts: list[tuple[float, float] | None] = []
    zero = False
    for n, group in enumerate(groups):
        shortest, longest = _lasts(group, last=n == len(groups) - 1)
        if earliest <= day < latest + longest:
            amounts.append(_together(group, unit))
            zero = zero or (len(group) > 1 and day >= earliest + shortest)  # one of them may have ended
        earliest, latest = earliest + shortest, latest + longest
    return _hull(amounts, zero=zero or day >= earliest)


def _lasts(group: list[Step], *, last: bool) -> tuple[float, float]:
    """Least and greatest number of whole days a group of concurrent steps lasts."""
    ends = [1.0 if s.once else math.inf if s.for_days is None else float(math.ceil(s.for_days)) for s in group]
    shortest, longest = min(ends), max(ends)
    return (1.0 if math.isinf(shortest) and not last else shortest), longest


def _together(group: list[Step], unit: str) -> tuple[float, float] | None:
    low = high = 0.0
    for step in group:
        amount = _per_day(step, unit)
        if amount is None:
            return None
        low, high = low + amount[0], high + amount[1]
    return low, high


def _hull(amounts: Iterable[tuple[float, float] | None], *, zero: bool) -> tuple[float, float] | None:
    known: list[tuple[float, float]] = [(0.0, 0.0)] if zero else []
    for amount in amounts:
        if amount is None:
            return None
        known.append(amount)
    return (min(a[0] for a in known), max(a[1] for a in known)) if known else None


def _in(value: float, written: str, unit: str) -> float | None:
    if written == unit:
        return value
    if written in GRAMS_TO_MG and unit in GRAMS_TO_MG:
        return value * GRAMS_TO_MG[written] / GRAMS_TO_MG[unit]
    return None


def _per_day(step: Step, unit: str) -> tuple[float, float] | None:
    if step.dose_low is None or step.dose_high is None or step.dose_unit is None:
        return None
    low, high = _in(step.dose_low, step.dose_unit, unit), _in(step.dose_high, step.dose_unit, unit)
    if low is None or high is None:
        return None
    if not step.once:
        if step.times_low is None or step.times_high is None or step.period_days is None:
            return None
        if step.dose_unit == "mcg/h":
            # The rate stands as long as the patch is on; one changed several times a day is not a patch we understand.
            if step.times_high > step.period_days:
                return None
        else:
            low, high = low * step.times_low / step.period_days, high * step.times_high / step.period_days
            if step.max_times is not None and step.dose_high:
                most = _in(step.dose_high, step.dose_unit, unit)
                high = min(high, step.max_times * most) if most is not None else high
    if step.max_amount is not None and step.max_unit is not None:
        cap = _in(step.max_amount, step.max_unit, unit)
        high = high if cap is None else min(high, cap)
    return (0.0 if step.as_needed else min(low, high)), high
