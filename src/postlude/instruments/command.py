"""``postlude score``: one form, or a stream of them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from postlude.errors import AnswersError, UsageError
from postlude.instruments.change import Change, changes
from postlude.instruments.instrument import Instrument
from postlude.instruments.load import Instruments, read_one
from postlude.instruments.load import load as load_all
from postlude.instruments.reading import read_answers, read_options
from postlude.instruments.scoring import Scores, score
from postlude.instruments.telling import told

_KEYS = ("id", "instrument", "answers", "options")


def one(
    key: str,
    content: bytes,
    name: str,
    options: Mapping[str, str],
    overlay: Path | None,
    baseline: tuple[bytes, str] | None,
) -> tuple[Instrument, dict[str, Any]]:
    """Return an instrument and what a form of it comes to.

    ``baseline`` is an earlier form and its name. Raises :class:`AnswersError`, :class:`UsageError`.
    """
    instrument = read_one(key, overlay)
    found = scored(instrument, parsed(content, name), options, name)
    changed: tuple[Change, ...] = ()
    if baseline is not None:
        before = scored(instrument, parsed(*baseline), options, baseline[1])
        changed = changes(instrument, before, found, baseline_named=baseline[1])
    return instrument, told(instrument, found, changed)


def scored(instrument: Instrument, raw: Any, options: Mapping[str, Any], name: str) -> Scores:
    """Read and score a form. Raises :class:`AnswersError`."""
    chosen = read_options(instrument, options, raw, name=name)
    return score(instrument, read_answers(instrument, raw, name=name), chosen)


def parsed(content: bytes, name: str) -> Any:
    """Return what a JSON text holds. Raises :class:`AnswersError`."""
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise AnswersError([f"{name}: is not UTF-8 text"]) from None
    except RecursionError:
        raise AnswersError([f"{name}: is nested too deep"]) from None
    except ValueError as error:
        raise AnswersError([f"{name}: is not JSON: {error}"]) from None


def _no_constant(found: str) -> Any:
    raise ValueError(f"{found} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"{twice!r} stands twice")
    return found


def batch(lines: Iterable[bytes], name: str, overlay: Path | None) -> Iterator[str]:
    """Yield an answer for every line; one that is wrong is answered with its error, and the rest are scored.

    A line is ``{id, instrument, answers, options{}}``. An empty line is no form.
    """
    instruments: Instruments | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        request: Any = None
        answer: dict[str, Any]
        try:
            request = parsed(line, where)
            if instruments is None:
                instruments = load_all(overlay)
            answer = _line(request, instruments, where)
        except AnswersError as error:
            answer = {"error": list(error.problems)}
        except UsageError as error:
            answer = {"error": [f"{where}: {error}"]}
        key = request.get("id") if isinstance(request, dict) else None
        yield json.dumps({"id": key, **answer}, ensure_ascii=False) + "\n"


def _line(request: Any, instruments: Instruments, where: str) -> dict[str, Any]:
    if not isinstance(request, dict):
        raise AnswersError([f"{where}: found no object; {{id, instrument, answers, options}} is needed"])
    problems = [f"{where}: there is no key {key!r}; allowed: {', '.join(_KEYS)}" for key in request if key not in _KEYS]
    problems += [f"{where}: the key `{key}` is missing" for key in ("instrument", "answers") if key not in request]
    options = request.get("options") or {}
    if not isinstance(options, dict):
        problems.append(f"{where}, key `options`: an object is needed")
    if not isinstance(request.get("instrument", ""), str):
        problems.append(f"{where}, key `instrument`: found {request['instrument']!r}; a name is needed")
    if problems:
        raise AnswersError(problems)
    instrument = instruments.find(request["instrument"])
    return told(instrument, scored(instrument, request["answers"], options, where))
