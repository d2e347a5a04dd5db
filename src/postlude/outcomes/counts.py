"""Writes the counts of a study as SQL over its frame: the flow, and who responded, in every group.

Counts are made where the data are, whatever their size; nothing but totals comes back.
"""

from postlude.logic.dialect import DUCKDB, Dialect
from postlude.outcomes.entries import Outcome
from postlude.outcomes.frame import changed, responded
from postlude.outcomes.study import OVERALL, Study


def flow(study: Study, frame: str) -> str:
    """Return a SELECT with one row: units and people assessed, eligible, and of whom it is not known."""
    people = _people(study)
    return (
        f"SELECT count(*) AS units, {people} AS people, count(*) FILTER (WHERE _eligible) AS eligible, "
        f"{people} FILTER (WHERE _eligible) AS eligible_people, "
        "count(*) FILTER (WHERE NOT _eligible) AS not_eligible, "
        f"count(*) FILTER (WHERE _eligible IS NULL) AS unknown FROM {frame}"
    )


def groups(study: Study, frame: str, outcome: Outcome, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT with a row for everybody and for each group of each stratum, of those eligible.

    ``treated`` units and people, ``due``, ``asked``, ``answered``; ``with_baseline``; ``undefined``, due with a
    baseline of which no percentage can be taken; ``judged``, of whom it can be said; ``responders``; and means.
    """
    truth = responded(outcome, sql) if outcome.judged else sql.cast("NULL", "BOOLEAN")
    before, after = sql.name(f"{outcome.id} before"), sql.name(f"{outcome.id} after")
    due, asked, answered = (sql.name(f"{outcome.id} {what}") for what in ("due", "asked", "answered"))
    change = changed(outcome, sql)
    counted = {
        "treated": "count(*)",
        "people": _people(study),
        "due": f"count(*) FILTER (WHERE {due})",
        "asked": f"count(*) FILTER (WHERE {asked})",
        "answered": f"count(*) FILTER (WHERE {answered})",
        "with_baseline": f"count({before})",
        "undefined": f"count(*) FILTER (WHERE {due} AND {_undefined(outcome, sql)})",
        "judged": f"count(*) FILTER (WHERE ({truth}) IS NOT NULL)",
        "responders": f"count(*) FILTER (WHERE {truth})",
        "changed": f"count({change})",
        **_sums("before", before),
        **_sums("after", after),
        **_sums("change", change),
    }
    columns = ", ".join(f"{select} AS {name}" for name, select in counted.items())
    everybody = f"SELECT {sql.text(OVERALL)} AS stratum, {sql.text(OVERALL)} AS {sql.name('group')}"
    strata = [
        f"SELECT {sql.text(s.id)} AS stratum, {sql.name(f'group {s.id}')} AS {sql.name('group')}, {columns} "
        f"FROM {frame} WHERE _eligible GROUP BY 2"
        for s in study.entry.stratum
    ]
    ordered = sql.ordered(("1", "2"))
    if not strata:
        return f"{everybody}, {columns} FROM {frame} WHERE _eligible {ordered}"
    # Everybody is in just one group of the first stratum (or in that of whom it is not known): the rows are read once.
    whole = {
        name: f"sum({name})" if select.startswith("sum") else _total(name, sql) for name, select in counted.items()
    }
    whole["people"] = f"(SELECT {_people(study)} FROM {frame} WHERE _eligible)"
    summed = ", ".join(f"{select} AS {name}" for name, select in whole.items())
    parts = [f"{everybody}, {summed} FROM _first", "SELECT * FROM _first", *strata[1:]]
    return f"WITH _first AS ({strata[0]}) {' UNION ALL '.join(parts)} {ordered}"


def _total(name: str, sql: Dialect) -> str:
    """The sum of counts; of nobody it is 0."""
    return sql.cast(f"coalesce(sum({name}), 0)", "BIGINT")


def people(study: Study, frame: str, outcome: Outcome, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT with the same rows as :func:`groups`: how the units that count are spread over people.

    Of each person: ``m`` judged, ``c`` counted (due, and not undefined), ``y`` responders. Of both denominators the
    people who have any, and the sums over people of squares and products.
    """
    truth = responded(outcome, sql)
    due, undefined = sql.name(f"{outcome.id} due"), _undefined(outcome, sql)
    own = (
        f"count(*) FILTER (WHERE ({truth}) IS NOT NULL) AS m, count(*) FILTER (WHERE {truth}) AS y, "
        f"count(*) FILTER (WHERE {due} AND NOT coalesce({undefined}, FALSE)) AS c"
    )
    pairs = ", ".join(f"sum({a} * {b}) AS {a}{b}" for a, b in ("mm", "my", "yy", "cc", "cy", "cm"))
    summed = f"count(*) FILTER (WHERE m > 0) AS people_m, count(*) FILTER (WHERE c > 0) AS people_c, {pairs}"
    everybody = (sql.text(OVERALL), sql.text(OVERALL))
    named = [everybody, *((sql.text(s.id), sql.name(f"group {s.id}")) for s in study.entry.stratum)]
    parts = []
    for stratum, group in named:
        each = (
            f"SELECT {stratum} AS stratum, {group} AS {sql.name('group')}, person, {own} FROM {frame} WHERE _eligible"
        )
        parts.append(f"SELECT stratum, {sql.name('group')}, {summed} FROM ({each} GROUP BY 1, 2, 3) GROUP BY 1, 2")
    return " UNION ALL ".join(parts) + f" {sql.ordered(('1', '2'))}"


def _people(study: Study) -> str:
    """Where each person is one unit, nobody has to be told from others."""
    index = study.entry.index
    return "count(*)" if index is not None and index.which == "first" else "count(DISTINCT person)"


def _sums(what: str, value: str) -> dict[str, str]:
    """Sums and sums of squares as exact decimals, so that no order of rows and no number of threads moves a digit.

    One side of the product has a digit more: two of 18 are multiplied in 64 bits, and overflow above 3,037.
    """
    exact = f"CAST({value} AS DECIMAL(18, 6))"
    return {
        f"{what}_n": f"count({value})",
        f"{what}_sum": f"sum({exact})",
        f"{what}_squares": f"sum(CAST(CAST({value} AS DECIMAL(19, 6)) * {exact} AS DECIMAL(30, 8)))",
    }


def _undefined(outcome: Outcome, sql: Dialect) -> str:
    """Whether no percentage can be taken of the baseline of a row."""
    return f"{sql.name(f'{outcome.id} before')} <= 0" if outcome.of_percent else "FALSE"


def reasons(frame: str, outcome: Outcome, sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of why answers are missing: the reason as it was coded, and how many units."""
    answered, reason = sql.name(f"{outcome.id} answered"), sql.name(f"{outcome.id} reason")
    due, asked = sql.name(f"{outcome.id} due"), sql.name(f"{outcome.id} asked")
    coded = f"CASE WHEN NOT {due} THEN 'not_due' WHEN NOT {asked} THEN coalesce({reason}, 'not_asked') "
    coded += f"ELSE coalesce({reason}, 'not_stated') END"
    return (
        f"SELECT {coded} AS reason, count(*) AS n FROM {frame} WHERE _eligible AND NOT {answered} "
        f"GROUP BY 1 {sql.ordered(('1',))}"
    )
