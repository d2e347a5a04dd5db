"""Generated people as tables, in the form that ``postlude.logic.sql`` describes: one row a person."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from postlude.logic.person import Person, Value
from postlude.logic.vocabulary import FactType
from tests.strategies import FACTS, RECORDS

# Hypothesis keeps the annotations of a test for good; duckdb would report its own class as leaked at the end.
Connection = Any
_TYPES = {"boolean": "BOOLEAN", "choice": "VARCHAR", "number": "DOUBLE", "date": "DATE"}
MEASURED = [
    *(n for n, t in FACTS.items() if t.kind in ("number", "date")),
    *(f"{of}.{n}" for of, fields in RECORDS.items() for n, t in fields.items() if t.kind in ("number", "date")),
]


def _columns(home: Mapping[str, FactType], prefix: str, ranged: frozenset[str]) -> list[tuple[str, str]]:
    columns = []
    for name, kind in home.items():
        ends = ("_low", "_high") if prefix + name in ranged else ("",)
        columns += [(name + end, _TYPES[kind.kind]) for end in ends]
    return columns


def _cells(home: Mapping[str, FactType], prefix: str, ranged: frozenset[str], known: Mapping[str, Value]) -> list[Any]:
    cells: list[Any] = []
    for name, kind in home.items():
        value = known.get(name)
        if isinstance(value, tuple) and kind.kind == "date":
            ends: list[Any] = [date.fromordinal(int(end)) for end in value]
        else:
            ends = list(value) if isinstance(value, tuple) else [value, value]
        if prefix + name not in ranged:
            assert ends[0] == ends[1]
            ends = ends[:1]
        cells += ends
    return cells


def _declared(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns)


def table(connection: Connection, people: Sequence[Person], ranged: frozenset[str]) -> None:
    """Make the table ``intakes`` with one row a person, in the form that ``sql`` describes, and their ``row``."""
    lists = {of: _columns(fields, f"{of}.", ranged) for of, fields in RECORDS.items()}
    structs = {of: f"STRUCT({_declared(columns)})[]" for of, columns in lists.items()}
    columns = [("row", "INTEGER"), ("as_of", "DATE"), *_columns(FACTS, "", ranged), *structs.items()]
    columns += [(f"{of}_complete", "BOOLEAN") for of in RECORDS]
    rows = []
    for number, person in enumerate(people):
        told = [
            [
                dict(zip([n for n, _ in lists[of]], _cells(fields, f"{of}.", ranged, record), strict=True))
                for record in person.records.get(of, ())
            ]
            for of, fields in RECORDS.items()
        ]
        complete = [of in person.complete for of in RECORDS]
        today = date.fromordinal(person.as_of)
        rows.append([number, today, *_cells(FACTS, "", ranged, person.facts), *told, *complete])
    connection.execute(f"CREATE OR REPLACE TABLE intakes ({_declared(columns)})")
    values = ", ".join(f"?::{t}" for _, t in columns)
    connection.executemany(f"INSERT INTO intakes VALUES ({values})", rows)
