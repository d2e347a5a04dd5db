"""Time to an event with people who leave before it: the product-limit estimate and what is read off it.

Times are in whatever unit the caller uses and come back in it. A person who leaves at the time of an event was still at
risk of it.

Sources: Kaplan & Meier 1958 (doi 10.1080/01621459.1958.10501452); Greenwood's variance and the limits on the log and
log-log scales in Kalbfleisch & Prentice 2002, section 1.4 (doi 10.1002/9781118032985); the interval of a quantile in
Brookmeyer & Crowley 1982 (doi 10.2307/2530286).
"""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import (
    Flags,
    Numbers,
    Whole,
    column,
    flags,
    normal_quantile,
    same_length,
    share,
)

Scale: TypeAlias = Literal["plain", "log", "log-log"]
SCALES: tuple[Scale, ...] = ("plain", "log", "log-log")


class Curve(NamedTuple):
    """A product-limit curve: one entry for each different time in the data, ascending, all arrays of the same
    length.
    """

    time: Numbers
    at_risk: Whole
    """People still under observation just before the time."""
    events: Whole
    left: Whole
    """People whose observation ended at the time without an event."""
    survival: Numbers
    """Share without an event just after the time, 0 to 1."""
    hazard: Numbers
    """Nelson–Aalen cumulative hazard."""
    se: Numbers
    """Greenwood's standard error of ``survival``; NaN once nobody is left."""
    low: Numbers
    high: Numbers
    """Limits, 0 to 1; NaN where they are not defined."""
    level: float
    scale: Scale


class AtTime(NamedTuple):
    """The curve at one time."""

    time: float
    at_risk: int
    survival: float
    se: float
    low: float
    high: float


class Quantile(NamedTuple):
    """The first time at which ``share`` of the people have had the event; None where the curve does not go so far."""

    share: float
    time: float | None
    low: float | None
    high: float | None


class RestrictedMean(NamedTuple):
    """Mean time without an event up to ``horizon``: the area under the curve."""

    horizon: float
    mean: float
    se: float
    low: float
    high: float


