"""Fits the evidence: from a library of studies to the pool that every expectation is read from. Pure, no chance.

Two models, because they answer two questions. The arm model says what share of people have half relief with a
treatment; arms of different trials differ in people and care, so it says nothing of one treatment against another.
The contrast model uses only comparisons inside trials, and is the only ground for "more than with sham".
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Prior
from postlude.errors import KnowledgeError
from postlude.evidence import own
from postlude.evidence.arms import Row, Rows, rows
from postlude.evidence.certainty import certainty
from postlude.evidence.contrasts import Contrast, contrasts, tested
from postlude.evidence.harms import harms
from postlude.evidence.model import design, mixture
from postlude.evidence.model.fitting import Fit, fit
from postlude.evidence.model.sites import counted
from postlude.evidence.model.structure import Floats, grouping, structure
from postlude.evidence.pool import Benefit, Comparator, Mixture, Pool, Summary

_LEAST_WEIGHT = 1e-5
_TENTHS = (0.025, 0.1, 0.9, 0.975)
_CLEAR = 0.10
_BISECTIONS = 18
"""Halvings of the range -1 to 1: to less than one of 100,000 people."""


class Fitted(msgspec.Struct, frozen=True, eq=False):
    """Both models, fitted, with what went into them."""

    library: Library
    rows: Rows
    arms: Fit
    contrasts: tuple[Contrast, ...]
    effects: Fit | None
    priors: Mapping[str, Prior]
    pairs: tuple[tuple[str, str], ...]


def fit_library(library: Library, priors: Mapping[str, Prior] | None = None) -> Fitted:
    """Fit both models; ``priors`` replace the library's own (to see what a prior moves)."""
    held = {**library.priors, **(priors or {})}
    found = rows(library)
    arms = _settled(fit(*design.arm_model(found.counted, library, held)))
    compared = contrasts(library, held["contrast-score-mapping"].sd)
    if not compared:
        return Fitted(library=library, rows=found, arms=arms, contrasts=(), effects=None, priors=held, pairs=())
    model, data, pairs = design.contrast_model(compared, library, held)
    return Fitted(
        library=library,
        rows=found,
        arms=arms,
        contrasts=compared,
        effects=_settled(fit(model, data)),
        priors=held,
        pairs=pairs,
    )


def _settled(found: Fit) -> Fit:
    """Return the fit; an answer that has not settled is no answer. Raises :class:`KnowledgeError`."""
    if not found.converged:
        what = "the figures of the studies contradict each other so much that the expectation model does not settle"
        raise KnowledgeError([f"evidence/: {what}; look for a count or a denominator that cannot be right"])
    return found


def pool(fitted: Fitted) -> Pool:
    """Return what is kept of the fit."""
    library = fitted.library
    baselines = _baselines(fitted.contrasts, fitted.priors)
    gains = benefits(fitted, baselines)
    borrowed = _borrowed(fitted)
    summaries = {
        key: _summary(fitted, key, float(borrowed[i]), tuple(gains.get(key, ())))
        for i, key in enumerate(library.interventions)
    }
    return Pool(
        hash=library.hash,
        mixture=_mixture(fitted),
        summaries=summaries,
        covariates=library.covariates,
        baselines=baselines,
    )


def base(fitted: Fitted) -> Floats:
    """Return the coefficients (T, p) of each intervention's response at an ordinary clinic, all other terms 0."""
    library, arms = fitted.library, fitted.arms
    names = design.terms(library)
    classes = list(library.classes)
    found = np.zeros((len(library.interventions), arms.phi.shape[1]))
    for i, intervention in enumerate(library.interventions.values()):
        found[i, names.index(design.OVERALL)] = 1.0
        found[i, names.index(design.UNBLINDED)] = 1.0
        found[i, arms.columns[design.CLASS].start + classes.index(intervention.in_class)] = 1.0
        found[i, arms.columns[design.INTERVENTION].start + i] = 1.0
    return found


def shifting(library: Library) -> tuple[str, ...]:
    """Return the terms that a prediction may set: the time, the threshold, and the traits of the person."""
    return (design.DECAY, "relief-30", *(covariate.prior for covariate in library.covariates.values()))


