"""Writes the *frame* of a study as SQL: a row a unit, with its groups, its variables, each outcome before and after.

The columns: ``unit`` and ``person`` (texts); the variables that the study names; ``group ID`` for each stratum; and for
each outcome ``ID before`` and ``ID after`` (DOUBLE, NULL where there is none), ``ID due``, ``ID asked`` and
``ID answered`` (BOOLEAN) and ``ID reason`` (why there is none, where somebody wrote it down). Everything is ordered by
unit, so that the same data give the same bytes.
"""

from collections.abc import Mapping

from postlude.engine.cohort import read_by
from postlude.logic.dialect import DUCKDB, Dialect
from postlude.logic.sql import query
from postlude.outcomes import events
from postlude.outcomes.entries import Analysis, Index, Outcome, Stratum
from postlude.outcomes.study import Study

_EVENTS = {
    "treatment": ("treatments", "given", "on", "treatment"),
    "operation": ("operations", "operation", "on", "procedure"),
    "intake": ("intakes", "intake", "as_of", ""),
}
"""Where index events stand: the table, and its columns of the key, the day and the kind."""
_KINDS = {"boolean": "BOOLEAN", "number": "DOUBLE", "choice": "VARCHAR", "text": "VARCHAR", "date": "DATE"}
PER_OUTCOME = ("before", "after", "due", "asked", "answered", "reason")
DAYS_A_MONTH = 30.4375
"""A year of 365.25 days by twelve."""


def variables(study: Study) -> tuple[str, ...]:
    """Return the facts or columns that the study reads of a unit, in a fixed order."""
    entry = study.entry
    named = [*entry.describe, *(s.by for s in entry.stratum if s.by and s.by != "index"), *entry.missing.predictors]
    named += [key for c in entry.comparison if c.adjusted for key in c.adjusted.by]
    named += [key for a in entry.analysis for key in _read_by(a) if key]
    of_rows = {f"outcome {outcome.id}" for outcome in entry.outcome} | {"baseline"}
    columns, lists = read_by(p for key, p in study.conditions.items() if key not in of_rows)
    named += [column.name for column in columns if not column.of]
    named += [key for found in lists for key in (found, f"{found}_complete")]
    return tuple(dict.fromkeys(named))


def _read_by(analysis: Analysis) -> tuple[str, ...]:
    a = analysis
    return (*a.covariates, a.period, a.sequence, a.time, a.since, a.status)


# --- the record ---------------------------------------------------------------------------------------


def tables_of(study: Study) -> tuple[str, ...]:
    """Return the tables of the record that the study reads."""
    assert study.entry.index is not None  # noqa: S101  # a study of the record has one
    needed = ["intakes", _EVENTS[study.entry.index.event][0], "scores", "contacts"]
    if any(analysis.event for analysis in study.entry.analysis):
        needed += ["people", "treatments", "operations"]
    needed += ["treatments"] if "sequences" in study.entry.figures else []
    return tuple(dict.fromkeys(needed))


def with_absent(study: Study, columns: tuple[str, ...], source: str, sql: Dialect) -> str:
    """Return what stands after FROM for intakes in which columns that the study reads may be left out: not known."""
    facts, lists = study.vocabulary.facts, study.vocabulary.records
    absent = []
    for key in (key for key in variables(study) if key not in columns):
        if key in facts:
            kind = _KINDS[facts[key].kind]
        elif key in lists:
            kind = sql.list_type({field: _KINDS[of.kind] for field, of in lists[key].items()})
        else:
            kind = "BOOLEAN"
        absent.append(f", {sql.cast('NULL', kind)} AS {sql.name(key)}")
    return f"(SELECT *{''.join(absent)} FROM {source})"


