"""What a person like this one may expect of a treatment, read from the fitted evidence. Vectorised over people.

The figure is the share of people with such traits, started on the treatment at an ordinary clinic that nobody has
studied yet, who report relief at that time; the interval is that of the share between clinics, not of a mean. Nothing
is said beyond the longest follow-up that was counted, nor where nobody was counted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from postlude.evidence.expectation import Expectation, Share, State, Trait
from postlude.evidence.model.design import DECAY, decay, trait
from postlude.evidence.model.mixture import Normals, Shares, predict
from postlude.evidence.pool import Comparator, Pool, Summary
from postlude.logic.evaluate import truth
from postlude.logic.person import Person

MONTHS = (3.0, 6.0, 12.0, 24.0)
RELIEF = (50, 30)
_ENDS = (0.025, 0.1, 0.9, 0.975)
_LEARNT = 0.1
"""A term tells people apart when the evidence took at least this part of its prior variance away."""
_WIDE = 60.0
"""An interval (95 %) wider than this of 100 people is no knowledge."""
_MOSTLY = 0.5
_NOT_KNOWN = -1.0
_NEAR = 0.5
"""Months by which a follow-up may fall short of a horizon and still count as it."""
_COMPARATORS: tuple[Comparator, ...] = ("sham", "usual")

Numbers = npt.NDArray[np.float64]


class _Arrays(NamedTuple):
    weight: Numbers
    mean: Numbers
    variance: Numbers
    term_mean: Numbers
    term_cov: Numbers
    cross: Numbers
    new: Numbers


class Predictor:
    """A pool, unpacked; made once, used for many people."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        kept = pool.mixture
        k, t, b = kept.nodes, len(kept.interventions), len(kept.terms)

        def unpacked(stored: bytes, *shape: int) -> Numbers:
            return np.frombuffer(stored, dtype="<f4").astype(np.float64).reshape(shape)

        weight = unpacked(kept.weight, k)
        self._at = _Arrays(
            weight / weight.sum(),
            unpacked(kept.mean, k, t),
            unpacked(kept.variance, k, t),
            unpacked(kept.term_mean, k, b),
            unpacked(kept.term_cov, k, b, b),
            unpacked(kept.cross, k, t, b),
            unpacked(kept.new, k),
        )
        self._place = {name: i for i, name in enumerate(kept.interventions)}
        self._terms = {name: i for i, name in enumerate(kept.terms)}
        between = self._at.weight @ (self._at.term_mean - self._at.weight @ self._at.term_mean) ** 2
        left = self._at.weight @ np.diagonal(self._at.term_cov, axis1=1, axis2=2) + between
        self._learnt = {
            name: 1 - left[i] / sd**2 if sd else 0.0
            for (name, i), sd in zip(self._terms.items(), kept.term_sd, strict=True)
        }

    def traits(self, facts: Person) -> tuple[Trait, ...]:
        """Return which traits a person has, as far as is known, and whether the evidence tells them apart."""
        return tuple(
            Trait(
                id=covariate.id,
                says=covariate.says,
                says_not=covariate.says_not,
                has=truth(covariate.when, facts),
                distinguished=bool(self._learnt[covariate.prior] >= _LEARNT),
            )
            for covariate in self.pool.covariates.values()
        )

    def shares(
        self, interventions: Sequence[str], has: Numbers, months: Sequence[float], relief: int
    ) -> tuple[Shares, npt.NDArray[np.intp]]:
        """Predict T interventions x M times for every kind of person among P, and say of which kind each person is.

        ``has`` (P, C) holds 1, 0 or NaN (not known) for each trait, in the order of the pool. The shares are flat in
        the order kind, intervention, month; the second part (P) is the kind of each person. Raises KeyError for an
        unknown intervention.
        """
        kinds, which = np.unique(np.where(np.isnan(has), _NOT_KNOWN, has), axis=0, return_inverse=True)
        parts = [self._normals(interventions, kind, months, relief) for kind in kinds]
        mean, variance = (np.concatenate([part[i] for part in parts], axis=1) for i in (0, 1))
        return predict(Normals(self._at.weight, mean, variance), _ENDS), which.reshape(-1)

    def _normals(
        self, interventions: Sequence[str], has: Numbers, months: Sequence[float], relief: int
    ) -> tuple[Numbers, Numbers]:
        """Return means and variances (K, T x M) on the logit for one kind of person.

        A trait that is not known may be either, evenly: that leaves the mean between the two and adds the variance of
        half the difference between them.
        """
        at, place = self._at, [self._place[name] for name in interventions]
        x = np.zeros((len(months), len(self._terms)))
        x[:, self._terms[DECAY]] = [decay(m) for m in months]
        if relief != RELIEF[0]:
            x[:, self._terms[f"relief-{relief}"]] = 1.0
        either = np.zeros(len(at.weight))
        for covariate, value in zip(self.pool.covariates.values(), has, strict=True):
            column = self._terms[covariate.prior]
            if value == _NOT_KNOWN:
                either += trait(1.0) ** 2 * (at.term_mean[:, column] ** 2 + at.term_cov[:, column, column])
            else:
                x[:, column] = trait(float(value))
        mean = at.mean[:, place, None] + (at.term_mean @ x.T)[:, None, :]
        own = np.einsum("mb,kbc,mc->km", x, at.term_cov, x, optimize=True)
        variance = (
            at.variance[:, place, None]
            + 2 * (at.cross[:, place] @ x.T)
            + own[:, None, :]
            + (at.new + either)[:, None, None]
        )
        flat = (len(at.weight), len(place) * len(months))
        return mean.reshape(flat), np.maximum(variance, 1e-9).reshape(flat)

    def expect(self, facts: Person, interventions: Sequence[str]) -> dict[str, Expectation]:
        """Return the expectation of each intervention for one person; a name without a summary is left out."""
        known = [name for name in interventions if name in self.pool.summaries]
        traits = self.traits(facts)
        has = np.array([_NOT_KNOWN if t.has is None else float(t.has) for t in traits])
        told = [
            (relief, name, month)
            for relief in RELIEF
            for name in known
            for month in MONTHS
            if month <= self._until(name)
        ]
        shares: dict[str, list[Share]] = {name: [] for name in known}
        if told:
            table = predict(self._targets(told, known, has), _ENDS)
            for at, (relief, name, month) in enumerate(told):
                shares[name].append(_share(table, at, relief, month))
        return {name: _expectation(self.pool.summaries[name], tuple(shares[name]), traits) for name in known}

    def _until(self, name: str) -> float:
        """Return the last month that may be said: that of the longest follow-up, rounded; 0 where nobody is counted."""
        summary = self.pool.summaries[name]
        return summary.longest + _NEAR if summary.arms and summary.longest else 0.0

    def _targets(self, told: Sequence[tuple[int, str, float]], known: Sequence[str], has: Numbers) -> Normals:
        """Return one prediction for each (relief, intervention, month), for one kind of person ``has`` (C)."""
        parts = [self._normals(known, has, MONTHS, relief) for relief in RELIEF]
        mean, variance = (np.concatenate([part[i] for part in parts], axis=1) for i in (0, 1))
        row = {name: i for i, name in enumerate(known)}
        at = [
            (RELIEF.index(relief) * len(known) + row[name]) * len(MONTHS) + MONTHS.index(month)
            for relief, name, month in told
        ]
        return Normals(self._at.weight, mean[:, at], variance[:, at])