def _mixture(fitted: Fitted) -> Mixture:
    arms = fitted.arms
    kept = arms.weight > _LEAST_WEIGHT
    names = design.terms(fitted.library)
    wanted = shifting(fitted.library)
    a = base(fitted)
    b = np.zeros((len(wanted), arms.phi.shape[1]))
    b[np.arange(len(wanted)), [names.index(name) for name in wanted]] = 1.0
    phi, covariance = arms.phi[kept], arms.covariance[kept]
    weight = arms.weight[kept] / arms.weight[kept].sum()

    def stored(array: Floats) -> bytes:
        return np.ascontiguousarray(array, dtype="<f4").tobytes()

    return Mixture(
        interventions=tuple(fitted.library.interventions),
        terms=wanted,
        nodes=int(kept.sum()),
        weight=stored(weight),
        mean=stored(phi @ a.T),
        variance=stored(np.einsum("ti,kij,tj->kt", a, covariance, a, optimize=True)),
        term_mean=stored(phi @ b.T),
        term_cov=stored(b @ covariance @ b.T),
        cross=stored(a @ covariance @ b.T),
        new=stored(arms.new_variance((design.TRIAL, design.ARM))[kept]),
        term_sd=tuple(float(fitted.arms.model.sd[names.index(name)]) for name in wanted),
    )


def _borrowed(fitted: Fitted) -> Floats:
    """Return how much (T) of each intervention's uncertainty is left, next to one of its class that nobody studied.

    What all other studies teach is in both, so that 1 means: nothing was learnt from studies of this one.
    """
    a = base(fitted)
    alone = a.copy()
    alone[:, fitted.arms.columns[design.INTERVENTION]] = 0.0
    _, sd = mixture.moments(fitted.arms.combine(a))
    _, unstudied = mixture.moments(fitted.arms.combine(alone, new=(design.INTERVENTION,)))
    left: Floats = np.minimum((sd / unstudied) ** 2, 1.0)
    return left


def _baselines(found: Sequence[Contrast], priors: Mapping[str, Prior]) -> dict[str, tuple[float, float]]:
    """Pool the comparison groups of each kind: mean and standard deviation of the logit in a new trial.

    Few groups say little of how much groups differ, so the prior of the arm model between trials holds here too.
    """
    kinds: dict[str, dict[tuple[object, ...], Contrast]] = {}
    for contrast in found:
        if contrast.route == "counts":
            kinds.setdefault(contrast.comparator, {})[contrast.group] = contrast
    overall = priors[design.OVERALL]
    result = {}
    for kind, groups in sorted(kinds.items()):
        events = np.array([c.versus_events or 0.0 for c in groups.values()])
        people = np.array([c.versus_n or 0.0 for c in groups.values()])
        trials = grouping(design.TRIAL, np.arange(len(groups)), priors["between-trials"].sd)
        model = structure(np.ones((len(groups), 1)), [overall.mean], [overall.sd], [trials])
        new = _settled(fit(model, counted(events, people))).combine(np.ones((1, 1)), new=(design.TRIAL,))
        mean, sd = mixture.moments(new)
        result[kind] = float(mean[0]), float(sd[0])
    return result


