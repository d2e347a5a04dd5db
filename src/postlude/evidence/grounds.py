"""What a figure stands on: its comparisons or its groups of people, each with what the rules of certainty ask of it."""

from collections.abc import Callable, Iterator, Sequence
from math import inf, log
from typing import NamedTuple

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Arm, Change, Difference, PublishedStudy, Responders, Result, ThresholdId
from postlude.evidence.arms import Row, people_of
from postlude.evidence.contrasts import Contrast
from postlude.evidence.pool import Benefit

_WHOLE = ("randomised", "treated")
_PARTIAL = ("followed", "completers", "analysed", "unknown")
_ROUTES: dict[str, type[Result]] = {"counts": Responders, "difference": Difference, "means": Change}
_TARGET = 6.0
"""Months: of several results of the same people, the one nearest to this speaks for them."""


class Part(NamedTuple):
    """One comparison, or the people of one arm. ``people`` is 0 where no size is known: an unknown earns no credit.
    ``effect`` is the log odds ratio of a comparison with its variance.
    """

    trial: str
    people: int
    blinded: bool
    controlled: bool
    whole: bool
    operated: bool
    counted: bool
    interested: bool
    effect: tuple[float, float] | None = None


class Grounds(NamedTuple):
    """What is judged: a benefit with its comparisons, or the share of responders with its arms."""

    benefit: Benefit | None
    parts: tuple[Part, ...]
    shares: dict[str, dict[str, list[float]]]
    """Published shares in percent, by definition of response and trial; empty for a benefit."""

    def people(self) -> int:
        """Return how many people are known to have taken part."""
        return sum(part.people for part in self.parts)

    def share(self, good: Callable[[Part], bool]) -> float:
        """Return the share of people in the parts that are ``good``; a part of unknown size weighs as one person."""
        weights = [max(part.people, 1) for part in self.parts]
        return sum(w for w, part in zip(weights, self.parts, strict=True) if good(part)) / sum(weights)

    def spread(self) -> float:
        """Return Cochran's Q of the comparisons over its degrees of freedom; 0 for fewer than two."""
        effects = [part.effect for part in self.parts if part.effect is not None]
        if len(effects) < 2:
            return 0.0
        weights = [1 / variance for _, variance in effects]
        mean = sum(w * e for w, (e, _) in zip(weights, effects, strict=True)) / sum(weights)
        return sum(w * (e - mean) ** 2 for w, (e, _) in zip(weights, effects, strict=True)) / (len(effects) - 1)

    def trials(self) -> dict[str, int]:
        """Return the people of each trial."""
        found: dict[str, int] = {}
        for part in self.parts:
            found[part.trial] = found.get(part.trial, 0) + part.people
        return found


def compared(benefit: Benefit, contrasts: Sequence[Contrast], library: Library) -> Grounds:
    """Return the comparisons behind a benefit. Raises :class:`ValueError` when there is none."""
    used = [c for c in contrasts if c.comparator == benefit.comparator]
    if not used:
        raise ValueError(f"a benefit over {benefit.comparator} stands on no comparison")
    return Grounds(benefit, tuple(comparison(c, library) for c in used), {})


def single(rows: Sequence[Row], library: Library) -> Grounds:
    """Return the groups of people behind a share of responders."""
    return Grounds(None, tuple(_groups(rows, library)), _shares(rows))


def comparison(contrast: Contrast, library: Library) -> Part:
    """Return what the rules ask of one comparison."""
    study = library.studies[contrast.study]
    mine = [arm for arm in study.arm if arm.id in contrast.arms]
    theirs = [arm for arm in study.arm if arm.id in contrast.versus_arms]
    whose = mine if contrast.route == "difference" else [*mine, *theirs]
    results = [(arm, result) for arm in whose for result in _behind(contrast, arm)]
    return Part(
        trial=contrast.trial,
        people=_compared(contrast, study, mine, theirs),
        blinded=contrast.double_blind,
        controlled=True,
        whole=bool(results) and all(_is_whole(arm, result) for arm, result in results),
        operated=all(_operated(study, arm, library) for arm in mine),
        counted=library.outcomes[contrast.outcome].kind == "responders",
        interested=_interested(study),
        effect=_effect(contrast),
    )


