"""Scores one filled-in form: the reference meaning of a file, to which the SQL of a whole table is held equal."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from postlude.instruments.entries import Missing, ScoreEntry
from postlude.instruments.instrument import Answered, Code, Instrument, ReadScore, code_points
from postlude.logic import evaluate
from postlude.logic.person import Person, Value

PLACES = 6
"""Decimals of what stands between: enough for any figure, few enough to hide the binary ends of fractions."""
_MINUTES = 24 * 60
_HOUR = 60


class Score(NamedTuple):
    """A score that could be given. ``band`` is the id of its published band, if it has bands; ``raw`` and ``se`` go
    with a score that was read from a table. ``filled`` items were not answered and filled as published.
    """

    value: float | bool
    band: str | None = None
    raw: float | None = None
    se: float | None = None
    filled: tuple[str, ...] = ()


class NotScorable(NamedTuple):
    """Why there is no score."""

    reason: str


class AlertSaid(msgspec.Struct, frozen=True):
    """An answer that somebody must hear of. ``asks``: it was not answered and must be asked again."""

    id: str
    item: str
    says: str
    within: str
    asks: bool = False


class Scores(msgspec.Struct, frozen=True):
    """What a form comes to. ``scores`` by id, in the order of the file; a score that does not apply is not there.

    ``missing`` items were asked and not answered; ``hidden`` ones were not to be asked, whatever was answered there;
    ``group`` is the class that the scores make together. The raw answers are kept beside their scores.
    """

    instrument: str
    version: str
    scoring: int
    scores: dict[str, Score | NotScorable]
    group: str | None
    missing: tuple[str, ...]
    hidden: tuple[str, ...]
    alerts: tuple[AlertSaid, ...]
    answers: Answered
    options: dict[str, str]


def score(instrument: Instrument, answers: Answered, options: Mapping[str, str] | None = None) -> Scores:
    """Return what a form comes to. ``answers`` and ``options`` as :mod:`postlude.instruments.reading` gives them."""
    chosen = dict(options or {})
    told: dict[str, Value] = dict(chosen)
    hidden = []
    for key, item in instrument.items.items():
        if item.when is not None and evaluate.truth(item.when, _person(told)) is not True:
            # What stands in a question that was not to be asked is kept and never counted.
            hidden.append(key)
        elif key in answers:
            told[key] = _value(answers[key])
    counted = {key: answers[key] for key in told if key in answers}
    scores: dict[str, Score | NotScorable] = {}
    for key, entry in instrument.scores.items():
        if entry.only_when is not None and evaluate.truth(entry.only_when, _person(told)) is not True:
            continue
        found = _score(instrument, entry, counted, scores, chosen, _person(told))
        scores[key] = found
        if isinstance(found, Score):
            told[key] = _value(found.value)
    person = _person(told)
    group = None
    # (A score that could not be given is not known, so no group is read from half a form.)
    for entry_class, when in instrument.classes:
        if (truth := evaluate.truth(when, person)) is not False:
            # A group further down is only right when every one before it is known not to be.
            group = entry_class.id if truth else None
            break
    needed = instrument.needed()
    missing = tuple(
        k
        for k, item in instrument.items.items()
        if k not in counted and k not in hidden and (not item.item.extra or k in needed)
    )
    return Scores(
        instrument=instrument.id,
        version=instrument.entry.version,
        scoring=instrument.entry.scoring,
        scores=scores,
        group=group,
        missing=missing,
        hidden=tuple(hidden),
        alerts=_alerts(instrument, person, counted, hidden),
        answers=dict(answers),
        options=chosen,
    )


def _person(told: Mapping[str, Value]) -> Person:
    return Person(told, {}, frozenset(), 1)


def _value(code: Code) -> Value:
    return code if isinstance(code, bool | str) else (float(code), float(code))


def _score(
    instrument: Instrument,
    score: ReadScore,
    answers: Answered,
    before: Mapping[str, Score | NotScorable],
    options: Mapping[str, str],
    person: Person,
) -> Score | NotScorable:
    entry = score.entry
    if entry.is_ == "criterion":
        truth = evaluate.truth(score.when, person) if score.when is not None else None
        if truth is None:
            return NotScorable("what was not answered could still decide it: not assessed is not no")
        return Score(truth)
    if entry.is_ in ("ratio", "hours"):
        return _measured(entry, [_points(instrument, key, answers, before, options) for key in entry.of])
    points = {key: _points(instrument, key, answers, before, options) for key in entry.of}
    given = {key: point for key, point in points.items() if isinstance(point, float)}
    absent = [key for key in entry.of if key not in given]
    if absent:
        if (why := next((p for p in points.values() if isinstance(p, str) and p), None)) is not None:
            return NotScorable(why)
        if (why := refused(entry, len(absent), len(given), seen=options.get("seen") == "yes")) is not None:
            return NotScorable(why)
        fill = sum(given.values()) / len(given) if entry.missing and entry.missing.fill == "mean" else 0.0
        points = {key: given.get(key, fill) for key in entry.of}
    values = [float(point) for point in points.values() if isinstance(point, float)]
    return _finished(score, _together(entry, values), options, tuple(absent))


def _points(
    instrument: Instrument,
    key: str,
    answers: Answered,
    before: Mapping[str, Score | NotScorable],
    options: Mapping[str, str],
) -> float | str:
    """Return what an item or an earlier score counts; else a reason, empty when it simply was not answered."""
    if key in instrument.scores:
        found = before.get(key)
        if isinstance(found, Score):
            return float(found.value)
        return found.reason if found is not None else f"{key} does not apply"
    if key not in answers:
        return ""
    kind, code = instrument.items[key].answers, answers[key]
    if kind.type in ("number", "clock"):
        return float(code)
    if kind.points_by and kind.points_by not in options:
        option = next(o for o in instrument.entry.option if o.id == kind.points_by)
        return f"{option.id} was not told ({', '.join(option.values)}): {option.says}"
    return code_points(kind, options.get(kind.points_by, ""))[code]


def refused(entry: ScoreEntry, absent: int, given: int, *, seen: bool) -> str | None:
    """Say why a score cannot be given with so many items not answered; ``None`` when the published rule allows it."""
    rule: Missing | None = entry.missing
    total = absent + given
    what = f"{absent} of {total} answers {'is' if absent == 1 else 'are'} missing"
    if rule is None:
        because = (
            "no rule for missing answers is published, so none is used" if entry.none_published else "all are needed"
        )
        return f"{what}; {because}"
    if rule.fill == "zero" and given == 0 and not seen:
        return f"{what}; a form that was seen and left blank on purpose is said to be so, else it is not scored"
    if absent > rule.at_most or (rule.fill == "mean" and given == 0):
        return f"{what}; at most {rule.at_most} may be: {rule.says}"
    return None


def _together(entry: ScoreEntry, values: list[float]) -> float:
    if entry.is_ == "count":
        return float(sum(value > 0 for value in values))
    weighted = [v * w for v, w in zip(values, entry.weights or (1.0,) * len(values), strict=True)]
    total = sum(weighted)
    return total / len(values) if entry.is_ == "mean" else total


def _measured(entry: ScoreEntry, of: list[float | str]) -> Score | NotScorable:
    first, second = of
    if isinstance(first, str) or isinstance(second, str):
        return NotScorable(next(v for v in of if isinstance(v, str)) or "both times or numbers are needed")
    if entry.is_ == "hours":
        return Score(((second - first) % _MINUTES) / _HOUR)
    if second <= 0:
        return NotScorable(f"{entry.title} divides by {entry.of[1]}, which is {second:g}")
    return Score(round(100 * first / second, PLACES))


def _finished(score: ReadScore, raw: float, options: Mapping[str, str], filled: tuple[str, ...]) -> Score | NotScorable:
    """Lead a sum or mean through steps or table, then scale it and read its band."""
    entry, value, se = score.entry, raw, None
    if entry.steps:
        value = next(
            s.is_ for s in entry.steps if (s.from_ is None or raw >= s.from_) and (s.above is None or raw > s.above)
        )
    if score.tables:
        table = score.tables[options.get(entry.table_by, "")]
        row = table.rows.get(round(raw, PLACES))
        if row is None:
            return NotScorable(f"the table {table.name} has no row for {raw:g}")
        value, se = row.value, row.se
    value = round(value * entry.times + entry.plus, entry.places) + 0.0
    return Score(value, band_of(entry, value), raw if score.tables else None, se, filled)


def band_of(entry: ScoreEntry, value: float) -> str | None:
    """Return the id of the last band whose lower end is reached; ``None`` when a score has no bands."""
    reached = [band.id for band in entry.bands if value >= band.from_]
    return reached[-1] if reached else None


def _alerts(instrument: Instrument, person: Person, answers: Answered, hidden: list[str]) -> tuple[AlertSaid, ...]:
    said = []
    for alert in instrument.entry.alert:
        truth = evaluate.truth(instrument.alerts[alert.id], person)
        if truth:
            said.append(AlertSaid(alert.id, alert.item, alert.says, alert.within))
        elif alert.item not in answers and alert.item not in hidden:
            said.append(AlertSaid(alert.id, alert.item, alert.ask_again, alert.within, asks=True))
    return tuple(said)


def plain(value: float | bool) -> Any:
    """Return a number as it is written: whole ones without a point."""
    return int(value) if not isinstance(value, bool) and value == int(value) else value
