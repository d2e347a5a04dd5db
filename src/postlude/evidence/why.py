"""What made a figure: the arms behind it, their weights, what was borrowed, each term, and which single trial moves it.

Everything is worked out from a fit made now. The figure itself is read from the pool, as an assessment reads it.
"""

from collections.abc import Sequence

import numpy as np

from postlude.catalog.catalogue import Library
from postlude.evidence import grounds, influence, make
from postlude.evidence.account import Comparison, Why, WhyArm, WhyScale, WhyTerm, WithoutTrial
from postlude.evidence.arms import Row
from postlude.evidence.contrasts import Contrast
from postlude.evidence.expect import Predictor
from postlude.evidence.influence import with_term
from postlude.evidence.make import Fitted
from postlude.evidence.model import design, mixture
from postlude.evidence.model.fitting import Fit, fit
from postlude.evidence.model.structure import Floats
from postlude.evidence.numbers import Figure, Target, figures, means, predicted, target
from postlude.evidence.pooling.intervals import NORMAL_95
from postlude.evidence.telling import main_share
from postlude.logic.person import Person

_FEWEST_NODES = 8.0
_SCALES = ("between-classes", "between-interventions", "between-trials", "between-uncontrolled", "between-arms")


def why(fitted: Fitted, facts: Person, intervention: str) -> Why:
    """Return what made the figure of an intervention for a person. Raises KeyError for an unknown intervention."""
    predictor = Predictor(make.pool(fitted))
    expected = predictor.expect(facts, [intervention])[intervention]
    compared = tuple(comparison(c, fitted.library) for c in fitted.contrasts if c.intervention == intervention)
    first = main_share(expected)
    mine = [i for i, row in enumerate(fitted.rows.counted) if row.intervention == intervention]
    arms = _arms(fitted, mine)
    if first is None:
        return Why(
            expected=expected,
            months=None,
            figure=None,
            raw=None,
            of_class=None,
            of_all=None,
            arms=arms,
            terms=(),
            scales=(),
            without=(),
            comparisons=compared,
        )
    has = [trait.has for trait in expected.traits]
    wanted = target(fitted, [(intervention, first.months)], has)
    of_class, of_all = borrowed(fitted, wanted)
    return Why(
        expected=expected,
        months=first.months,
        figure=Figure(mean=first.mean, low=first.low95, high=first.high95),
        raw=_raw(arms),
        of_class=of_class,
        of_all=of_all,
        arms=arms,
        terms=_terms(fitted, wanted, mine),
        scales=_scales(fitted),
        without=_without(fitted, wanted, mine),
        comparisons=compared,
    )


def comparison(contrast: Contrast, library: Library) -> Comparison:
    """Return a comparison as it is shown."""
    effect = grounds.comparison(contrast, library).effect
    ratio = low = high = None
    if effect is not None:
        middle, half = effect[0], NORMAL_95 * effect[1] ** 0.5
        ratio, low, high = (float(np.exp(x)) for x in (middle, middle - half, middle + half))
    return Comparison(
        study=contrast.study,
        comparator=contrast.comparator,
        outcome=contrast.outcome,
        months=contrast.months,
        route=contrast.route,
        printed=contrast.printed,
        odds_ratio=ratio,
        low=low,
        high=high,
        review=contrast.review,
    )


def limits(library: Library, row: Row) -> tuple[float | None, float | None]:
    """Return the least and the greatest percentage that was printed in place of a figure."""
    if row.route == "limits":
        arm = next(arm for arm in library.studies[row.study].arm if arm.id == row.arm)
        for result in arm.responders:
            if (result.outcome, result.months) == (row.outcome, row.months):
                return result.at_least, result.at_most
    return None, None


def _arms(fitted: Fitted, mine: Sequence[int]) -> tuple[WhyArm, ...]:
    if not mine:
        return ()
    rows: list[Row] = [fitted.rows.counted[i] for i in mine]
    weights = fitted.arms.information()[list(mine)]
    eta = fitted.arms.row()
    shown = figures(mixture.Normals(eta.weight, eta.mean[:, list(mine)], eta.variance[:, list(mine)]))
    return tuple(
        WhyArm(
            study=row.study,
            trial=row.trial,
            arm=row.arm,
            outcome=row.outcome,
            months=row.months,
            route=row.route,
            events=row.events,
            n=row.n,
            printed=row.percent,
            at_least=at_least,
            at_most=at_most,
            model=model,
            weight=100 * float(weight / weights.sum()),
        )
        for row, model, weight in zip(rows, shown, weights, strict=True)
        for at_least, at_most in [limits(fitted.library, row)]
    )


def _raw(arms: Sequence[WhyArm]) -> float | None:
    printed = [(arm.weight, arm.printed) for arm in arms if arm.printed is not None]
    total = sum(weight for weight, _ in printed)
    return sum(weight * share for weight, share in printed) / total if total else None


