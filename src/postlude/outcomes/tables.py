"""The tables of the record: what each holds, column by column, read from the data dictionary of the knowledge.

:mod:`postlude.outcomes.folder` holds a folder of data against it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from postlude.catalog import files
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.decode import decode
from postlude.catalog.problems import Place, Problems
from postlude.errors import KnowledgeError, one_of
from postlude.instruments.load import Instruments
from postlude.logic.vocabulary import FactType
from postlude.outcomes.table_entries import ColumnEntry, ReferenceEntry, RuleEntry, TableEntry, Type

FOLDER = "tables"
_HARM = "harm"
_TYPES: dict[str, Type] = {
    "boolean": "boolean",
    "number": "number",
    "date": "date",
    "choice": "code",
    "text": "text",
}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column. ``codes`` are those allowed (none: all are).

    ``pairs`` those allowed beside each code of column ``beside``.
    """

    id: str
    type: Type
    needed: bool = False
    low: float | None = None
    high: float | None = None
    codes: tuple[str, ...] = ()
    beside: str = ""
    pairs: Mapping[str, tuple[str, ...]] = {}


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table understood. ``columns`` in order, those of facts last; ``lists`` by name, each with its fields."""

    id: str
    key: tuple[str, ...]
    needed: bool
    columns: Mapping[str, Column]
    lists: Mapping[str, Mapping[str, FactType]]
    references: tuple[ReferenceEntry, ...]
    rules: tuple[RuleEntry, ...]


def entries(folder: Path = files.SHIPPED / FOLDER) -> dict[str, TableEntry]:
    """Return the dictionary as it is written, in its order. Raises :class:`KnowledgeError` with every mistake."""
    problems = Problems()
    found: dict[str, tuple[TableEntry, Place]] = {}
    for path in sorted(folder.glob("*.toml")):
        place = Place(f"{FOLDER}/{path.name}")
        if (content := files.parse(path, place.file, problems)) is None:
            continue
        if (entry := decode(content, TableEntry, place, problems)) is None:
            continue
        if entry.id != path.stem:
            problems.note(place.at("id"), f"found {entry.id!r}; the file is named {path.stem!r}, and both are one word")
        found[entry.id] = entry, place
    written = {key: entry for key, (entry, _) in found.items()}
    for entry, place in found.values():
        for where, what in _mistakes(entry, written):
            problems.note(place.at(where), what)
    if problems:
        raise KnowledgeError(problems)
    return dict(sorted(written.items(), key=lambda item: (item[1].order, item[0])))


def load(catalogue: Catalogue, instruments: Instruments, folder: Path = files.SHIPPED / FOLDER) -> dict[str, Table]:
    """Return every table, with the codes and facts that this knowledge has. Raises :class:`KnowledgeError`."""
    problems = Problems()
    tables: dict[str, Table] = {}
    for entry in entries(folder).values():
        place = Place(f"{FOLDER}/{entry.id}.toml")
        columns: dict[str, Column] = {}
        for written in entry.column:
            columns[written.id] = _column(written, catalogue, instruments, place.at(f"column {written.id}"), problems)
        if entry.facts:
            taken = sorted(columns.keys() & catalogue.vocabulary.facts.keys())
            if taken:
                problems.note(place, f"a fact and a column have one name: {', '.join(taken)}")
            columns |= {name: _of_fact(name, fact) for name, fact in catalogue.vocabulary.facts.items()}
        tables[entry.id] = Table(
            id=entry.id,
            key=entry.key,
            needed=entry.needed,
            columns=columns,
            lists=catalogue.vocabulary.records if entry.facts else {},
            references=entry.reference,
            rules=entry.rule,
        )
    if problems:
        raise KnowledgeError(problems)
    return tables


def _mistakes(entry: TableEntry, tables: Mapping[str, TableEntry]) -> Iterator[tuple[str, str]]:
    ids = [column.id for column in entry.column]
    yield from ((f"column {name}", "stands twice") for name in sorted({n for n in ids if ids.count(n) > 1}))
    needed = {column.id for column in entry.column if column.needed}
    for name in entry.key:
        if name not in needed:
            yield "key", f"{name!r} is not a column that is needed; {one_of(sorted(needed), name)}"
    for column in entry.column:
        here = f"column {column.id}"
        if column.type == "code" and bool(column.codes) is bool(column.codes_from):
            yield here, "has codes of its own, or names where they come from: one of the two"
        if column.type != "code" and (column.codes or column.codes_from):
            yield here, f"has codes; that is a column of type code, not {column.type}"
        if bool(column.codes_of) is not (column.codes_from in ("measures", "field")):
            yield f"{here}.codes_of", "goes with codes from measures or from a field, and with nothing else"
        if column.codes_from == "measures" and column.codes_of not in ids:
            yield f"{here}.codes_of", f"there is no column {column.codes_of!r}; {one_of(ids, column.codes_of)}"
        if (column.low is not None or column.high is not None) and column.type not in ("integer", "number"):
            yield here, f"has bounds; those are for numbers, not for {column.type}"
        if column.needed is bool(column.null):
            yield f"{here}.null", "says what an empty place means; a column that is needed has none"
    for reference in entry.reference:
        there = tables.get(reference.to)
        if there is None:
            yield "reference", f"there is no table {reference.to!r}; {one_of(sorted(tables), reference.to)}"
        elif len(reference.columns) != len(there.key):
            yield "reference", f"{reference.to} is told apart by {', '.join(there.key)}: as many columns are needed"
    said = [*(reference.columns for reference in entry.reference), *(rule.columns for rule in entry.rule)]
    for name in (name for columns in said for name in columns):
        if name not in ids:
            yield "reference, rule", f"there is no column {name!r}; {one_of(ids, name)}"


def _column(
    written: ColumnEntry, catalogue: Catalogue, instruments: Instruments, place: Place, problems: Problems
) -> Column:
    codes: tuple[str, ...] = tuple(written.codes)
    pairs: dict[str, tuple[str, ...]] = {}
    match written.codes_from:
        case "treatments":
            codes = tuple(catalogue.treatments)
        case "instruments":
            codes = tuple(instruments.instruments)
        case "harms":
            codes = tuple(key for key, outcome in catalogue.library.outcomes.items() if outcome.kind == _HARM)
        case "measures":
            pairs = {
                key: tuple(score.id for score in instrument.entry.score)
                for key, instrument in instruments.instruments.items()
            }
        case "field":
            records, _, name = written.codes_of.partition(".")
            field = catalogue.vocabulary.records.get(records, {}).get(name)
            if field is None or field.kind != "choice":
                problems.note(place.at("codes_of"), f"{written.codes_of!r} is not a choice in a list of the knowledge")
            else:
                codes = field.values
    return Column(
        id=written.id,
        type=written.type,
        needed=written.needed,
        low=written.low,
        high=written.high,
        codes=codes,
        beside=written.codes_of if pairs else "",
        pairs=pairs,
    )


def _of_fact(name: str, fact: FactType) -> Column:
    bounded = fact.kind == "number"
    return Column(
        id=name,
        type=_TYPES[fact.kind],
        low=fact.low if bounded else None,
        high=fact.high if bounded else None,
        codes=fact.values,
    )
