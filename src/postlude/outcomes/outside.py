"""Writes the frame of a study over an outside table, such as a trial's, and looks for what in it cannot be read."""

from collections.abc import Sequence

from postlude.logic.dialect import DUCKDB, Dialect
from postlude.logic.nodes import Predicate
from postlude.logic.sql import Writer
from postlude.outcomes import mapping
from postlude.outcomes.entries import Analysis, Column, Data, Outcome
from postlude.outcomes.frame import DAYS_A_MONTH, grouped, variables
from postlude.outcomes.study import Study

BASELINE = "the baseline"
_NO_DAY = "2000-01-01"
"""An outside table has no day of its own; a condition on it reads its own days."""
_FORMS = {
    "year-month-day": ("([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})([T ][0-9:.]+Z?)?", (1, 2, 3)),
    "day-month-year": ("([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})", (3, 2, 1)),
    "month-day-year": ("([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})", (3, 1, 2)),
}
"""How days are written, and where in it year, month and day stand."""
_FIRST_DAY, _LAST_DAY = "1900-01-01", "2200-12-31"
_FIRST_SERIAL, _LAST_SERIAL = 61, 109_939
"""Serial days from 1900-03-01, since a spreadsheet counts a day before it that there was not, to 2200-12-31."""
_SERIAL_0 = "DATE '1899-12-30'"
_NONE = "SELECT '' AS c, '' AS v, 0 AS n WHERE FALSE"
_DAYS = {"days": 1.0, "weeks": 7.0, "months": DAYS_A_MONTH, "years": 12 * DAYS_A_MONTH}


