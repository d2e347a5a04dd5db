"""Mixed models for an outcome measured repeatedly: a random intercept for each person, or a free covariance of the
visits (MMRM).

Restricted maximum likelihood; degrees of freedom by Satterthwaite or Kenward and Roger. A missing value is left out,
not its person: that is right if what is missing depends only on what was seen (missing at random).

Sources: Laird & Ware 1982 (doi 10.2307/2529876); Mallinckrodt et al. 2008 on the model for repeated measures and its
unstructured covariance (doi 10.1177/009286150804200402); the methods of ``restricted``.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from postlude.outcomes.statistics.arrays import Numbers, Whole, column, levels, matrix, same_length
from postlude.outcomes.statistics.covariance import (
    Exchangeable,
    Structure,
    Unstructured,
    heterogeneous_symmetry,
    heterogeneous_toeplitz,
)
from postlude.outcomes.statistics.linear import Estimate, estimate, independent
from postlude.outcomes.statistics.restricted import (
    Curvature,
    Pattern,
    State,
    climb,
    kenward_roger,
    patterns,
    satterthwaite,
    state,
)

Freedom: TypeAlias = Literal["satterthwaite", "kenward-roger", "kenward-roger-observed"]
"""How the uncertainty of the variances enters: by the degrees of freedom alone, or also by an adjusted standard error,
with the expected information (the article, R's pbkrtest) or the observed one (SAS, R's mmrm)."""


class MixedFit(NamedTuple):
    """A fitted model. ``coefficients`` in the order of the design's columns."""

    coefficients: tuple[Estimate, ...]
    covariance: Numbers
    """of the coefficients, p × p, not adjusted"""
    structure: str
    not_fitted: tuple[str, ...]
    """Structures that were asked for first and did not converge."""
    between_visits: Numbers
    """Covariance of the visits, v × v, in the unit of the response squared."""
    log_likelihood: float
    """Restricted, with its constant; differences compare covariances of the same design only."""
    people: int
    rows: int
    left_out: int
    """Rows without a response."""
    freedom: Freedom
    level: float
    at: State
    bend: Curvature | None
    """None where the variance between people is 0: then the model is least squares with rows - p degrees of freedom."""


class RandomIntercept(NamedTuple):
    """The model of one random intercept for each person."""

    fit: MixedFit
    between: float
    """Variance between people; 0 where the likelihood is greatest at its bound."""
    within: float
    correlation: float
    """between / (between + within), 0 to 1"""
    people: tuple[object, ...]
    effects: Numbers
    """Predicted departure of each of ``people`` from the fixed part."""


def contrast(fit: MixedFit, name: str, weights: ArrayLike) -> Estimate:
    """The sum of coefficients, each times its weight (p numbers), with its own degrees of freedom."""
    w = column(weights, "weights")
    if len(w) != len(fit.at.beta):
        raise ValueError(f"weights: {len(w)} for {len(fit.at.beta)} coefficients")
    return _contrast(name, w, fit.at, fit.bend, fit.freedom, fit.level, fit.rows)


def _contrast(
    name: str, w: Numbers, at: State, bend: Curvature | None, freedom: Freedom, level: float, rows: int
) -> Estimate:
    value, se = float(w @ at.beta), float(np.sqrt(w @ at.covariance @ w))
    if bend is None or se == 0:
        return estimate(name, value, se, rows - len(w), level)
    if freedom == "satterthwaite":
        return estimate(name, value, se, satterthwaite(at, bend, w), level)
    se, df = kenward_roger(at, bend, w, observed=freedom == "kenward-roger-observed")
    return estimate(name, value, se, df, level)


class _Rows(NamedTuple):
    response: Numbers
    design: Numbers
    person: Whole
    names: tuple[object, ...]
    known: Numbers
    left_out: int


