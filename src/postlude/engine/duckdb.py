"""Runs predicates over a cohort of intakes in Parquet files, with DuckDB.

The table of a cohort is described at the top of :mod:`postlude.logic.sql`. Before anything runs, its columns are held
against what the predicates read; :func:`check` also looks at every value, since a number outside its bounds or a code
that the knowledge does not have would break the promise that a definite conclusion stands.

DuckDB reads the local files that it is given and nothing else: it installs and loads no extension, so it has no way
to the network. Every name that is written into SQL is quoted by ``_name``, every text by ``_text``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from postlude.engine import Limits, Words
from postlude.engine.cohort import Column, read_by, select, stored
from postlude.errors import FileError
from postlude.logic.dialect import DUCKDB
from postlude.logic.nodes import FIRST_DAY, LAST_DAY, Predicate
from postlude.logic.vocabulary import FactType, Kind, Vocabulary

_TYPES: dict[str, Kind] = {
    "boolean": "boolean",
    "varchar": "choice",
    "enum": "choice",
    "date": "date",
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "hugeint"), "number"),
    **dict.fromkeys(("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"), "number"),
}
_SAID: dict[str, str] = {
    "boolean": "BOOLEAN",
    "choice": "VARCHAR",
    "number": "DOUBLE",
    "date": "DATE",
    "list": "a list of STRUCT",
}
_name, _text = DUCKDB.name, DUCKDB.text


class Rows(NamedTuple):
    """A result held in memory: the names of its columns, and a tuple of values for each person."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def truths(
    predicates: Mapping[str, Predicate],
    source: Path | str,
    *,
    words: Mapping[str, Words] | None = None,
    keep: Sequence[str] = (),
    ranged: frozenset[str] = frozenset(),
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> Rows:
    """Return the truth of every predicate for every row of ``source`` (a Parquet file, or a pattern for several).

    ``keep`` names columns to hand through; ``ranged`` those that are pairs of ends. A predicate that ``words`` make
    use of is not a column itself. Rows come in the order of the file. Raises :class:`FileError`.
    """
    with connected(source, limits) as connection:
        found = connection.execute(_select(connection, predicates, source, words or {}, keep, ranged))
        return Rows(tuple(column[0] for column in found.description or ()), found.fetchall())


