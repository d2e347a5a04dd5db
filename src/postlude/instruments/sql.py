"""Writes an instrument's scoring as DuckDB SQL, with the meaning that :mod:`postlude.instruments.scoring` gives it.

A table of forms has one row a form and one column an item, named by its id: BOOLEAN for yes and no, VARCHAR for codes
that are words, a number otherwise (a clock time as minutes since midnight); NULL is *not answered*. A column that is
not there was answered by nobody. The columns that come out, for each score: its name (DOUBLE, or BOOLEAN for a
criterion), NULL where it cannot be given; ``NAME_band`` where it has bands; and ``group``, where there are classes.
"""

from collections.abc import Iterator, Mapping, Sequence

from postlude.instruments.entries import Answers, ScoreEntry
from postlude.instruments.instrument import Instrument, ReadScore, Table, code_points
from postlude.instruments.scoring import PLACES
from postlude.logic import evaluate
from postlude.logic.dialect import DUCKDB
from postlude.logic.person import Person
from postlude.logic.sql import Writer

_DENSE = 64
"""Rows up to which a table is written as one CASE; a longer one is joined."""
_DAY = 24 * 60
_name, _text = DUCKDB.name, DUCKDB.text


def scoring(
    instrument: Instrument,
    source: str,
    present: Sequence[str],
    options: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
) -> str:
    """Return a SELECT over ``source`` (what stands after FROM), whose columns ``present`` names."""
    return _Writer(instrument, dict(options or {})).select(source, frozenset(present), keep)


def wrong_values(instrument: Instrument, source: str, present: Sequence[str]) -> str:
    """Return a SELECT with one row: for every item that has a column, how many values its item does not have."""
    counts = [
        f"count(*) FILTER (WHERE {_outside(item.answers, _name(key))}) AS {_name(key)}"
        for key, item in instrument.items.items()
        if key in present and item.answers.type != "yes-no"
    ]
    return f"SELECT {', '.join(counts) or '0 AS none'} FROM {source}"


def _outside(answers: Answers, column: str) -> str:
    if answers.type == "choice":
        numbers = [code for code in answers.codes if isinstance(code, int)]
        if len(numbers) == len(answers.codes) and sorted(numbers) == list(range(min(numbers), max(numbers) + 1)):
            return f"{column} < {min(numbers)} OR {column} > {max(numbers)} OR {column} <> floor({column})"
        codes = ", ".join(str(code) if isinstance(code, int) else _text(code) for code in answers.codes)
        return f"{column} NOT IN ({codes})"
    low, high = (0.0, float(_DAY - 1)) if answers.type == "clock" else (answers.low or 0.0, answers.high or 0.0)
    whole = f" OR {column} <> floor({column})" if answers.whole else ""
    return f"{column} < {low!r} OR {column} > {high!r}{whole}"


