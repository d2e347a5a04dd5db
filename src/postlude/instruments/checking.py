"""Runs the filled-in forms that stand in the instruments' files, and looks whether every source named is known."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from postlude.errors import AnswersError, one_of
from postlude.instruments.entries import Form
from postlude.instruments.instrument import Instrument
from postlude.instruments.load import Instruments
from postlude.instruments.reading import read_answers, read_options
from postlude.instruments.scoring import score
from postlude.instruments.telling import told

NOTHING = "-"
"""In a form: not answered; in what is expected of it: no score."""
_CLOSE = 1e-6


def problems(found: Instruments, sources: Iterable[str], facts: Collection[str]) -> Iterator[str]:
    """Yield a sentence for every form that comes out otherwise, and for every source or fact that is not known."""
    known = set(sources)
    for instrument in found.instruments.values():
        where = f"instruments/{instrument.id}.toml"
        for number, form in enumerate(instrument.entry.form, start=1):
            for wrong in form_problems(instrument, form):
                yield f"{where}, form {number} ({form.says}): {wrong}"
        yield from _unknown(where, instrument.entry, known)
        for wording in instrument.wordings.values():
            yield from _unknown(f"instruments/wording/{instrument.id}.{wording.language}.toml", wording, known)
    for chosen in found.sets.values():
        where = f"instruments/sets/{chosen.id}.toml"
        yield from _unknown(where, chosen.entry, known)
        for part, _ in chosen.parts:
            for fact in part.facts:
                if fact not in facts:
                    yield f"{where}, part {part.id}: there is no fact {fact!r}; {one_of(sorted(facts), fact)}"


def forms(found: Instruments) -> int:
    """Return how many filled-in forms there are."""
    return sum(len(instrument.entry.form) for instrument in found.instruments.values())


def form_problems(instrument: Instrument, form: Form) -> Iterator[str]:
    """Yield what of a form comes out otherwise than expected."""
    try:
        raw = _plain(form.answers)
        options = read_options(instrument, form.options, raw)
        result = told(instrument, score(instrument, read_answers(instrument, raw), options))
    except AnswersError as error:
        yield from error.problems
        return
    for key, expected in form.expect.items():
        first, *names = key.split(".")
        if first not in ("score", "scores", "band", "detail", "missing"):
            yield f"there is nothing {key!r} to expect; score, scores.NAME, band, detail.NAME and missing are told"
            continue
        value: Any = result.get(first)
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        if key == "missing":
            value = len(result["missing"])
        if not _same(value, expected):
            yield f"{key} is {NOTHING if value is None else value}; expected {_shown(expected)}"


def _plain(answers: Any) -> Any:
    if isinstance(answers, dict):
        return {key: None if value == NOTHING else value for key, value in answers.items()}
    return [None if value == NOTHING else list(value) if isinstance(value, tuple) else value for value in answers]


def _same(value: Any, expected: float | str | bool) -> bool:
    if expected == NOTHING:
        return value is None
    if isinstance(expected, bool | str) or isinstance(value, bool | str) or value is None:
        return value == expected and isinstance(value, bool) is isinstance(expected, bool)
    return bool(abs(value - expected) < _CLOSE)


def _unknown(where: str, entry: Any, known: set[str]) -> Iterator[str]:
    for source in dict.fromkeys(_sources(entry)):
        if source not in known:
            yield f"{where}: there is no source {source!r}; {one_of(sorted(known), source)}"


def _sources(entry: Any) -> Iterator[str]:
    if isinstance(entry, msgspec.Struct):
        for field in msgspec.structs.fields(entry):
            value = getattr(entry, field.name)
            if field.name == "sources":
                yield from value
            elif field.name == "source":
                yield value
            else:
                yield from _sources(value)
    elif isinstance(entry, tuple | list):
        for item in entry:
            yield from _sources(item)
    elif isinstance(entry, dict):
        for item in entry.values():
            yield from _sources(item)


def _shown(expected: float | str | bool) -> str:
    return f"{expected:.10g}" if isinstance(expected, float) else str(expected)
