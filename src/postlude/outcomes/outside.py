"""Writes the frame of a study over an outside table, such as a trial's, and looks for what in it cannot be read."""

from postlude.logic.dialect import DUCKDB, Dialect
from postlude.logic.nodes import Predicate
from postlude.logic.sql import Writer
from postlude.outcomes.entries import Column, Data
from postlude.outcomes.frame import grouped, variables
from postlude.outcomes.study import Study

_NO_DAY = "2000-01-01"
"""An outside table has no day of its own, and no condition on it can read one."""


def frame(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return the frame of an outside table; ``source`` is what stands after FROM, every column a text.

    A unit without a row for the baseline is a unit all the same: who it was and where it began is not known.
    """
    data = study.entry.data
    assert data is not None  # noqa: S101  # asked only then
    read = [f"{_unit(data, sql)} AS _unit", f"trim({sql.name(data.unit[0])}) AS _person"]
    read += [f"{mapped(column, data.missing, sql)} AS {sql.name(column.id)}" for column in data.column]
    rows = f"SELECT {', '.join(read)} FROM {source}"
    base = _where(study.conditions.get("baseline"), sql)
    wanted = variables(study)
    own = [sql.name(key) for key in wanted]
    before = {key: o.baseline_of or o.of for key, o in ((o.id, o) for o in study.entry.outcome)}
    baseline = [f"{sql.name(column)} AS {sql.name(f'{key} before')}" for key, column in before.items()]
    parts = [
        f"_rows AS ({rows})",
        "_units AS (SELECT DISTINCT _unit, _person FROM _rows)",
        f"_base AS (SELECT {', '.join(['_unit', *own, *baseline])} FROM _rows{base})",
    ]
    joins, shown = ["LEFT JOIN _base ON _base._unit = _units._unit"], []
    for place, outcome in enumerate(study.entry.outcome):
        rows_of = _where(study.conditions.get(f"outcome {outcome.id}"), sql)
        parts.append(f"_after{place} AS (SELECT _unit, {sql.name(outcome.of)} AS _value FROM _rows{rows_of})")
        joins.append(f"LEFT JOIN _after{place} ON _after{place}._unit = _units._unit")
        value = f"_after{place}._value"
        shown += [
            f"{value} AS {sql.name(f'{outcome.id} after')}",
            f"TRUE AS {sql.name(f'{outcome.id} due')}",
            f"TRUE AS {sql.name(f'{outcome.id} asked')}",
            f"{value} IS NOT NULL AS {sql.name(f'{outcome.id} answered')}",
            f"{sql.cast('NULL', 'VARCHAR')} AS {sql.name(f'{outcome.id} reason')}",
        ]
    kept = [*(sql.name(f"{key} before") for key in before), *own]
    own_parts = [
        "_units._unit AS unit",
        "_units._person AS person",
        f"DATE {sql.text(_NO_DAY)} AS as_of",
        "'' AS _kind",
    ]
    select = ", ".join([*own_parts, *(f"_base.{k}" for k in kept), *shown])
    whole = f"WITH {', '.join(parts)} SELECT {select} FROM _units {' '.join(joins)}"
    return grouped(study, whole, sql)


def _unit(data: Data, sql: Dialect) -> str:
    """What names a unit; NULL where one of its columns is empty."""
    return " || '/' || ".join(f"NULLIF(trim({sql.name(key)}), '')" for key in data.unit)


def nameless(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of how many rows of the outside table belong to no unit."""
    data = study.entry.data
    assert data is not None  # noqa: S101  # asked only then
    return f"SELECT count(*) FROM {source} WHERE {_unit(data, sql)} IS NULL"


def _told(column: Column, missing: tuple[str, ...], sql: Dialect) -> str:
    """What stands in a column; NULL where it is empty, or one of the words for nothing."""
    found = f"trim({sql.name(column.column or column.id)})"
    return f"CASE WHEN {found} NOT IN ({', '.join(map(sql.text, ('', *missing)))}) THEN {found} END"


def mapped(column: Column, missing: tuple[str, ...], sql: Dialect) -> str:
    """Return a column of the outside table as the variable it becomes; NULL where nothing stands there."""
    found = _told(column, missing, sql)
    if column.type == "number":
        return sql.number(found)
    if column.type == "boolean":
        yes, no = (", ".join(map(sql.text, words)) for words in (column.yes, column.no))
        return f"CASE WHEN {found} IN ({yes}) THEN TRUE WHEN {found} IN ({no}) THEN FALSE END"
    whens = " ".join(f"WHEN {sql.text(value)} THEN {sql.text(code)}" for value, code in column.values.items())
    return f"CASE {found} {whens} END"


def misread(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of every value of the outside table that its column does not have: column, value, how often."""
    data = study.entry.data
    assert data is not None  # noqa: S101  # asked only then
    selects = []
    for column in data.column:
        found = _told(column, data.missing, sql)
        outside_of = ""
        if column.type == "number":
            number = sql.number(found)
            # "nan" and "inf" read as numbers; neither is an answer.
            outside_of = f" OR NOT {sql.finite(number)}"
            outside_of += f" OR {number} < {column.low!r}" if column.low is not None else ""
            outside_of += f" OR {number} > {column.high!r}" if column.high is not None else ""
        wrong = f"{found} IS NOT NULL AND ({mapped(column, data.missing, sql)} IS NULL{outside_of})"
        selects.append(
            f"SELECT {sql.text(column.id)} AS c, {found} AS v, count(*) AS n FROM {source} WHERE {wrong} GROUP BY 2"
        )
    return " UNION ALL ".join(selects) + f" {sql.ordered(('1', '2'))}"


def twice(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of every unit with two rows where one is meant: what for, unit, how many."""
    data = study.entry.data
    assert data is not None  # noqa: S101  # asked only then
    columns = ", ".join(
        [
            f"{_unit(data, sql)} AS _unit",
            *(f"{mapped(column, data.missing, sql)} AS {sql.name(column.id)}" for column in data.column),
        ]
    )
    said = {"baseline": "the baseline", **{f"outcome {o.id}": f"outcome {o.id}" for o in study.entry.outcome}}
    selects = [
        f"SELECT {sql.text(what)} AS c, _unit AS v, count(*) AS n FROM (SELECT {columns} FROM {source}) "
        f"{_where(study.conditions.get(key), sql)} GROUP BY 2 HAVING count(*) > 1"
        for key, what in said.items()
    ]
    return " UNION ALL ".join(selects) + f" {sql.ordered(('1', '2'))}"


def _where(predicate: Predicate | None, sql: Dialect) -> str:
    return f" WHERE {Writer(sql).truth(predicate)}" if predicate is not None else ""