def record(study: Study, tables: Mapping[str, str], sql: Dialect = DUCKDB) -> str:
    """Return the frame of the record; ``tables`` leads from a table's name to what stands after FROM.

    A unit is named by its person and its key in its table: keys are one of their kind only for a person.
    """
    entry = study.entry
    index = entry.index
    assert index is not None  # noqa: S101  # a study of the record has one
    parts = [f"_events AS ({_events(study, tables, sql)})"]
    if index.which != "each":
        kind = ", kind" if index.which == "first-of-each" else ""
        first = f"row_number() OVER (PARTITION BY person{kind} ORDER BY {sql.name('on')}, unit)"
        parts.append(
            f"_index AS (SELECT {sql.without('_nth')} FROM (SELECT *, {first} AS _nth FROM _events) WHERE _nth = 1)"
        )
    else:
        parts.append("_index AS (SELECT * FROM _events)")
    wanted = variables(study)
    parts.append(f"_intake AS ({_intakes(wanted, tables, entry.baseline.intake_days, sql)})")
    own = [f"_intake.{sql.name(key)}" for key in wanted]
    shown, joins = [], ["LEFT JOIN _intake ON _intake.unit = _index.unit"]
    measured = list(dict.fromkeys(_scores(outcome, sql) for outcome in entry.outcome))
    for n, condition in enumerate(measured):
        own_outcomes = [outcome for outcome in entry.outcome if _scores(outcome, sql) == condition]
        parts.append(f"_scored{n} AS ({_scored(study, own_outcomes, tables, sql)})")
        joins.append(f"LEFT JOIN _scored{n} ON _scored{n}.unit = _index.unit")
    asked = list(dict.fromkeys(_asked(index, outcome, tables, sql) for outcome in entry.outcome))
    for n, select in enumerate(asked):
        parts.append(f"_asked{n} AS ({select})")
        joins.append(f"LEFT JOIN _asked{n} ON _asked{n}.unit = _index.unit")
    for outcome in entry.outcome:
        scored = f"_scored{measured.index(_scores(outcome, sql))}"
        before, after = f"{scored}._before", f"{scored}.{sql.name(_window(outcome))}"
        due = f"_asked{asked.index(_asked(index, outcome, tables, sql))}"
        answered = f"{after} IS NOT NULL"
        shown += [
            f"{before} AS {sql.name(f'{outcome.id} before')}",
            f"{after} AS {sql.name(f'{outcome.id} after')}",
            f"coalesce({due}._due, FALSE) OR {answered} AS {sql.name(f'{outcome.id} due')}",
            f"coalesce({due}._asked, FALSE) OR {answered} AS {sql.name(f'{outcome.id} asked')}",
            f"{answered} AS {sql.name(f'{outcome.id} answered')}",
            f"CASE WHEN NOT ({answered}) THEN {due}._reason END AS {sql.name(f'{outcome.id} reason')}",
        ]
    columns = ["_index.unit", "_index.person", "_index._key", f"_index.{sql.name('on')} AS as_of"]
    select = ", ".join([*columns, "_index.kind AS _kind", *own, *shown])
    select = f"WITH {', '.join(parts)} SELECT {select} FROM _index {' '.join(joins)}"
    return grouped(study, select, sql, also=("_key",))


