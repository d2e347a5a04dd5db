"""The data dictionary, as ``knowledge/tables/*.toml`` is written: one file for each table of the record."""

from typing import Annotated
from typing import Literal as OneOf

import msgspec

from postlude.catalog.entries import Entry, FactId, Sentence

Type = OneOf["text", "code", "integer", "number", "date", "boolean"]
CodesFrom = OneOf["", "treatments", "instruments", "measures", "harms", "field"]
ColumnId = FactId
TableId = FactId


class ColumnEntry(Entry, frozen=True, kw_only=True):
    """One column. ``null`` says what an empty place means; a ``needed`` column has none.

    The codes of a ``code`` are ``codes``, each with its meaning, or come from elsewhere: from the ``treatments`` of the
    knowledge, its ``instruments``, the ``harms`` that its studies count, the ``measures`` (scores) of the instrument
    in column ``codes_of``, or the values of the ``field`` ``list.field`` that ``codes_of`` names.
    """

    id: ColumnId
    type: Type
    says: Sentence
    unit: str = ""
    low: float | None = None
    high: float | None = None
    needed: bool = False
    null: str = ""
    codes: dict[FactId, Sentence] = msgspec.field(default_factory=dict)
    codes_from: CodesFrom = ""
    codes_of: str = ""


class ReferenceEntry(Entry, frozen=True, kw_only=True):
    """What ``columns`` name stands in the key of table ``to``; a row that leaves one of them empty names nothing."""

    columns: tuple[ColumnId, ...]
    to: TableId


class RuleEntry(Entry, frozen=True, kw_only=True):
    """What two columns of a row have to do with each other.

    ``order``: the first is not later or greater than the second. ``together``: both are filled or neither.
    ``one``: exactly one is. ``not-both``: at most one is.
    """

    kind: OneOf["order", "together", "one", "not-both"]
    columns: Annotated[tuple[ColumnId, ...], msgspec.Meta(min_length=2, max_length=2, description="two columns")]
    says: Sentence


class TableEntry(Entry, frozen=True, kw_only=True):
    """One table. ``row`` says what one row is, ``key`` which columns tell rows apart.

    ``needed``: without it nothing can be counted. ``facts``: beside its own columns it has one for each fact of the
    knowledge, and two for each list, as :mod:`postlude.logic.sql` describes them.
    """

    id: TableId
    says: Sentence
    row: Sentence
    order: int
    key: tuple[ColumnId, ...]
    needed: bool = False
    facts: bool = False
    column: tuple[ColumnEntry, ...]
    reference: tuple[ReferenceEntry, ...] = ()
    rule: tuple[RuleEntry, ...] = ()
    notes: tuple[Sentence, ...] = ()