def benefits(fitted: Fitted, baselines: Mapping[str, tuple[float, float]]) -> dict[str, list[Benefit]]:
    """Return the benefit over each kind of comparator, for the interventions that trials compared with it."""
    effects = fitted.effects
    if effects is None:
        return {}
    kinds = sorted({kind for _, kind in fitted.pairs})
    asked = [(i, pair) for i, pair in enumerate(fitted.pairs) if pair[1] in baselines]
    a = np.zeros((len(asked), effects.phi.shape[1]))
    for row, (i, (_, kind)) in enumerate(asked):
        a[row, kinds.index(kind)] = 1.0
        a[row, effects.columns[design.INTERVENTION].start + i] = 1.0
    effect = effects.combine(a, new=(design.TRIAL,))
    ground = np.array([baselines[kind] for _, (_, kind) in asked]).reshape(len(asked), 2)
    shape = effect.mean.shape
    start = mixture.Normals(
        effect.weight, np.tile(ground[:, 0], (shape[0], 1)), np.tile(ground[:, 1] ** 2, (shape[0], 1))
    )
    none = np.zeros(shape)
    end = mixture.Normals(effect.weight, start.mean + effect.mean, start.variance + effect.variance)
    mean = mixture.share(end)[0] - mixture.share(start)[0]
    clear = mixture.gain(start, effect, none, _CLEAR)
    ends = _gain_quantiles(start, effect)
    result: dict[str, list[Benefit]] = {}
    for row, (_, (intervention, kind)) in enumerate(asked):
        behind = [c for c in fitted.contrasts if (c.intervention, c.comparator) == (intervention, kind)]
        result.setdefault(intervention, []).append(
            Benefit(
                comparator=_kind(kind),
                mean=100 * float(mean[row]),
                low80=100 * float(ends[1][row]),
                high80=100 * float(ends[2][row]),
                low95=100 * float(ends[0][row]),
                high95=100 * float(ends[3][row]),
                probability_10=float(clear[row]),
                trials=len(behind),
                people=int(sum((c.n or 0) + (c.versus_n or 0) for c in behind)),
                double_blind=sum(c.double_blind for c in behind),
                stands_on_review=all(c.review for c in behind),
                routes=tuple(dict.fromkeys(c.route for c in behind)),
                studies=tuple(dict.fromkeys(c.study for c in behind)),
            )
        )
    return result


def _kind(kind: str) -> Comparator:
    return "sham" if kind == "sham" else "usual"


def _gain_quantiles(start: mixture.Normals, effect: mixture.Normals) -> Floats:
    """Return quantiles (4, Q) of the difference of shares, by bisection on P(difference >= margin)."""
    q, p = start.mean.shape[1], len(_TENTHS)
    one, other = (mixture.Normals(n.weight, np.tile(n.mean, p), np.tile(n.variance, p)) for n in (start, effect))
    wanted = 1 - np.repeat(_TENTHS, q)
    none = np.zeros_like(one.mean)
    low, high = np.full(p * q, -1.0), np.full(p * q, 1.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        beyond = mixture.gain(one, other, none, middle) > wanted
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    found: Floats = ((low + high) / 2).reshape(p, q)
    return found


def _summary(fitted: Fitted, key: str, borrowed: float, gains: tuple[Benefit, ...]) -> Summary:
    library = fitted.library
    mine = [row for row in fitted.rows.counted if row.intervention == key]
    people: dict[str, float] = {}
    for row in mine:
        people[row.people] = max(people.get(row.people, 0.0), row.n or _size(library, row))
    arms = {row.people: row for row in mine}
    published = [row for row in mine if row.study not in library.own]
    printed = [row.percent for row in published if row.percent is not None and row.binomial]
    every = {study.id for study in library.studies.values() if any(a.intervention == key for a in study.arm)}
    compared = tuple(c for c in fitted.contrasts if c.intervention == key)
    return Summary(
        intervention=key,
        says=library.interventions[key].says,
        comparator=library.interventions[key].comparator,
        studies=tuple(dict.fromkeys(row.study for row in mine)),
        trials=len({row.trial for row in mine}),
        people=int(sum(people.values())),
        arms=len(arms),
        randomised_arms=sum(row.randomised for row in arms.values()),
        longest=max((row.months for row in mine if row.months is not None), default=0.0),
        borrowed=borrowed,
        published_low=min(printed, default=None),
        published_high=max(printed, default=None),
        half_relief_trials=len({row.trial for row in mine if row.pooled_as == "relief-50"}),
        with_trait={
            trait.id: sum(row.features[trait.prior] >= 0.8 for row in arms.values())
            for trait in library.covariates.values()
        },
        shown_only=tuple(sorted(every - {row.study for row in mine})),
        tested={_kind(kind): tuple(studies) for kind, studies in tested(library, key).items()},
        benefits=gains,
        harms=harms(library, key),
        certainty=certainty(library, key, gains, published, compared),
        own=tuple(own.results(library, mine)),
    )


def _size(library: Library, row: Row) -> float:
    """Return how many people an arm had, where the result itself does not say."""
    return float(next((arm.n or 0 for arm in library.studies[row.study].arm if arm.id == row.arm), 0))