class _Writer:
    def __init__(self, instrument: Instrument, options: dict[str, str]) -> None:
        self.instrument = instrument
        self.options = options
        self.predicates = Writer(DUCKDB)

    def select(self, source: str, present: frozenset[str], keep: Sequence[str]) -> str:
        items = self.instrument.items
        absent = [f"{_nothing(item.answers)} AS {_name(key)}" for key, item in items.items() if key not in present]
        chosen = [f"{_text(self.options[o.id]) if o.id in self.options else 'NULL::VARCHAR'} AS {_name(o.id)}"
                  for o in self.instrument.entry.option]  # fmt: skip
        kept = [f"{_name(key)} AS {_name(f'kept {key}')}" for key in keep]
        read = [_name(key) for key in items if key in present]
        # A join gives back the rows in any order; they are put into theirs at the end.
        joined = any(len(table.rows) > _DENSE for table in map(self._table, self.instrument.scores.values()) if table)
        place = ["row_number() OVER () AS _place"] if joined else []
        source = f"(SELECT {', '.join([*place, *kept, *read, *absent, *chosen]) or '1'} FROM {source})"
        for key, item in items.items():
            # Later questions may depend on whether this one was to be asked, so each is a layer of its own.
            if item.when is not None:
                shown = f"CASE WHEN {self.predicates.truth(item.when)} THEN {_name(key)} END"
                source = f"(SELECT * REPLACE ({shown} AS {_name(key)}) FROM {source})"
        out: dict[str, list[str]] = {}
        for key, score in self.instrument.scores.items():
            if score.only_when is not None and not self._applies(score):
                source = f"(SELECT *, NULL::DOUBLE AS {_name(key)} FROM {source})"
                continue
            source = self._stage(key, score, source)
            if score.entry.shown != "inside":
                out.setdefault(score.name, []).append(key)
        columns = [f"{_name(f'kept {key}')} AS {_name(key)}" for key in keep]
        for name, keys in out.items():
            columns.append(f"{_name(keys[0])} AS {_name(name)}")
            entry = self.instrument.scores[keys[0]].entry
            if entry.bands:
                columns.append(f"{_band(entry, _name(keys[0]))} AS {_name(f'{name}_band')}")
        if self.instrument.classes:
            columns.append(f"{self._group()} AS {_name('group')}")
        return f"SELECT {', '.join(columns)} FROM {source}" + (" ORDER BY _place" if joined else "")

    def _table(self, score: ReadScore) -> Table | None:
        return score.tables.get(self.options.get(score.entry.table_by, ""))

    def _applies(self, score: ReadScore) -> bool:
        """A score applies or not by the options, which are the same for every row."""
        assert score.only_when is not None  # noqa: S101  # asked only then
        return evaluate.truth(score.only_when, Person(self.options, {}, frozenset(), 1)) is True

    def _stage(self, key: str, score: ReadScore, source: str) -> str:
        entry = score.entry
        if entry.is_ == "criterion" and score.when is not None:
            return f"(SELECT *, {self.predicates.truth(score.when)} AS {_name(key)} FROM {source})"
        raw = self._raw(entry)
        if entry.steps:
            value = self._scaled(entry, _stepped(entry, "_raw"))
            return f"(SELECT * EXCLUDE (_raw), {value} AS {_name(key)} FROM (SELECT *, {raw} AS _raw FROM {source}))"
        if not score.tables:
            return f"(SELECT *, {self._scaled(entry, raw)} AS {_name(key)} FROM {source})"
        table = self._table(score)
        if table is None:
            return f"(SELECT *, NULL::DOUBLE AS {_name(key)} FROM {source})"
        if len(table.rows) <= _DENSE:
            return f"(SELECT *, {self._scaled(entry, _looked_up(table, raw))} AS {_name(key)} FROM {source})"
        rows = ", ".join(f"({k!r}, {row.value!r})" for k, row in table.rows.items())
        joined = f"(SELECT *, {raw} AS _raw FROM {source}) LEFT JOIN (VALUES {rows}) AS t(_key, _value) ON _raw = _key"
        value = self._scaled(entry, "_value")
        return f"(SELECT * EXCLUDE (_raw, _key, _value), {value} AS {_name(key)} FROM {joined})"

    def _raw(self, entry: ScoreEntry) -> str:
        points = [self._points(key) for key in entry.of]
        if entry.is_ == "ratio":
            return f"CASE WHEN {points[1]} > 0 THEN round(100 * {points[0]} / {points[1]}, {PLACES}) END"
        if entry.is_ == "hours":
            return f"((({points[1]} - {points[0]}) % {_DAY} + {_DAY}) % {_DAY}) / 60.0"
        if entry.is_ == "count":
            points = [f"({point} > 0)::INTEGER" for point in points]
        weighted = points
        if entry.weights and entry.is_ != "count":
            weighted = [f"{point} * {weight!r}" for point, weight in zip(points, entry.weights, strict=True)]
        share = f" / {len(points)}.0" if entry.is_ == "mean" else ""
        whole = f"({' + '.join(weighted)}){share}"
        rule = entry.missing
        if rule is None:
            return whole
        # Only forms with a gap go through the second expression.
        given = " + ".join(f"({point} IS NOT NULL)::INTEGER" for point in points)
        least = len(points) - rule.at_most
        # Only what was not answered is filled; a score that could not be given stays so.
        firm = "".join(f" AND {_name(key)} IS NOT NULL" for key in entry.of if key in self.instrument.scores)
        if rule.fill == "zero":
            seen = "" if self.options.get("seen") == "yes" else f" AND {given} > 0"
            filled = " + ".join(f"COALESCE({value}, 0)" for value in weighted)
            return f"COALESCE({whole}, CASE WHEN {given} >= {least}{seen}{firm} THEN ({filled}){share} END)"
        given_least = f"CASE WHEN {given} >= {max(least, 1)}{firm} THEN"
        total = " + ".join(f"COALESCE({point}, 0)" for point in points)
        if not entry.weights:
            times = "" if entry.is_ == "mean" else f" * {len(points)}"
            return f"COALESCE({whole}, {given_least} round(({total})::DOUBLE{times} / ({given}), {PLACES}) END)"
        mean = f"(({total})::DOUBLE / ({given}))"
        filled = " + ".join(
            f"COALESCE({point}, {mean}) * {weight!r}" for point, weight in zip(points, entry.weights, strict=True)
        )
        return f"COALESCE({whole}, {given_least} ({filled}){share} END)"

    def _points(self, key: str) -> str:
        column = _name(key)
        if key in self.instrument.scores:
            return column
        answers = self.instrument.items[key].answers
        if answers.type in ("number", "clock"):
            return column
        if answers.points_by and answers.points_by not in self.options:
            return "NULL::DOUBLE"
        points = code_points(answers, self.options.get(answers.points_by, ""))
        if answers.type == "yes-no":
            no, yes = points[False], points[True]
            return (
                f"{column}::TINYINT"
                if (no, yes) == (0, 1)
                else f"CASE WHEN {column} THEN {yes!r} WHEN NOT {column} THEN {no!r} END"
            )
        if all(isinstance(code, int) and code == point for code, point in points.items()):
            return column
        whens = " ".join(
            f"WHEN {code if isinstance(code, int) else _text(str(code))} THEN {point!r}"
            for code, point in points.items()
        )
        return f"CASE {column} {whens} END"

    def _scaled(self, entry: ScoreEntry, value: str) -> str:
        if entry.times != 1:
            value = f"({value}) * {entry.times!r}"
        if entry.plus:
            value = f"({value}) + {entry.plus!r}"
        exact = entry.is_ == "hours" or self._whole(entry)
        return f"({value})::DOUBLE" if exact else f"round(({value})::DOUBLE, {entry.places})"

    def _whole(self, entry: ScoreEntry) -> bool:
        """Whether a sum is of whole numbers, so that there is nothing to round (what was filled is rounded already)."""
        kinds = [self.instrument.items[key].answers for key in entry.of if key in self.instrument.items]
        points = [p for kind in kinds for p in code_points(kind, self.options.get(kind.points_by, "")).values()]
        numbers = [*points, *entry.weights, entry.times, entry.plus]
        only_items = len(kinds) == len(entry.of) and all(k.type in ("choice", "yes-no") or k.whole for k in kinds)
        filled = entry.missing is not None and (entry.weights or entry.times != 1)
        return entry.is_ in ("sum", "count") and only_items and not filled and all(n == int(n) for n in numbers)

    def _group(self) -> str:
        whens = ""
        for kind, when in self.instrument.classes:
            truth = self.predicates.truth(when)
            whens += f"WHEN {truth} IS NULL THEN NULL WHEN {truth} THEN {_text(kind.id)} "
        return f"CASE {whens}END"


