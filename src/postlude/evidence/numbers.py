"""The figure that is said first of a treatment, read straight from a fit: for seeing what moves it.

:class:`postlude.evidence.expect.Predictor` reads the same figure from a pool, for many people; this reads it from a
fit that was made only to be looked at (without one trial, or with another prior).
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from postlude.evidence.expect import Predictor
from postlude.evidence.make import Fitted, base
from postlude.evidence.model import design, mixture
from postlude.evidence.model.fitting import Fit
from postlude.evidence.model.mixture import Normals
from postlude.evidence.model.structure import Floats
from postlude.evidence.telling import main_share
from postlude.logic.person import Person

_ENDS = (0.025, 0.975)
_NEW = (design.TRIAL, design.ARM)


class Target(NamedTuple):
    """Q figures: ``coefficients`` (Q, p) of phi on the logit; ``unknown`` are the columns of phi of those traits of
    which nobody knows whether the person has them, so that both are allowed for.
    """

    coefficients: Floats
    unknown: tuple[int, ...]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """People of 100: mean and 95 %."""

    mean: float
    low: float
    high: float


def main_months(predictor: Predictor, facts: Person) -> dict[str, float]:
    """Return the month of the figure that is said first, for each intervention that has one."""
    found = {}
    for name, expected in predictor.expect(facts, list(predictor.pool.summaries)).items():
        first = main_share(expected)
        if first is not None:
            found[name] = first.months
    return found


def target(fitted: Fitted, asked: Sequence[tuple[str, float]], has: Sequence[bool | None]) -> Target:
    """Return half relief of each (intervention, months) for a person; ``has`` are the traits in the library's order."""
    names = design.terms(fitted.library)
    places = list(fitted.library.interventions)
    rows = base(fitted)[[places.index(intervention) for intervention, _ in asked]]
    rows[:, names.index(design.DECAY)] = [design.decay(months) for _, months in asked]
    unknown = []
    for covariate, told in zip(fitted.library.covariates.values(), has, strict=True):
        column = names.index(covariate.prior)
        if told is None:
            unknown.append(column)
        else:
            rows[:, column] = design.trait(float(told))
    return Target(rows, tuple(unknown))


def predicted(fit: Fit, wanted: Target, new: Sequence[str] = _NEW) -> Normals:
    """Return the figures on the logit, at a new level of each grouping in ``new``."""
    found = fit.combine(wanted.coefficients, new=new)
    either = np.zeros(len(fit.weight))
    for column in wanted.unknown:
        either += design.trait(1.0) ** 2 * (fit.phi[:, column] ** 2 + fit.covariance[:, column, column])
    return Normals(found.weight, found.mean, np.maximum(found.variance + either[:, None], 1e-9))


def means(fit: Fit, wanted: Target) -> Floats:
    """Return the mean (Q,) of each figure, in people of 100."""
    result: Floats = 100 * mixture.share(predicted(fit, wanted))[0]
    return result


def figures(normals: Normals) -> list[Figure]:
    """Return each figure with its interval, in people of 100."""
    shares = mixture.predict(normals, _ENDS)
    low, high = shares.quantiles
    return [
        Figure(mean=100 * float(mean), low=100 * float(below), high=100 * float(above))
        for mean, below, above in zip(shares.mean, low, high, strict=True)
    ]
