"""People who had both treatments in turn, and one person who had them again and again.

The two-period, two-sequence design: the treatment effect comes from within people, the period effect beside it; what
the first treatment leaves behind (carry-over) cannot be told from a sequence effect, and testing it first does not make
the treatment effect safe.

Sources: Jones & Kenward 2014, chapter 2 (doi 10.1201/b17537); Freeman 1989 on not testing carry-over first (doi
10.1002/sim.4780081202); Senn 2002 (doi 10.1002/0470854596); n-of-1: Zucker et al. 2010 (doi
10.1016/j.jclinepi.2010.04.020).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import Numbers, column, levels, same_length
from postlude.outcomes.statistics.linear import Estimate, estimate


class Crossover(NamedTuple):
    """A 2 × 2 crossover. Differences are first treatment minus second, in the unit of the outcome."""

    treatments: tuple[Any, Any]
    sequences: tuple[int, int]
    """People with both periods: first treatment first, second treatment first."""
    means: tuple[float, float]
    sds: tuple[float, float]
    """Of each treatment over all people; NaN for one person."""
    treatment: Estimate
    """Allows for a period effect."""
    paired: Estimate
    """The paired comparison that takes periods for alike."""
    period: Estimate
    """Second period minus first."""
    carry_over: Estimate
    """Difference of what is left behind, as seen in the people's sums; between people, so of little power."""
    left_out: int


class Change(NamedTuple):
    """Percent change of n people: NaN where it is not defined."""

    percent: Numbers
    undefined: int
    """People who began at 0."""
    missing: int


class OnePerson(NamedTuple):
    """A person's own comparison over cycles in which each treatment was had once."""

    person: Any
    cycles: int
    differences: Numbers
    mean: Estimate
    """t interval over cycles; NaN limits with one cycle."""
    exact_p: float | None
    """Share of all ways to swap treatments within cycles that lie as far from 0; None with more than 20 cycles."""


class ManyPersons(NamedTuple):
    people: tuple[OnePerson, ...]
    mean: Estimate | None
    """Mean of the people's means, t interval over people; None with one person."""
    left_out: int
    """Cycles without both values."""


def crossover(
    value: ArrayLike,
    person: ArrayLike,
    period: ArrayLike,
    treatment: ArrayLike,
    *,
    first: Any = None,
    level: float = 0.95,
) -> Crossover:
    """Analysis of a crossover with two treatments and two periods.

    ``value``: n numbers, one per person and period, NaN where missing; people without both are left out and counted.
    ``person``, ``period`` (two, sorted order is time) and ``treatment`` (two): n labels. ``first``: the treatment the
    other is taken from, the first in sorted order if not given. Raises ValueError for other numbers of periods or
    treatments, a person with the same treatment or period twice, and fewer than two people in a sequence.
    """
    y = column(value, "value", missing=True)
    who, place = levels(person, "person")
    periods, when = levels(period, "period")
    treatments, which = levels(treatment, "treatment")
    same_length(value=y, person=place, period=when, treatment=which)
    if len(periods) != 2 or len(treatments) != 2:
        raise ValueError("two periods and two treatments are wanted")
    if first is not None and first not in treatments:
        raise ValueError(f"first: {first} is none of the treatments {', '.join(map(str, treatments))}")
    turned = first is not None and treatments[0] != first
    if turned:
        which, treatments = 1 - which, (treatments[1], treatments[0])
    table, given = np.full((len(who), 2), np.nan), np.full((len(who), 2), -1)
    for row in range(len(y)):
        if given[place[row], when[row]] >= 0:
            raise ValueError(f"person {who[place[row]]} has two values in period {periods[when[row]]}")
        table[place[row], when[row]], given[place[row], when[row]] = y[row], which[row]
    if ((given[:, 0] == given[:, 1]) & (given[:, 0] >= 0)).any():
        raise ValueError("a person has the same treatment in both periods")
    both = ~np.isnan(table).any(1)
    table, given = table[both], given[both]
    forward = given[:, 0] == 0
    sequences = (int(forward.sum()), int((~forward).sum()))
    if min(sequences) < 2:
        raise ValueError("two people at least with both values are wanted in each sequence")
    steps, sums = table[:, 0] - table[:, 1], table.sum(1)
    own = np.where(forward, steps, -steps)
    columns = (np.where(forward, table[:, 0], table[:, 1]), np.where(forward, table[:, 1], table[:, 0]))
    count = len(own)
    return Crossover(
        (treatments[0], treatments[1]),
        sequences,
        (float(columns[0].mean()), float(columns[1].mean())),
        (float(columns[0].std(ddof=1)), float(columns[1].std(ddof=1))),
        _two_samples("treatment", steps[forward], steps[~forward], 0.5, level),
        estimate("paired", float(own.mean()), float(own.std(ddof=1) / np.sqrt(count)), count - 1, level),
        _two_samples("period", -steps[forward], steps[~forward], 0.5, level),
        _two_samples("carry-over", sums[forward], sums[~forward], 1.0, level),
        int(len(who) - both.sum()),
    )


