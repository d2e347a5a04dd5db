"""Reads look-up tables as they were published: CSV files that begin by saying whose they are and where read."""

import csv
from pathlib import Path

from postlude.catalog.problems import Place, Problems
from postlude.instruments.instrument import Row, Table

_RAW, _VALUE, _SE = "raw", "value", "se"


def read(folder: Path, name: str, place: Place, problems: Problems) -> Table | None:
    """Return a table with columns ``raw,value[,se]``, or ``None`` with every mistake noted."""
    path = folder / name
    here = Place(f"instruments/tables/{name}")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8 text"
        problems.note(place, f"the table {name!r} cannot be read: {why}")
        return None
    head = tuple(line.lstrip("# ").strip() for line in lines if line.startswith("#"))
    body = [line for line in lines if line and not line.startswith("#")]
    if not head:
        problems.note(here, "begins with no line that says whose table it is and where it was read (# …)")
    reader = csv.DictReader(body)
    columns = list(reader.fieldnames or ())
    if columns[:2] != [_RAW, _VALUE] or columns[2:] not in ([], [_SE]):
        problems.note(here, f"found the columns {', '.join(columns)}; raw,value or raw,value,se are needed")
        return None
    rows: dict[float, Row] = {}
    for number, row in enumerate(reader, start=len(lines) - len(body) + 2):
        try:
            raw = float(row[_RAW])
            found = Row(float(row[_VALUE]), float(row[_SE]) if row.get(_SE) else None)
        except (TypeError, ValueError):
            problems.note(here, f"line {number}: found {list(row.values())}; numbers are needed")
            continue
        if raw in rows:
            problems.note(here, f"line {number}: {raw:g} stands twice")
        rows[raw] = found
    return Table(name, rows, head)