def frame(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return the frame of an outside table; ``source`` is what stands after FROM, every column a text.

    What is constant stands in any row of a unit; everything else that is read of a unit stands in its baseline row. A
    unit without one is a unit all the same: what only that row would tell is not known.
    """
    data = _data(study)
    columns = {column.id: column for column in data.column}
    constant = [column.id for column in data.column if column.constant]
    rows = f"SELECT {', '.join(_read(data, sql))} FROM {source}"
    parts = [f"_rows AS ({rows})", "_units AS (SELECT DISTINCT _unit, _person FROM _rows)"]
    joins: list[str] = []
    if constant:
        same = [f"max({sql.name(key)}) AS {sql.name(key)}" for key in constant]
        parts.append(f"_same AS (SELECT {', '.join(['_unit', *same])} FROM _rows GROUP BY _unit)")
        joins.append("LEFT JOIN _same ON _same._unit = _units._unit")
    if of_baseline(study):
        parts.append(f"_base AS (SELECT * FROM _rows{_where(study.conditions.get('baseline'), sql)})")
        joins.append("LEFT JOIN _base ON _base._unit = _units._unit")

    def told(key: str) -> str:
        return f"{'_same' if key in constant else '_base'}.{sql.name(key)}"

    shown = [f"{told(key)} AS {sql.name(key)}" for key in variables(study)]
    for place, outcome in enumerate(study.entry.outcome):
        before, after = "NULL", told(outcome.of)
        if key := study.before(outcome):
            before = _measured(columns[key], outcome, told(key), sql)
        if outcome.of not in constant:
            rows_of = _where(study.conditions.get(f"outcome {outcome.id}"), sql)
            parts.append(f"_after{place} AS (SELECT _unit, {sql.name(outcome.of)} AS _value FROM _rows{rows_of})")
            joins.append(f"LEFT JOIN _after{place} ON _after{place}._unit = _units._unit")
            after = f"_after{place}._value"
        after = _measured(columns[outcome.of], outcome, after, sql)
        shown += [
            f"{sql.cast(f'({before})', 'DOUBLE')} AS {sql.name(f'{outcome.id} before')}",
            f"{sql.cast(f'({after})', 'DOUBLE')} AS {sql.name(f'{outcome.id} after')}",
            f"TRUE AS {sql.name(f'{outcome.id} due')}",
            f"TRUE AS {sql.name(f'{outcome.id} asked')}",
            f"{after} IS NOT NULL AS {sql.name(f'{outcome.id} answered')}",
            f"{sql.cast('NULL', 'VARCHAR')} AS {sql.name(f'{outcome.id} reason')}",
        ]
    for analysis in study.entry.analysis:
        if analysis.event:
            shown += _timed(analysis, columns, {k: told(k) for k in columns}, sql)
    own = ["_units._unit AS unit", "_units._person AS person", f"DATE {sql.text(_NO_DAY)} AS as_of", "'' AS _kind"]
    whole = f"WITH {', '.join(parts)} SELECT {', '.join([*own, *shown])} FROM _units {' '.join(joins)}"
    timed = tuple(f"{a.id} {what}" for a in study.entry.analysis if a.event for what in ("days", "event"))
    return grouped(study, whole, sql, also=timed)


def of_baseline(study: Study) -> tuple[str, ...]:
    """Return the columns that are read in the baseline row of a unit."""
    constant = [column.id for column in _data(study).column if column.constant]
    before = [key for outcome in study.entry.outcome if (key := study.before(outcome))]
    return tuple(key for key in dict.fromkeys([*variables(study), *before]) if key not in constant)


def _data(study: Study) -> Data:
    assert study.entry.data is not None  # noqa: S101  # asked only then
    return study.entry.data


def _read(data: Data, sql: Dialect) -> list[str]:
    """Each row as its unit, its person and its variables."""
    own = [f"{_named(data.units, sql)} AS _unit", f"{_named(data.people, sql)} AS _person"]
    return [*own, *(f"{mapped(column, data, sql)} AS {sql.name(column.id)}" for column in data.column)]


def _named(columns: Sequence[str], sql: Dialect) -> str:
    """What names a unit or a person; NULL where one of its columns is empty."""
    return " || '/' || ".join(f"NULLIF(trim({sql.name(key)}), '')" for key in columns)


def _measured(column: Column, outcome: Outcome, value: str, sql: Dialect) -> str:
    """A column as a number: a yes, or a code that counts as reached, is 1; any other 0."""
    if column.type == "boolean":
        return f"CASE WHEN {value} THEN 1 WHEN NOT {value} THEN 0 END"
    if column.type == "choice":
        among = ", ".join(map(sql.text, outcome.codes))
        return f"CASE WHEN {value} IN ({among}) THEN 1 WHEN {value} IS NOT NULL THEN 0 END"
    return value


def _timed(analysis: Analysis, columns: dict[str, Column], told: dict[str, str], sql: Dialect) -> list[str]:
    """Days until something happened or until last heard of, and what it was: 0 for nothing."""
    status = told[analysis.status]
    if columns[analysis.status].type == "boolean":
        status = f"CASE WHEN {status} THEN 'yes' WHEN NOT {status} THEN 'no' END"
    happened = [analysis.event, *((code,) for code in analysis.competing)]
    whens = " ".join(
        f"WHEN {status} IN ({', '.join(map(sql.text, codes))}) THEN {number}"
        for number, codes in enumerate(happened, start=1)
    )
    days = sql.days(told[analysis.since], told[analysis.time]) if analysis.since else told[analysis.time]
    if analysis.time_unit:
        days = f"{days} * {_DAYS[analysis.time_unit]!r}"
    return [
        f"CASE WHEN {status} IS NOT NULL THEN {days} END AS {sql.name(f'{analysis.id} days')}",
        f"CASE WHEN {status} IS NOT NULL AND {days} IS NOT NULL THEN CASE {whens} ELSE 0 END END "
        f"AS {sql.name(f'{analysis.id} event')}",
    ]


# --- what stands in a column --------------------------------------------------------------------------


def _told(column: Column, data: Data, sql: Dialect) -> str:
    """What stands in a column; NULL where it is empty, or one of the words or numbers for nothing."""
    found = f"trim({sql.name(column.column or column.id)})"
    gone = [*data.missing, *column.missing]
    words = ["", *(one for one in gone if isinstance(one, str))]
    nothing = f"{found} IN ({', '.join(map(sql.text, words))})"
    if numbers := [sql.double(one) for one in gone if not isinstance(one, str)]:
        nothing += f" OR coalesce({_number(found, data, sql)} IN ({', '.join(numbers)}), FALSE)"
    return f"CASE WHEN NOT ({nothing}) THEN {found} END"


def _number(found: str, data: Data, sql: Dialect) -> str:
    if data.decimal == "point":
        return sql.number(found)
    # A point in a file with decimal commas parts thousands, or is a slip: neither is read as a decimal.
    written = sql.number(f"replace({found}, {sql.text(',')}, {sql.text('.')})")
    return f"CASE WHEN instr({found}, {sql.text('.')}) = 0 THEN {written} END"


def _day(found: str, column: Column, data: Data, sql: Dialect) -> str:
    if column.form == "serial":
        number = _number(found, data, sql)
        within = f"{number} BETWEEN {_FIRST_SERIAL} AND {_LAST_SERIAL}"
        return f"CASE WHEN {within} THEN {sql.later(_SERIAL_0, number)} END"
    pattern, (year, month, day) = _FORMS[column.form]
    return sql.day(found, pattern, year, month, day)


def mapped(column: Column, data: Data, sql: Dialect) -> str:
    """Return a column of the outside table as the variable it becomes; NULL where nothing stands there."""
    found = _told(column, data, sql)
    if column.type == "number":
        return _number(found, data, sql)
    if column.type == "date":
        return _day(found, column, data, sql)
    if column.type == "boolean":
        yes, no = (", ".join(map(sql.text, words)) for words in (column.yes, column.no))
        return f"CASE WHEN {found} IN ({yes}) THEN TRUE WHEN {found} IN ({no}) THEN FALSE END"
    whens = " ".join(f"WHEN {sql.text(value)} THEN {sql.text(code)}" for value, code in column.values.items())
    return f"CASE {found} {whens} END"


# --- what cannot be read ------------------------------------------------------------------------------


def nameless(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of how many rows of the outside table belong to no unit."""
    return f"SELECT count(*) FROM {source} WHERE {_named(_data(study).units, sql)} IS NULL"


def misread(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of every value of the outside table that its column does not have: column, value, how often."""
    data = _data(study)
    selects = []
    for column in data.column:
        found, value, outside_of = _told(column, data, sql), mapped(column, data, sql), ""
        if column.type == "number":
            # "nan" and "inf" read as numbers; neither is an answer.
            low, high = mapping.bounds(column)
            outside_of = f" OR NOT {sql.finite(value)} OR {value} < {low!r} OR {value} > {high!r}"
        elif column.type == "date":
            outside_of = f" OR {value} NOT BETWEEN DATE {sql.text(_FIRST_DAY)} AND DATE {sql.text(_LAST_DAY)}"
        wrong = f"{found} IS NOT NULL AND ({value} IS NULL{outside_of})"
        selects.append(
            f"SELECT {sql.text(column.id)} AS c, {found} AS v, count(*) AS n FROM {source} WHERE {wrong} GROUP BY 2"
        )
    return " UNION ALL ".join(selects) + f" {sql.ordered(('1', '2'))}"


def twice(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of every unit with two rows where one is meant: what for, unit, how many."""
    data = _data(study)
    constant = [column.id for column in data.column if column.constant]
    said = {"baseline": BASELINE} if of_baseline(study) else {}
    said |= {f"outcome {o.id}": f"outcome {o.id}" for o in study.entry.outcome if o.of not in constant}
    selects = [
        f"SELECT {sql.text(what)} AS c, _unit AS v, count(*) AS n FROM (SELECT {', '.join(_read(data, sql))} FROM "
        f"{source}) {_where(study.conditions.get(key), sql)} GROUP BY 2 HAVING count(*) > 1"
        for key, what in said.items()
    ]
    return " UNION ALL ".join(selects or [_NONE]) + f" {sql.ordered(('1', '2'))}"


def inconstant(study: Study, source: str, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of every unit with different values in a column that is constant: column, unit, how many."""
    data = _data(study)
    selects = [
        f"SELECT {sql.text(column.column or column.id)} AS c, {_named(data.units, sql)} AS v, {many} AS n "
        f"FROM {source} GROUP BY 2 HAVING {many} > 1"
        for column in data.column
        if column.constant
        for many in [f"count(DISTINCT {mapped(column, data, sql)})"]
    ]
    return " UNION ALL ".join(selects or [_NONE]) + f" {sql.ordered(('1', '2'))}"


def _where(predicate: Predicate | None, sql: Dialect) -> str:
    return f" WHERE {Writer(sql).truth(predicate)}" if predicate is not None else ""
