"""Runs a study: reads the data, makes the frame, counts, and puts together what results.json holds."""

import hashlib
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from postlude import __version__
from postlude.catalog.catalogue import Catalogue
from postlude.engine import Limits
from postlude.engine.session import Session, session
from postlude.errors import StudyError, one_of
from postlude.instruments.load import Instruments
from postlude.outcomes import (
    analysing,
    comparing,
    counts,
    describing,
    folder,
    frame,
    mapping,
    measuring,
    outside,
    responding,
    tables,
)
from postlude.outcomes.beside import beside
from postlude.outcomes.curves import curves
from postlude.outcomes.entries import Column, Comparison, Outcome
from postlude.outcomes.responding import Arrays
from postlude.outcomes.statistics.multiplicity import adjust
from postlude.outcomes.study import OVERALL, Study
from postlude.outcomes.told import Told, number
from postlude.outcomes.transcript import Transcript, needed, transcribe

ENGINES = ("duckdb", "spark")
LIMITS = Limits(memory="3GB")
"""So that a study of any size runs on a clinic's computer: what does not fit is laid down on disk."""
_FRAME = "frame"
_ROWS = 2_000_000
"""Units of which values are brought into memory for tests and models; counts are made in the database at any size."""
_LIST = 20
_SHOWN = 5
_PATHS = 100
_WORDS = {"na", "n/a", "nan", ".", "-", "null", "none", "missing", "unknown", "-9", "-99", "-999", "99", "999", "9999"}
_NOTHING = "; if it stands for nothing, name it in `missing`"


def run(
    study: Study,
    catalogue: Catalogue,
    instruments: Instruments,
    data: Path,
    *,
    engine: str = ENGINES[0],
    limits: Limits = LIMITS,
) -> Told:
    """Return everything that a study comes to, as results.json holds it: the same data, the same bytes.

    ``instruments`` say which scores there are; ``data`` is the folder of the tables, or of the outside table;
    ``engine`` is one of :data:`ENGINES`, which agree. Raises :class:`StudyError` with every mistake in the data,
    :class:`FileError` when something cannot be read, and :class:`MissingPartError` for an engine not installed.
    """
    with _session(engine, data, limits) as connection:
        made = _frame(study, catalogue, instruments, connection, data, limits)
        synthetic = _synthetic(study, connection, data)
        assessed = connection.rows(counts.flow(study, _FRAME))
        flow = dict(zip(assessed.columns, assessed.rows[0], strict=True))
        several = flow["eligible"] != flow["eligible_people"]
        counted = {o.id: _counted(connection, study, o, several=several) for o in study.entry.outcome}
        reasons = {
            o.id: dict(connection.rows(counts.reasons(_FRAME, o, connection.dialect)).rows) for o in study.entry.outcome
        }
        paths = _paths(connection) if "sequences" in study.entry.figures and not study.outside else None
        arrays: Arrays | None = None
        if int(flow["eligible"]) <= _ROWS:
            arrays = connection.columns(f"{made.analysed} ORDER BY unit")
    told: Told = {
        "study": {"id": study.id, "title": study.entry.title, "question": study.entry.question,
                  "design": study.entry.design, "hash": study.hash},
        "data": {"hash": made.hash, "synthetic": synthetic},
        "postlude": __version__,
        "flow": _flow(study, flow, counted, reasons),
        "table1": describing.table_one(study, catalogue, arrays) if arrays is not None else {"not_done": _too_many()},
        "responders": {}, "continuous": {}, "comparisons": {}, "analyses": {},
    }  # fmt: skip
    for outcome in study.entry.outcome:
        _outcome(study, outcome, counted[outcome.id], arrays, told)
    for comparison in study.entry.comparison:
        told["comparisons"][comparison.id] = _comparison(study, comparison, counted[comparison.outcome], arrays)
    for analysis in study.entry.analysis:
        told["analyses"][analysis.id] = (
            analysing.analyse(study, analysis, arrays)
            if arrays is not None
            else {"title": analysis.title, "kind": analysis.kind, "not_done": _too_many()}
        )
    _for_many_tests(study, told)
    if paths is not None:
        told["sequences"] = paths
    if arrays is not None:
        told["curves"] = curves(study, arrays)
    told["published"] = beside(study, told)
    told["notes"] = list(study.entry.notes)
    return told


