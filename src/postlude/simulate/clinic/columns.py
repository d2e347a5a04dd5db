"""Says in SQL what each column of the tables is, made of the numbers that were drawn.

Numbers become days, codes and names only here, inside the database: that is what makes writing fast. Every name that
is written into SQL is quoted by ``quoted``, every text by ``text``.
"""

from collections.abc import Iterator, Sequence

from postlude.outcomes.rows import quoted, text
from postlude.outcomes.tables import Table
from postlude.simulate.clinic.draw import LEFT, SILENT
from postlude.simulate.clinic.setting import Setting

_SQL = {
    "text": "VARCHAR",
    "code": "VARCHAR",
    "choice": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "boolean": "BOOLEAN",
}


def selects(setting: Setting, first: int) -> Iterator[tuple[str, str]]:
    """Yield each table with the SELECT that makes it from arrays of the same name; ``first`` is the first person."""
    person = f"'s' || lpad(CAST(person + {first + 1} AS VARCHAR), 8, '0')"
    for key, columns in _columns(setting).items():
        table = setting.tables[key]
        made = {"person": person, **columns}
        yield key, f"SELECT {', '.join(_shown(table, made))} FROM {key}_drawn"
    yield "intakes", _intakes(setting, person)


def _shown(table: Table, made: dict[str, str]) -> Iterator[str]:
    """Yield every column of a table; those that are not simulated are empty."""
    for column in table.columns.values():
        if table.lists and column.id not in made:
            continue
        kind = _SQL[column.type]
        yield f"CAST({made.get(column.id, 'NULL')} AS {kind}) AS {quoted(column.id)}"


def _columns(setting: Setting) -> dict[str, dict[str, str]]:
    entry = setting.entry
    menu = [option.treatment for option in entry.option]
    codes = {key: table.columns for key, table in setting.tables.items()}
    forms = entry.form
    about = _named("t", "about")
    return {
        "people": {
            "clinic": "'clinic-' || (clinic + 1)",
            "birth_year": f"year({_day('enrolled')}) - CAST({quoted(entry.years)} AS INTEGER)",
            "enrolled_on": _day("enrolled"),
            "left_on": _day("left"),
            "left_because": _code("because", LEFT),
            "synthetic": "true",
            **{column: _fact(setting, fact) for column, fact in entry.copied.items()},
        },
        "operations": {
            "operation": "'o' || number",
            "on": _day("on"),
            **{column: _of_kind(setting, field) for column, field in _FIELDS.items()},
            "result": _result(setting),
        },
        "treatments": {
            "given": _named("t", "given"),
            "on": _day("on"),
            "treatment": _code("treatment", setting.treatments),
            "course": "course",
            "together_with": _named("t", "together"),
            **_picked(setting),
            "ended_on": _day("ended_on"),
            "ended_because": _code("ended_because", codes["treatments"]["ended_because"].codes),
        },
        "scores": {
            "score": "'s' || number",
            "on": _day("on"),
            "about": about,
            "months": "months",
            "instrument": _code("form", [form.instrument for form in forms]),
            "measure": _code("form", [form.measure for form in forms]),
            "site": _code("form", [form.site for form in forms]),
            "time": _code("form", [form.time for form in forms]),
            "value": "CASE WHEN NOT isnan(value) THEN round(value, 6) END",
            "reason": _code("reason", [codes["scores"]["reason"].codes[1]]),
            "by": "'person'",
        },
        "contacts": {
            "contact": "'c' || number",
            "about": about,
            "months": f"[{', '.join(f'{visit.months!r}' for visit in entry.visit)}][visit + 1]",
            "due_on": _day("due_on"),
            "way": "CASE WHEN asked_on >= 0 THEN ['online', 'phone'][1 + CAST(asked_on % 3 = 0 AS INTEGER)] END",
            "asked_on": _day("asked_on"),
            "answered_on": _day("answered_on"),
            "reason": _code("silent", SILENT),
        },
        "adverse_events": {
            "event_id": "'e' || number",
            "on": _day("on"),
            "about": about,
            "event": _code("harm", codes["adverse_events"]["event"].codes),
            "grade": "grade",
            "serious": "grade >= 3",
            "related": _code("related", list(entry.related)),
            "resolved_on": _day("over"),
        },
        "decisions": {
            "decision": "'d' || number",
            "on": _day("on"),
            "option": _code("option", menu),
            "said": _code("said", codes["decisions"]["said"].codes),
            "by": "'together'",
            "about": about,
        },
    }


_FIELDS = {"procedure": "procedure", "region": "region", "what_for": "what_for"}
"""Columns of the table of operations, and the fields of the list of an intake that hold the same."""


def _day(column: str) -> str:
    return f"CASE WHEN {quoted(column)} >= 0 THEN DATE '1970-01-01' + CAST({quoted(column)} AS INTEGER) END"


def _named(letter: str, column: str) -> str:
    return f"CASE WHEN {quoted(column)} >= 0 THEN '{letter}' || {quoted(column)} END"