def expect(facts: Person, treatment: str, pool: Pool) -> Expectation:
    """Return what is expected of one treatment for one person. Raises KeyError for a treatment that has no summary.

    For many people or treatments make one :class:`Predictor`.
    """
    return Predictor(pool).expect(facts, [treatment])[treatment]


def _share(table: Shares, at: int, relief: int, months: float) -> Share:
    low95, low80, high80, high95 = (100 * float(table.quantiles[i, at]) for i in range(len(_ENDS)))
    return Share(
        relief=relief,
        months=months,
        mean=100 * float(table.mean[at]),
        low80=low80,
        high80=high80,
        low95=low95,
        high95=high95,
    )


def _state(summary: Summary, shares: Sequence[Share]) -> State:
    if not summary.arms:
        return "shown-only" if summary.shown_only else "none"
    if not shares:
        return "short" if summary.longest else "no-time"
    if summary.trials == 1:
        return "one-study"
    if summary.borrowed > _MOSTLY:
        return "mostly-borrowed"
    widest = max(share.high95 - share.low95 for share in shares)
    return "wide" if widest > _WIDE or not summary.randomised_arms else "pooled"


def _expectation(summary: Summary, shares: tuple[Share, ...], traits: tuple[Trait, ...]) -> Expectation:
    state = _state(summary, shares)
    compared = {benefit.comparator for benefit in summary.benefits}
    return Expectation(
        intervention=summary.intervention,
        says=summary.says,
        state=state,
        icons=state in ("pooled", "wide") and summary.randomised_arms > 0,
        shares=shares,
        longest=summary.longest,
        borrowed=summary.borrowed,
        studies=summary.studies,
        trials=summary.trials,
        people=summary.people,
        arms=summary.arms,
        randomised_arms=summary.randomised_arms,
        half_relief_trials=summary.half_relief_trials,
        published_low=summary.published_low,
        published_high=summary.published_high,
        traits=traits,
        unmatched=tuple(t.says for t in traits if t.has and not summary.with_trait[t.id]),
        shown_only=summary.shown_only,
        benefits=summary.benefits,
        never_compared=tuple(c for c in _COMPARATORS if c not in (*summary.tested, summary.comparator)),
        tested_only={c: s for c, s in summary.tested.items() if c not in (*compared, summary.comparator)},
        harms=summary.harms,
        certainty=summary.certainty,
        own=summary.own,
    )
