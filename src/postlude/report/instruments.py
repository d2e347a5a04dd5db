"""What there is to know of the questionnaires: the list of them, and the page of one."""

from collections.abc import Iterator
from typing import Any

import msgspec

from postlude.errors import UsageError, one_of
from postlude.instruments.entries import Answers, ScoreEntry
from postlude.instruments.instrument import Instrument, ReadItem, code_points
from postlude.instruments.load import Instruments
from postlude.instruments.reading import allowed_said
from postlude.instruments.sets import ReadSet
from postlude.report.layout import bullet, heading, marked, paragraph

_WORDING = {
    "ship": "its words are shipped",
    "site": "its words need the owner's permission; the scoring is here",
    "own": "our own words",
}


def index(found: Instruments) -> dict[str, Any]:
    """Return the list as JSON: id, title, version, and where the words may stand."""
    return {
        "instruments": [
            {"id": i.id, "title": i.entry.title, "version": i.entry.version, "wording": i.entry.licence.wording}
            for i in found.instruments.values()
        ],
        "sets": [{"id": s.id, "title": s.entry.title, "minutes": s.minutes()} for s in found.sets.values()],
    }


def listed(found: Instruments) -> str:
    """Return the list in words."""
    lines = [heading("Questionnaires").strip("\n")]
    lines += [
        bullet(f"{i.id}: {i.entry.title}, version {i.entry.version}; {_WORDING[i.entry.licence.wording]}")
        for i in found.instruments.values()
    ]
    lines.append(heading("Sets").rstrip("\n"))
    lines += [bullet(f"{s.id}: {s.entry.title}; {_minutes(s)}") for s in found.sets.values()]
    lines += ["", paragraph("One of them: postlude instruments ID. Score a form: postlude score ID ANSWERS.json.")]
    return "\n".join(lines) + "\n"


def entry(found: Instruments, key: str) -> Any:
    """Return the file of one, as JSON."""
    one = found.instruments.get(key) or found.sets.get(key)
    if one is None:
        raise UsageError(_unknown(found, key))
    return msgspec.to_builtins(one.entry)


def page(found: Instruments, key: str) -> str:
    """Return all there is to know of one, in words. Raises :class:`UsageError`."""
    if (instrument := found.instruments.get(key)) is not None:
        return "\n".join(_instrument(instrument)) + "\n"
    if (chosen := found.sets.get(key)) is not None:
        return "\n".join(_set(chosen)) + "\n"
    raise UsageError(_unknown(found, key))


def _unknown(found: Instruments, key: str) -> str:
    return f"there is no instrument or set {key!r}; {one_of([*found.instruments, *found.sets], key, limit=60)}"


def _instrument(instrument: Instrument) -> Iterator[str]:
    entry = instrument.entry
    yield paragraph(marked(f"{entry.title} ({instrument.id}), version {entry.version}. {entry.about}", entry.marks))
    yield paragraph(f"Asked of: {entry.recall}.")
    yield paragraph(
        marked(
            f"Licence: {entry.licence.holder}; {_WORDING[entry.licence.wording]}. {entry.licence.says}",
            entry.licence.marks,
        )
    )
    yield heading("Items, in the order of the form").rstrip("\n")
    for number, item in enumerate(instrument.items.values(), start=1):
        yield bullet(_item(instrument, item), sign=f"{number}.")
    yield heading("What can be answered").rstrip("\n")
    for name, answers in entry.answers.items():
        yield bullet(f"{name.replace('_', ' ')}: {_answers(answers)}")
    for option in entry.option:
        yield bullet(f"option {option.id} ({', '.join(option.values)}): {option.says}")
    yield heading("Scores").rstrip("\n")
    for score in instrument.scores.values():
        if score.entry.shown != "inside":
            yield from _scored(score.entry)
    for kind, _ in instrument.classes:
        yield bullet(marked(f"{kind.id}: when {kind.when}. {kind.says}", kind.marks))
    if entry.threshold:
        yield heading("How a change is read").rstrip("\n")
    for t in entry.threshold:
        figures = " or ".join(
            f
            for f in (
                f"{t.absolute:g} points" if t.absolute is not None else "",
                f"{t.percent:g} %" if t.percent else "",
            )
            if f
        )
        yield bullet(marked(f"{t.kind.upper()} of {t.score}: {figures}; {t.among} ({', '.join(t.sources)})", t.marks))
    for alert in entry.alert:
        yield bullet(marked(f"ALERT when {alert.when}, within {alert.within}: {alert.says}", alert.marks))
    for note in entry.notes:
        yield bullet(note)
    yield paragraph(f"Sources: {', '.join(entry.sources)}.")