def _two_samples(name: str, first: Numbers, second: Numbers, factor: float, level: float) -> Estimate:
    """``factor`` times the difference of means, with the pooled variance."""
    df = len(first) + len(second) - 2
    variance = (first.var() * len(first) + second.var() * len(second)) / df
    se = factor * np.sqrt(variance * (1 / len(first) + 1 / len(second)))
    return estimate(name, float(factor * (first.mean() - second.mean())), float(se), df, level)


def percent_change(before: ArrayLike, after: ArrayLike) -> Change:
    """100 (after - before) / before for n people whose scale begins at 0; who began at 0 has no percent change, and is
    counted.

    Raises ValueError for a negative value before.
    """
    start, end = column(before, "before", missing=True), column(after, "after", missing=True)
    same_length(before=start, after=end)
    if (start < 0).any():
        raise ValueError("before: percent change needs a scale that begins at 0")
    missing = np.isnan(start) | np.isnan(end)
    zero = ~missing & (start == 0)
    known = ~missing & ~zero
    percent = np.full(len(start), np.nan)
    percent[known] = 100 * (end[known] - start[known]) / start[known]
    return Change(percent, int(zero.sum()), int(missing.sum()))


def n_of_1(
    value: ArrayLike,
    person: ArrayLike,
    cycle: ArrayLike,
    treatment: ArrayLike,
    *,
    first: Any = None,
    level: float = 0.95,
) -> ManyPersons:
    """Each person's mean difference over cycles, and the mean over people.

    ``value``: n numbers, NaN where missing; several values of one treatment in a cycle are averaged. ``person``,
    ``cycle`` and ``treatment`` (two): n labels. ``first``: the treatment the other is taken from, the first in sorted
    order if not given. Raises ValueError for other numbers of treatments, and where no cycle has both.
    """
    y = column(value, "value", missing=True)
    who, place = levels(person, "person")
    cycles, when = levels(cycle, "cycle")
    treatments, which = levels(treatment, "treatment")
    same_length(value=y, person=place, cycle=when, treatment=which)
    if len(treatments) != 2 or (first is not None and first not in treatments):
        raise ValueError("treatment: two treatments are wanted, the first among them")
    sign = -1.0 if first is not None and treatments[0] != first else 1.0
    known = ~np.isnan(y)
    cell = ((place * len(cycles) + when) * 2 + which)[known]
    size = len(who) * len(cycles) * 2
    with np.errstate(invalid="ignore"):
        means = np.bincount(cell, y[known], size) / np.bincount(cell, minlength=size)
    table = means.reshape(len(who), len(cycles), 2)
    asked = len(np.unique(place * len(cycles) + when))
    apart = sign * (table[:, :, 0] - table[:, :, 1])
    people = tuple(
        _one_person(name, row[~np.isnan(row)], level)
        for name, row in zip(who, apart, strict=True)
        if not np.isnan(row).all()
    )
    if not people:
        raise ValueError("no cycle has a value of both treatments")
    overall = None
    if len(people) > 1:
        each = np.array([one.mean.estimate for one in people])
        overall = estimate(
            "mean of people", float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each))), len(each) - 1, level
        )
    return ManyPersons(people, overall, int(asked - (~np.isnan(apart)).sum()))


def _one_person(name: Any, differences: Numbers, level: float) -> OnePerson:
    count = len(differences)
    mean = float(differences.mean())
    se = float(differences.std(ddof=1) / np.sqrt(count)) if count > 1 else np.nan
    exact = None
    if count <= 20:
        # Sums over all swaps, built up by doubling; a swap of everything is as far away as none.
        sums = np.zeros(1)
        for one in np.abs(differences):
            sums = np.concatenate([sums + one, sums - one])
        slack = 1e-9 * (1 + np.abs(differences).sum())
        exact = float((np.abs(sums) >= abs(differences.sum()) - slack).mean())
    return OnePerson(name, count, differences, estimate("difference", mean, se, count - 1, level), exact)
