"""Looks at every row of a table of the record: types, codes, bounds, keys, rules between columns, and references.

Every name that is written into SQL is quoted by ``quoted``, every text by ``text``.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from postlude.errors import one_of
from postlude.logic.dialect import DUCKDB
from postlude.outcomes.table_entries import Type
from postlude.outcomes.tables import Column, Table

SAID: dict[Type, str] = {
    "text": "a text",
    "code": "a code",
    "integer": "a whole number",
    "number": "a number",
    "date": "a day such as 2026-01-31",
    "boolean": "true or false",
}
_LEAST_DAY, _GREATEST_DAY = "1900-01-01", "2200-12-31"
quoted, text = DUCKDB.name, DUCKDB.text


class Read(NamedTuple):
    """A table while it is checked. ``typed`` are the expressions that give each column by its type."""

    table: Table
    name: str
    files: tuple[Path, ...]
    csv: bool
    source: str
    typed: dict[str, str]
    present: tuple[str, ...]

    def of(self, column: str) -> str:
        return self.typed.get(column, "NULL")


class _Wrong(NamedTuple):
    """Something that can be wrong with rows: ``what`` of which column, where ``condition`` holds."""

    column: str
    what: str
    condition: str


def check_values(connection: duckdb.DuckDBPyConnection, one: Read, problems: list[str]) -> None:
    """Note what is wrong with the rows of one table."""
    possible = list(_possible(one))
    counts = ", ".join(f"count(*) FILTER (WHERE {wrong.condition})" for wrong in possible)
    counted = first(connection, f"SELECT {counts} FROM {one.source}") if possible else ()
    for wrong, count in zip(possible, counted, strict=True):
        if count:
            problems.append(_said(connection, one, wrong, count))
    names = [f"c{i}" for i in range(len(one.table.key))]
    keys = ", ".join(f"{one.of(column)} AS {name}" for column, name in zip(one.table.key, names, strict=True))
    twice = f"SELECT {keys} FROM {one.source} GROUP BY ALL HAVING count(*) > 1"
    rows, example = first(connection, f"SELECT count(*), min(row({', '.join(names)})) FROM ({twice})")
    if rows:
        problems.append(
            f"{one.name}: column{'s' if len(names) > 1 else ''} {', '.join(one.table.key)}: "
            f"{_rows(rows, 'key')} on more than one row, such as {_pairs(one.table.key, example)}"
        )


def _possible(one: Read) -> Iterator[_Wrong]:
    for key, column in one.table.columns.items():
        if key not in one.typed:
            continue
        value, raw = one.typed[key], quoted(key)
        if one.csv and column.type not in ("text", "code"):
            yield _Wrong(key, f"not {SAID[column.type]}", f"{raw} IS NOT NULL AND {value} IS NULL")
        if column.needed:
            empty = f"{raw} IS NULL"
            yield _Wrong(key, "empty, and it is needed", empty)
        if column.type in ("text", "code"):
            yield _Wrong(key, "a text of no letters; a place with nothing in it is NULL", f"{value} = ''")
        yield from _limits(column, value, one)
    for key in one.table.lists:
        if one.csv and key in one.typed:
            yield _Wrong(key, "not a list of records", f"{quoted(key)} IS NOT NULL AND {one.typed[key]} IS NULL")
    for rule in one.table.rules:
        a, b = (one.of(column) for column in rule.columns)
        condition = {
            "order": f"{a} > {b}",
            "together": f"({a} IS NULL) <> ({b} IS NULL)",
            "one": f"({a} IS NULL) = ({b} IS NULL)",
            "not-both": f"{a} IS NOT NULL AND {b} IS NOT NULL",
        }[rule.kind]
        yield _Wrong(" and ".join(rule.columns), f"against the rule that {rule.says}", condition)


def _limits(column: Column, value: str, one: Read) -> Iterator[_Wrong]:
    if column.codes:
        among = ", ".join(map(text, column.codes))
        yield _Wrong(column.id, "a code that there is not", f"{value} <> '' AND {value} NOT IN ({among})")
    if column.pairs:
        # Beside a code that there is not, nothing more is said.
        beside = one.of(column.beside)
        right = " ".join(
            f"WHEN {text(key)} THEN {value} IN ({', '.join(map(text, codes)) or 'NULL'})"
            for key, codes in column.pairs.items()
        )
        condition = f"{value} <> '' AND NOT coalesce(CASE {beside} {right} ELSE true END, false)"
        yield _Wrong(column.id, f"not one of its {column.beside}", condition)
    if column.type == "number":
        yield _Wrong(column.id, "not a finite number", f"NOT isfinite({value})")
    if column.low is not None or column.high is not None:
        ends = [f"{value} < {column.low!r}::DOUBLE"] if column.low is not None else []
        ends += [f"{value} > {column.high!r}::DOUBLE"] if column.high is not None else []
        low, high = (None if end is None else f"{end:g}" for end in (column.low, column.high))
        said = f"outside {low} to {high}" if low and high else f"below {low}" if low else f"above {high}"
        real = f"isfinite({value}) AND " if column.type == "number" else ""
        yield _Wrong(column.id, said, f"{real}({' OR '.join(ends)})")
    if column.type == "date":
        outside = f"{value} NOT BETWEEN DATE '{_LEAST_DAY}' AND DATE '{_GREATEST_DAY}'"
        yield _Wrong(column.id, f"outside {_LEAST_DAY[:4]} to {_GREATEST_DAY[:4]}", outside)


def _said(connection: duckdb.DuckDBPyConnection, one: Read, wrong: _Wrong, count: int) -> str:
    columns = wrong.column.split(" and ")
    values = ", ".join(f"CAST({quoted(c) if c in one.typed else 'NULL'} AS VARCHAR)" for c in columns)
    keys = [quoted(column) for column in one.table.key]
    rows = f"FROM {one.source} WHERE {wrong.condition} ORDER BY {', '.join(keys)} LIMIT 1"
    example = first(connection, f"SELECT {values}, {', '.join(keys)} {rows}")
    shown = " and ".join("empty" if v is None else _short(v) for v in example[: len(columns)])
    where = ", ".join(
        f"{column} {value}" for column, value in zip(one.table.key, example[len(columns) :], strict=True) if value
    )
    column = one.table.columns.get(wrong.column)
    allowed = _allowed(column, example[0], connection, one) if column is not None else ""
    at = f" ({where})" if where else ""
    such = "" if shown == "empty" else f", such as {shown}"
    return f"{one.name}: column {wrong.column}: {_rows(count, 'value')} {wrong.what}{such}{at}{allowed}"


def _allowed(column: Column, value: str | None, connection: duckdb.DuckDBPyConnection, one: Read) -> str:
    if column.codes and value and value not in column.codes:
        return f"; {one_of(column.codes, value)}"
    if column.pairs and value:
        among = sorted({code for codes in column.pairs.values() for code in codes})
        return f"; {one_of(among, value)}" if value not in among else ""
    return ""


def check_references(
    connection: duckdb.DuckDBPyConnection, one: Read, read: Mapping[str, Read], problems: list[str]
) -> None:
    """Note every row that names something which another table does not have."""
    for reference in one.table.references:
        there = read.get(reference.to)
        if there is None or any(column not in one.typed for column in reference.columns):
            continue
        names = [f"c{i}" for i in range(len(reference.columns))]
        here = ", ".join(f"{one.of(c)} AS {n}" for c, n in zip(reference.columns, names, strict=True))
        keys = ", ".join(f"{there.of(c)} AS {n}" for c, n in zip(there.table.key, names, strict=True))
        filled = " AND ".join(f"{one.of(column)} IS NOT NULL" for column in reference.columns)
        missing = (
            f"(SELECT {here} FROM {one.source} WHERE {filled}) AS h "
            f"ANTI JOIN (SELECT {keys} FROM {there.source}) AS k USING ({', '.join(names)})"
        )
        count, example = first(connection, f"SELECT count(*), min(row({', '.join(names)})) FROM {missing}")
        if count:
            shown = _pairs(reference.columns, example)
            columns = ", ".join(reference.columns)
            plural = "s" if len(reference.columns) > 1 else ""
            what = f"found in no row of {reference.to}"
            problems.append(f"{one.name}: column{plural} {columns}: {_rows(count, 'value')} {what}, such as {shown}")


def _pairs(columns: Sequence[str], values: Sequence[Any]) -> str:
    return ", ".join(f"{column} {_short(str(value))}" for column, value in zip(columns, values, strict=True))


def _rows(count: int, what: str) -> str:
    return f"{count:,} {what}{'s are' if count != 1 else ' is'}"


def _short(said: str) -> str:
    shown = repr(said)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def first(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """Return the first row of a result."""
    return connection.execute(sql).fetchone() or ()