def _rows(response: ArrayLike, design: ArrayLike, names: Sequence[str], person: ArrayLike) -> _Rows:
    y = column(response, "response", missing=True)
    x = matrix(design, "design", rows=len(y))
    who, place = levels(person, "person")
    same_length(response=y, person=place)
    known = ~np.isnan(y)
    y, x, place = y[known], x[known], place[known]
    if len(y) <= x.shape[1]:
        raise ValueError(f"{len(y)} values are too few for {x.shape[1]} coefficients")
    independent(x, names)
    return _Rows(y, x, place, who, known, int((~known).sum()))


def random_intercept(
    response: ArrayLike,
    design: ArrayLike,
    names: Sequence[str],
    person: ArrayLike,
    *,
    freedom: Freedom = "satterthwaite",
    level: float = 0.95,
) -> RandomIntercept:
    """A random intercept for each person.

    ``response``: n numbers, NaN where missing (left out and counted). ``design``: n × p, the intercept among its
    columns; ``names``: p. ``person``: n labels. Where the likelihood is greatest without any variance between people,
    that variance is 0 and the degrees of freedom are those of least squares. Raises ValueError for columns that
    determine each other, and where nobody has two values.
    """
    rows = _rows(response, design, names, person)
    order = np.argsort(rows.person, kind="stable")
    who = rows.person[order]
    starts = np.flatnonzero(np.concatenate([[True], who[1:] != who[:-1]]))
    lengths = np.diff(np.append(starts, len(who)))
    if lengths.max() < 2:
        raise ValueError("person: nobody has two values, so people cannot be told from single values")
    visit = np.empty(len(who), np.int64)
    visit[order] = np.arange(len(who)) - np.repeat(starts, lengths)
    people = patterns(rows.response, rows.design, rows.person, visit)
    structure = Exchangeable(int(lengths.max()))
    beta = np.asarray(np.linalg.lstsq(rows.design, rows.response, rcond=None)[0], np.float64)
    residual = rows.response - rows.design @ beta
    variance = float(residual @ residual) / (len(who) - rows.design.shape[1])
    reached = _interior(people, structure, variance)
    if reached is None:
        at, bend = _flat(rows.design, rows.response, beta, variance), None
    else:
        at, bend = reached
    fit = _fitted(names, at, bend, structure, (), len(starts), rows, freedom, level)
    within, between = (float(one) for one in at.parameters)
    sums = np.bincount(rows.person, rows.response - rows.design @ at.beta, len(rows.names))
    counts = np.bincount(rows.person, minlength=len(rows.names))
    seen = counts > 0
    effects = (between * sums / (within + counts * between))[seen]
    names_seen = tuple(name for name, has in zip(rows.names, seen, strict=True) if has)
    return RandomIntercept(fit, between, within, between / (between + within), names_seen, effects)


def _interior(people: tuple[Pattern, ...], structure: Exchangeable, variance: float) -> tuple[State, Curvature] | None:
    """The maximum with a variance between people above 0, from the best of a few starts; None if there is none better
    than 0.
    """
    best: State | None = state(people, structure, np.array([variance, 0.0]))
    chosen = None
    for part in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98):
        tried = state(people, structure, variance * np.array([1 - part, part]))
        if tried is not None and (best is None or tried.log_likelihood > best.log_likelihood):
            best, chosen = tried, tried
    if chosen is None:
        # A maximum closer to 0 than the first start is left to the climb.
        chosen = state(people, structure, variance * np.array([0.999, 0.001]))
    reached = None if chosen is None else climb(people, structure, chosen.parameters)
    if reached is None:
        if best is not None and best.parameters[1] > 0:
            raise ValueError(
                "the random intercept's variances could not be found: the likelihood has no maximum that was reached"
            )
        return None
    return reached if reached[0].parameters[1] > 0 else None


