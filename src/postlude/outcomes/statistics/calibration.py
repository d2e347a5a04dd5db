"""Do predicted shares come true? Scores, calibration in the large and by slope, discrimination, and the distance from
the smoothed truth.

Sources: Van Calster et al. 2019 (doi 10.1186/s12916-019-1466-7); Austin & Steyerberg 2019 on the integrated calibration
index (doi 10.1002/sim.8281); DeLong, DeLong & Clarke-Pearson 1988 (doi 10.2307/2531595); Spiegelhalter 1986 (doi
10.1002/sim.4780050506); Cleveland & Devlin 1988 on local regression (doi 10.1080/01621459.1988.10478639).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.arrays import Flags, Numbers, column, flags, normal_quantile, same_length
from postlude.outcomes.statistics.linear import Estimate
from postlude.outcomes.statistics.logistic import logistic


class Discrimination(NamedTuple):
    """Chance that a person with the event had the higher prediction, 0 to 1, with DeLong's limits."""

    auc: float
    se: float
    low: float
    high: float


class Smoothed(NamedTuple):
    """Distance between prediction and smoothed truth: mean, median, 90 % quantile (type 7) and greatest. ``truth``: n,
    at each prediction.
    """

    mean: float
    median: float
    ninth: float
    greatest: float
    truth: Numbers


class Group(NamedTuple):
    """One of the groups of about equal size by prediction."""

    people: int
    expected: float
    events: int


class Calibration(NamedTuple):
    brier: float
    brier_scaled: float
    """1 minus the score over that of the mean: 1 is perfect, 0 no better than the mean."""
    log_loss: float
    in_the_large: Estimate
    """Log odds to be added to all predictions; 0 is right."""
    intercept: Estimate
    slope: Estimate
    """Of the truth on the predictions' log odds; 1 is right, under 1 the predictions are too extreme. Its p is against
    0."""
    expected_to_observed: float
    discrimination: Discrimination
    spiegelhalter: float
    """z; about normal if the predictions are right"""
    groups: tuple[Group, ...]
    hosmer_lemeshow: float
    hosmer_lemeshow_p: float
    """Chi-square on groups - 2 degrees of freedom, as for a model fitted to the same people."""
    grouped_error: float
    """Mean distance of expected and observed shares of the groups, weighted by people."""


def calibration(predicted: ArrayLike, happened: ArrayLike, *, groups: int = 10, level: float = 0.95) -> Calibration:
    """Everything but the smoothed curve.

    ``predicted``: n probabilities between 0 and 1, both left out. ``happened``: n flags, both kinds among them.
    ``groups``: from 3 to n. Raises ValueError for other values, and where predictions tell people with the event from
    the others without exception.
    """
    p, y = _checked(predicted, happened)
    if not 3 <= groups <= len(p):
        raise ValueError(f"groups: a number from 3 to {len(p)} is wanted")
    truth = y.astype(np.float64)
    odds = special.logit(p)
    ones = np.ones((len(p), 1))
    line = logistic(y, np.column_stack([ones, odds]), ["intercept", "slope"], level=level).coefficients
    large = logistic(y, ones, ["in the large"], offset=odds, level=level).coefficients[0]
    brier, base = float(((truth - p) ** 2).mean()), float(truth.mean())
    z = float(((truth - p) * (1 - 2 * p)).sum() / np.sqrt(((1 - 2 * p) ** 2 * p * (1 - p)).sum()))
    parts = _groups(p, y, groups)
    chi = sum((one.events - one.expected) ** 2 / (one.expected * (1 - one.expected / one.people)) for one in parts)
    return Calibration(
        brier,
        1 - brier / (base * (1 - base)),
        float(-(truth * np.log(p) + (1 - truth) * np.log1p(-p)).mean()),
        large,
        line[0],
        line[1],
        float(p.mean()) / base,
        discrimination(p, y, level=level),
        z,
        parts,
        float(chi),
        float(special.chdtrc(groups - 2, chi)),
        sum(abs(one.events - one.expected) for one in parts) / len(p),
    )


def _checked(predicted: ArrayLike, happened: ArrayLike) -> tuple[Numbers, Flags]:
    p, y = column(predicted, "predicted"), flags(happened, "happened")
    same_length(predicted=p, happened=y)
    if ((p <= 0) | (p >= 1)).any():
        raise ValueError("predicted: probabilities between 0 and 1, both left out, are wanted")
    if y.all() or not y.any():
        raise ValueError("happened: people with and without the event are wanted")
    return p, y


