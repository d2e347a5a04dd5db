"""Solves problems and says what came out, as it is printed in JSON."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from scipy import special

from postlude.evidence.pooling import binomial_normal, inverse_variance, mantel_haenszel, measures
from postlude.evidence.pooling.fit import Fit, Numbers
from postlude.evidence.pooling.measures import Estimate
from postlude.evidence.pooling.problem import KEYS, Problem

_Columns = Sequence[Numbers]  # in the order of KEYS


class Coefficient(msgspec.Struct, frozen=True):
    """A coefficient on the scale on which it was pooled."""

    name: str
    estimate: float | None
    se: float | None
    low: float | None
    high: float | None
    p: float | None


class Limits(msgspec.Struct, frozen=True):
    low: float | None
    high: float | None


class Back(msgspec.Struct, frozen=True):
    """The pooled estimate on the natural scale: a share, a ratio, a difference, a mean."""

    estimate: float | None
    low: float | None
    high: float | None
    prediction_low: float | None
    prediction_high: float | None


class Answer(msgspec.Struct, frozen=True):
    """What a problem came to; the quantities are those of :class:`Fit`. ``None`` says not defined, or not given."""

    k: int
    coefficients: tuple[Coefficient, ...]
    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    i2: float | None
    h2: float | None
    q: float | None
    q_p: float | None
    log_likelihood: float | None
    prediction: Limits
    back: Back | None
    """``None`` with moderators: there is no one pooled estimate then."""


def answer(problem: Problem) -> Answer:
    return answers([problem])[0]


def answers(problems: Sequence[Problem]) -> list[Answer]:
    """Return the answers in the order of the problems.

    Problems of one kind and one number of rows are solved together. As no row is ever padded, the company that a
    problem is in does not touch the last digit of its answer.
    """
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for i, problem in enumerate(problems):
        alike[(*problem[:6], len(problem.studies), len(problem.names))].append(i)
    found: dict[int, Answer] = {}
    for indices in alike.values():
        together = [problems[i] for i in indices]
        fit = _fit(together)
        back = None if together[0].x is not None else _back(together, fit)
        for j, i in enumerate(indices):
            found[i] = _answer(problems[i].names, fit, back, j)
    return [found[i] for i in range(len(problems))]


def _fit(problems: Sequence[Problem]) -> Fit:
    """Solve problems of one kind and size at once; the leading axis of what is returned is problems."""
    first = problems[0]
    columns = [np.stack([p.columns[key] for p in problems]) for key in KEYS[first.measure]]
    x = None if first.x is None else np.stack([p.x for p in problems if p.x is not None])
    match first.model, first.measure:
        case "peto", _:
            y, v = measures.peto_log_odds_ratio(_table(columns, add=0.0))
            return inverse_variance.fit(y, v, tau2="fixed", level=first.level)
        case "mantel-haenszel", ("odds-ratio" | "risk-ratio" | "risk-difference") as measure:
            return mantel_haenszel.pool(measure, *columns, level=first.level)
        case "binomial-normal", "proportion":
            events, n = columns
            return binomial_normal.one_arm(events, n, x, level=first.level)
        case "binomial-normal", _:
            events1, n1, events2, n2 = columns
            return binomial_normal.two_arm(events1, n1, events2, n2, x, level=first.level)
        case _:
            y, v = _ESTIMATES[first.measure, first.scale](columns)
            return inverse_variance.fit(y, v, x, tau2=first.tau2, interval=first.interval, level=first.level)


def _table(columns: _Columns, add: float = 0.5) -> measures.Cells:
    return measures.cells(*columns, add=add)


_ESTIMATES: dict[tuple[str, str], Callable[[_Columns], Estimate]] = {
    ("proportion", "logit"): lambda c: measures.logit_proportion(*c),
    ("proportion", "freeman-tukey"): lambda c: measures.freeman_tukey(*c),
    ("proportion", "raw"): lambda c: measures.proportion(*c),
    ("proportion", "log"): lambda c: measures.log_proportion(*c),
    ("odds-ratio", "log"): lambda c: measures.log_odds_ratio(_table(c)),
    ("risk-ratio", "log"): lambda c: measures.log_risk_ratio(_table(c)),
    ("risk-difference", "raw"): lambda c: measures.risk_difference(_table(c)),
    ("mean", "raw"): lambda c: measures.mean(*c),
    ("mean-difference", "raw"): lambda c: measures.mean_difference(*c),
    ("smd", "raw"): lambda c: measures.standardised_mean_difference(*c),
    **{("generic", scale): lambda c: Estimate(*c) for scale in ("raw", "log", "logit")},
}


def _back(problems: Sequence[Problem], fit: Fit) -> Numbers:
    """Return estimate, limits and prediction limits (problems, 5) on the natural scale."""
    values = np.stack([fit.beta[:, 0], fit.low[:, 0], fit.high[:, 0], fit.prediction_low, fit.prediction_high], -1)
    match problems[0].scale:
        case "raw":
            return values
        case "log":
            return np.asarray(np.exp(values))
        case "logit":
            return np.asarray(special.expit(values))
        case "freeman-tukey":
            sizes = np.stack([p.columns["n"] for p in problems])
            harmonic = sizes.shape[-1] / (1 / sizes).sum(-1)
            return measures.from_freeman_tukey(values, harmonic[:, None])


def _answer(names: Sequence[str], fit: Fit, back: Numbers | None, i: int) -> Answer:
    return Answer(
        k=int(fit.k[i]),
        coefficients=tuple(
            Coefficient(name, *(_number(part[i, j]) for part in (fit.beta, fit.se, fit.low, fit.high, fit.p)))
            for j, name in enumerate(names)
        ),
        tau2=_number(fit.tau2[i]),
        tau2_low=_number(fit.tau2_low[i]),
        tau2_high=_number(fit.tau2_high[i]),
        i2=_number(fit.i2[i]),
        h2=_number(fit.h2[i]),
        q=_number(fit.q[i]),
        q_p=_number(fit.q_p[i]),
        log_likelihood=_number(fit.log_likelihood[i]),
        prediction=Limits(_number(fit.prediction_low[i]), _number(fit.prediction_high[i])),
        back=None if back is None else Back(*(_number(value) for value in back[i])),
    )


def _number(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