def write_truths(
    predicates: Mapping[str, Predicate],
    source: Path | str,
    out: Path,
    *,
    words: Mapping[str, Words] | None = None,
    keep: Sequence[str] = (),
    ranged: frozenset[str] = frozenset(),
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> int:
    """Write what :func:`truths` returns to a Parquet file, never holding it in memory; returns the number of rows.

    ``out`` appears only when it is whole. Raises :class:`FileError`.
    """
    with connected(source, limits, out) as connection:
        select = _select(connection, predicates, source, words or {}, keep, ranged)
        return _copied(connection, select, out)


def kinds(source: Path | str) -> dict[str, str]:
    """Return the columns of a Parquet file, each with the kind of its values, "" for one that no predicate reads.

    Raises :class:`FileError`.
    """
    with connected(source, Limits()) as connection:
        return {name: found.kind for name, found in _columns(connection, source).items()}


def selected(write: Callable[[str], str], source: Path | str, *, limits: Limits = Limits()) -> Rows:  # noqa: B008
    """Return what a SELECT gives; ``write`` gets what stands after FROM. Raises :class:`FileError`."""
    with connected(source, limits) as connection:
        found = connection.execute(write(_file(source)))
        return Rows(tuple(column[0] for column in found.description or ()), found.fetchall())


def write_selected(
    write: Callable[[str], str],
    source: Path | str,
    out: Path,
    *,
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> int:
    """Write what a SELECT gives to a Parquet file, never holding it in memory; returns the number of rows.

    ``out`` appears only when it is whole. Raises :class:`FileError`.
    """
    with connected(source, limits, out) as connection:
        return _copied(connection, write(_file(source)), out)


def check(
    vocabulary: Vocabulary,
    source: Path | str,
    *,
    names: Collection[str] | None = None,
    ranged: frozenset[str] = frozenset(),
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> tuple[str, ...]:
    """Return a sentence for everything in which a cohort is not a table of this vocabulary; none when it is one.

    Columns first; once these are right, values outside their bounds, codes that do not exist and lists that are NULL,
    each counted. ``names`` (as :func:`postlude.logic.nodes.names` gives them) limits the check to what is read.
    Raises :class:`FileError` when the file cannot be read.
    """
    types = {
        Column(name, fact.kind): fact
        for name, fact in vocabulary.facts.items()
        if fact.kind != "text" and (names is None or name in names)
    }
    lists = [name for name in vocabulary.records if names is None or name in names]
    types |= {
        Column(name, field.kind, of): field
        for of in lists
        for name, field in vocabulary.records[of].items()
        if field.kind != "text" and (names is None or f"{of}.{name}" in names)
    }
    with connected(source, limits) as connection:
        wrong = _misfits(connection, source, types, lists, ranged)
        if wrong:
            return tuple(wrong)
        checks = [_null("as_of"), *(c for name in lists for c in (_null(name), _null(f"{name}_complete")))]
        checks += [(f"{name} holds a record that is NULL", _count_in(name, "_record IS NULL")) for name in lists]
        for column, kind in types.items():
            checks += _value_checks(column, kind, ranged)
        counts = connection.execute(f"SELECT {', '.join(sql for _, sql in checks)} FROM {_file(source)}").fetchone()  # noqa: S608
    counted = zip(checks, counts or (), strict=True)
    return tuple(f"{source}: column {what} ({count:,} times)" for (what, _), count in counted if count)


# --- the query ----------------------------------------------------------------------------------


def _select(
    connection: duckdb.DuckDBPyConnection,
    predicates: Mapping[str, Predicate],
    source: Path | str,
    words: Mapping[str, Words],
    keep: Sequence[str],
    ranged: frozenset[str],
) -> str:
    fitting(connection, predicates, source, keep, ranged)
    return select(predicates, _file(source), words=words, keep=keep, ranged=ranged)


def fitting(
    connection: duckdb.DuckDBPyConnection,
    predicates: Mapping[str, Predicate],
    source: Path | str,
    keep: Sequence[str],
    ranged: frozenset[str],
) -> None:
    """Look whether a cohort has what predicates read and what is to be kept. Raises :class:`FileError`."""
    columns, lists = read_by(predicates.values())
    wrong = _misfits(connection, source, columns, lists, ranged)
    present = _columns(connection, source)
    wrong += [f"{source}: there is no column {name!r} to keep" for name in keep if name not in present]
    if wrong:
        raise FileError("\n".join(wrong))


# --- columns and values -------------------------------------------------------------------------


def _misfits(
    connection: duckdb.DuckDBPyConnection,
    source: Path | str,
    columns: Iterable[Column],
    lists: Iterable[str],
    ranged: frozenset[str],
) -> list[str]:
    """Return a sentence for every column that is missing or of another type than predicates read."""
    present = _columns(connection, source)
    needed: list[tuple[str, str]] = [("as_of", "date")]
    for name in lists:
        needed += [(name, "list"), (f"{name}_complete", "boolean")]
    needed += [(path, column.kind) for column in columns for path in stored(str(column), ranged)]
    wrong: list[str] = []
    for path, kind in needed:
        home, _, field = path.partition(".")
        if field and home not in present:
            continue  # said of the list itself
        if field and field not in present[home].fields:
            wrong.append(f"{source}: column {home!r} has no field {field!r} ({_SAID[kind]} is needed)")
            continue
        if home not in present:
            wrong.append(f"{source}: there is no column {home!r} ({_SAID[kind]} is needed)")
            continue
        found = present[home].fields[field] if field else present[home]
        if found.kind != kind:
            wrong.append(f"{source}: column {path!r} is {found.said}; {_SAID[kind]} is needed")
    return wrong


class _Type(NamedTuple):
    kind: str
    said: str
    fields: dict[str, "_Type"]


def _columns(connection: duckdb.DuckDBPyConnection, source: Path | str) -> dict[str, _Type]:
    relation = connection.sql(f"SELECT * FROM {_file(source)}")  # noqa: S608
    return {name: _type(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}


def _type(kind: Any) -> _Type:
    fields: dict[str, _Type] = {}
    if kind.id == "list" and kind.children[0][1].id == "struct":
        fields = {name: _type(inner) for name, inner in kind.children[0][1].children}
        return _Type("list", str(kind), fields)
    return _Type(_TYPES.get(kind.id, ""), str(kind), fields)


def _value_checks(column: Column, kind: FactType, ranged: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Return for each thing that can be wrong with a value what it is, and the expression that counts it."""
    if kind.kind == "choice":
        codes = ", ".join(map(_text, kind.values))
        yield f"{column} holds a code that there is not", _count(column, column.name, f"{{}} NOT IN ({codes})")
    if kind.kind not in ("number", "date"):
        return
    places = stored(column.name, frozenset({column.name} if str(column) in ranged else ()))
    if kind.kind == "number":
        low, high = f"{kind.low!r}::DOUBLE", f"{kind.high!r}::DOUBLE"
        said = f"{kind.low:g} to {kind.high:g}"
    else:
        low, high = (f"DATE '{date.fromordinal(day)}'" for day in (FIRST_DAY, LAST_DAY))
        said = "1900 to 2200"
    for name in places:
        outside = f"{{}} < {low} OR {{}} > {high}"  # NaN is the greatest of all numbers here, so it is outside too
        yield f"{name if not column.of else f'{column.of}.{name}'} lies outside {said}", _count(column, name, outside)
    if len(places) == 2:
        ends = [_in(column, name) for name in places]
        crossed = f"{ends[0]} > {ends[1]}"
        yield f"{column}_low lies above {column}_high", _counted(column, crossed)


def _count(column: Column, name: str, form: str) -> str:
    return _counted(column, form.replace("{}", _in(column, name)))


def _counted(column: Column, condition: str) -> str:
    return _count_in(column.of, condition) if column.of else f"count(*) FILTER (WHERE {condition})"


def _in(column: Column, name: str) -> str:
    return f"_record.{_name(name)}" if column.of else _name(name)


def _count_in(records: str, condition: str) -> str:
    return f"sum(len(list_filter({_name(records)}, lambda _record: {condition})))"


def _null(name: str) -> tuple[str, str]:
    return f"{name} is NULL", f"count(*) FILTER (WHERE {_name(name)} IS NULL)"


def _copied(connection: duckdb.DuckDBPyConnection, select: str, out: Path) -> int:
    part = out.with_name(f".{out.name}.part")
    try:
        counted = connection.execute(f"COPY ({select}) TO {_text(str(part))} (FORMAT parquet)").fetchone()
        part.replace(out)
    except OSError as error:
        raise FileError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return int(counted[0]) if counted else 0


# --- the database -------------------------------------------------------------------------------


@contextmanager
def connected(source: Path | str, limits: Limits, out: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database of its own; what goes wrong in it is said as a :class:`FileError`."""
    if "://" in str(source):
        raise FileError(f"{source}: only files of this machine are read")
    config: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    if limits.threads is not None:
        config["threads"] = str(limits.threads)
    if limits.memory:
        config["memory_limit"] = limits.memory
    try:
        with duckdb.connect(":memory:", config=config) as connection:
            # A bar would stand in the middle of what a command prints.
            connection.execute("SET enable_progress_bar = false")
            yield connection
    except duckdb.OutOfMemoryException:
        raise FileError(f"{source}: does not fit into the memory that is allowed ({limits.memory or 'all'})") from None
    except duckdb.Error as error:
        first = str(error).split("\n", maxsplit=1)[0]
        raise FileError(f"{source}{f' or {out}' if out else ''}: {first}") from None


def matching(source: Path | str) -> list[Path]:
    """Return the files that a pattern stands for, in the order in which they are read."""
    with connected(source, Limits()) as connection:
        found = connection.execute("SELECT file FROM glob(?)", [str(source)]).fetchall()
        return sorted(Path(file) for (file,) in found)


def _file(source: Path | str) -> str:
    return f"read_parquet({_text(str(source))})"