def _groups(p: Numbers, y: Flags, count: int) -> tuple[Group, ...]:
    order = np.argsort(p, kind="stable")
    which = np.ceil(np.arange(1, len(p) + 1) / (len(p) / count)).astype(np.int64)
    parts = (order[which == one] for one in range(1, count + 1))
    return tuple(Group(len(rows), float(p[rows].sum()), int(y[rows].sum())) for rows in parts)


def discrimination(predicted: ArrayLike, happened: ArrayLike, *, level: float = 0.95) -> Discrimination:
    """Area under the curve of sensitivity against 1 - specificity; ties count half. Limits are normal, cut at 0 and
    1.
    """
    p, y = column(predicted, "predicted"), flags(happened, "happened")
    same_length(predicted=p, happened=y)
    cases, others = p[y], p[~y]
    if len(cases) < 2 or len(others) < 2:
        raise ValueError("happened: two people at least with and without the event are wanted")

    def placed(values: Numbers, among: Numbers) -> Numbers:
        line = np.sort(among)
        both = np.searchsorted(line, values, side="left") + np.searchsorted(line, values, side="right")
        return np.asarray(both / (2 * len(line)))

    above, below = placed(cases, others), 1 - placed(others, cases)
    auc = float(above.mean())
    se = float(np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)))
    reach = normal_quantile(level) * se
    return Discrimination(auc, se, max(auc - reach, 0.0), min(auc + reach, 1.0))


def smoothed(predicted: ArrayLike, happened: ArrayLike, *, span: float = 0.75) -> Smoothed:
    """Local quadratic regression of the truth on the prediction, with tricube weights over the nearest ``span`` (0 to
    1) of the people.

    As R's ``loess`` does it: the regression is worked out at the ends of cells that hold no more than a fifth of the
    neighbourhood, and blended between them by cubics that keep values and slopes (Cleveland & Grosse 1991, doi
    10.1007/BF01890836).
    """
    p, y = _checked(predicted, happened)
    if not 0 < span <= 1:
        raise ValueError("span: a number above 0 and up to 1 is wanted")
    near = int(span * len(p) + 1e-5)
    if near < 4 or len(np.unique(p)) < 4:
        raise ValueError(f"{len(p)} people, or too few different predictions, are too few for a local regression")
    ends = _cells(np.sort(p), int(span * len(p) * 0.2))
    fits = np.array([_local(end, p, y.astype(np.float64), near) for end in ends])
    at = np.clip(np.searchsorted(ends, p, side="right") - 1, 0, len(ends) - 2)
    width = ends[at + 1] - ends[at]
    u = (p - ends[at]) / width
    curve = (
        (1 + 2 * u) * (1 - u) ** 2 * fits[at, 0]
        + u**2 * (3 - 2 * u) * fits[at + 1, 0]
        + width * (u * (1 - u) ** 2 * fits[at, 1] - u**2 * (1 - u) * fits[at + 1, 1])
    )
    apart = np.abs(curve - p)
    return Smoothed(
        float(apart.mean()), float(np.median(apart)), float(np.quantile(apart, 0.9)), float(apart.max()), curve
    )


def _cells(line: Numbers, most: int) -> Numbers:
    """Ends of cells: a little beyond the data, and halfway between neighbours wherever a cell held more than ``most``
    values.
    """
    margin = 0.005 * max(float(line[-1] - line[0]), 1e-10)
    cuts, open_cells = [float(line[0]) - margin, float(line[-1]) + margin], [line]
    while open_cells:
        cell = open_cells.pop()
        if len(cell) <= max(most, 1):
            continue
        middle = (len(cell) + 1) // 2
        cut = float(cell[middle - 1] + cell[middle]) / 2
        if cell[0] < cut < cell[-1]:
            cuts.append(cut)
            open_cells += [cell[cell <= cut], cell[cell > cut]]
    return np.unique(cuts)


def _local(place: float, p: Numbers, truth: Numbers, near: int) -> tuple[float, float]:
    """Value and slope of the local regression at a place."""
    distance = np.abs(p - place)
    reach = max(float(np.partition(distance, near - 1)[near - 1]), 1e-12)
    root = np.clip(1 - (distance / reach) ** 3, 0, None) ** 1.5
    design = np.column_stack([np.ones(len(p)), p - place, (p - place) ** 2]) * root[:, None]
    found = np.linalg.lstsq(design, truth * root, rcond=None)[0]
    return float(found[0]), float(found[1])