def _effect(contrast: Contrast) -> tuple[float, float] | None:
    if contrast.log_odds is not None and contrast.variance:
        return contrast.log_odds, contrast.variance
    if contrast.events is None or contrast.versus_events is None or not (contrast.n and contrast.versus_n):
        return None
    # Half a person in each cell, so that nobody and everybody have a logarithm too.
    a, b = contrast.events + 0.5, contrast.n - contrast.events + 0.5
    c, d = contrast.versus_events + 0.5, contrast.versus_n - contrast.versus_events + 0.5
    return log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def _behind(contrast: Contrast, arm: Arm) -> Iterator[Result]:
    """Yield the results of an arm that a comparison was made of."""
    for result in arm.results():
        if isinstance(result, _ROUTES[contrast.route]) and result.outcome == contrast.outcome:
            same_arms = not isinstance(result, Difference) or result.versus in contrast.versus_arms
            if same_arms and result.months == contrast.months:
                yield result


def _is_whole(arm: Arm, result: Result) -> bool:
    """Return whether a result counts all who were assigned or began, by its word or by its number."""
    everyone = arm.n_is in _WHOLE and result.n is not None and result.n == arm.n
    return result.denominator in _WHOLE or (result.denominator in _PARTIAL and everyone)


def _compared(contrast: Contrast, study: PublishedStudy, mine: list[Arm], theirs: list[Arm]) -> int:
    """Return the people of a comparison, each once; 0 when no size is known."""
    sizes = {people_of(study, arm): arm.n or 0 for arm in (*mine, *theirs)}
    if study.design == "crossover-rct":
        return max(sizes.values(), default=0) or int(contrast.n or 0)
    if contrast.versus_n:
        return int((contrast.n or 0) + contrast.versus_n)
    return sum(sizes.values()) or int(contrast.n or 0)


def _groups(rows: Sequence[Row], library: Library) -> Iterator[Part]:
    by_people: dict[str, list[Row]] = {}
    for row in rows:
        by_people.setdefault(row.people, []).append(row)
    for group in by_people.values():
        row = min(group, key=_nearness)
        study = library.studies[row.study]
        arm = next(arm for arm in study.arm if arm.id == row.arm)
        left_out = max(row.features.get(name, 0.0) for name in ("implanted", "completers"))
        yield Part(
            trial=row.trial,
            people=int(max(r.n or 0 for r in group)) or arm.n or 0,
            blinded=False,
            controlled=row.randomised,
            whole=left_out == 0 and row.route != "bounded",
            operated=_operated(study, arm, library),
            counted=bool(row.binomial),
            interested=_interested(study),
        )


def _shares(rows: Sequence[Row]) -> dict[str, dict[str, list[float]]]:
    """Return one printed share of each group of people for each definition of response."""
    nearest: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row.people, row.pooled_as)
        if row.binomial and row.percent is not None:
            nearest[key] = min(nearest.get(key, row), row, key=_nearness)
    found: dict[str, dict[str, list[float]]] = {}
    for row in nearest.values():
        found.setdefault(row.pooled_as, {}).setdefault(row.trial, []).append(row.percent or 0.0)
    return found


def _nearness(row: Row) -> tuple[float, str, str]:
    return inf if row.months is None else abs(row.months - _TARGET), row.study, row.outcome


def _operated(study: PublishedStudy, arm: Arm, library: Library) -> bool:
    share = study.operated(arm)
    return share is not None and share >= threshold(library, "operated-population")


def _interested(study: PublishedStudy) -> bool:
    return study.funding in ("industry", "not-reported")


def threshold(library: Library, name: ThresholdId) -> float:
    """Return the number that a rule compares with."""
    return library.thresholds[name].value
