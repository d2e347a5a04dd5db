"""Replays people through two bases of knowledge: which advice changes, for whom, and why.

Nobody is dropped in silence. Who tells something that the new base cannot read is not replayed, and named. What only
the new base can be told is left out for the old one, which could never have heard it, and named too.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from typing import Literal as OneOf

import msgspec

from postlude.assessment.assess import Assessor
from postlude.assessment.cases import CASE_DAY
from postlude.assessment.changes import KINDS, Change, Kind, changes
from postlude.assessment.intake import Intake, person
from postlude.assessment.reading import understand
from postlude.assessment.tracing import Pair, Reason, Side, Tracer
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.definitions import EntryChange, EntryId, definitions, differences
from postlude.catalog.entries import Case
from postlude.errors import IntakeError

Group = OneOf["published case", "intake", "worked patient", "stable person"]
GROUPS: tuple[Group, ...] = ("published case", "intake", "worked patient", "stable person")
_BY_EXAMPLE: tuple[Kind, ...] = ("figure", "cause-order")
"""Kinds in which nearly everybody has a before and after of their own: one example stands for all."""
_APART: tuple[Kind, ...] = KINDS[: KINDS.index("option")]
"""Kinds in which people with other reasons stand apart. In the others they stand together, and reasons are counted."""
_ALL_NAMED: tuple[Group, ...] = ("published case", "intake")
_NAMED = 10
"""How many worked patients and synthetic people are named of those that a change concerns."""


class Somebody(NamedTuple):
    group: Group
    name: str
    intake: Mapping[str, Any]


class People(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each group, and who (of large groups the first); empty groups are left out."""

    count: dict[str, int]
    names: dict[str, tuple[str, ...]]


class Why(Reason, frozen=True, kw_only=True):
    """A reason, and for how many of those whom a change concerns it is one."""

    people: int


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One change of advice. ``before``, ``after`` and ``facts`` are those of ``example``, the first person it concerns.

    ``why`` holds the commonest reason first, and is empty when no definition was found that explains the change. Of a
    question the reasons are the example's only.
    """

    kind: Kind
    about: str
    before: str
    after: str
    why: tuple[Why, ...]
    example: str
    facts: tuple[str, ...]
    people: People


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What a base could not read of some people: ``base`` is old or new."""

    base: OneOf["old", "new"]
    what: str
    people: People


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """``replayed`` counts everybody who went through both, ``same`` those for whom nothing changed.

    ``refused`` could not be replayed; ``left_out`` was told to the new base only, by people who were replayed.
    """

    entries: tuple[EntryChange, ...]
    replayed: dict[str, int]
    same: int
    changed: tuple[Changed, ...]
    refused: tuple[Unread, ...]
    left_out: tuple[Unread, ...]


def known_people(old: Catalogue, new: Catalogue, touched: Container[EntryId] | None = None) -> Iterator[Somebody]:
    """Yield the published cases of both bases, and the worked patients of the entries ``touched`` (or all), each once.

    Who is told otherwise in the new base is two people, and the older of them is called so.
    """
    found = {(who.group, who.name): who for who in _people_of(old, touched)}
    for who in _people_of(new, touched):
        earlier = found.get((who.group, who.name))
        if earlier is not None and earlier.intake != who.intake:
            found[who.group, f"{who.name} (as the old base has it)"] = earlier._replace(
                name=f"{who.name} (as the old base has it)"
            )
        found[who.group, who.name] = who
    yield from sorted(found.values(), key=lambda who: GROUPS.index(who.group))


def _people_of(catalogue: Catalogue, touched: Container[EntryId] | None) -> Iterator[Somebody]:
    for case in catalogue.cases.values():
        yield Somebody("published case", case.id, case.intake)
    for kind, section in (("rule", catalogue.rules), ("cause", catalogue.causes), ("treatment", catalogue.treatments)):
        for key, entry in section.items():
            if touched is None or (kind, key) in touched:
                worked: tuple[Case, ...] = entry.case
                yield from (Somebody("worked patient", f"{key}: {case.says}", case.intake) for case in worked)


class _Group:
    """A change being collected."""

    def __init__(self, change: Change, example: str) -> None:
        self.change, self.example = change, example
        self.facts: tuple[str, ...] = ()
        self.why: dict[Reason, int] = {}
        self.who = _Who()

    def add(self, who: Somebody, found: tuple[Reason, ...]) -> None:
        self.who.add(who)
        for reason in found:
            self.why[reason] = self.why.get(reason, 0) + 1

    def made(self) -> Changed:
        kind, about, before, after = self.change
        return Changed(
            kind=kind,
            about=about,
            before=before,
            after=after,
            why=tuple(
                Why(**msgspec.structs.asdict(reason), people=count)
                for reason, count in sorted(self.why.items(), key=lambda item: -item[1])
            ),
            example=self.example,
            facts=self.facts,
            people=self.who.made(),
        )


class _Who:
    def __init__(self) -> None:
        self.count = dict.fromkeys(GROUPS, 0)
        self.names: dict[str, list[str]] = {group: [] for group in GROUPS}

    def add(self, who: Somebody) -> None:
        self.count[who.group] += 1
        if who.group in _ALL_NAMED or self.count[who.group] <= _NAMED:
            self.names[who.group].append(who.name)

    def made(self) -> People:
        return People(
            count={group: n for group, n in self.count.items() if n},
            names={group: tuple(names) for group, names in self.names.items() if names},
        )


