"""Checks that the figures of a published study can be true, and that each is filed as what it is."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain, pairwise
from math import ceil, floor, inf, isfinite

import msgspec

from postlude.catalog.problems import Place, Problems
from postlude.catalog.published import (
    Arm,
    Change,
    Difference,
    Harm,
    Intervention,
    OutcomeEntry,
    PublishedStudy,
    Responders,
    Result,
    Share,
)
from postlude.errors import one_of

_KINDS = {
    "responders": ("responders",),
    "change": ("score",),
    "difference": ("score", "responders", "harm", "bad-outcome", "description"),
    "harm": ("harm",),
    "bad_outcome": ("bad-outcome",),
    "description": ("description", "score"),
}
"""The kinds of outcome that each kind of result may name."""


def printed_digits(percent: float) -> int:
    """Return how many decimals a percentage was written with: 34.0 → 0, 2.45 → 2."""
    exponent = Decimal(repr(percent)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def agrees(events: int, n: int, percent: float, *, cut_off: bool = False) -> bool:
    """Return whether a printed percentage is ``events`` of ``n``, rounded (or cut off) at its last decimal."""
    unit = Decimal(10) ** -printed_digits(percent)
    exact = Decimal(100 * events) / Decimal(n)
    written = Decimal(repr(percent))
    return 0 <= exact - written < unit if cut_off else abs(exact - written) <= unit / 2


def counts(n: int, percent: float) -> list[int]:
    """Return every number of ``n`` people that rounds to the printed percentage; empty when none does."""
    around = n * percent / 100
    spread = n * 10.0 ** -printed_digits(percent) / 100
    low, high = max(0, floor(around - spread)), min(n, ceil(around + spread))
    return [events for events in range(low, high + 1) if agrees(events, n, percent)]


def check_study(
    study: PublishedStudy,
    outcomes: Mapping[str, OutcomeEntry],
    interventions: Mapping[str, Intervention],
    place: Place,
    problems: Problems,
) -> None:
    """Note everything that cannot be true in one study."""
    if not (study.doi or study.pmid or study.url):
        problems.note(place, "needs one of doi, pmid, url")
    if study.patient_level and study.design != "meta-analysis":
        problems.note(place.at("patient_level"), f"belongs to a meta-analysis; this is a {study.design}")
    if study.includes and study.design not in ("meta-analysis", "systematic-review", "registry"):
        problems.note(place.at("includes"), f"belongs to a review or pooled analysis; this is a {study.design}")
    ids = [arm.id for arm in study.arm]
    if not ids:
        problems.note(place.at("arm"), "a study has at least one arm")
    for number, arm in enumerate(study.arm):
        here = place.at(f"arm {arm.id}")
        if ids.index(arm.id) < number:
            problems.note(here, "stands twice")
        if arm.intervention not in interventions:
            allowed = one_of(sorted(interventions), arm.intervention)
            problems.note(here.at("intervention"), f"there is no intervention {arm.intervention!r}; {allowed}")
        if arm.same_people_as and arm.same_people_as not in ids[:number]:
            allowed = one_of(ids[:number] or ["(none: it is the first)"], arm.same_people_as)
            problems.note(here.at("same_people_as"), f"there is no earlier arm {arm.same_people_as!r}; {allowed}")
        for kind in _KINDS:
            for index, result in enumerate(getattr(arm, kind), start=1):
                _check_result(kind, result, arm, ids, outcomes, here.at(f"{kind} [{index}]"), problems)


def _check_result(
    kind: str,
    result: Result,
    arm: Arm,
    ids: list[str],
    outcomes: Mapping[str, OutcomeEntry],
    place: Place,
    problems: Problems,
) -> None:
    outcome = outcomes.get(result.outcome)
    if outcome is None or outcome.kind not in _KINDS[kind]:
        allowed = one_of(sorted(key for key, o in outcomes.items() if o.kind in _KINDS[kind]), result.outcome)
        if outcome is None:
            problems.note(place.at("outcome"), f"there is no outcome {result.outcome!r}; {allowed}")
            return
        problems.note(
            place.at("outcome"),
            f"{outcome.id} is filed as {outcome.kind}; it cannot stand under [[arm.{kind}]]; {allowed}",
        )
    if result.basis == "derived" and not result.how:
        problems.note(place.at("how"), "is missing; a derived figure says how it was derived")
    found: Iterator[str] = _endless(result)
    if isinstance(result, Share):
        found = chain(found, _share(result, arm))
    elif isinstance(result, Change):
        found = chain(found, _change(result, outcome))
    elif isinstance(result, Difference):
        found = chain(found, _difference(result, outcome, arm, ids))
    for what in found:
        problems.note(place, what)
    if isinstance(result, Responders) and outcome.kind == "responders" and not (outcome.relief or result.success):
        problems.note(place.at("success"), f"is missing; {outcome.id} does not say what counted as success")


def _endless(result: Result) -> Iterator[str]:
    """TOML can say nan and inf; no page prints them."""
    for name, value in msgspec.structs.asdict(result).items():
        if isinstance(value, float) and not isfinite(value):
            yield f"`{name}` is {value}; a number is needed"


def _ends(result: Change | Difference, outcome: OutcomeEntry) -> tuple[float, float] | str | None:
    """Return the ends of the scale, ``None`` when nobody says them, or what is wrong with them."""
    low, high = result.scale or (outcome.low, outcome.high)
    if low is None or high is None:
        return None
    return (low, high) if 0 < high - low < inf else f"`scale` is {low:g} to {high:g}; the lower end comes first"


def _share(result: Share, arm: Arm) -> Iterator[str]:
    people = not (isinstance(result, Harm) and result.counted in ("events", "reports"))
    limits = (result.at_most, result.at_least) != (None, None)
    if limits and (result.events, result.percent) != (None, None):
        yield "has a figure and a limit; `at_most` and `at_least` stand where no figure is printed"
    if limits and (result.at_least or 0) > (100 if result.at_most is None else result.at_most):
        yield f"`at_least` {result.at_least} is above `at_most` {result.at_most}"
    if (
        result.events is None
        and result.percent is None
        and not limits
        and not (result.note or getattr(result, "value", None))
    ):
        yield "has no figure; give events, percent, or a note that says why neither could be read"
    if people and result.n is not None and arm.n is not None and result.n > arm.n and arm.n_is == "randomised":
        yield f"`n` is {result.n}, but only {arm.n} were randomised to the arm"
    if isinstance(result, Responders) and result.due is not None and (result.n or 0) > result.due:
        yield f"`n` is {result.n}, but only {result.due} were due"
    if result.events is not None and result.n is not None and people and result.events > result.n:
        yield f"`events` is {result.events} of {result.n}: a share above 1"
    if result.cut_off and (result.events is None or result.n is None or result.percent is None):
        yield "`cut_off` needs events, n and percent"
    share = result.percent
    if share is None and people and result.events is not None and result.n is not None:
        share = round(100 * result.events / result.n, 2)
    if _outside(share, result.low, result.high):
        yield f"`percent` {share} is outside its interval {result.low} to {result.high}"
    if result.percent is None or result.n is None or not people:
        if result.not_whole_people:
            yield "`not_whole_people` needs both n and percent"
        return
    possible = counts(result.n, result.percent)
    if result.events is not None and not agrees(result.events, result.n, result.percent, cut_off=result.cut_off):
        exact = 100 * result.events / result.n
        may_be = (
            " (say cut_off = true if it was cut off)" if not result.cut_off else ", which cut off is another figure"
        )
        yield f"`percent` is {result.percent}, but {result.events} of {result.n} is {exact:.2f} %{may_be}"
    elif result.events is None and not possible and not result.not_whole_people:
        yield (
            f"no whole number of {result.n} people is {result.percent} %; "
            "correct n, or set not_whole_people = true and leave the figure unpooled as a count"
        )
    elif result.not_whole_people and possible:
        yield f"`not_whole_people` is set, but {possible[0]} of {result.n} is {result.percent} %"


def _outside(middle: float | None, low: float | None, high: float | None) -> bool:
    if low is None or high is None:
        return False
    return not low <= (low if middle is None else middle) <= high


def _change(result: Change, outcome: OutcomeEntry) -> Iterator[str]:
    if result.mean is None and result.change is None:
        yield "has no figure; give mean or change"
    if (result.low is None) != (result.high is None) or (result.low is not None) != bool(result.interval_of):
        yield "an interval needs low, high and interval_of together"
    ends = _ends(result, outcome)
    if isinstance(ends, str):
        yield ends
    elif ends is not None:
        width = ends[1] - ends[0]
        for name in ("baseline_mean", "mean"):
            value = getattr(result, name)
            if value is not None and not ends[0] <= value <= ends[1]:
                yield f"`{name}` is {value}, outside the scale {ends[0]:g} to {ends[1]:g}; say the scale if it differs"
        if result.change is not None and abs(result.change) > width:
            yield f"`change` is {result.change}, more than the whole scale {ends[0]:g} to {ends[1]:g}"
        for name in ("baseline_sd", "sd", "change_sd"):
            value = getattr(result, name)
            if value is not None and value > width:
                yield f"`{name}` is {value}, wider than the scale {ends[0]:g} to {ends[1]:g}"
    middle = result.mean if result.interval_of == "mean" else result.change
    if _outside(middle, result.low, result.high):
        yield f"{middle} is outside its interval {result.low} to {result.high}"


def _difference(result: Difference, outcome: OutcomeEntry, arm: Arm, ids: list[str]) -> Iterator[str]:
    if result.versus == arm.id or result.versus not in ids:
        yield f"`versus` is {result.versus!r}; {one_of([i for i in ids if i != arm.id], result.versus)}"
    ratio = result.measure.endswith("ratio")
    if ratio and min(v for v in (result.value, result.low, result.high) if v is not None) <= 0:
        yield "a ratio is above 0"
    scale = _ends(result, outcome)
    if isinstance(scale, str):
        yield scale
    elif scale is not None and result.measure == "mean-difference" and abs(result.value) > scale[1] - scale[0]:
        yield f"`value` is {result.value}, more than the whole scale {scale[0]:g} to {scale[1]:g}"
    ends = [end for end in (result.low, result.value, result.high) if end is not None]
    if any(a > b for a, b in pairwise(ends)):
        yield f"`value` {result.value} is outside its interval {result.low} to {result.high}"


def check_overlaps(studies: Mapping[str, PublishedStudy], places: Mapping[str, Place], problems: Problems) -> None:
    """Note references to publications that are not there, and a publication that stands in two files."""
    owner: dict[str, str] = {}
    for key, study in studies.items():
        for name, mark in (("doi", study.doi.lower()), ("pmid", study.pmid)):
            first = studies[owner.setdefault(mark, key)]
            several_trials = study.trial and first.trial and study.trial != first.trial
            if mark and first.id != key and not several_trials:
                what = f"{mark} is also that of {first.id}; its people would count twice (two trials of one paper each"
                problems.note(places[key].at(name), f"{what} name their `trial`)")
    for key, study in studies.items():
        for other in study.includes:
            if other not in studies or other == key:
                allowed = one_of(sorted(set(studies) - {key}), other)
                problems.note(places[key].at("includes"), f"there is no other publication {other!r}; {allowed}")
