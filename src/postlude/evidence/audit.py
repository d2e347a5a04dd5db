"""What the library holds and how well it predicts itself: the figures behind the tables of ``docs/evidence.md``. Pure.

The check is leave-one-trial-out: the arm model is fitted without a trial, predicts the counts that the trial printed,
and is scored beside two simpler predictions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from postlude.catalog.catalogue import Library
from postlude.catalog.published import PublishedStudy
from postlude.evidence.arms import Row
from postlude.evidence.likelihood import Component
from postlude.evidence.make import Fitted
from postlude.evidence.model import design
from postlude.evidence.model.fitting import Fit
from postlude.evidence.model.mixture import Normals
from postlude.evidence.model.structure import Floats

_POINTS = 801
_REACH = 8.0
"""Standard deviations to either side of a predicted logit, cut into as many points."""
_JEFFREYS = 0.5
_LEAST = 1e-300


class Holding(NamedTuple):
    """Publications of one kind: how many, of how many trials, and how many of them the two models count."""

    publications: int
    trials: int
    shares: int
    comparisons: int
    shown_only: int


class Conduct(NamedTuple):
    """How the trials and series of one intervention were done and paid for. ``funding`` and ``blinding`` count them by
    the values of these keys of a study; ``arms`` those that the arm model counts, ``randomised`` of which.
    """

    trials: int
    randomised_trials: int
    funding: dict[str, int]
    blinding: dict[str, int]
    arms: int
    randomised: int


class LeftOut(NamedTuple):
    """One counted share of a trial that the model was fitted without.

    ``inside80`` and ``inside95`` say whether its count lies in that predictive interval: 1 or 0, or the part of its
    possible counts, by weight, that do. ``below`` is the predicted probability of a lower count plus half that of the
    count itself. ``model``, ``pooled`` and ``everything`` are log scores: of the model, of the counts of the same
    intervention in other trials, and of all counts of other trials.
    """

    row: Row
    first: bool
    """Whether it is the one of its arm: half relief before other definitions, then the time nearest to six months."""
    inside80: float
    inside95: float
    below: float
    model: float
    pooled: float
    everything: float

    @property
    def exact(self) -> bool:
        """Whether its count is known, rather than one of several."""
        return len(self.row.binomial) == 1


class Agreement(NamedTuple):
    """Left-out shares put together; the coverages are shares of 1, the scores means."""

    shares: int
    inside80: float
    inside95: float
    model: float
    pooled: float
    everything: float


# --- what is held -----------------------------------------------------------------------------------


def holdings(fitted: Fitted, kind: Callable[[PublishedStudy], str]) -> dict[str, Holding]:
    """Return the publications by kind, the most frequent first; the last entry, ``all``, is everything."""
    shares = {row.study for row in fitted.rows.counted}
    comparisons = {contrast.study for contrast in fitted.contrasts}
    groups: dict[str, list[PublishedStudy]] = {}
    for study in fitted.library.studies.values():
        groups.setdefault(kind(study), []).append(study)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return {
        name: Holding(
            publications=len(group),
            trials=len({study.people_key for study in group}),
            shares=sum(study.id in shares for study in group),
            comparisons=sum(study.id in comparisons for study in group),
            shown_only=sum(study.id not in shares | comparisons for study in group),
        )
        for name, group in [*ordered, ("all", list(fitted.library.studies.values()))]
    }


def conduct(fitted: Fitted) -> dict[str, Conduct]:
    """Return how the trials and series of each intervention were done; reviews and interventions without one are left
    out. Where publications of one trial differ, what is known goes before what is not.
    """
    found = {}
    for key in fitted.library.interventions:
        trials = _trials_of(fitted.library, key)
        arms = {row.people: row for row in fitted.rows.counted if row.intervention == key}
        if trials:
            found[key] = Conduct(
                trials=len(trials),
                randomised_trials=sum(any("rct" in study.design for study in group) for group in trials.values()),
                funding=_tally(trials.values(), lambda study: study.funding, "not-reported"),
                blinding=_tally(trials.values(), lambda study: study.blinding, "unclear"),
                arms=len(arms),
                randomised=sum(row.randomised for row in arms.values()),
            )
    return found


def _trials_of(library: Library, intervention: str) -> dict[str, list[PublishedStudy]]:
    trials: dict[str, list[PublishedStudy]] = {}
    for study in library.studies.values():
        if not study.review and any(arm.intervention == intervention for arm in study.arm):
            trials.setdefault(study.people_key, []).append(study)
    return trials


def _tally(
    trials: Iterable[Sequence[PublishedStudy]], value: Callable[[PublishedStudy], str], unknown: str
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in trials:
        said = next((value(study) for study in group if value(study) != unknown), unknown)
        counts[said] = counts.get(said, 0) + 1
    return counts


# --- leaving trials out -----------------------------------------------------------------------------


def left_out(fitted: Fitted) -> tuple[LeftOut, ...]:
    """Return how each counted share is predicted by a model that has not seen its trial, in the order of the rows.

    Shares worked out from mean scores are not counts, and are not checked; they stay in the fit of other trials.
    """
    rows = fitted.rows.counted
    first = _first(rows)
    found: dict[int, LeftOut] = {}
    for trial in dict.fromkeys(row.trial for row in rows if row.binomial):
        held = np.array([row.trial == trial for row in rows])
        without = fitted.arms.without(held)
        others = [row for row, out in zip(rows, held, strict=True) if not out and row.binomial]
        for place in map(int, np.flatnonzero(held)):
            if rows[place].binomial:
                same = [row for row in others if row.intervention == rows[place].intervention]
                found[place] = _scored(fitted, without, place, first, same, others)
    return tuple(found[place] for place in sorted(found))


def agreement(found: Sequence[LeftOut]) -> Agreement:
    """Return coverage and mean log scores; ValueError when there are none."""
    if not found:
        raise ValueError("no share was left out")
    parts = np.array([(o.inside80, o.inside95, o.model, o.pooled, o.everything) for o in found])
    return Agreement(len(found), *(float(mean) for mean in parts.mean(axis=0)))


def _first(rows: Sequence[Row]) -> set[int]:
    """Return the places of the rows that stand for their arms."""
    best: dict[str, tuple[bool, float, int]] = {}
    for place, row in enumerate(rows):
        if row.binomial:
            rank = (row.pooled_as != "relief-50", abs(design.decay(row.months)), place)
            best[row.people] = min(rank, best.get(row.people, rank))
    return {place for *_, place in best.values()}


def _scored(
    fitted: Fitted, without: Fit, place: int, first: set[int], same: Sequence[Row], others: Sequence[Row]
) -> LeftOut:
    row = fitted.rows.counted[place]
    predicted = {size: _counts(fitted, without, place, size) for size in {_whole(c.n) for c in row.binomial}}
    inside80 = inside95 = below = 0.0
    for part, weight in zip(row.binomial, _weights(row.binomial), strict=True):
        events, chances = _whole(part.events), predicted[_whole(part.n)]
        upto = np.cumsum(chances)
        inside80 += weight * _within(upto, events, 0.8)
        inside95 += weight * _within(upto, events, 0.95)
        below += weight * (upto[events] - chances[events] / 2)
    return LeftOut(
        row=row,
        first=place in first,
        inside80=float(inside80),
        inside95=float(inside95),
        below=float(below),
        model=_log_score(row.binomial, predicted),
        pooled=_log_score(row.binomial, {size: _beta_binomial(same, size) for size in predicted}),
        everything=_log_score(row.binomial, {size: _beta_binomial(others, size) for size in predicted}),
    )


def _counts(fitted: Fitted, without: Fit, place: int, size: int) -> Floats:
    """Return the chances (size + 1,) of each count of ``size`` people in the arm of a row that was left out."""
    eta = _linear_predictor(fitted, without, place)
    sd = np.sqrt(eta.variance[:, 0])
    grid = np.linspace(
        float((eta.mean[:, 0] - _REACH * sd).min()), float((eta.mean[:, 0] + _REACH * sd).max()), _POINTS
    )
    mass = (eta.weight / sd) @ np.exp(-0.5 * ((grid - eta.mean) / sd[:, None]) ** 2)
    events = np.arange(size + 1.0)[:, None]
    ways = _ways(events[:, 0], size)[:, None]
    chances: Floats = np.exp(ways + events * grid - size * np.logaddexp(0.0, grid)) @ (mass / mass.sum())
    chances /= chances.sum()
    return chances


def _linear_predictor(fitted: Fitted, without: Fit, place: int) -> Normals:
    """Return the logit of a left-out row: its own terms, its intervention, and a trial and an arm never seen."""
    row, library = fitted.rows.counted[place], fitted.library
    x = np.zeros((1, without.phi.shape[1]))
    terms = design.covariates(row, library)
    x[0, : len(terms)] = terms
    in_class = library.interventions[row.intervention].in_class
    x[0, without.columns[design.CLASS].start + list(library.classes).index(in_class)] = 1.0
    x[0, without.columns[design.INTERVENTION].start + list(library.interventions).index(row.intervention)] = 1.0
    eta = without.combine(x, new=(design.ARM,))
    trials = next(g for g in fitted.arms.model.groupings if g.name == design.TRIAL)
    # A trial without a row keeps its prior, with the extra variance of those that have no control group.
    of_trial = without.effects[design.TRIAL][1][:, trials.level[place]]
    return Normals(eta.weight, eta.mean, eta.variance + of_trial[:, None])


def _beta_binomial(rows: Sequence[Row], size: int) -> Floats:
    """Return the chances (size + 1,) of each count when all rows share one proportion, with Jeffreys' prior."""
    events, people = (sum(row.weight * amount for row, amount in _amounts(rows, which)) for which in ("events", "n"))
    a, b = _JEFFREYS + events, _JEFFREYS + people - events
    count = np.arange(size + 1.0)
    chances: Floats = np.exp(_ways(count, size) + special.betaln(count + a, size - count + b) - special.betaln(a, b))
    return chances


