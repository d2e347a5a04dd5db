"""Turns published studies into the rows that the expectation model may count, and says why the rest may not be counted.

Every row is one result of one arm, with the route by which its figures became a likelihood:

========== =====================================================================================
route      what was printed
========== =====================================================================================
count      events and people
tried      events among those with the device, and how many were tried: the latter are counted
bounded    events among those still followed, and how many started or were due: both denominators, evenly
limits     that a share is at most or at least something: every count that fits
rounded    a percentage and people: every count that gives the percentage, evenly
size       a percentage of an arm whose size at the start is known
spread     means and standard deviations of a pain score
mean       means of a pain score; the spread is borrowed
========== =====================================================================================

A share without any denominator is shown and never counted.
"""

from collections.abc import Iterator, Mapping

import msgspec

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Arm, Change, OutcomeEntry, PublishedStudy, Responders
from postlude.evidence.likelihood import (
    Component,
    Score,
    from_bounds,
    from_count,
    from_limits,
    from_percent,
    from_size,
    score,
)

_MOST_MONTHS = 60.0
_RANDOMISED = ("rct", "crossover-rct")
_SMALL = 30
_REPEAT = 0.6
"""Correlation between results of the same people: r of them count as r / (1 + 0.6 (r - 1)) people each measured once
(design effect of a cluster; the value is a judgement)."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One result that the model counts. ``features`` are the values of the model's terms, by the id of their prior;
    ``percent`` is the share as printed, worked out from means, or of all who were tried.
    """

    study: str
    trial: str
    arm: str
    people: str
    intervention: str
    label: str
    outcome: str
    pooled_as: str
    months: float | None
    randomised: bool
    route: str
    events: float | None
    n: float | None
    percent: float | None
    weight: float
    features: dict[str, float]
    binomial: tuple[Component, ...] = ()
    normal: Score | None = None


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """A result that is shown and not counted, and why."""

    study: str
    arm: str
    intervention: str
    outcome: str
    why: str


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """All that the model counts, and all results on pain that it does not."""

    counted: tuple[Row, ...]
    set_aside: tuple[SetAside, ...]


def rows(library: Library) -> Rows:
    """Return the rows of all studies, in the order of their ids; people of one trial are counted once."""
    counted: list[Row] = []
    aside: list[SetAside] = []
    pooled = included(library.studies)
    found: dict[str, list[Row]] = {}
    for _, study in sorted(library.studies.items()):
        for arm in study.arm:
            for item in _arm_rows(study, arm, library, pooled.get(study.id, "")):
                if isinstance(item, SetAside):
                    aside.append(item)
                else:
                    found.setdefault(item.people, []).append(item)
    for group in found.values():
        kept, dropped = _once(group)
        aside += dropped
        counted += [msgspec.structs.replace(row, weight=1 / (1 + _REPEAT * (len(kept) - 1))) for row in kept]
    return Rows(counted=tuple(counted), set_aside=tuple(aside))


def included(studies: Mapping[str, PublishedStudy]) -> dict[str, str]:
    """Return the publications whose people a patient-level pooled analysis counts, with that analysis."""
    return {part: key for key, study in sorted(studies.items()) if study.patient_level for part in study.includes}


def people_of(study: PublishedStudy, arm: Arm) -> str:
    """Return the key of the people of an arm: same trial and same arm id, back to the first arm with these people."""
    by_id = {a.id: a for a in study.arm}
    root = arm
    while root.same_people_as and by_id[root.same_people_as].intervention == arm.intervention:
        root = by_id[root.same_people_as]
    return f"{study.people_key}/{root.id}"


def in_randomised_comparison(study: PublishedStudy, arm: Arm) -> bool:
    """Return whether randomisation formed the arm."""
    return study.design in _RANDOMISED and arm.randomised is not False


def _arm_rows(study: PublishedStudy, arm: Arm, library: Library, pooled_in: str) -> Iterator[Row | SetAside]:
    results: tuple[Responders | Change, ...] = (*arm.responders, *arm.change)
    for result in results:
        outcome = library.outcomes[result.outcome]
        if not outcome.pooled_as and outcome.domain != "pain":
            continue

        def aside(why: str, outcome: OutcomeEntry = outcome) -> SetAside:
            return SetAside(study=study.id, arm=arm.id, intervention=arm.intervention, outcome=outcome.id, why=why)

        if not outcome.pooled_as:
            yield aside("no share with half relief follows from it")
        elif why := _unfit(study, arm, pooled_in):
            yield aside(why)
        elif result.months is not None and result.months > _MOST_MONTHS:
            yield aside(f"later than {_MOST_MONTHS:g} months")
        elif isinstance(result, Responders):
            yield _share_row(study, arm, result, outcome, library) or aside("no denominator is known")
        else:
            yield _score_row(study, arm, result, outcome, library) or aside("a mean without baseline or people")


def _unfit(study: PublishedStudy, arm: Arm, pooled_in: str) -> str:
    if study.design == "case-report" or arm.n == 1:
        return "a case report: shown, never pooled"
    if study.review and not study.patient_level:
        return "a review: its trials are counted instead"
    if pooled_in:
        return f"its people are counted in {pooled_in}"
    return ""


