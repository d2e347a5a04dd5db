"""Multiple imputation by chained equations: each column with gaps is drawn in turn from a model of all the others,
round after round.

Right if what is missing depends only on what was seen (missing at random). Every column of the later analysis belongs
among the columns, the outcome included. Chance comes from the caller's generator only: the same generator gives the
same sets.

Sources: van Buuren & Groothuis-Oudshoorn 2011 (doi 10.18637/jss.v045.i03); predictive mean matching with five donors,
type 1 (Little 1988, doi 10.1080/07350015.1988.10509663); White, Daniel & Royston 2010 on perfect prediction (doi
10.1016/j.csda.2010.04.005).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from postlude.outcomes.statistics.arrays import Flags, Numbers
from postlude.outcomes.statistics.logistic import newton

Method: TypeAlias = Literal["matching", "linear", "logistic"]
METHODS: tuple[Method, ...] = ("matching", "linear", "logistic")


class Imputed(NamedTuple):
    """``sets``: m tables n × c without gaps. ``missing``: n × c, True where a value was drawn. ``means``: rounds × m ×
    c, the mean of the drawn values after each round (NaN for columns without gaps), to see whether the rounds have
    settled.
    """

    sets: tuple[Numbers, ...]
    missing: Flags
    means: Numbers


def impute(
    table: ArrayLike,
    methods: Sequence[Method],
    names: Sequence[str],
    rng: np.random.Generator,
    *,
    sets: int = 20,
    rounds: int = 10,
    donors: int = 5,
) -> Imputed:
    """Fill the gaps of a table several times over.

    ``table``: n × c numbers, NaN where missing; labels come as columns of 0 and 1. ``methods``: c, how each column with
    gaps is drawn: "matching" (a value seen in one of the ``donors`` people with the nearest prediction; keeps the
    scale's steps and bounds), "linear" (Bayesian regression with normal residuals) or "logistic" (0 and 1). Columns are
    drawn from the first to the last. Raises ValueError for a column without any value, another method, values other
    than 0 and 1 in a logistic column, and for too few rows.
    """
    data = np.array(table, np.float64)
    if data.ndim != 2 or np.isinf(data).any():
        raise ValueError("table: finite numbers or gaps in rows and columns are wanted")
    width = data.shape[1]
    if len(methods) != width or len(names) != width:
        raise ValueError(f"methods, names: one for each of the {width} columns is wanted")
    if sets < 1 or rounds < 1 or donors < 1:
        raise ValueError("sets, rounds, donors: numbers from 1 are wanted")
    missing = np.isnan(data)
    for place, name in enumerate(names):
        _check(data[:, place], methods[place], name, width)
    gaps = [place for place in range(width) if missing[:, place].any()]
    means = np.full((rounds, sets, width), np.nan)
    found = []
    for which in range(sets):
        filled = data.copy()
        for place in gaps:
            holes = missing[:, place]
            filled[holes, place] = rng.choice(data[~holes, place], int(holes.sum()))
        for turn in range(rounds):
            for place in gaps:
                holes = missing[:, place]
                others = np.delete(filled, place, axis=1)
                filled[holes, place] = _draw(data[~holes, place], others, holes, methods[place], donors, rng)
                means[turn, which, place] = filled[holes, place].mean()
        found.append(filled)
    return Imputed(tuple(found), missing, means)


def _check(values: Numbers, method: Method, name: str, width: int) -> None:
    if method not in METHODS:
        raise ValueError(f"{name}: {method} is none of {', '.join(METHODS)}")
    holes = np.isnan(values)
    if holes.any() and (~holes).sum() <= width:
        raise ValueError(f"{name}: {int((~holes).sum())} known values are too few for a model of {width} coefficients")
    if holes.any() and method == "logistic" and not np.isin(values[~holes], (0, 1)).all():
        raise ValueError(f"{name}: a logistic model draws 0 and 1 only")


def _draw(
    known: Numbers, others: Numbers, holes: Flags, method: Method, donors: int, rng: np.random.Generator
) -> Numbers:
    centre, spread = others.mean(0), others.std(0)
    design = np.column_stack([np.ones(len(others)), (others - centre) / np.where(spread > 0, spread, 1)])
    here, there = design[~holes], design[holes]
    if method == "logistic":
        return _draw_binary(known, here, there, rng)
    # A little ridge keeps columns that determine each other from breaking the fit.
    cross = here.T @ here
    inverse = np.linalg.inv(cross + np.diag(1e-5 * np.diag(cross) + 1e-12))
    best = inverse @ here.T @ known
    residual = known - here @ best
    sigma = np.sqrt(residual @ residual / rng.chisquare(len(known) - design.shape[1]))
    drawn = best + sigma * np.linalg.cholesky((inverse + inverse.T) / 2) @ rng.standard_normal(len(best))
    if method == "linear":
        return np.asarray(there @ drawn + sigma * rng.standard_normal(len(there)))
    return _match(here @ best, there @ drawn, known, donors, rng)


def _match(predicted: Numbers, wanted: Numbers, known: Numbers, donors: int, rng: np.random.Generator) -> Numbers:
    """For each wanted prediction one of the nearest donors, drawn evenly. People with equal predictions are put in a
    random order first.
    """
    count = min(donors, len(known))
    shuffled = rng.permutation(len(known))
    order = shuffled[np.argsort(predicted[shuffled], kind="stable")]
    line = predicted[order]
    place = np.searchsorted(line, wanted)
    around = place[:, None] + np.arange(-count, count)
    inside = (around >= 0) & (around < len(line))
    distance = np.where(inside, np.abs(line[np.clip(around, 0, len(line) - 1)] - wanted[:, None]), np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :count]
    chosen = nearest[np.arange(len(wanted)), rng.integers(0, count, len(wanted))]
    return np.asarray(known[order[around[np.arange(len(wanted)), chosen]]])


def _draw_binary(known: Numbers, here: Numbers, there: Numbers, rng: np.random.Generator) -> Numbers:
    """Rows of small weight at one SD to either side of the mean, with and without the event, keep estimates finite."""
    width = here.shape[1] - 1
    extra = np.repeat(np.vstack([np.eye(width), -np.eye(width)]), 2, axis=0)
    design = np.vstack([here, np.column_stack([np.ones(len(extra)), extra])])
    happened = np.concatenate([known, np.tile([0.0, 1.0], len(extra) // 2)])
    weight = np.concatenate([np.ones(len(known)), np.full(len(extra), (width + 1) / max(len(extra), 1))])
    keep = np.concatenate([[True], here[:, 1:].std(0) > 0])
    beta, covariance = newton(happened, design[:, keep], weight, np.zeros(len(happened)))
    drawn = beta + np.linalg.cholesky((covariance + covariance.T) / 2) @ rng.standard_normal(len(beta))
    return np.asarray(rng.random(len(there)) < special.expit(there[:, keep] @ drawn), np.float64)