def _code(column: str, codes: Sequence[str]) -> str:
    """Return the code at a place; an empty one, or no place, is NULL."""
    listed = ", ".join(text(code) if code else "NULL" for code in codes)
    return f"(CAST([{listed}] AS VARCHAR[]))[{quoted(column)} + 1]"


def _kinds(setting: Setting) -> list[dict[str, object]]:
    """Return what each kind of operation is, as the population sets it; the last is an operation since then."""
    lines = setting.population.listed[setting.entry.operations]
    kinds = [dict(kind.set) for line in lines for kind in line.entry]
    return [*kinds, {next(iter(_FIELDS)): setting.entry.operation_again}]


def _kind(setting: Setting) -> str:
    """Return the place of the kind of a row among all kinds, counted from 0."""
    lines = setting.population.listed[setting.entry.operations]
    starts = [sum(len(before.entry) for before in lines[:at]) for at in range(len(lines))]
    known = f"([{', '.join(map(str, starts))}])[line + 1] + kind"
    return f"(CASE WHEN line < 0 THEN {len(_kinds(setting)) - 1} ELSE {known} END)"


def _of_kind(setting: Setting, field: str) -> str:
    values = [kind.get(field) for kind in _kinds(setting)]
    listed = ", ".join("NULL" if value is None else text(str(value)) for value in values)
    return f"(CAST([{listed}] AS VARCHAR[]))[{_kind(setting)} + 1]"


def _result(setting: Setting) -> str:
    """Return the result of an operation; those since then have not been asked for."""
    lines = setting.population.listed[setting.entry.operations]
    codes = [list(next(iter(kind.shares.values()), {"": 1.0})) for line in lines for kind in line.entry]
    listed = ", ".join(f"[{', '.join(text(code) if code else 'NULL' for code in each)}]" for each in codes)
    return f"(CAST([{listed}, []] AS VARCHAR[][]))[{_kind(setting)} + 1][result + 1]"


def _picked(setting: Setting) -> dict[str, str]:
    """Return the columns that a treatment fills with one of several values."""
    columns = dict.fromkeys(column for option in setting.entry.option for column in option.values)
    made = {}
    for column in columns:
        lists = [option.values.get(column, ()) for option in setting.entry.option]
        lists += [() for _ in setting.treatments[len(lists) :]]
        listed = ", ".join(f"[{', '.join(map(text, values))}]" for values in lists)
        chosen = f"(CAST([{listed}] AS VARCHAR[][]))[treatment + 1]"
        made[column] = f"CASE WHEN len({chosen}) > 0 THEN {chosen}[pick % len({chosen}) + 1] END"
    return made


def _fact(setting: Setting, fact: str) -> str:
    kind = setting.catalogue.facts[fact].type
    name = quoted(fact)
    if kind == "boolean":
        return f"CASE WHEN NOT isnan({name}) THEN {name} > 0 END"
    if kind == "choice":
        line = setting.population.answers[fact][0]
        listed = ", ".join(map(text, line.shares))
        return f"CASE WHEN NOT isnan({name}) THEN [{listed}][CAST({name} AS INTEGER) + 1] END"
    return f"CASE WHEN NOT isnan({name}) THEN {name} END"


def _intakes(setting: Setting, person: str) -> str:
    table, listed = setting.tables["intakes"], setting.entry.operations
    facts = [*setting.entry.facts, *(f for t in setting.entry.trait for f in t.facts), *setting.entry.set]
    made = {
        "person": person,
        "intake": "'i1'",
        "as_of": _day("enrolled"),
        "by": "'person'",
        **{fact: _fact(setting, fact) for fact in dict.fromkeys((*facts, setting.entry.pain))},
    }
    whole = [*_shown(table, made), f"coalesce(cut, []) AS {quoted(listed)}", f"true AS {quoted(f'{listed}_complete')}"]
    return (
        f"SELECT {', '.join(whole)} FROM people_drawn LEFT JOIN (SELECT person AS whose, "
        f"list({_record(setting)} ORDER BY number) AS cut FROM operations_drawn WHERE line >= 0 GROUP BY person) "
        "ON whose = person ORDER BY people_drawn.person"
    )


def _record(setting: Setting) -> str:
    """Return an operation as a record of an intake: every field that the knowledge has, NULL where none is drawn."""
    lines = setting.population.listed[setting.entry.operations]
    dates = {field for line in lines for kind in line.entry for field in kind.days_ago}
    results = {field for line in lines for kind in line.entry for field in kind.shares}
    parts = []
    for name, field in setting.tables["intakes"].lists[setting.entry.operations].items():
        value = _of_kind(setting, name)
        value = _day("on") if name in dates else _result(setting) if name in results else value
        parts.append(f"{quoted(name)} := CAST({value} AS {_SQL[field.kind]})")
    return f"struct_pack({', '.join(parts)})"