def _flat(design: Numbers, response: Numbers, beta: Numbers, variance: float) -> State:
    rows, width = design.shape
    cross = design.T @ design
    size = float(np.linalg.slogdet(cross / variance)[1])
    likelihood = -0.5 * ((rows - width) * (np.log(2 * np.pi) + 1) + rows * np.log(variance) + size)
    return State(
        np.array([variance, 0.0]),
        float(likelihood),
        np.asarray(beta),
        np.asarray(variance * np.linalg.inv(cross), np.float64),
    )


def _fitted(
    names: Sequence[str],
    at: State,
    bend: Curvature | None,
    structure: Structure,
    tried: tuple[str, ...],
    people: int,
    rows: _Rows,
    freedom: Freedom,
    level: float,
) -> MixedFit:
    width = len(at.beta)
    one_each = np.eye(width)
    count = len(rows.response)
    estimates = tuple(_contrast(name, one_each[k], at, bend, freedom, level, count) for k, name in enumerate(names))
    between_visits = structure.matrix(at.parameters)
    return MixedFit(
        estimates,
        at.covariance,
        structure.name,
        tried,
        between_visits,
        at.log_likelihood,
        people,
        count,
        rows.left_out,
        freedom,
        level,
        at,
        bend,
    )


def repeated_measures(
    response: ArrayLike,
    design: ArrayLike,
    names: Sequence[str],
    person: ArrayLike,
    visit: ArrayLike,
    *,
    freedom: Freedom = "satterthwaite",
    level: float = 0.95,
) -> MixedFit:
    """The mixed model for repeated measures with an unstructured covariance of the visits.

    ``response``: n numbers, NaN where missing (left out and counted). ``design``: n × p; ``names``: p. ``person``: n
    labels. ``visit``: n labels; their sorted order is the order in time. Where the unstructured covariance cannot be
    fitted, heterogeneous Toeplitz and then heterogeneous compound symmetry are tried; ``structure`` and ``not_fitted``
    of the answer say so. With Kenward and Roger nothing but the unstructured is tried, because the adjustment here is
    for covariances that are linear in their parameters. Raises ValueError for columns that determine each other, two
    values of a person at a visit, one visit only, and where no structure could be fitted.
    """
    rows = _rows(response, design, names, person)
    when, place = levels(visit, "visit")
    if len(place) != len(rows.known):
        raise ValueError(f"the columns differ in length: visit {len(place)}, response {len(rows.known)}")
    if len(when) < 2:
        raise ValueError("visit: two visits at least are wanted")
    at_visit = place[np.asarray(rows.known, bool)]
    people = patterns(rows.response, rows.design, rows.person, at_visit)
    beta = np.asarray(np.linalg.lstsq(rows.design, rows.response, rcond=None)[0], np.float64)
    rough = _pairwise(rows, beta, at_visit, len(when))
    structures: list[Structure] = [Unstructured(len(when))]
    if freedom == "satterthwaite":
        structures += [heterogeneous_toeplitz(len(when)), heterogeneous_symmetry(len(when))]
    tried: list[str] = []
    for structure in structures:
        for start in (rough, np.diag(np.diag(rough))):
            reached = climb(people, structure, structure.start(start))
            if reached is not None:
                count = len(np.unique(rows.person))
                return _fitted(names, *reached, structure, tuple(tried), count, rows, freedom, level)
        tried.append(structure.name)
    raise ValueError(f"no covariance of the visits could be fitted: {', '.join(tried)}")


def _pairwise(rows: _Rows, beta: Numbers, visit: Whole, visits: int) -> Numbers:
    """Covariance of least-squares residuals over the people seen at both visits."""
    table = np.full((len(rows.names), visits), np.nan)
    table[rows.person, visit] = rows.response - rows.design @ beta
    seen = ~np.isnan(table)
    filled = np.where(seen, table, 0.0)
    both = seen.T.astype(np.float64) @ seen
    if (np.diag(both) < 2).any():
        raise ValueError("visit: at one of the visits fewer than two people have a value")
    return np.asarray(filled.T @ filled / np.maximum(both, 1))