def _amounts(rows: Sequence[Row], which: str) -> Iterator[tuple[Row, float]]:
    for row in rows:
        amounts = np.array([getattr(part, which) for part in row.binomial])
        yield row, float(_weights(row.binomial) @ amounts)


def _weights(parts: Sequence[Component]) -> Floats:
    """Return the weights of possible counts, summing to 1."""
    weight: Floats = np.exp([part.log_weight for part in parts])
    weight /= weight.sum()
    return weight


def _ways(events: Floats, size: int) -> Floats:
    ways: Floats = special.gammaln(size + 1.0) - special.gammaln(events + 1.0) - special.gammaln(size - events + 1.0)
    return ways


def _within(upto: Floats, events: int, level: float) -> bool:
    """Return whether a count lies in the central interval of a distribution given by its cumulative chances."""
    ends = np.searchsorted(upto, [(1 - level) / 2, (1 + level) / 2])
    return bool(ends[0] <= events <= ends[1])


def _log_score(parts: Sequence[Component], predicted: Mapping[int, Floats]) -> float:
    chance = sum(float(np.exp(c.log_weight) * predicted[_whole(c.n)][_whole(c.events)]) for c in parts)
    return float(np.log(max(chance, _LEAST)))


def _whole(people: float) -> int:
    """Return the nearest whole number of people; a share of an uncertain size need not be one."""
    return int(people + 0.5)
