"""What predicates may name: the types of facts, of the fields of records, and derived facts."""

from collections.abc import Mapping
from typing import Literal as OneOf

import msgspec

from postlude.logic.nodes import Predicate, Quantity

Kind = OneOf["boolean", "number", "date", "choice", "text"]


class FactType(msgspec.Struct, frozen=True):
    """The type of a fact or field.

    ``low`` and ``high`` bound a number, which is ``whole`` or not; ``values`` are the codes of a choice.
    """

    kind: Kind
    low: float = 0.0
    high: float = 0.0
    values: tuple[str, ...] = ()
    whole: bool = False


class Vocabulary(msgspec.Struct, frozen=True):
    """Everything a predicate may name.

    ``facts`` by id, ``records`` by list id and field, ``derived`` by id (already typed nodes).
    """

    facts: Mapping[str, FactType] = {}
    records: Mapping[str, Mapping[str, FactType]] = {}
    derived: Mapping[str, Predicate | Quantity] = {}
