"""Writes the query over a cohort of intakes, for either database: which columns predicates read, and what comes out.

The table of a cohort is described at the top of :mod:`postlude.logic.sql`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from postlude.engine import TRUTHS, Words
from postlude.logic import nodes
from postlude.logic.dialect import DUCKDB, Dialect
from postlude.logic.nodes import Predicate, Quantity, children
from postlude.logic.sql import query
from postlude.logic.vocabulary import Kind


class Column(NamedTuple):
    """A column that predicates read, or a field of a list column: ``of`` names the list."""

    name: str
    kind: Kind
    of: str = ""

    def __str__(self) -> str:
        return f"{self.of}.{self.name}" if self.of else self.name


def select(
    predicates: Mapping[str, Predicate],
    source: str,
    *,
    words: Mapping[str, Words],
    keep: Sequence[str],
    ranged: frozenset[str],
    sql: Dialect = DUCKDB,
) -> str:
    """Return a SELECT of what is kept, of the predicates, and of the words; ``source`` is what stands after FROM."""
    columns, lists = read_by(predicates.values())
    # Only what is read, by name: a further column must not be taken for a derived fact of the same name.
    wanted = ["as_of", *(c for column in columns if not column.of for c in stored(str(column), ranged))]
    wanted += [c for name in lists for c in (name, f"{name}_complete")]
    kept = {f"kept {name}": name for name in keep}
    read = [*map(sql.name, dict.fromkeys(wanted)), *(f"{sql.name(n)} AS {sql.name(k)}" for k, n in kept.items())]
    inner = f"(SELECT {', '.join(read)} FROM {source})"
    found = query(predicates, inner, keep=tuple(kept), ranged=ranged, sql=sql)
    used = {name for word in words.values() for name in word.predicates}
    shown = [f"{sql.name(k)} AS {sql.name(n)}" for k, n in kept.items()]
    shown += [sql.name(name) for name in predicates if name not in used]
    shown += [f"{_said(word, sql)} AS {sql.name(name)}" for name, word in words.items()]
    return f"SELECT {', '.join(shown)} FROM ({found})"


def _said(words: Words, sql: Dialect) -> str:
    """Return the word of a row: a place in the list, counted from one."""
    needed = len(TRUTHS) ** len(words.predicates)
    if len(words.says) != needed:
        raise ValueError(f"{needed} words are needed, one for each combination; {len(words.says)} given")
    place = "0"
    for name in words.predicates:
        digit = f"(CASE WHEN {sql.name(name)} THEN 2 WHEN NOT {sql.name(name)} THEN 1 ELSE 0 END)"
        place = digit if place == "0" else f"({place} * {len(TRUTHS)} + {digit})"
    return sql.element(sql.list_of([*map(sql.text, words.says)]), f"{place} + 1")


def read_by(predicates: Iterable[Predicate | Quantity]) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns and fields that predicates read, and the lists."""
    columns: dict[Column, None] = {}
    lists: dict[str, None] = {}
    stack: list[Predicate | Quantity] = list(predicates)
    seen: set[str] = set()
    while stack:
        here = stack.pop()
        match here:
            case nodes.Boolean(name, of):
                columns[Column(name, "boolean", of)] = None
            case nodes.Choice(name, _, of):
                columns[Column(name, "choice", of)] = None
            case nodes.Number(name, _, _, of):
                columns[Column(name, "number", of)] = None
            case nodes.Day(name, of):
                columns[Column(name, "date", of)] = None
            case nodes.CountDistinct(records, field, _):
                lists[records] = None
                columns[Column(field, "choice", records)] = None
            case nodes.AnyRecord(records, _) | nodes.CountRecords(records, _) | nodes.SumRecords(records, _, _):
                lists[records] = None
            case nodes.Extreme(_, records, _, _):
                lists[records] = None
            case nodes.DerivedTruth(name, _) | nodes.DerivedNumber(name, _):
                if name in seen:
                    continue
                seen.add(name)
            case _:
                pass
        stack.extend(children(here))
    return tuple(columns), tuple(lists)


def stored(path: str, ranged: frozenset[str]) -> tuple[str, ...]:
    """Return the columns in which a fact or field stands: two for one that is known within a range."""
    return (f"{path}_low", f"{path}_high") if path in ranged else (path,)
