"""What every entry of a catalogue says, key by key as text, and how two catalogues differ.

Conditions are written in the predicate language in its one canonical form, so that spaces and brackets are no change.
A derived fact stands in them by its name: who changes its definition has changed the derived fact, not every rule.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from typing import Literal as OneOf

import msgspec

from postlude.catalog.catalogue import Catalogue, Library
from postlude.catalog.entries import Action, Case
from postlude.logic.nodes import Node
from postlude.logic.text import text

EntryId = tuple[str, str]
"""Kind and id: ``("rule", "…")``. An objection is part of its treatment, a point of its cause."""


class Said(NamedTuple):
    """The text of a key, and whether it is in the predicate language."""

    text: str
    condition: bool = False


Definition = dict[str, Said]
"""Keys of parts are joined with dots (``avoid.ID.when``); what is empty is left out."""

_KINDS = {
    "rules": "rule",
    "treatments": "treatment",
    "causes": "cause",
    "facts": "fact",
    "records": "record",
    "derived": "derived",
    "classes": "class",
    "medicines": "medicine",
    "combinations": "combination",
    "goals": "goal",
    "cases": "case",
    "populations": "population",
    "sources": "source",
}
"""What one entry of a section is, in the order of a reader; a section not named here comes after, by its own name."""
_EVIDENCE = {
    "studies": "published",
    "classes": "intervention_class",
    "outcomes": "outcome",
    "interventions": "intervention",
    "priors": "prior",
    "covariates": "covariate",
    "thresholds": "threshold",
}
_NOT_KNOWLEDGE = ("hash", "vocabulary", "files", "library", "sentences")
"""What is made of the rest. (The sentences of the library are among the words.)"""
_NAMES = {"body": "is", "speaks_for": "for", "fields": "field"}
"""Keys that are written otherwise in the files than they are called once understood."""
_LABELS = ("id", "entry", "treatment", "fact", "says", "outcome", "code", "answer")
"""What tells the parts of a list apart, the first that a part has; a number would move with its neighbours."""


class KeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """One key with its old and new text; empty where there was, or is, none. ``condition``: in the language."""

    key: str
    old: str
    new: str
    condition: bool


class EntryChange(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was added, removed or changed, with every key that differs."""

    kind: str
    id: str
    change: OneOf["added", "removed", "changed"]
    keys: tuple[KeyChange, ...]


def definitions(catalogue: Catalogue) -> dict[EntryId, Definition]:
    """Return what every entry says, in the order of the sections."""
    library = catalogue.library
    sections = [*_sections(catalogue, _KINDS), *_sections(library, _EVIDENCE)]
    # Studies and cases are sources too; they differ as what they are.
    papers = {*library.studies, *catalogue.cases}
    return {
        (kind, key): dict(_flat(entry, ""))
        for kind, section in sections
        for key, entry in section.items()
        if not (kind == "source" and key in papers)
    }


def _sections(owner: Catalogue | Library, kinds: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every section, also one that this module has never heard of: nothing that changed stays unsaid."""
    names = [f.name for f in msgspec.structs.fields(owner) if f.name not in _NOT_KNOWLEDGE]
    for name in [*kinds, *(name for name in names if name not in kinds)]:
        value = getattr(owner, name)
        yield kinds.get(name, name), value if isinstance(value, Mapping) else {name: value}


def differences(old: Mapping[EntryId, Definition], new: Mapping[EntryId, Definition]) -> tuple[EntryChange, ...]:
    """Return every entry that differs, kind by kind in the order of the sections, by id."""
    kinds = list(dict.fromkeys(kind for kind, _ in (*old, *new)))
    found = []
    for entry in sorted({*old, *new}, key=lambda e: (kinds.index(e[0]), e[1])):
        keys = tuple(_changed(old.get(entry, {}), new.get(entry, {})))
        if entry not in old:
            found.append(EntryChange(kind=entry[0], id=entry[1], change="added", keys=keys))
        elif entry not in new:
            found.append(EntryChange(kind=entry[0], id=entry[1], change="removed", keys=keys))
        elif keys:
            found.append(EntryChange(kind=entry[0], id=entry[1], change="changed", keys=keys))
    return tuple(found)


def _changed(old: Definition, new: Definition) -> Iterator[KeyChange]:
    nothing = Said("")
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key, nothing), new.get(key, nothing)
        if before != after:
            in_language = before.condition or after.condition
            yield KeyChange(key=key, old=before.text, new=after.text, condition=in_language)


def _flat(value: Any, key: str) -> Iterator[tuple[str, Said]]:
    if isinstance(value, Node):
        yield key, Said(text(value), condition=True)  # type: ignore[arg-type]  # a node of a catalogue is one of the two
    elif isinstance(value, Case):
        yield key, Said(f"{value.expected()}: {json.dumps(value.intake, ensure_ascii=False)}")
    elif isinstance(value, Action):
        within = f", within {value.within}" if value.within else ""
        to_the_person = f"; to the person: {value.plain}" if value.plain else ""
        yield key, Said(f"{value.do} ({value.who}{within}){to_the_person}")
    elif isinstance(value, msgspec.Struct):
        for name, written in _keys(type(value)):
            yield from _flat(getattr(value, name), _under(key, written))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flat(item, _under(key, str(name)))
    elif isinstance(value, tuple | list):
        if any(isinstance(item, msgspec.Struct) for item in value):
            yield from _parts(value, key)
        elif value:
            plain = all(isinstance(item, str | int | float) for item in value)
            yield key, Said(", ".join(map(_said, value)) if plain else json.dumps(value, ensure_ascii=False))
    elif value is not None and value != "":
        yield key, Said(_said(value))


@cache
def _keys(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Return the attributes of an entry and what each is called in the files."""
    found = msgspec.structs.fields(kind)
    return tuple((f.name, _NAMES.get(f.name, f.encode_name)) for f in found if f.name != "id")


def _parts(items: Iterable[Any], key: str) -> Iterator[tuple[str, Said]]:
    """Name each part by what it is, and parts of one name by their number."""
    times: dict[str, int] = {}
    for item in items:
        label = next((str(found) for name in _LABELS if (found := getattr(item, name, ""))), "")
        times[label] = times.get(label, 0) + 1
        yield from _flat(item, _under(key, label if label and times[label] == 1 else f"{label}#{times[label]}"))


def _under(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