def _stepped(entry: ScoreEntry, column: str) -> str:
    whens = ""
    for step in entry.steps:
        ends = [f"{column} >= {step.from_!r}"] if step.from_ is not None else []
        ends += [f"{column} > {step.above!r}"] if step.above is not None else []
        whens += f"WHEN {' AND '.join(ends) or f'{column} IS NOT NULL'} THEN {step.is_!r} "
    return f"CASE {whens}END"


def _looked_up(table: Table, raw: str) -> str:
    whens = " ".join(f"WHEN {key!r} THEN {row.value!r}" for key, row in table.rows.items())
    return f"CASE {raw} {whens} END"


def _band(entry: ScoreEntry, column: str) -> str:
    whens = " ".join(f"WHEN {column} >= {band.from_!r} THEN {_text(band.id)}" for band in reversed(entry.bands))
    return f"CASE {whens} END"


def _nothing(answers: Answers) -> str:
    if answers.type == "yes-no":
        return "NULL::BOOLEAN"
    words = answers.type == "choice" and not all(isinstance(code, int) for code in answers.codes)
    return "NULL::VARCHAR" if words else "NULL::DOUBLE"


def needed_kinds(instrument: Instrument) -> Iterator[tuple[str, str]]:
    """Yield each item with the kind of column that it needs: ``boolean``, ``choice`` or ``number``."""
    kinds = {"NULL::BOOLEAN": "boolean", "NULL::VARCHAR": "choice", "NULL::DOUBLE": "number"}
    for key, item in instrument.items.items():
        yield key, kinds[_nothing(item.answers)]
