"""What names stand for: one name means one thing, and every fact and field is of a type that can be held to."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from postlude.catalog.catalogue import medicine_key
from postlude.catalog.entries import Medicine, RecordEntry
from postlude.catalog.problems import Place, Problems
from postlude.logic.vocabulary import FactType, Kind, Vocabulary

Places = Mapping[tuple[str, str], Place]


def check_names(vocabulary: Vocabulary, derived: Iterable[str], problems: Problems) -> None:
    """Note the names that two of facts, lists, derived facts and fields share; fields of two lists may share one."""
    owner: dict[str, str] = {}
    groups: list[tuple[str, Iterable[str]]] = [
        ("fact", vocabulary.facts),
        ("list", vocabulary.records),
        ("derived fact", derived),
    ]
    groups += [(f"field of {name}", fields) for name, fields in vocabulary.records.items()]
    for what, names in groups:
        for name in names:
            clash = owner.get(name)
            if clash and not (clash.startswith("field") and what.startswith("field")):
                problems.note(Place("facts/"), f"{name!r} is both a {clash} and a {what}; a name means one thing")
            owner[name] = what


def check_keys(records: Iterable[RecordEntry], places: Places, problems: Problems) -> None:
    """Note the lists whose key in an intake is that of another list, or of something else that stands there."""
    keys = {"as_of": "the day", "facts": "the answers", "complete": "what is complete", "synthetic": "a mark"}
    for record in records:
        key = record.key or record.id
        if keys.setdefault(key, record.id) != record.id:
            here = places["record", record.id].at("key")
            problems.note(here, f"{key!r} is already the name of {keys[key]} in an intake")


def check_medicine_names(medicines: Iterable[Medicine], places: Places, problems: Problems) -> None:
    """Note the names of a medicine, of its own or what else it is called, that another has."""
    owner: dict[str, str] = {}
    for medicine in medicines:
        for name in dict.fromkeys(map(medicine_key, (medicine.id, medicine.says, *medicine.also))):
            if owner.setdefault(name, medicine.id) != medicine.id:
                here = places["medicine", medicine.id].at("also")
                problems.note(here, f"{name!r} is already a name of {owner[name]}")


def fact_type(fact: Any, place: Place, problems: Problems, values: tuple[str, ...] = ()) -> FactType:
    """Return the type of a fact or a field; ``values`` are those of a choice whose values stand elsewhere."""
    numeric = fact.type in ("number", "integer")
    if numeric and not -math.inf < _or_nan(fact.low) < _or_nan(fact.high) < math.inf:
        problems.note(place.at("low"), "a number needs low and high, its least and greatest possible value")
    if not numeric and (fact.low is not None or fact.high is not None):
        problems.note(place.at("low"), f"low and high belong to numbers; this is a {fact.type}")
    values = values or tuple(fact.values)
    if (fact.type == "choice") != bool(values):
        problems.note(place.at("values"), "a choice needs values, and nothing else has them")
    kind: Kind = "number" if numeric else fact.type
    high = fact.high if fact.high is not None else 0.0
    return FactType(kind, fact.low or 0.0, high, values, whole=fact.type == "integer")


def _or_nan(number: float | None) -> float:
    return math.nan if number is None else number