def _paths(connection: Session) -> list[Told]:
    rows = connection.rows(f"SELECT path, n FROM sequences ORDER BY n DESC, path LIMIT {_PATHS}").rows  # noqa: S608
    return [{"path": path.split(" > "), "people": int(n)} for path, n in rows]


def encoded(told: Told) -> bytes:
    """Return results.json: the same results, the same bytes."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


class _Made(NamedTuple):
    """What a frame was made of, and what the analyses read of it: a SELECT of units that are eligible."""

    hash: str
    analysed: str


def _frame(
    study: Study,
    catalogue: Catalogue,
    instruments: Instruments,
    connection: Session,
    data: Path,
    limits: Limits = LIMITS,
) -> _Made:
    """Make the frame."""
    sql, analysed = connection.dialect, f"SELECT * FROM {_FRAME} WHERE _eligible"  # noqa: S608
    if study.entry.data is None:
        found = folder.read_tables(data, tables.load(catalogue, instruments), limits=limits)
        wanted = [key for key in frame.tables_of(study) if key not in found]
        if wanted:
            raise StudyError([f"{data}: has no table {key!r}; the study {study.id} reads it" for key in wanted])
        sources = {key: f"({connection.table(one.files, one.select, one.over)})" for key, one in found.items()}
        sources["intakes"] = frame.with_absent(study, found["intakes"].columns, sources["intakes"], sql)
        connection.make("frame", frame.record(study, sources, sql))
        connection.make("made_up", f"SELECT count(*) AS n FROM {sources['people']} WHERE synthetic")  # noqa: S608
        if "sequences" in study.entry.figures:
            connection.make("sequences", frame.sequences(sources, sql))
        if any(analysis.event for analysis in study.entry.analysis):
            analysed = f"SELECT * FROM ({frame.timed(study, _FRAME, sources, sql)})"  # noqa: S608
        return _Made(_hash(sorted(path for one in found.values() for path in one.files)), analysed)
    path = data / study.entry.data.file if data.is_dir() else data
    if not path.is_file():
        raise StudyError([f"{path}: there is no such file; the study {study.id} reads it"])
    _outside(study, connection, path, transcribe(path, study.entry.data, connection.folder))
    return _Made(_hash([path]), analysed)


def _outside(study: Study, connection: Session, path: Path, plain: Transcript) -> None:
    """Look through an outside table, and make the frame of it."""
    data, sql = study.entry.data, connection.dialect
    assert data is not None  # noqa: S101  # asked only then
    source = connection.texts(*plain)
    present = connection.rows(f"SELECT * FROM {source} LIMIT 0").columns  # noqa: S608
    if plain.columns is None and data.unit == "row":
        raise StudyError([f"{path}: the rows of a Parquet file have no numbers; `unit` names the columns of a unit"])
    if wrong := [f"{path}: there is no column {k!r}; {one_of(present, k)}" for k in needed(data) if k not in present]:
        raise StudyError(wrong)
    wrong = _misread(study, path, connection.rows(outside.misread(study, source, sql)).rows)
    if nameless := connection.rows(outside.nameless(study, source, sql)).rows[0][0]:
        wrong.append(f"{path}: {nameless:,} rows have no {' or no '.join(data.units)}: they are of no unit")
    wrong += _several(path, connection.rows(outside.twice(study, source, sql)).rows)
    wrong += [
        f"{path}, column {column!r}: unit {unit!r} has {count} different values; it is said to be constant"
        for column, unit, count in connection.rows(outside.inconstant(study, source, sql)).rows[:_LIST]
    ]
    if wrong:
        raise StudyError(wrong)
    connection.make("frame", outside.frame(study, source, sql))


def _several(path: Path, found: list[tuple[Any, ...]]) -> list[str]:
    """Say which units have several rows where one is meant: the first few, and how many more there are."""
    said = [
        f"{path}: {count} rows of unit {unit!r} are meant for {what}; one is needed, so `rows` must say which"
        + (" (or every column read of a unit is `constant`)" if what == outside.BASELINE else "")
        for what, unit, count in found[:_SHOWN]
    ]
    return said + [f"{path}: {len(found) - _SHOWN:,} more such units"] * (len(found) > _SHOWN)


def _session(engine: str, data: Path, limits: Limits) -> AbstractContextManager[Session]:
    if engine == "spark":
        from postlude.engine import spark  # noqa: PLC0415  # an optional part, and slow to start

        return spark.session(data, limits)
    return session(data, limits)


def _misread(study: Study, path: Path, found: list[tuple[Any, ...]]) -> list[str]:
    """Say which values a column does not have: the first few of each column, and how many more there are."""
    assert study.entry.data is not None  # noqa: S101  # asked only then
    said = []
    for column in study.entry.data.column:
        own = [(value, count) for key, value, count in found if key == column.id]
        here = f"{path}, column {(column.column or column.id)!r}"
        said += [
            f"{here}: found {v!r} ({n:,} times); {_allowed(column, v, study.entry.data.decimal)}"
            for v, n in own[:_SHOWN]
        ]
        if len(own) > _SHOWN:
            rows = sum(count for _, count in own[_SHOWN:])
            said.append(f"{here}: {len(own) - _SHOWN:,} more such values ({rows:,} times)")
    return said


def _allowed(column: Column, found: str, decimal: str) -> str:
    if column.type == "number":
        low, high = (f"{end:g}" for end in mapping.bounds(column))
        great = re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", found.lower()) is not None
        ends = [f"from {low}"] * (great or column.low is not None) + [f"to {high}"] * (great or column.high is not None)
        other = "comma" if decimal == "point" else "point"
        written = re.fullmatch(r"[+-]?\d+[.,]\d+", found) and ("," in found) is (other == "comma")
        hint = f" (or `decimal = {other!r}` in [data])" if written else _NOTHING * (found.lower() in _WORDS)
        return " ".join(["a number is needed", *ends]) + hint
    if column.type == "date":
        return f"a day, written {column.form}, is needed (see `form`)" + _NOTHING * (found.lower() in _WORDS)
    return one_of([*column.values] if column.type == "choice" else [*column.yes, *column.no], found)


def _hash(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _synthetic(study: Study, connection: Session, data: Path) -> bool:
    """Whether anybody in the data does not exist: the record says so of each person, whatever else lies beside it."""
    if study.entry.data is not None:
        return study.entry.data.synthetic
    drawn = connection.rows("SELECT n FROM made_up").rows[0][0]
    return bool(drawn) or (data / "truth.json").is_file()


def _too_many() -> str:
    return f"more than {_ROWS:,} units: counts are made at any size, tests and models are not"


Groups = Mapping[tuple[str, str], dict[str, Any]]


def _counted(connection: Session, study: Study, outcome: Outcome, *, several: bool) -> Groups:
    """Return the counts of each group; with how units are spread over people, where some are ``several`` units."""
    asked = [counts.groups, counts.people] if several and outcome.judged else [counts.groups]
    into: dict[tuple[str, str], dict[str, Any]] = {}
    for select in asked:
        rows = connection.rows(select(study, _FRAME, outcome, connection.dialect))
        for row in (dict(zip(rows.columns, row, strict=True)) for row in rows.rows):
            into.setdefault((row["stratum"], row["group"] or ""), {}).update(row)
    return into


def _flow(study: Study, assessed: Told, counted: Mapping[str, Groups], reasons: Mapping[str, Any]) -> Told:
    told: Told = {key: int(value) for key, value in assessed.items()}
    told["population"] = study.entry.population.says
    told["outcomes"] = {}
    for outcome in study.entry.outcome:
        groups: dict[str, Told] = {}
        for (stratum, group), row in counted[outcome.id].items():
            groups.setdefault(stratum, {})[group or "not_placed"] = {
                name: int(row[name]) for name in ("treated", "people", "due", "asked", "answered")
            }
        told["outcomes"][outcome.id] = {
            "groups": groups,
            "reasons": {k: int(v) for k, v in reasons[outcome.id].items()},
        }
    return told


def _outcome(study: Study, outcome: Outcome, counted: Groups, arrays: Arrays | None, told: Told) -> None:
    judged = outcome.judged
    into: Told = {}
    for (stratum, group), row in counted.items():
        placed = into.setdefault(stratum, {})
        if judged:
            placed[group or "not_placed"] = responding.group(row, study.entry.missing, study.entry.interval)
        else:
            placed[group or "not_placed"] = measuring.group(row)
    if judged and "multiple-imputation" in study.entry.missing.plan and arrays is not None:
        due = arrays[f"{outcome.id} due"] == 1
        chosen = {key: values[due] for key, values in arrays.items()}
        for stratum in (OVERALL, *(s.id for s in study.entry.stratum)):
            groups = np.full(int(due.sum()), OVERALL) if stratum == OVERALL else chosen[f"group {stratum}"]
            for group, found in responding.imputed(outcome, chosen, groups, study.entry.missing).items():
                into[stratum][group]["multiple_imputation"] = found
    told["responders" if judged else "continuous"][outcome.id] = {"title": outcome.title, **into}
    if not judged or study.coded(outcome):
        return
    # A responder rests on a measure; what that measure did in the mean stands beside the share.
    told["continuous"].setdefault(outcome.id, {"title": outcome.title})
    for (stratum, group), row in counted.items():
        told["continuous"][outcome.id].setdefault(stratum, {})[group or "not_placed"] = measuring.group(row)


def _comparison(study: Study, comparison: Comparison, counted: Groups, arrays: Arrays | None) -> Told:
    outcome = study.outcome(comparison.outcome)
    told: Told = {"outcome": outcome.id, "stratum": comparison.stratum, "says": comparison.says,
                  "groups": [comparison.first, comparison.second]}  # fmt: skip
    first, second = (counted.get((comparison.stratum, group)) for group in (comparison.first, comparison.second))
    if first is None or second is None:
        return told | {"not_done": "a group has nobody in it"}
    judged = outcome.judged
    if judged:
        told |= comparing.shares(comparison, first, second, study.entry.missing)
    if arrays is None:
        return told | ({} if judged else {"not_done": _too_many()})
    groups = arrays[f"group {comparison.stratum}"]
    if not judged:
        sides = [{key: v[groups == g] for key, v in arrays.items()} for g in (comparison.first, comparison.second)]
        told |= comparing.means(comparison, outcome, *sides)
    if comparison.adjusted is not None:
        both = np.isin(groups, (comparison.first, comparison.second))
        chosen = {key: values[both] for key, values in arrays.items()}
        told["adjusted"] = comparing.adjusted(comparison, outcome, chosen, groups[both] == comparison.first)
    elif study.entry.design == "cohort":
        told["claims"] = comparing.OBSERVED
    if first["treated"] + second["treated"] > first["people"] + second["people"]:
        told["several_units"] = comparing.SEVERAL
    return told


def _for_many_tests(study: Study, told: Told) -> None:
    """Raise the p of all tests of comparisons together, as the study says, beside the plain ones."""
    method = study.entry.multiplicity
    tests = [test for c in told["comparisons"].values() for test in c.get("tests", ()) if test.get("p") is not None]
    told["multiplicity"] = {"method": method, "tests": len(tests)}
    if method == "none" or not tests:
        return
    for test, raised in zip(tests, adjust([test["p"] for test in tests], method), strict=True):
        test["p_adjusted"] = number(raised)