def _item(instrument: Instrument, item: ReadItem) -> str:
    when = f" Asked when {item.item.when}." if item.item.when else ""
    words = next((w.items[item.id] for w in instrument.wordings.values()), "")
    shown = f"{item.id}: {words.rstrip('.') or item.item.about} ({item.item.answers.replace('_', ' ')}).{when}"
    return marked(shown, item.item.marks)


def _answers(answers: Answers) -> str:
    """Say what can be answered, what each code means, and what it counts where that is not itself."""
    if answers.type not in ("choice", "yes-no"):
        return allowed_said(answers).removesuffix(" is needed")
    codes: tuple[Any, ...] = ("no", "yes") if answers.type == "yes-no" else answers.codes
    points = () if answers.points_by else tuple(code_points(answers).values())
    counts = any(isinstance(c, str) or float(c) != p for c, p in zip(codes, points, strict=False))
    said = []
    for place, code in enumerate(codes):
        means = f" {answers.means[place]}" if answers.means else ""
        said.append(f"{code}{means}" + (f" (counts {points[place]:g})" if counts else ""))
    return "; ".join(said) + (f"; what they count depends on {answers.points_by}" if answers.points_by else "")


def _scored(score: ScoreEntry) -> Iterator[str]:
    how = f"{score.is_} of {', '.join(score.of)}" if score.of else f"when {score.when}"
    if score.table:
        how += f", then the table {score.table}"
    if score.times != 1 or score.plus:
        how += f", × {score.times:g}" + (f" + {score.plus:g}" if score.plus else "")
    ends = f" ({score.low:g} to {score.high:g})" if score.low is not None and score.high is not None else ""
    yield bullet(marked(f"{score.named or score.id}: {score.title}{ends}: {how}", score.marks))
    missing = (
        marked(score.missing.says, score.missing.marks)
        if score.missing
        else "no rule is published, so a form with a gap is not scored"
        if score.none_published
        else "all must be answered"
    )
    yield bullet(f"missing answers: {missing}", depth=1)
    for band in score.bands:
        yield bullet(marked(f"from {band.from_:g}: {band.says}", band.marks), depth=1)


def _set(chosen: ReadSet) -> Iterator[str]:
    entry = chosen.entry
    yield paragraph(marked(f"{entry.title} ({chosen.id}), from {entry.dated}. {_minutes(chosen)}.", entry.marks))
    for number, (part, _) in enumerate(chosen.parts, start=1):
        what = part.instrument or ", ".join(part.facts)
        only = f" ({', '.join(part.items)})" if part.items else ""
        at = {"main": ", the main site", "others": ", each other site", "": ""}[part.sites]
        times = f", {' / '.join(part.times)}" if part.times else ""
        when = f" Opened when {part.when}." if part.when else ""
        held = " Only with a licence." if part.only_licensed else ""
        yield bullet(f"{what}{only}{at}{times}: {part.why}.{when}{held} About {part.seconds:g} s.", sign=f"{number}.")
    for note in entry.notes:
        yield bullet(note)


def _minutes(chosen: ReadSet) -> str:
    least, most = chosen.minutes()
    return f"about {least:.1f} minutes" if least == most else f"about {least:.1f} minutes, {most:.1f} when all opens"
