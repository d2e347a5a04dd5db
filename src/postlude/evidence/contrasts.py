"""Comparisons inside trials: the only ground for saying that a treatment does more than sham or usual care.

Each trial gives one comparison for a treatment and a kind of comparator: two counts if it printed them, else a
difference of mean pain, read as a log odds ratio. A review's pooled difference stands in only where no trial of the
library compares the two; a pooled analysis of people stands in for the trials that it includes.
"""

from collections.abc import Iterator
from math import log
from statistics import fmean

import msgspec

from postlude.catalog.catalogue import Library
from postlude.catalog.published import Arm, Change, Difference, PublishedStudy, Responders
from postlude.evidence.arms import in_randomised_comparison, included
from postlude.evidence.likelihood import ODDS_PER_SD, USUAL_SD, ends, ten_points
from postlude.evidence.pooling.intervals import NORMAL_95

_ORDER = ("relief-50", "relief-30", "own-success")
_TARGET = 6.0
_PER_POINT = ODDS_PER_SD / USUAL_SD
"""A log odds ratio over a difference of one point on a pain score from 0 to 10."""


class Contrast(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison of one trial: counts of both arms, or ``log_odds`` with ``variance`` (of responding; more is
    better for the treatment). ``route`` is counts, difference (of means, printed) or means (of both arms).
    """

    study: str
    trial: str
    intervention: str
    comparator: str
    arms: tuple[str, ...]
    versus: str
    versus_arms: tuple[str, ...]
    outcome: str
    pooled_as: str
    months: float | None
    route: str
    n: float | None
    double_blind: bool
    review: bool = False
    events: float | None = None
    versus_events: float | None = None
    versus_n: float | None = None
    log_odds: float | None = None
    variance: float | None = None
    printed: str = ""

    @property
    def group(self) -> tuple[str, tuple[str, ...], str, float | None]:
        """What identifies the comparison group: its counts stand in a model once."""
        return self.trial, self.versus_arms, self.outcome, self.months


def contrasts(library: Library, mapping_sd: float) -> tuple[Contrast, ...]:
    """Return one comparison for each trial, treatment and kind of comparator, in the order of the studies' ids."""
    found: dict[tuple[str, str, str], list[Contrast]] = {}
    for _, study in sorted(library.studies.items()):
        for arm in study.arm:
            for other in study.arm:
                kind = library.interventions[other.intervention].comparator
                own = library.interventions[arm.intervention].comparator
                if kind and not own and _comparable(study, arm, other):
                    for contrast in _between(study, arm, other, kind, library, mapping_sd):
                        key = (contrast.trial, contrast.intervention, kind)
                        found.setdefault(key, []).append(contrast)
    best = [_merged(sorted(group, key=_rank)) for group in found.values()]
    by_trials = {(c.intervention, c.comparator) for c in best if not c.review}
    whole = included(library.studies)
    made = {(c.study, c.intervention, c.comparator) for c in best}
    return tuple(
        c
        for c in best
        if (not c.review or (c.intervention, c.comparator) not in by_trials)
        and (whole.get(c.study), c.intervention, c.comparator) not in made
    )


def tested(library: Library, intervention: str) -> dict[str, dict[str, bool]]:
    """Return for each kind of comparator the publications that tested the intervention against it.

    Also those whose figures cannot be read as relief: a study without a usable figure is still a study. The value says
    whether nearly all of its people were operated on before.
    """
    least = library.thresholds["operated-population"].value if library.thresholds else 1.0
    found: dict[str, dict[str, bool]] = {}
    for _, study in sorted(library.studies.items()):
        for arm in study.arm:
            for other in study.arm:
                kind = library.interventions[other.intervention].comparator
                if kind and arm.intervention == intervention and _comparable(study, arm, other):
                    share = study.operated(arm)
                    found.setdefault(kind, {})[study.id] = share is not None and share >= least
    return found


def _comparable(study: PublishedStudy, arm: Arm, other: Arm) -> bool:
    if study.review:
        return True
    if study.design == "rct" and arm.same_people_as != other.same_people_as:
        # Arms of two randomisations of the same people (a factorial trial) are not comparable with each other.
        return False
    return in_randomised_comparison(study, arm) and in_randomised_comparison(study, other)


def _rank(contrast: Contrast) -> tuple[int, int, float, str]:
    """Order comparisons of one trial: counts first, half relief before other definitions, near six months."""
    routes = ("counts", "difference", "means")
    definition = _ORDER.index(contrast.pooled_as) if contrast.pooled_as in _ORDER else len(_ORDER)
    far = abs(log(max(contrast.months or _TARGET, 0.25) / _TARGET))
    return routes.index(contrast.route), definition, far, contrast.outcome


def _merged(group: list[Contrast]) -> Contrast:
    """Return the best comparison, with all others of its kind, outcome and time that are made with other arms.

    Taking one of several doses or settings would take the luckiest; their counts are added up, their log odds ratios
    averaged (with the variance of one, since they may share people).
    """
    first = group[0]
    same = [c for c in group if (c.route, c.outcome, c.months) == (first.route, first.outcome, first.months)]
    if len(same) == 1:
        return first
    merged = msgspec.structs.replace(
        first,
        arms=tuple(dict.fromkeys(a for c in same for a in c.arms)),
        versus_arms=tuple(dict.fromkeys(a for c in same for a in c.versus_arms)),
        printed="; ".join(dict.fromkeys(c.printed for c in same)),
    )
    if first.route != "counts":
        return msgspec.structs.replace(
            merged,
            log_odds=fmean(c.log_odds or 0.0 for c in same),
            variance=fmean(c.variance or 0.0 for c in same),
        )
    mine, theirs = ({c.arms: c for c in same}.values(), {c.versus_arms: c for c in same}.values())
    return msgspec.structs.replace(
        merged,
        events=sum(c.events or 0.0 for c in mine),
        n=sum(c.n or 0.0 for c in mine),
        versus_events=sum(c.versus_events or 0.0 for c in theirs),
        versus_n=sum(c.versus_n or 0.0 for c in theirs),
    )


def _between(
    study: PublishedStudy, arm: Arm, other: Arm, kind: str, library: Library, mapping_sd: float
) -> Iterator[Contrast]:
    def contrast(outcome: str, months: float | None, route: str, n: float | None = None) -> Contrast:
        return Contrast(
            study=study.id,
            trial=study.people_key,
            intervention=arm.intervention,
            comparator=kind,
            arms=(arm.id,),
            versus=other.intervention,
            versus_arms=(other.id,),
            outcome=outcome,
            pooled_as=library.outcomes[outcome].pooled_as,
            months=months,
            route=route,
            n=n or arm.n,
            versus_n=other.n,
            double_blind=study.blinding == "double",
            review=study.review and not study.patient_level,
        )

    for mine in arm.responders:
        if library.outcomes[mine.outcome].pooled_as not in _ORDER:
            continue
        theirs = next((r for r in other.responders if (r.outcome, r.months) == (mine.outcome, mine.months)), None)
        if theirs is not None and _counted(mine) and _counted(theirs):
            yield msgspec.structs.replace(
                contrast(mine.outcome, mine.months, "counts", mine.n),
                events=float(mine.events or 0),
                versus_events=float(theirs.events or 0),
                versus_n=float(theirs.n or 0),
                printed=f"{mine.events} of {mine.n} against {theirs.events} of {theirs.n}",
            )
    for difference in arm.difference:
        if difference.versus == other.id and library.outcomes[difference.outcome].domain == "pain":
            made = _log_odds(difference, arm, other, library, mapping_sd)
            if made is not None:
                yield msgspec.structs.replace(
                    contrast(difference.outcome, difference.months, "difference"),
                    log_odds=made[0],
                    variance=made[1],
                    printed=_printed(difference),
                )
    for change in arm.change:
        if library.outcomes[change.outcome].pooled_as != "pain-score":
            continue
        pair = next((c for c in other.change if (c.outcome, c.months) == (change.outcome, change.months)), None)
        means = _from_means(change, pair, arm, other, library, mapping_sd) if pair is not None else None
        if means is not None:
            yield msgspec.structs.replace(
                contrast(change.outcome, change.months, "means", change.n),
                versus_n=pair.n or other.n if pair is not None else other.n,
                log_odds=means[0],
                variance=means[1],
                printed=means[2],
            )


def _counted(result: Responders) -> bool:
    return result.events is not None and result.n is not None


def _printed(difference: Difference) -> str:
    interval = "" if difference.low is None else f" ({difference.low:g} to {difference.high:g})"
    return f"{difference.measure.replace('-', ' ')} {difference.value:g}{interval}"


def _log_odds(
    difference: Difference, arm: Arm, other: Arm, library: Library, mapping_sd: float
) -> tuple[float, float] | None:
    """Return the log odds ratio of responding and its variance, or ``None`` when its precision is not known."""
    outcome = library.outcomes[difference.outcome]
    if difference.measure == "odds-ratio" and outcome.kind == "responders":
        if difference.low is None or difference.high is None:
            return None
        return log(difference.value), (log(difference.high / difference.low) / (2 * NORMAL_95)) ** 2
    if difference.measure != "mean-difference" or outcome.pooled_as != "pain-score":
        return None
    _, span = ends(difference.scale, outcome)
    value, low, high = (ten_points(v, span) for v in (difference.value, difference.low, difference.high))
    if value is None:
        return None
    if low is not None and high is not None:
        se = (high - low) / (2 * NORMAL_95)
    elif arm.n and other.n:
        se = USUAL_SD * (1 / arm.n + 1 / other.n) ** 0.5
    else:
        return None
    return -value * _PER_POINT, (se * _PER_POINT) ** 2 + mapping_sd**2


def _from_means(
    mine: Change, theirs: Change, arm: Arm, other: Arm, library: Library, mapping_sd: float
) -> tuple[float, float, str] | None:
    n, m = mine.n or arm.n, theirs.n or other.n
    outcome = library.outcomes[mine.outcome]
    width, span = ends(mine.scale, outcome)
    if n is None or m is None or width != (theirs.scale or width):
        return None
    by_change = mine.change is not None and theirs.change is not None
    values = (mine.change, theirs.change) if by_change else (mine.mean, theirs.mean)
    if values[0] is None or values[1] is None:
        return None
    gap = ten_points(values[0] - values[1], span)
    spreads = [ten_points(s, span) or USUAL_SD for s in (mine.sd, theirs.sd)]
    if gap is None:
        return None
    variance = (spreads[0] ** 2 / n + spreads[1] ** 2 / m) * _PER_POINT**2 + mapping_sd**2
    what = "changes" if by_change else "means"
    return -gap * _PER_POINT, variance, f"{what} {values[0]:g} against {values[1]:g}"
