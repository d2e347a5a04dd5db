"""Understands published evidence: checks every figure, follows every term, and gives the whole one hash."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, get_args

import msgspec

from postlude.catalog.catalogue import Covariate, Library
from postlude.catalog.figures import check_overlaps, check_study
from postlude.catalog.files import OWN
from postlude.catalog.problems import Place, Problems
from postlude.catalog.published import ThresholdId
from postlude.errors import one_of

_BETTER = {"responders": ("more",), "harm": ("less",), "bad-outcome": ("less",), "description": ("neither",)}
_KINDS = (
    "published",
    "outcome",
    "intervention_class",
    "intervention",
    "prior",
    "covariate",
    "certainty",
    "threshold",
    OWN,
)
_SPOKEN = "certainty."


def library(
    raw: Mapping[str, dict[str, Any]],
    places: Mapping[tuple[str, str], Place],
    when: Callable[[str, Place], Any],
    words: Mapping[str, Mapping[str, str]],
    problems: Problems,
) -> Library:
    """Return the evidence by id; notes every mistake. ``when`` reads a predicate, ``words`` are by language."""
    for key, outcome in raw["outcome"].items():
        allowed = _BETTER.get(outcome.kind, ("more", "less"))
        if outcome.better not in allowed:
            place = places["outcome", key].at("better")
            problems.note(place, f"found {outcome.better!r} for {outcome.kind}; {one_of(allowed)}")
        if outcome.low is not None and outcome.high is not None and not outcome.low < outcome.high:
            place = places["outcome", key].at("low")
            problems.note(place, f"found {outcome.low:g} to {outcome.high:g}; the lower end of a scale comes first")
        if outcome.relief and outcome.kind != "responders":
            problems.note(places["outcome", key].at("relief"), f"belongs to responders; this is {outcome.kind}")
    for key, intervention in raw["intervention"].items():
        _known(intervention.in_class, "intervention_class", raw, places["intervention", key].at("class"), problems)
    for key, covariate in raw["covariate"].items():
        _known(covariate.prior, "prior", raw, places["covariate", key].at("prior"), problems)
    for key, study in raw["published"].items():
        if key in raw[OWN]:
            continue  # checked with what holds for it besides
        check_study(study, raw["outcome"], raw["intervention"], places["published", key], problems)
    _check_certainty(raw, places, problems)
    check_overlaps(raw["published"], {k: places["published", k] for k in raw["published"]}, problems)
    covariates = {
        key: Covariate(
            **{k: v for k, v in msgspec.structs.asdict(entry).items() if k != "when"},
            when=when(entry.when, places["covariate", key].at("when")),
        )
        for key, entry in raw["covariate"].items()
    }
    total = hashlib.sha256()
    for kind in _KINDS:
        for key in sorted(raw[kind]):
            total.update(msgspec.msgpack.encode([kind, raw[kind][key]], order="deterministic"))
    sentences = {key: text for key, text in words.get("en", {}).items() if key.startswith(_SPOKEN)}
    total.update(msgspec.msgpack.encode(sentences, order="deterministic"))
    return Library(
        hash=total.hexdigest(),
        studies=raw["published"],
        own=raw[OWN],
        outcomes=raw["outcome"],
        classes=raw["intervention_class"],
        interventions=raw["intervention"],
        priors=raw["prior"],
        covariates=covariates,
        certainty=raw["certainty"],
        thresholds=raw["threshold"],
        sentences=sentences,
    )


def _check_certainty(
    raw: Mapping[str, dict[str, Any]], places: Mapping[tuple[str, str], Place], problems: Problems
) -> None:
    judged: dict[tuple[str, str, str], str] = {}
    for key, entry in raw["certainty"].items():
        place = places["certainty", key]
        _known(entry.intervention, "intervention", raw, place.at("intervention"), problems)
        first = judged.setdefault((entry.intervention, entry.comparator, entry.domain), key)
        if first != key:
            problems.note(place.at("domain"), f"{entry.domain!r} of {entry.intervention} is already judged by {first}")
    # A folder without studies judges nothing.
    if raw["published"] and (missing := [name for name in get_args(ThresholdId) if name not in raw["threshold"]]):
        problems.note(Place("terms/", "threshold"), f"is missing for {', '.join(missing)}; certainty is judged by it")


def _known(found: str, kind: str, raw: Mapping[str, dict[str, Any]], place: Place, problems: Problems) -> None:
    if found not in raw[kind]:
        what = kind.replace("_", " ")
        problems.note(place, f"there is no {what} {found!r}; {one_of(sorted(raw[kind]), found)}")