def timed(study: Study, frame: str, tables: Mapping[str, str], sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of those eligible of a frame of the record, with the columns of each analysis of times.

    Apart from the frame, as it reads every visit: of more units than analyses are made of it would be for nothing.
    """
    index = study.entry.index
    assert index is not None  # noqa: S101  # a study of the record has one
    parts = [f"_index AS (SELECT *, as_of AS {sql.name('on')} FROM {frame} WHERE _eligible)"]
    shown, joins = [], []
    analyses = [a for a in study.entry.analysis if a.event]
    for name, select in events.heard(analyses, tables, sql).items():
        parts.append(f"{name} AS ({select})")
        joins.append(f"LEFT JOIN {name} ON {name}.person = _index.person")
    for place, analysis in enumerate(analyses):
        visits = _visits(study, analysis, tables, sql) if events.LOSS in analysis.event else ""
        found = events.timed(analysis, place, tables, sql, visits)
        parts += [f"{name} AS ({select})" for name, select in found.parts.items()]
        joins += [f"LEFT JOIN {name} ON {name}.unit = _index.unit" for name in found.joined]
        shown += found.shown
    select = ", ".join(["_index.*", *shown])
    return f"WITH {', '.join(parts)} SELECT {select} FROM _index {' '.join(joins)}"


def _events(study: Study, tables: Mapping[str, str], sql: Dialect) -> str:
    index = study.entry.index
    assert index is not None  # noqa: S101  # a study of the record has one
    table, key, on, of = _EVENTS[index.event]
    kind = sql.name(of) if of else "''"
    where = [f"{sql.name(on)} IS NOT NULL"]
    if index.of:
        where.append(f"{kind} IN ({', '.join(map(sql.text, index.of))})")
    where += [f"{sql.name(on)} >= DATE {sql.text(index.from_)}"] if index.from_ else []
    where += [f"{sql.name(on)} <= DATE {sql.text(index.to)}"] if index.to else []
    unit = f"person || {sql.text('/')} || {sql.name(key)}"
    day = f"CAST({sql.name(on)} AS DATE) AS {sql.name('on')}"
    return (
        f"SELECT person, {sql.name(key)} AS _key, {unit} AS unit, {day}, {kind} AS kind "
        f"FROM {tables[table]} WHERE {' AND '.join(where)}"
    )


def _intakes(wanted: tuple[str, ...], tables: Mapping[str, str], days: int, sql: Dialect) -> str:
    """The last intake up to the event, and not older than the baseline may be."""
    last = "row_number() OVER (PARTITION BY _index.unit ORDER BY t.as_of DESC, t.intake)"
    own = "".join(f", t.{sql.name(key)}" for key in wanted)
    day = f"_index.{sql.name('on')}"
    near = f"t.as_of <= {day} AND {sql.days('t.as_of', day)} <= {days}"
    return (
        f"SELECT {sql.without('_nth')} FROM (SELECT _index.unit{own}, {last} AS _nth FROM _index "
        f"JOIN {tables['intakes']} t ON t.person = _index.person AND {near}) WHERE _nth = 1"
    )


def _scores(outcome: Outcome, sql: Dialect) -> str:
    site = f" AND t.site = {sql.text(outcome.site)}" if outcome.site else ""
    measure = f"t.instrument = {sql.text(outcome.instrument)} AND t.measure = {sql.text(outcome.score)}"
    return f"{measure}{site} AND t.value IS NOT NULL"


def _window(outcome: Outcome) -> str:
    """The column of what was scored at a horizon: outcomes of one measure may share it."""
    return f"_after {outcome.months!r} {outcome.from_month!r} {outcome.to_month!r}"


def _scored(study: Study, outcomes: list[Outcome], tables: Mapping[str, str], sql: Dialect) -> str:
    """The scores of one measure, read once for every outcome that rests on it: before, and after by its window.

    Before counts the last score in the days of the baseline. After counts the score nearest to the horizon within its
    window, of two as near the earlier; one that follows another treatment says nothing of this one, but after an
    operation or an intake every score counts.
    """
    index, base = study.entry.index, study.entry.baseline
    assert index is not None  # noqa: S101  # a study of the record has one
    on = sql.name("on")
    days = sql.days(f"_index.{on}", f"t.{on}")
    when = [f"{sql.days(f't.{on}', f'_index.{on}')} BETWEEN {-base.days_after} AND {base.days_before}"]
    columns = [f"{sql.at_most_of('t.value', (f't.{on}', 't.score'))} FILTER (WHERE {when[0]}) AS _before"]
    for outcome in {_window(outcome): outcome for outcome in outcomes}.values():
        low, high = ((outcome.from_month or 0) * DAYS_A_MONTH, (outcome.to_month or 0) * DAYS_A_MONTH)
        far = f"abs({days} - {outcome.months * DAYS_A_MONTH!r})"
        when.append(f"{days} > 0 AND {days} BETWEEN {low!r} AND {high!r} AND {_mine(index)}")
        nearest = sql.at_least_of("t.value", (far, f"t.{on}", "t.score"))
        columns.append(f"{nearest} FILTER (WHERE {when[-1]}) AS {sql.name(_window(outcome))}")
    return (
        f"SELECT _index.unit, {', '.join(columns)} FROM _index JOIN {tables['scores']} t ON t.person = _index.person "
        f"WHERE {_scores(outcomes[0], sql)} AND ({' OR '.join(f'({one})' for one in when)}) GROUP BY _index.unit"
    )


def _mine(index: Index) -> str:
    """Whether a score can be of the event."""
    return "(t.about = _index._key OR t.about IS NULL)" if index.event == "treatment" else "TRUE"


def _visits(study: Study, analysis: Analysis, tables: Mapping[str, str], sql: Dialect) -> str:
    """Every day on which it can be said whether the outcome was reached, from the beginning of its window on.

    Of two scores of one day the first counts, as for the outcome itself.
    """
    index, outcome = study.entry.index, study.outcome(analysis.outcome)
    assert index is not None  # noqa: S101  # a study of the record has one
    on, before, after = (sql.name(key) for key in ("on", f"{outcome.id} before", f"{outcome.id} after"))
    days = sql.days(f"_index.{on}", f"t.{on}")
    value = sql.at_least_of("t.value", ("t.score",))
    seen = (
        f"SELECT _index.unit, CAST(t.{on} AS DATE) AS _on, {value} AS {after} FROM _index "
        f"JOIN {tables['scores']} t ON t.person = _index.person WHERE {_scores(outcome, sql)} AND {days} > 0 "
        f"AND {days} >= {(outcome.from_month or 0) * DAYS_A_MONTH!r} AND {_mine(index)} "
        f"GROUP BY _index.unit, CAST(t.{on} AS DATE)"
    )
    told = f"SELECT s.*, _index.{before} FROM ({seen}) s JOIN _index ON _index.unit = s.unit"
    judged = f"SELECT unit, _on, {responded(outcome, sql)} AS _met FROM ({told})"
    return f"SELECT * FROM ({judged}) WHERE _met IS NOT NULL"


def _asked(index: Index, outcome: Outcome, tables: Mapping[str, str], sql: Dialect) -> str:
    """Follow-ups of the treatment that fall into the window by their months, or of the person by the day due."""
    low, high = outcome.from_month or 0, outcome.to_month or 0
    mine = f"t.about = _index._key AND t.months BETWEEN {low!r} AND {high!r}"
    if index.event != "treatment":
        days = sql.days(f"_index.{sql.name('on')}", "t.due_on")
        mine = f"{days} > 0 AND {days} BETWEEN {low * DAYS_A_MONTH!r} AND {high * DAYS_A_MONTH!r}"
    return (
        "SELECT _index.unit, bool_or(t.due_on IS NOT NULL) AS _due, bool_or(t.asked_on IS NOT NULL) AS _asked, "
        f"min(t.reason) AS _reason FROM _index JOIN {tables['contacts']} t "
        f"ON t.person = _index.person AND {mine} GROUP BY _index.unit"
    )


def sequences(tables: Mapping[str, str], sql: Dialect = DUCKDB) -> str:
    """Return a SELECT of what people of the frame were given, in order, and how many were given just that."""
    path = sql.chained("t.treatment", " > ", (f"t.{sql.name('on')}", "t.given"))
    return (
        f"SELECT path, count(*) AS n FROM (SELECT t.person, {path} AS path FROM {tables['treatments']} t "
        f"WHERE t.person IN (SELECT person FROM {sql.name('frame')} WHERE _eligible) GROUP BY t.person) "
        f"GROUP BY path {sql.ordered(('n DESC', 'path'))}"
    )


# --- what both share --------------------------------------------------------------------------------


def grouped(study: Study, frame: str, sql: Dialect, also: tuple[str, ...] = ()) -> str:
    """Lay the groups and the population over a frame, and keep the columns ``also``.

    Whoever cannot be placed for certain is in no group.
    """
    kept = ["unit", "person", *also, "as_of", "_kind", *variables(study)]
    kept += [f"{o.id} {what}" for o in study.entry.outcome for what in PER_OUTCOME]
    cases = {f"{s.id} {c.id}": f"stratum {s.id} {c.id}" for s in study.entry.stratum for c in s.case}
    predicates = {f"_case {key}": study.conditions[where] for key, where in cases.items()}
    if "population" in study.conditions:
        predicates["_eligible"] = study.conditions["population"]
    among = [a.id for a in study.entry.analysis if f"analysis {a.id}" in study.conditions]
    predicates |= {f"among {key}": study.conditions[f"analysis {key}"] for key in among}
    told = query(predicates, f"({frame})", keep=tuple(kept), sql=sql)
    groups = [f"{_group(study, stratum, sql)} AS {sql.name(f'group {stratum.id}')}" for stratum in study.entry.stratum]
    eligible = [] if "_eligible" in predicates else ["TRUE AS _eligible"]
    return f"SELECT {', '.join(['*', *groups, *eligible])} FROM ({told})"


def _group(study: Study, stratum: Stratum, sql: Dialect) -> str:
    if stratum.case:
        whens = ""
        for case in stratum.case:
            truth = sql.name(f"_case {stratum.id} {case.id}")
            # A later group is only right when every one before it is known not to be.
            whens += f"WHEN {truth} IS NULL THEN NULL WHEN {truth} THEN {sql.text(case.id)} "
        return f"CASE {whens}END"
    if stratum.by == "index":
        return "_kind"
    if study.vocabulary.facts[stratum.by].kind == "boolean":
        return f"CASE WHEN {sql.name(stratum.by)} THEN 'yes' WHEN NOT {sql.name(stratum.by)} THEN 'no' END"
    return sql.name(stratum.by)


def changed(outcome: Outcome, sql: Dialect) -> str:
    """Return the value less the baseline as SQL; in percent of the baseline NULL where that is 0 or less."""
    before, after = sql.name(f"{outcome.id} before"), sql.name(f"{outcome.id} after")
    if outcome.kind == "percent-change":
        return f"(CASE WHEN {before} > 0 THEN ({after} - {before}) * 100 / {before} END)"
    return f"({after} - {before})"


def improved(outcome: Outcome, sql: Dialect) -> str:
    """Return the improvement of a row as SQL, positive when it became better; NULL when either end is missing."""
    before, after = sql.name(f"{outcome.id} before"), sql.name(f"{outcome.id} after")
    return f"({before} - {after})" if outcome.better == "less" else f"({after} - {before})"


def responded(outcome: Outcome, sql: Dialect) -> str:
    """Return whether a row responded as SQL, NULL when it cannot be said: no answer, or a percentage of nothing."""
    before, after = sql.name(f"{outcome.id} before"), sql.name(f"{outcome.id} after")
    if outcome.kind == "state":
        sign, limit = outcome.limit
        return f"({after} {sign} {limit!r})"
    if outcome.points is not None:
        return f"({improved(outcome, sql)} >= {outcome.points!r})"
    share = f"{improved(outcome, sql)} * 100 >= {outcome.percent!r} * {before}"
    return f"(CASE WHEN {before} > 0 THEN {share} END)"
