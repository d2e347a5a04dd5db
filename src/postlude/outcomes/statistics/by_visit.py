"""Arms compared at every visit by the mixed model for repeated measures: adjusted means, and differences with their
uncertainty.

Source: Mallinckrodt et al. 2008 (doi 10.1177/009286150804200402).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import Numbers, column, levels, same_length
from postlude.outcomes.statistics.linear import Estimate
from postlude.outcomes.statistics.mixed import Freedom, MixedFit, contrast, repeated_measures


class AtVisit(NamedTuple):
    """One arm at one visit; the mean is adjusted to the average covariates of the people analysed."""

    arm: Any
    visit: Any
    people: int
    mean: Estimate


class Difference(NamedTuple):
    """An arm minus the reference at a visit."""

    arm: Any
    visit: Any
    estimate: Estimate


class ByVisit(NamedTuple):
    means: tuple[AtVisit, ...]
    differences: tuple[Difference, ...]
    reference: Any
    fit: MixedFit
    left_out: int
    """Rows without a response, a baseline or a covariate."""


def compare_by_visit(
    response: ArrayLike,
    arm: ArrayLike,
    person: ArrayLike,
    visit: ArrayLike,
    *,
    reference: Any = None,
    baseline: ArrayLike | None = None,
    covariates: ArrayLike | None = None,
    covariate_names: Sequence[str] = (),
    freedom: Freedom = "satterthwaite",
    level: float = 0.95,
) -> ByVisit:
    """Every arm at every visit with its own mean, the baseline with its own slope at every visit, covariates with one
    slope.

    ``response``: n numbers after the baseline (or changes from it), NaN where missing. ``arm``, ``person``, ``visit``:
    n labels; visits in their sorted order. ``reference``: the arm the others are compared with, the first in sorted
    order if not given. ``baseline``: n numbers; ``covariates``: n × c. p values are not corrected for the number of
    comparisons. Raises ValueError as ``repeated_measures`` does, for one arm, and for an arm without anybody at a
    visit.
    """
    y = column(response, "response", missing=True)
    arms, which = levels(arm, "arm")
    visits, when = levels(visit, "visit")
    who, place = levels(person, "person")
    size = same_length(response=y, arm=which, visit=when, person=place)
    first = arms[0] if reference is None else reference
    if len(arms) < 2 or first not in arms:
        raise ValueError("arm: two arms at least are wanted, the reference among them")
    extra = [] if covariates is None else list(np.asarray(covariates, np.float64).reshape(size, -1).T)
    start = [] if baseline is None else [column(baseline, "baseline", missing=True)]
    if len(extra) != len(covariate_names):
        raise ValueError("covariates: a name for each column is wanted")
    known = ~np.isnan(np.column_stack([y, *start, *extra])).any(1)
    cell = which * len(visits) + when
    counts = np.bincount(cell[known], minlength=len(arms) * len(visits))
    if not counts.all():
        empty = int(np.argmin(counts))
        raise ValueError(
            f"nobody in arm {arms[empty // len(visits)]} has a value at visit {visits[empty % len(visits)]}"
        )
    columns = [(cell == one).astype(np.float64)[known] for one in range(len(counts))]
    names = [f"{arms[one // len(visits)]} at {visits[one % len(visits)]}" for one in range(len(counts))]
    for values in start:
        centred = _centred(values[known], place[known])
        columns += [np.where(when[known] == one, centred, 0.0) for one in range(len(visits))]
        names += [f"baseline at {one}" for one in visits]
    columns += [_centred(values[known], place[known]) for values in extra]
    names += list(covariate_names)
    people = np.asarray(who)[place[known]]
    fit = repeated_measures(
        y[known], np.column_stack(columns), names, people, when[known], freedom=freedom, level=level
    )
    means = tuple(
        AtVisit(arms[one // len(visits)], visits[one % len(visits)], int(counts[one]), fit.coefficients[one])
        for one in range(len(counts))
    )
    base = arms.index(first)
    unit = np.eye(len(names))
    differences = tuple(
        Difference(
            arms[a],
            visits[v],
            contrast(
                fit, f"{arms[a]} - {first} at {visits[v]}", unit[a * len(visits) + v] - unit[base * len(visits) + v]
            ),
        )
        for v in range(len(visits))
        for a in range(len(arms))
        if a != base
    )
    return ByVisit(means, differences, first, fit, int(size - known.sum()))


def _centred(values: Numbers, person: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Numbers:
    """Less the mean over people, each counted once however many visits they have."""
    sums, counts = np.bincount(person, values), np.bincount(person)
    return np.asarray(values - (sums[counts > 0] / counts[counts > 0]).mean())