def _base(study: PublishedStudy, arm: Arm, result: Responders | Change, outcome: OutcomeEntry, library: Library) -> Row:
    randomised = in_randomised_comparison(study, arm)
    features = {
        "uncontrolled": 0.0 if randomised else 1.0,
        "unblinded": {"double": 0.0, "unclear": 0.5}.get(study.blinding, 1.0) if randomised else 1.0,
        "industry": {"industry": 1.0, "not-reported": 0.5}.get(study.funding, 0.0),
        "small-or-retrospective": float((arm.n or result.n or 0) < _SMALL or study.design == "cohort-retrospective"),
        "relief-30": float(outcome.pooled_as == "relief-30"),
        "own-success": float(outcome.pooled_as == "own-success"),
        **{site: float(outcome.site == site) for site in ("back", "leg", "neck", "arm")},
        "implanted": float("implanted" in (result.denominator, arm.n_is)),
        "completers": {"completers": 1.0, "followed": 1.0, "analysed": 0.5, "unknown": 0.5}.get(result.denominator, 0),
    }
    for covariate in library.covariates.values():
        features[covariate.prior] = _population(study, arm, covariate.key, covariate.shares)
    return Row(
        study=study.id,
        trial=study.people_key,
        arm=arm.id,
        people=people_of(study, arm),
        intervention=arm.intervention,
        label=arm.label,
        outcome=outcome.id,
        pooled_as=outcome.pooled_as,
        months=result.months,
        randomised=randomised,
        route="",
        events=None,
        n=None,
        percent=None,
        weight=1.0,
        features=features,
    )


def _population(study: PublishedStudy, arm: Arm, key: str, shares: Mapping[str, float]) -> float:
    """Return the share of the population with a trait; half where nobody says."""
    if key == "operated_share":
        share = study.operated(arm)
        return 0.5 if share is None else share
    return shares.get(str(getattr(study, key)), 0.5)


def _share_row(
    study: PublishedStudy, arm: Arm, result: Responders, outcome: OutcomeEntry, library: Library
) -> Row | None:
    row = _base(study, arm, result, outcome, library)
    tried = next((d.n for d in arm.description if d.outcome == "trial-success" and d.n), None)
    starters = arm.n if arm.n_is in ("randomised", "treated", "implanted") else None
    # Whose visit has not come yet is not lost.
    starters = starters if result.due is None else result.due
    lost = result.denominator in ("followed", "completers", "analysed", "unknown")
    percent = result.percent
    if (result.at_most, result.at_least) != (None, None) and result.n is not None:
        low, high = result.at_least or 0.0, 100.0 if result.at_most is None else result.at_most
        made = from_limits(low, high, result.n)
        return _as(row, "limits", made, None, result.n, None) if made else None
    if result.events is not None and result.n is not None:
        percent = 100 * result.events / result.n
        if result.denominator == "implanted" and tried and tried >= result.n:
            share = 100 * result.events / tried
            return _as(row, "tried", from_count(result.events, tried), result.events, tried, share, implanted=0.0)
        if lost and starters and starters > result.n:
            made = from_bounds(result.events, result.n, starters)
            return _as(row, "bounded", made, result.events, result.n, percent, completers=0.0)
        whole = 0.0 if lost and starters == result.n else row.features["completers"]
        return _as(
            row, "count", from_count(result.events, result.n), result.events, result.n, percent, completers=whole
        )
    if percent is None:
        return None
    if result.n is not None and not result.not_whole_people:
        return _as(row, "rounded", from_percent(percent, result.n), None, result.n, percent)
    if arm.n:
        return _as(row, "size", from_size(percent, arm.n), None, None, percent)
    return None


def _as(
    row: Row,
    route: str,
    binomial: tuple[Component, ...],
    events: float | None,
    n: float | None,
    percent: float | None,
    **features: float,
) -> Row:
    return msgspec.structs.replace(
        row,
        route=route,
        binomial=binomial,
        events=events,
        n=n,
        percent=percent,
        features={**row.features, **features},
    )


def _score_row(study: PublishedStudy, arm: Arm, result: Change, outcome: OutcomeEntry, library: Library) -> Row | None:
    row = _base(study, arm, result, outcome, library)
    made = score(
        result, outcome, result.n or arm.n, library.priors["score-mapping"], library.priors["score-sd-borrowed"]
    )
    if made is None:
        return None
    route = "spread" if result.sd is not None else "mean"
    return msgspec.structs.replace(row, route=route, normal=made, n=result.n or arm.n, percent=100 * made.share)


def _once(group: list[Row]) -> tuple[list[Row], list[SetAside]]:
    """Keep what counts these people best: shares before scores, the arm itself before views of it."""

    def aside(row: Row, why: str) -> SetAside:
        return SetAside(study=row.study, arm=row.arm, intervention=row.intervention, outcome=row.outcome, why=why)

    shares = [row for row in group if row.binomial]
    kept = shares or group
    dropped = [aside(row, "shares of the same people are counted instead") for row in group if row not in kept]
    roots = [row for row in kept if row.people.endswith(f"/{row.arm}")]
    if roots and len(roots) < len(kept):
        dropped += [aside(row, "another view of people already counted") for row in kept if row not in roots]
        kept = roots
    seen: dict[tuple[str, float | None], Row] = {}
    for row in kept:
        # A later publication repeats what an earlier one printed.
        if (row.outcome, row.months) in seen:
            dropped.append(aside(row, f"printed before in {seen[row.outcome, row.months].study}"))
        else:
            seen[row.outcome, row.months] = row
    return list(seen.values()), dropped
