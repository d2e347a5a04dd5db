"""What a change between two scores of one instrument means, with the baseline named. Pure arithmetic, no judgement.

A responder has improved by at least 30 or 50 percent of the baseline (IMMPACT, Dworkin 2008). A percentage of a
baseline of zero is undefined and said to be; nothing is divided by it.
"""

import msgspec

from postlude.errors import AnswersError
from postlude.instruments.entries import ScoreEntry, Threshold
from postlude.instruments.instrument import Instrument
from postlude.instruments.scoring import PLACES, Score, Scores

MODERATE, SUBSTANTIAL = 30.0, 50.0
"""Percent of the baseline: moderately and substantially important improvement of pain (IMMPACT, Dworkin 2008)."""


class Reached(msgspec.Struct, frozen=True):
    """Whether a published threshold is reached; ``None``: it does not apply to this baseline, or cannot be said."""

    id: str
    kind: str
    needs: str
    among: str
    reached: bool | None
    marks: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """A change of one score. ``improvement`` is positive when it became better, in points of the score.

    ``percent`` is of the baseline's distance from no trouble at all, which only a score with a true zero has;
    otherwise it is ``None`` and ``undefined`` says why. ``reliable``: beyond the published least detectable change.
    """

    score: str
    baseline: float
    baseline_named: str
    now: float
    change: float
    improvement: float | None
    percent: float | None
    undefined: str | None
    responder_30: bool | None
    responder_50: bool | None
    reliable: bool | None
    thresholds: tuple[Reached, ...]


def changes(instrument: Instrument, before: Scores, after: Scores, *, baseline_named: str) -> tuple[Change, ...]:
    """Return the change of every score that both forms have.

    Raises :class:`AnswersError` when the two are not of one instrument, version, scoring and options: such scores are
    never compared as one.
    """
    weighed = _weighed_by(instrument)
    for what in ("instrument", "version", "scoring", *weighed):
        first, second = (form.options.get(what) if what in weighed else getattr(form, what) for form in (before, after))
        if first != second:
            raise AnswersError(
                [f"the baseline has the {what} {first!r}, the later form {second!r}; they are not compared"]
            )
    found = []
    for key, score in instrument.scores.items():
        a, b = before.scores.get(key), after.scores.get(key)
        numbers = isinstance(a, Score) and isinstance(b, Score) and not isinstance(a.value, bool)
        if numbers and score.entry.shown == "main" and isinstance(a, Score) and isinstance(b, Score):
            found.append(_change(instrument, score.entry, score.name, float(a.value), float(b.value), baseline_named))
    return tuple(found)


def _weighed_by(instrument: Instrument) -> tuple[str, ...]:
    """Return the options that decide what an answer counts, or by which table a score is read."""
    scores = [score.entry for score in instrument.scores.values()]
    used = {item.answers.points_by for item in instrument.items.values()} | {score.table_by for score in scores}
    return tuple(o.id for o in instrument.entry.option if o.id in used or any(o.id in s.only_when for s in scores))


def _change(instrument: Instrument, entry: ScoreEntry, name: str, before: float, after: float, named: str) -> Change:
    change = round(after - before, PLACES) + 0.0
    better = {"less": -change + 0.0, "more": change, "neither": None}[entry.better]
    percent, undefined = _percent(entry, before, better)
    reached = tuple(
        _reached(t, entry, before, after, better, percent) for t in instrument.entry.threshold if t.score == name
    )
    detectable = [r for r in reached if r.kind == "mdc" and r.reached is not None]
    return Change(
        score=name,
        baseline=before,
        baseline_named=named,
        now=after,
        change=change,
        improvement=better,
        percent=percent,
        undefined=undefined,
        responder_30=None if percent is None else percent >= MODERATE,
        responder_50=None if percent is None else percent >= SUBSTANTIAL,
        reliable=_moved(instrument, name, abs(change)) if detectable else None,
        thresholds=reached,
    )


def _percent(entry: ScoreEntry, before: float, better: float | None) -> tuple[float | None, str | None]:
    if better is None:
        return None, "neither direction of this score is better"
    if entry.better != "less" or entry.low != 0:
        return None, "this score has no zero that means no trouble, so a percentage of it means nothing"
    if before == 0:
        return None, "the baseline is 0, and a percentage of nothing is undefined"
    return round(100 * better / before, PLACES) + 0.0, None


def _moved(instrument: Instrument, name: str, size: float) -> bool:
    least = [t.absolute for t in instrument.entry.threshold if t.score == name and t.kind == "mdc" and t.absolute]
    return size >= max(least)


def _reached(
    threshold: Threshold, entry: ScoreEntry, before: float, after: float, better: float | None, percent: float | None
) -> Reached:
    needs = " or ".join(
        said
        for said in (
            f"{threshold.absolute:g} points" if threshold.absolute is not None else "",
            f"{threshold.percent:g} % of the baseline" if threshold.percent is not None else "",
        )
        if said
    )
    reached: bool | None
    if threshold.kind == "pass":
        limit = float(threshold.absolute or 0)
        reached = after <= limit if entry.better == "less" else after >= limit
        needs = f"{'at most' if entry.better == 'less' else 'at least'} {limit:g}"
    elif not _for_baseline(threshold, before) or better is None:
        reached = None
    elif threshold.kind == "mdc":
        reached = abs(after - before) >= float(threshold.absolute or 0)
    else:
        met = [better >= threshold.absolute] if threshold.absolute is not None else []
        if threshold.percent is not None:
            met.append(percent is not None and percent >= threshold.percent)
        reached = any(met) if percent is not None or threshold.absolute is not None else None
    return Reached(threshold.id, threshold.kind, needs, threshold.among, reached, threshold.marks)


def _for_baseline(threshold: Threshold, before: float) -> bool:
    low, below = threshold.baseline_from, threshold.baseline_below
    return (low is None or before >= low) and (below is None or before < below)
