"""Studies for tests: a study file from its text, tables of the record from rows, and the frame as rows of its own."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load as load_catalogue
from postlude.engine.session import session
from postlude.instruments.load import Instruments
from postlude.instruments.load import load as load_instruments
from postlude.outcomes import load, run
from postlude.outcomes.study import Study
from postlude.outcomes.told import Told

Row = Mapping[str, Any]

HEAD = """
id = "made-up"
title = "A made-up study"
question = "How many have half the pain?"
design = "cohort"
"""
RELIEF = """
[[outcome]]
id = "relief50"
title = "At least 50 % less pain after 6 months"
kind = "responder"
instrument = "nrs"
score = "pain"
percent = 50
months = 6
from_month = 4
to_month = 9
"""
RECORD = (
    HEAD
    + """
[population]
says = "everybody"
[index]
event = "treatment"
of = ["scs"]
[baseline]
says = "the last pain before"
days_before = 90
"""
    + RELIEF
)
OUTSIDE = (
    HEAD
    + """
[data]
file = "trial.csv"
unit = ["who"]
cite = "Nobody 2026, made up"
licence = "CC0"
[[data.column]]
id = "arm"
type = "choice"
says = "what was given"
values = { A = "active", P = "placebo" }
[[data.column]]
id = "female"
type = "boolean"
yes = ["yes"]
no = ["no"]
says = "female"
[[data.column]]
id = "pain_before"
column = "pain0"
type = "number"
low = 0
high = 10
says = "pain before"
[[data.column]]
id = "pain_after"
column = "pain6"
type = "number"
low = 0
high = 10
says = "pain after"

[population]
says = "everybody"
[baseline]
says = "pain before"

[[outcome]]
id = "relief50"
title = "At least 50 % less pain"
kind = "responder"
of = "pain_after"
baseline_of = "pain_before"
percent = 50
months = 6

[[stratum]]
id = "arm"
title = "What was given"
by = "arm"
"""
)


@cache
def knowledge() -> tuple[Catalogue, Instruments]:
    """The shipped knowledge, read once."""
    return load_catalogue(), load_instruments()


def study(text: str, folder: Path) -> Study:
    """A study from the text of its file. Raises :class:`StudyError`."""
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return load.load(path, *knowledge())


def results(chosen: Study, data: Path) -> Told:
    return run.run(chosen, *knowledge(), data)


def rows(chosen: Study, data: Path) -> dict[str, dict[str, Any]]:
    """The frame: each unit with its columns, and of those eligible the columns of analyses of times."""
    with session(data) as connection:
        made = run._frame(chosen, *knowledge(), connection, data)
        units: dict[str, dict[str, Any]] = {}
        for select in ('SELECT * FROM "frame"', made.analysed):
            found = connection.rows(select)
            units |= {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.rows}
        return units


def csv(folder: Path, name: str, table: Sequence[Row]) -> None:
    """Write rows as a CSV file; a key that a row lacks is an empty place."""
    columns = list(dict.fromkeys(key for row in table for key in row))
    lines = [columns, *([_said(row.get(key)) for key in columns] for row in table)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.csv").write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")


def _said(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def parquet(folder: Path, name: str, table: Sequence[Mapping[str, str]]) -> None:
    """Write rows, each a mapping from column to SQL, as a Parquet file."""
    selects = ["SELECT " + ", ".join(f'{value} AS "{key}"' for key, value in row.items()) for row in table]
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"COPY ({' UNION ALL '.join(selects)}) TO '{folder / f'{name}.parquet'}' (FORMAT parquet)")


def record(folder: Path, **tables: Sequence[Row]) -> Path:
    """Write a folder of the record. Whoever stands in a table stands in people; a table not given has no rows."""
    folder.mkdir(parents=True, exist_ok=True)
    people = sorted({str(row["person"]) for table in tables.values() for row in table})
    csv(folder, "people", [{"person": one, "synthetic": True} for one in people])
    empty = {
        "intakes": "person,intake,as_of",
        "treatments": "person,given,on,treatment",
        "operations": "person,operation,on,procedure",
        "scores": "person,score,instrument,measure,value,on,reason",
        "contacts": "person,contact,due_on",
    }
    for name, head in empty.items():
        if tables.get(name):
            csv(folder, name, tables[name])
        else:
            (folder / f"{name}.csv").write_text(head + "\n", encoding="utf-8")
    for name in tables.keys() - empty.keys():
        csv(folder, name, tables[name])
    return folder