def borrowed(fitted: Fitted, wanted: Target) -> tuple[Figure, Figure]:
    """Return the figure of an unstudied treatment of the class, and of one of an unstudied class."""
    fit_, new = fitted.arms, [design.TRIAL, design.ARM]
    found = []
    coefficients = wanted.coefficients.copy()
    for grouping in (design.INTERVENTION, design.CLASS):
        coefficients[:, fit_.columns[grouping]] = 0.0
        new.append(grouping)
        found.append(figures(predicted(fit_, Target(coefficients.copy(), wanted.unknown), tuple(new)))[0])
    return found[0], found[1]


def _terms(fitted: Fitted, wanted: Target, mine: Sequence[int]) -> tuple[WhyTerm, ...]:
    """Return the terms, those that move the figure most first."""
    library, arms = fitted.library, fitted.arms
    names = design.terms(library)
    values = wanted.coefficients[0]
    now = float(means(arms, wanted)[0])
    found: list[WhyTerm] = []
    for column, name in enumerate(names):
        prior = library.priors[name]
        found.append(
            _term(
                arms,
                column,
                id=name,
                says=prior.says,
                stands_on=prior.stands_on,
                prior=(prior.mean, prior.sd),
                in_arms=arms.model.covariates[list(mine), column],
                in_prediction=float(values[column]),
                without=float(means(with_term(arms, column, 0.0, 0.0), wanted)[0]),
            )
        )
    found.sort(key=lambda term: -abs(now - (term.without or 0.0)))
    levels = []
    for grouping, scale in ((design.CLASS, "between-classes"), (design.INTERVENTION, "between-interventions")):
        column = arms.columns[grouping].start + int(np.flatnonzero(values[arms.columns[grouping]])[0])
        prior = library.priors[scale]
        levels.append(
            _term(
                arms,
                column,
                id=grouping,
                says=_level_says(fitted, grouping, column),
                stands_on=prior.stands_on,
                prior=(0.0, prior.sd),
                in_arms=np.ones(len(mine)),
                in_prediction=1.0,
                without=None,
            )
        )
    return (*levels, *found)


def _level_says(fitted: Fitted, grouping: str, column: int) -> str:
    library = fitted.library
    at = column - fitted.arms.columns[grouping].start
    if grouping == design.CLASS:
        return f"its class: {list(library.classes.values())[at].says}"
    return f"the treatment itself: {list(library.interventions.values())[at].says}"


def _term(
    fitted: Fit,
    column: int,
    *,
    id: str,  # noqa: A002
    says: str,
    stands_on: str,
    prior: tuple[float, float],
    in_arms: Floats,
    in_prediction: float,
    without: float | None,
) -> WhyTerm:
    chosen = np.zeros((1, fitted.phi.shape[1]))
    chosen[0, column] = 1.0
    mean, sd = mixture.moments(fitted.combine(chosen))
    return WhyTerm(
        id=id,
        says=says,
        stands_on=stands_on,
        prior_mean=prior[0],
        prior_sd=prior[1],
        mean=float(mean[0]),
        sd=float(sd[0]),
        in_arms=tuple(float(x) for x in in_arms),
        in_prediction=in_prediction,
        adds=float(mean[0]) * in_prediction,
        without=without,
    )


def _scales(fitted: Fitted) -> tuple[WhyScale, ...]:
    kept = influence.load(fitted.library)
    known = (
        influence.posteriors(fitted)
        if kept is None
        else {key: found.posterior for key, found in kept.priors.items() if found.posterior is not None}
    )
    priors = fitted.library.priors
    return tuple(
        WhyScale(
            id=name,
            says=priors[name].says,
            stands_on=priors[name].stands_on,
            prior=priors[name].sd,
            posterior=known[name],
        )
        for name in _SCALES
        if name in known
    )


def _without(fitted: Fitted, wanted: Target, mine: Sequence[int]) -> tuple[WithoutTrial, ...]:
    rows = fitted.rows.counted
    found = []
    for trial in dict.fromkeys(rows[i].trial for i in mine):
        out = np.array([row.trial == trial for row in rows])
        left = fitted.arms.without(out)
        if left.effective_nodes < _FEWEST_NODES:
            library = fitted.library
            others = [row for row in rows if row.trial != trial]
            left = fit(*design.arm_model(others, library, library.priors))
        studies = tuple(dict.fromkeys(row.study for row in rows if row.trial == trial))
        found.append(WithoutTrial(trial=trial, studies=studies, figure=figures(predicted(left, wanted))[0]))
    now = float(means(fitted.arms, wanted)[0])
    return tuple(sorted(found, key=lambda left: -abs(left.figure.mean - now)))
