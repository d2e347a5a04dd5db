"""Harms per 100 people, from the studies that counted them, beside the comparison groups of the same trials."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import expit

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Arm, Harm, OutcomeEntry, PublishedStudy
from postlude.evidence.arms import in_randomised_comparison, people_of
from postlude.evidence.pool import HarmRate
from postlude.evidence.pooling.binomial_normal import one_arm
from postlude.evidence.pooling.intervals import wilson

_FEW = 30


class _Found(NamedTuple):
    study: PublishedStudy
    arm: Arm
    harm: Harm


def harms(library: Library, intervention: str) -> tuple[HarmRate, ...]:
    """Return the harms of one intervention: counted in at least 30 people first, then by rate."""
    groups: dict[tuple[str, str], list[_Found]] = {}
    for found in _reported(library, intervention):
        groups.setdefault((found.harm.outcome, found.harm.counted), []).append(found)
    rates = [rate for (outcome, _), group in groups.items() for rate in _rates(library, outcome, group)]
    return tuple(sorted(rates, key=lambda rate: ((rate.people or 0) < _FEW, -rate.mean)))


def _reported(library: Library, intervention: str) -> Iterator[_Found]:
    for _, study in sorted(library.studies.items()):
        for arm in study.arm:
            if arm.intervention == intervention:
                for harm in arm.harm:
                    if (
                        harm.counted in ("people", "procedures")
                        and study.design != "case-report"
                        and arm.n != 1
                        and (harm.percent is not None or harm.events is not None)
                    ):
                        yield _Found(study, arm, harm)


def _rates(library: Library, outcome: str, group: list[_Found]) -> Iterator[HarmRate]:
    term = library.outcomes[outcome]
    counted = [found for found in group if found.harm.events is not None and found.harm.n is not None]
    kept = _once(counted)
    if kept:
        yield _pooled(term, kept)
    if not counted:
        for found in group:
            if found.harm.percent is not None:
                months = found.harm.months
                yield HarmRate(
                    outcome=outcome,
                    says=term.says,
                    plain=term.plain,
                    events=(found.harm.event,),
                    mean=found.harm.percent,
                    low=found.harm.low,
                    high=found.harm.high,
                    months=None if months is None else (months, months),
                    people=found.harm.n,
                    per=_per(found),
                    studies=(found.study.id,),
                )


def _per(found: _Found) -> Literal["people", "procedures"]:
    return "procedures" if found.harm.counted == "procedures" else "people"


def _once(group: list[_Found]) -> list[_Found]:
    """Keep one figure for the same people: the one over most people, then the latest; a pooled one for its trials."""
    pooled = {part for found in group for part in found.study.includes}
    best: dict[str, _Found] = {}
    for found in group:
        if found.study.id in pooled:
            continue
        key = people_of(found.study, found.arm)
        if key not in best or _size(found) > _size(best[key]):
            best[key] = found
    return list(best.values())


def _size(found: _Found) -> tuple[int, float]:
    return found.harm.n or 0, found.harm.months or 0.0


def _pooled(term: OutcomeEntry, kept: list[_Found]) -> HarmRate:
    events = np.array([float(found.harm.events or 0) for found in kept])
    n = np.array([float(found.harm.n or 0) for found in kept])
    if len(kept) == 1:
        low, high = wilson(events[0], n[0])
        mean = events[0] / n[0]
    else:
        fit = one_arm(events, n)
        low, high, mean = (float(expit(x)) for x in (fit.prediction_low, fit.prediction_high, fit.beta[..., 0]))
    months = [found.harm.months for found in kept if found.harm.months is not None]
    versus_events, versus_n = _comparison(term.id, kept)
    return HarmRate(
        outcome=term.id,
        says=term.says,
        plain=term.plain,
        events=tuple(dict.fromkeys(found.harm.event for found in kept)),
        mean=100 * float(mean),
        low=100 * float(low),
        high=100 * float(high),
        months=(min(months), max(months)) if months else None,
        people=int(n.sum()),
        per=_per(kept[0]),
        studies=tuple(dict.fromkeys(found.study.id for found in kept)),
        versus=100 * versus_events / versus_n if versus_n else None,
        versus_people=versus_n or None,
    )


def _comparison(outcome: str, kept: list[_Found]) -> tuple[int, int]:
    """Return events and people of the same harm in the other randomised arms, when every trial here has one.

    A group that several arms are compared with is counted once.
    """
    groups: list[_Found] = []
    for found in kept:
        if not in_randomised_comparison(found.study, found.arm):
            return 0, 0
        others = [
            _Found(found.study, arm, harm)
            for arm in found.study.arm
            if arm.intervention != found.arm.intervention and in_randomised_comparison(found.study, arm)
            for harm in arm.harm
            if harm.outcome == outcome and harm.counted == "people" and harm.events is not None and harm.n is not None
        ]
        if not others:
            return 0, 0
        groups += others
    once = _once(groups)
    return sum(found.harm.events or 0 for found in once), sum(found.harm.n or 0 for found in once)