def people_under_observation(time: ArrayLike, event: ArrayLike) -> tuple[Numbers, Flags]:
    """Checked columns. Raises ValueError for negative times, other flags than 0 and 1, and columns of different
    lengths.
    """
    times, happened = column(time, "time"), flags(event, "event")
    same_length(time=times, event=happened)
    if (times < 0).any():
        raise ValueError("time: a time is negative")
    return times, happened


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, level: float = 0.95, scale: Scale = "log-log") -> Curve:
    """The product-limit estimate with Greenwood's variance.

    ``time``: n times ≥ 0. ``event``: n flags, 1 where the event happened at that time, 0 where observation ended.
    ``level`` of the limits, between 0 and 1. ``scale``: on which the limits are symmetric; those of "plain" and "log"
    are cut at 0 and 1. Raises ValueError for columns that do not fit each other or hold what they must not.
    """
    times, happened = people_under_observation(time, event)
    if scale not in SCALES:
        raise ValueError(f"scale: {scale} is none of {', '.join(SCALES)}")
    when, place = np.unique(times, return_inverse=True)
    events = np.bincount(place, happened, len(when)).astype(np.int64)
    ended = np.bincount(place, minlength=len(when)).astype(np.int64)
    at_risk = ended[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
        se = survival * relative
        low, high = _limits(survival, relative, normal_quantile(level), scale)
    return Curve(
        when, at_risk, events, ended - events, survival, np.cumsum(events / at_risk), se, low, high, level, scale
    )


def _limits(survival: Numbers, relative: Numbers, quantile: float, scale: Scale) -> tuple[Numbers, Numbers]:
    """Limits from the standard error of log survival. Where nobody has had the event they are 1, as in R's survival."""
    if scale == "plain":
        low, high = survival - quantile * relative * survival, survival + quantile * relative * survival
    elif scale == "log":
        low, high = survival * np.exp(-quantile * relative), survival * np.exp(quantile * relative)
    else:
        logs = np.log(survival)
        reach = quantile * relative / logs
        low, high = survival ** np.exp(-reach), survival ** np.exp(reach)
    untouched = relative == 0
    low, high = np.where(untouched, survival, low), np.where(untouched, survival, high)
    return np.maximum(low, 0), np.minimum(high, 1)


def at_times(curve: Curve, times: ArrayLike) -> tuple[AtTime, ...]:
    """The curve at given times, in the order given. ``at_risk`` counts the people whose observation reaches the time.

    After the last observed time the curve is not known: NaN, with nobody at risk.
    """
    found = []
    for time in column(times, "times"):
        before = int(np.searchsorted(curve.time, time, side="right")) - 1
        reach = int(np.searchsorted(curve.time, time, side="left"))
        at_risk = int(curve.at_risk[reach]) if reach < len(curve.time) else 0
        if time > curve.time[-1] and curve.survival[-1] > 0:
            found.append(AtTime(float(time), 0, np.nan, np.nan, np.nan, np.nan))
        elif before < 0:
            found.append(AtTime(float(time), at_risk, 1.0, 0.0, 1.0, 1.0))
        else:
            found.append(
                AtTime(
                    float(time),
                    at_risk,
                    *(float(part[before]) for part in (curve.survival, curve.se, curve.low, curve.high)),
                )
            )
    return tuple(found)


def quantile(curve: Curve, part: float = 0.5) -> Quantile:
    """When ``part`` (between 0 and 1) of the people have had the event; the median without it.

    The interval holds the times at which the curve's own limits include 1 - ``part``. Where the curve runs level at
    exactly 1 - ``part``, the middle of that stretch is given, as in R's survival.
    """
    height = 1 - share(part, "part")
    return Quantile(
        part,
        _crossing(curve, curve.survival, height),
        _crossing(curve, curve.low, height),
        _crossing(curve, curve.high, height),
    )


def _crossing(curve: Curve, line: Numbers, height: float) -> float | None:
    slack = 1e-12
    reached = np.flatnonzero(np.nan_to_num(line, nan=np.inf) <= height + slack)
    if not len(reached):
        return None
    first = int(reached[0])
    if abs(float(line[first]) - height) <= slack:
        lower = np.flatnonzero(np.nan_to_num(line, nan=np.inf) < height - slack)
        if len(lower):
            return float((curve.time[first] + curve.time[lower[0]]) / 2)
        # The line ends level at the height: up to the last time anybody was seen.
        return float((curve.time[first] + curve.time[-1]) / 2)
    return float(curve.time[first])


def restricted_mean(curve: Curve, horizon: float) -> RestrictedMean:
    """Mean time without an event within ``horizon`` (> 0, in the unit of the times), with a normal interval of the
    curve's level.

    Variance: sum over event times of (area still to come)² · d / (n (n - d)) (Klein & Moeschberger 2003, section 4.5).
    Raises ValueError if nobody was observed up to the horizon while the curve is above 0.
    """
    if not horizon > 0:
        raise ValueError(f"horizon: a time above 0 is wanted, not {horizon}")
    if horizon > curve.time[-1] and curve.survival[-1] > 0:
        raise ValueError(f"horizon: nobody was observed up to {horizon}; the last time is {curve.time[-1]}")
    inside = curve.time < horizon
    edges = np.concatenate([[0.0], curve.time[inside], [horizon]])
    heights = np.concatenate([[1.0], curve.survival[inside]])
    areas = np.diff(edges) * heights
    to_come = np.cumsum(areas[::-1])[::-1][1:]
    events, at_risk = curve.events[inside], curve.at_risk[inside]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(events == at_risk, 0.0, to_come**2 * events / (at_risk * (at_risk - events)))
    mean, se = float(areas.sum()), float(np.sqrt(parts.sum()))
    reach = normal_quantile(curve.level) * se
    return RestrictedMean(float(horizon), mean, se, mean - reach, mean + reach)
