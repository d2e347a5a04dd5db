"""A scored form as the JSON that ``postlude score`` prints: stable keys, numbers as they are published."""

from typing import Any

from postlude.instruments.change import Change
from postlude.instruments.entries import ScoreEntry
from postlude.instruments.instrument import Instrument
from postlude.instruments.scoring import NotScorable, Score, Scores, plain


def told(instrument: Instrument, found: Scores, changes: tuple[Change, ...] = ()) -> dict[str, Any]:
    """Return ``{instrument, version, score | scores{}, not_scorable, band, missing, detail{}}`` and what else there is.

    An instrument with one score has ``score``, one with several ``scores``; ``not_scorable`` and ``band`` have the
    same shape. ``marks`` says which of it rests on something unverified or of our own design.
    """
    main = instrument.main()
    by_name = {s.name: (s.entry, found.scores[key]) for key, s in instrument.scores.items() if key in found.scores}
    values = {name: _value(*by_name[name]) for name in main if name in by_name}
    results = {name: by_name[name][1] for name in values}
    reasons = {name: r.reason for name, r in results.items() if isinstance(r, NotScorable)}
    bands = {name: r.band for name, r in results.items() if isinstance(r, Score) and r.band}
    result: dict[str, Any] = {"instrument": found.instrument, "version": found.version, "scoring": found.scoring}
    if len(main) > 1:
        result["scores"] = values
        result["not_scorable"] = reasons or None
        result["band"] = found.group if instrument.classes else bands or None
    else:
        result["score"] = next(iter(values.values()), None)
        result["not_scorable"] = next(iter(reasons.values()), None if values else _needs(instrument))
        result["band"] = found.group if instrument.classes else next(iter(bands.values()), None)
    result["missing"] = list(found.missing)
    result["detail"] = _detail(instrument, found, set(main))
    if found.hidden:
        result["detail"]["hidden"] = list(found.hidden)
    if found.options:
        result["options"] = found.options
    if found.alerts:
        result["alerts"] = [
            {"id": a.id, "item": a.item, "within": a.within, "says": a.says, **({"ask_again": True} if a.asks else {})}
            for a in found.alerts
        ]
    if marks := _marks(instrument, found):
        result["marks"] = marks
    if changes:
        result["change"] = [_changed(change) for change in changes]
    return result


def _needs(instrument: Instrument) -> str | None:
    """Say which option decides what is scored, when no score applies without it."""
    asked = [
        option
        for option in instrument.entry.option
        if any(option.id in s.entry.only_when for s in instrument.scores.values())
    ]
    return "; ".join(f"{o.id} was not told ({', '.join(o.values)}): {o.says}" for o in asked) or None


def _value(entry: ScoreEntry, score: Score | NotScorable) -> Any:
    if isinstance(score, NotScorable):
        return None
    return f"{score.value:.0f}" if entry.as_text else plain(score.value)


def _detail(instrument: Instrument, found: Scores, main: set[str]) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    se: dict[str, Any] = {}
    bands: dict[str, str] = {}
    filled: list[str] = []
    reasons: dict[str, str] = {}
    for key, score in instrument.scores.items():
        result = found.scores.get(key)
        if result is None or score.entry.shown == "inside":
            continue
        shown_above = score.name in main and score.entry.shown == "main"
        if not shown_above:
            detail[score.name] = _value(score.entry, result)
        if isinstance(result, NotScorable):
            if not shown_above:
                reasons[score.name] = result.reason
            continue
        if result.band and not shown_above:
            bands[score.name] = result.band
        if result.raw is not None:
            raw[score.name] = plain(result.raw)
        if result.se is not None:
            se[score.name] = result.se
        filled += [item for item in result.filled if item not in filled]
    for key, value in (("raw", raw), ("se", se), ("bands", bands), ("not_scorable", reasons), ("filled", filled)):
        if value:
            detail[key] = value
    if any(score.when is not None for score in instrument.scores.values()):
        return detail  # the answers decide criteria, which are told
    # What counts in no score is told as it was answered.
    used = {key for score in instrument.scores.values() for key in score.entry.of}
    return detail | {k: v for k, v in found.answers.items() if k not in used and k not in found.hidden}


def _marks(instrument: Instrument, found: Scores) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = {}
    if instrument.entry.marks:
        marks["instrument"] = list(instrument.entry.marks)
    for key, score in instrument.scores.items():
        result = found.scores.get(key)
        if not isinstance(result, Score):
            continue
        if score.entry.marks:
            marks[score.name] = list(score.entry.marks)
        if score.entry.missing and score.entry.missing.marks and result.filled:
            marks[f"{score.name} with missing answers"] = list(score.entry.missing.marks)
        for band in score.entry.bands:
            if band.id == result.band and band.marks:
                marks[f"{score.name}, band {band.id}"] = list(band.marks)
    for kind, _ in instrument.classes:
        if kind.id == found.group and kind.marks:
            marks[f"band {kind.id}"] = list(kind.marks)
    for alert in instrument.entry.alert:
        if alert.marks and any(said.id == alert.id for said in found.alerts):
            marks[f"alert {alert.id}"] = list(alert.marks)
    return marks


def _changed(change: Change) -> dict[str, Any]:
    return {
        "score": change.score,
        "baseline": {"named": change.baseline_named, "value": plain(change.baseline)},
        "now": plain(change.now),
        "change": plain(change.change),
        "improvement": None if change.improvement is None else plain(change.improvement),
        "percent": None if change.percent is None else plain(change.percent),
        "undefined": change.undefined,
        "responder_30": change.responder_30,
        "responder_50": change.responder_50,
        "reliable": change.reliable,
        "thresholds": [
            {
                "id": t.id,
                "kind": t.kind,
                "needs": t.needs,
                "among": t.among,
                "reached": t.reached,
                "marks": list(t.marks),
            }
            for t in change.thresholds
        ],
    }
