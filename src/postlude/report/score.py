"""A scored form in words, for a clinician: the score, what it is of, its band, what is missing, what must be done."""

from collections.abc import Iterator
from typing import Any

from postlude.instruments.entries import Band, Class
from postlude.instruments.instrument import Instrument
from postlude.report.layout import bullet, heading, marked, paragraph


def said(instrument: Instrument, told: dict[str, Any]) -> str:
    """Return the text for what :func:`postlude.instruments.telling.told` gives."""
    return "\n".join(_lines(instrument, told)).strip("\n") + "\n"


def _lines(instrument: Instrument, told: dict[str, Any]) -> Iterator[str]:
    entry = instrument.entry
    yield paragraph(f"{entry.title}, version {entry.version} (scoring {entry.scoring}); asked of: {entry.recall}")
    for alert in told.get("alerts", ()):
        yield ""
        yield paragraph(
            f"{'ASK AGAIN' if alert.get('ask_again') else 'ALERT'}: {alert['says']} (within {alert['within']})"
        )
    yield ""
    main = instrument.main()
    values = told.get("scores", {main[0]: told.get("score")} if main else {})
    whys = told["not_scorable"]
    reasons = whys if isinstance(whys, dict) else dict.fromkeys(main, whys)
    for name in main:
        if name in values:
            yield bullet(_score(instrument, name, values[name], reasons.get(name), told))
    group = next((kind for kind, _ in instrument.classes if kind.id == told["band"]), None)
    if group is not None:
        yield bullet(f"Group: {group.id}: {marked(group.says, group.marks)}")
    for key, value in told["detail"].items():
        if not isinstance(value, dict | list):
            yield bullet(f"{_title(instrument, key)}: {_shown(value)}", depth=1)
    for key, reason in told["detail"].get("not_scorable", {}).items():
        yield bullet(f"{_title(instrument, key)}, why not: {reason}", depth=1)
    if told["missing"]:
        yield bullet("Not answered: " + "; ".join(instrument.items[key].item.about for key in told["missing"]))
    if filled := told["detail"].get("filled"):
        yield bullet(f"Filled by the published rule: {', '.join(filled)}")
    if hidden := told["detail"].get("hidden"):
        yield bullet(f"Not to be asked here, and not counted: {', '.join(hidden)}")
    for change in told.get("change", ()):
        yield from _change(change)
    for note in entry.notes:
        yield bullet(note)


def _score(instrument: Instrument, name: str, value: Any, reason: str | None, told: dict[str, Any]) -> str:
    score = next(s.entry for s in instrument.scores.values() if s.name == name)
    if value is None:
        return f"{score.title}: no score. {reason or ''}".strip()
    scale = f" ({score.low:g} to {score.high:g}" if score.low is not None and score.high is not None else " ("
    better = {"less": "high is worse", "more": "high is better", "neither": ""}[score.better]
    scale += (", " if scale != " (" and better else "") + better + ")"
    text = f"{score.title}: {_shown(value)}{f' {score.unit}' if score.unit else ''}" + (scale if scale != " ()" else "")
    bands = told["band"]
    key = bands.get(name) if isinstance(bands, dict) else bands
    band: Band | Class | None = next((band for band in score.bands if band.id == key), None)
    return marked(text + (f": {band.says}" if band else ""), (*score.marks, *(band.marks if band else ())))


def _title(instrument: Instrument, name: str) -> str:
    found = next((s.entry for s in instrument.scores.values() if s.name == name), None)
    if found is not None:
        return found.title
    return instrument.items[name].item.about if name in instrument.items else name.replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not known" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def _change(change: dict[str, Any]) -> Iterator[str]:
    yield heading(f"Change of {change['score']}").strip("\n")
    base = change["baseline"]
    yield bullet(f"Baseline ({base['named']}): {_shown(base['value'])}; now {_shown(change['now'])}")
    if change["percent"] is not None:
        better = f"{abs(change['percent']):.3g} % {'better' if change['percent'] >= 0 else 'worse'} than the baseline"
        yield bullet(
            f"{better}; at least 30 %: {_shown(change['responder_30'])}; "
            f"at least 50 %: {_shown(change['responder_50'])}"
        )
    else:
        yield bullet(f"Percent change: not given, as {change['undefined']}")
    for threshold in change["thresholds"]:
        text = (
            f"{threshold['kind'].upper()} {threshold['needs']} ({threshold['among']}): {_reached(threshold['reached'])}"
        )
        yield bullet(marked(text, threshold["marks"]))


def _reached(reached: bool | None) -> str:
    return "does not apply to this baseline" if reached is None else "reached" if reached else "not reached"
