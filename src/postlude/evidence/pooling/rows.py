"""Reads the rows of a problem into columns of numbers, and moderators into a design."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from postlude.catalog.problems import Place, Problems
from postlude.errors import nearest
from postlude.evidence.pooling.fit import Numbers

MOST = 1e15  # beyond this, squares of squares would leave what a float can hold; no study is near it

_Row = Mapping[str, Any]


class _Kind(NamedTuple):
    """What may stand under a key."""

    needed: str
    """As in "… is needed"."""
    allows: Callable[[Any], bool]


_NUMBER = _Kind("a number", lambda x: abs(x) <= MOST)
_POSITIVE = _Kind("a number above 0", lambda x: 1 / MOST <= x <= MOST)
_COUNT = _Kind("a whole number, 0 or more,", lambda x: x == int(x) and 0 <= x <= MOST)
_SIZE = _Kind("a whole number, 1 or more,", lambda x: x == int(x) and 1 <= x <= MOST)

_KINDS = {"events": _COUNT, "n": _SIZE, "mean": _NUMBER, "sd": _POSITIVE, "yi": _NUMBER, "vi": _POSITIVE}


class Design(NamedTuple):
    """Names of the coefficients and, with moderators, the columns that belong to them (k, p)."""

    names: tuple[str, ...]
    x: Numbers | None


def columns(rows: Sequence[_Row], keys: Sequence[str], place: Place, problems: Problems) -> dict[str, Numbers]:
    """Return the numbers (k,) under each of ``keys``; what is wrong is noted, and its column is left out.

    A key is ``events``, ``n``, ``mean``, ``sd``, ``yi`` or ``vi``, with 1 or 2 behind it for one of two groups.
    """
    found: dict[str, Numbers] = {}
    for key in keys:
        values = [row.get(key) for row in rows]
        kind = _KINDS[key.rstrip("12")]
        wrong = [i for i, value in enumerate(values) if not _is_number(value) or not kind.allows(value)]
        for i in wrong:
            where = _row(place, rows, i).at(key)
            if key in rows[i]:
                problems.note(where, f"found {_shown(values[i])}; {kind.needed} is needed")
            else:
                close = nearest(key, [k for k in rows[i] if k not in keys])
                problems.note(where, "is missing" + (f" (is it written {close!r}?)" if close else ""))
        if not wrong:
            found[key] = np.array(values, np.float64)
    for events, n in (("events", "n"), ("events1", "n1"), ("events2", "n2")):
        if events in found and n in found:
            for i, (have, people) in enumerate(zip(found[events], found[n], strict=True)):
                if have > people:
                    what = f"found {have:.0f}; of {n!r}, here {people:.0f}, no more can have the event"
                    problems.note(_row(place, rows, i).at(events), what)
    return found


def studies(rows: Sequence[_Row], place: Place, problems: Problems) -> tuple[str, ...]:
    """Return what each row calls its study, "row 3" where it says nothing."""
    names = []
    for i, row in enumerate(rows):
        name = row.get("study", f"row {i + 1}")
        if type(name) not in (str, int) or not str(name).isprintable() or not str(name).strip():
            problems.note(_row(place, rows, i).at("study"), f"found {_shown(name)}; a name is needed")
        names.append(str(name))
    return tuple(names)


def design(rows: Sequence[_Row], moderators: Sequence[str], place: Place, problems: Problems) -> Design:
    """Return the coefficients of an intercept and ``moderators``.

    A moderator that holds numbers is one column as it is. One that holds words, or true and false, is compared with
    the first of its levels in the order of their characters (as R does in the C locale): each further level is one
    column of 0 and 1, named by moderator and level.
    """
    names, parts = ["intrcpt"], [np.ones(len(rows))]
    before = len(problems)
    for key in moderators:
        values = [row.get(key) for row in rows]
        for i, value in enumerate(values):
            if not (_is_number(value) and _NUMBER.allows(value)) and not _is_level(value):
                what = f"found {_shown(value)}; a number or a word is needed" if key in rows[i] else "is missing"
                problems.note(_row(place, rows, i).at(key), what)
        if len(problems) > before:
            continue
        if all(map(_is_number, values)):
            names.append(key)
            parts.append(np.array(values, np.float64))
        elif any(map(_is_number, values)):
            i = next(i for i, value in enumerate(values) if _is_number(value) != _is_number(values[0]))
            problems.note(_row(place, rows, i).at(key), "numbers and words are mixed; one kind is needed in all rows")
        else:
            levels = [str(v).upper() if isinstance(v, bool) else str(v) for v in values]
            for level in sorted(set(levels))[1:]:
                names.append(f"{key}{level}")
                parts.append(np.array([float(v == level) for v in levels]))
            if len(set(levels)) == 1:
                problems.note(place.at("moderators"), f"{key!r} is {levels[0]!r} in every row; it explains nothing")
    if len(problems) > before or not moderators:
        return Design(tuple(names), None)
    x = np.stack(parts, -1)
    for i in range(1, len(names)):
        if np.linalg.matrix_rank(_scaled(x[:, : i + 1])) <= i:
            others = "the intercept" if i == 1 else ", ".join(["the intercept", *names[1:i]])
            problems.note(place.at("moderators"), f"{names[i]!r} follows from {others} in these rows; leave one out")
            break
    return Design(tuple(names), x)


def _row(place: Place, rows: Sequence[_Row], i: int) -> Place:
    name = rows[i].get("study")
    shown = f" ({name})" if isinstance(name, str) and name.isprintable() and name.strip() else ""
    return place._replace(table=f"row {i + 1}{shown}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_level(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.isprintable() and bool(value.strip()))


def _scaled(x: Numbers) -> Numbers:
    return np.asarray(x / np.maximum(np.abs(x).max(axis=0), np.finfo(np.float64).tiny))


def _shown(value: Any) -> str:
    text = "nothing" if value is None else ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