class Replayer:
    """Assesses people with both bases and groups what changes.

    ``touched`` are the entries that differ, or that hold a condition that rests on something that does.
    """

    def __init__(self, old: Catalogue, new: Catalogue) -> None:
        self.old, self.new = old, new
        before, after = definitions(old), definitions(new)
        self.entries = differences(before, after)
        self.tracer = Tracer(old, new, self.entries)
        self.touched = {(e.kind, e.id) for e in self.entries} | self.tracer.parts.of.keys()
        self.assessors = Assessor(old), Assessor(new)
        self.groups: dict[Any, _Group] = {}
        self.refused: dict[tuple[str, str], _Who] = {}
        self.left_out: dict[tuple[str, str], _Who] = {}

    def run(self, people: Iterable[Somebody]) -> Replay:
        """Replay everybody. The same bases and people give the same value."""
        self.groups, self.refused, self.left_out = {}, {}, {}
        count, same = _Who(), 0
        for who in people:
            pair = self._pair(who)
            if pair is None:
                continue
            count.add(who)
            found = list(changes(pair.old.assessment, pair.new.assessment))
            same += not found
            for change in found:
                self._collect(who, change, pair)
        order = sorted(self.groups.values(), key=_seriousness)
        return Replay(
            entries=self.entries,
            replayed=count.made().count,
            same=same,
            changed=tuple(group.made() for group in order),
            refused=_unread(self.refused),
            left_out=_unread(self.left_out),
        )

    def _collect(self, who: Somebody, change: Change, pair: Pair) -> None:
        about = change[:2] if change.kind in _BY_EXAMPLE else change
        if change.kind == "question" and about in self.groups:
            # What it could change differs from person to person; the first one's reasons say enough of a question.
            self.groups[about].who.add(who)
            return
        traced = self.tracer.trace(change, pair)
        key = (about, traced.reasons) if change.kind in _APART else about
        if key not in self.groups:
            self.groups[key] = _Group(change, who.name)
            self.groups[key].facts = self.tracer.facts(traced, pair)
        self.groups[key].add(who, traced.reasons)

    def _pair(self, who: Somebody) -> Pair | None:
        """Return the person as each base sees them, or ``None`` with what could not be read noted."""
        try:
            after = understand(dict(who.intake), self.new, name=_NAME, today=CASE_DAY)
        except IntakeError as error:
            self._note(self.refused, "new", error.problems, who)
            return None
        content, unheard = without_unknown(who.intake, self.old)
        try:
            before = understand(content, self.old, name=_NAME, today=CASE_DAY)
        except IntakeError as error:
            self._note(self.refused, "old", error.problems, who)
            return None
        self._note(self.left_out, "old", unheard, who)
        return Pair(_side(self.assessors[0], before), _side(self.assessors[1], after), unheard)

    def _note(self, into: dict[tuple[str, str], _Who], base: str, problems: Iterable[str], who: Somebody) -> None:
        for problem in dict.fromkeys(problems):
            into.setdefault((base, problem.removeprefix(f"{_NAME}: ")), _Who()).add(who)


def _side(assessor: Assessor, intake: Intake) -> Side:
    return Side(assessor.catalogue, intake, person(assessor.catalogue, intake), assessor.assess(intake))


_NAME = "intake"


def _seriousness(group: _Group) -> tuple[Any, ...]:
    count = group.who.count
    return (KINDS.index(group.change.kind), *(-count[name] for name in GROUPS), *group.change[1:], str(list(group.why)))


def _unread(found: dict[tuple[str, str], _Who]) -> tuple[Unread, ...]:
    made = [
        Unread(base="old" if base == "old" else "new", what=what, people=who.made())
        for (base, what), who in found.items()
    ]
    return tuple(sorted(made, key=lambda unread: (unread.base, -sum(unread.people.count.values()), unread.what)))


def without_unknown(content: Mapping[str, Any], catalogue: Catalogue) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return an intake without the facts, lists, fields and codes that a base has no word for, and what was left out.

    Only the form of an intake is looked at; whatever else is wrong with it stays, for the reader to refuse.
    """
    kept, left = dict(content), list[str]()
    if isinstance(told := content.get("facts"), Mapping):
        kept["facts"] = {}
        for name, value in told.items():
            fact = catalogue.facts.get(name)
            if fact is None:
                left.append(f"facts.{name}")
            elif fact.values and (code := _code(value)) and code not in fact.values:
                left.append(f"facts.{name} = {code}")
            else:
                kept["facts"][name] = value
    by_key = {records.key: records for records in catalogue.records.values()}
    types = catalogue.vocabulary.records
    for key, listed in content.items():
        if key in by_key and isinstance(listed, list):
            kept[key] = [_record(item, by_key[key].by_medicine, types[by_key[key].id], key, left) for item in listed]
        elif key not in by_key and isinstance(listed, list) and key != "complete":
            del kept[key]
            left.append(key)
    if isinstance(complete := content.get("complete"), list):
        kept["complete"] = [item for item in complete if not isinstance(item, str) or item in by_key]
    return kept, tuple(dict.fromkeys(left))


def _record(item: Any, by_medicine: str, types: Mapping[str, Any], key: str, left: list[str]) -> Any:
    if not isinstance(item, Mapping):
        return item
    kept = {}
    for name, value in item.items():
        if name not in types:
            left.append(f"{key}.{name}")
        elif name != by_medicine and types[name].values and isinstance(value, str) and value not in types[name].values:
            left.append(f"{key}.{name} = {value}")
        else:
            kept[name] = value
    return kept


def _code(value: Any) -> str:
    told = value.get("value") if isinstance(value, Mapping) else value
    return told if isinstance(told, str) else ""
