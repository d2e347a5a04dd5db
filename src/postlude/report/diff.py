"""What a change of knowledge changes, in a clinician's words: who is missing, the knowledge, then the advice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

from postlude.assessment.changes import Kind
from postlude.assessment.parts import Differs
from postlude.assessment.replay import Changed, People, Replay, Unread, Why
from postlude.catalog.definitions import EntryChange, KeyChange
from postlude.report.layout import WIDTH, bullet, heading, paragraph

_HEADINGS: Mapping[Kind, str] = {
    "emergency-lost": "emergency lost",
    "less-urgent": "less urgent",
    "ceiling-lowered": "less urgent at most",
    "more-urgent": "more urgent",
    "ceiling-raised": "more urgent at most",
    "red-flag": "red flags, where urgency stays",
    "route": "route",
    "companion": "what goes along with the route",
    "headline": "headline",
    "contraindication-lost": "contraindications lost",
    "contraindication-gained": "contraindications gained",
    "option": "status of options",
    "caution": "cautions",
    "safety": "safety notes",
    "waiting": "safety rules that wait for a confirmation",
    "combination": "what goes together",
    "finding": "findings",
    "figure": "figures",
    "cause": "causes named",
    "cause-order": "order of causes",
    "goal": "goals",
    "action": "what to do",
    "question": "questions",
}
_SEVERAL = {
    "published case": "published cases",
    "intake": "intakes",
    "worked patient": "worked patients",
    "stable person": "stable people",
}
_NAMED = 3
_REASONS = 4
_MOST = 12
"""Changes of one kind that are written out; how many more there are is said, and JSON holds them all."""
_CALLED = ("says", "name", "cite")
_BRIEF = ("urgency", "within", "route", "when", "is", "consider_when", "offer_when", "list_when")
"""What is shown of an entry that is new or gone, beside what it is called."""


class Bases(msgspec.Struct, frozen=True, kw_only=True):
    """Two bases, what each was taken for, and what the replay found: what ``--json`` prints."""

    old: str
    new: str
    old_hash: str
    new_hash: str
    replay: Replay


def diff(bases: Bases, *, stable: bool) -> str:
    """Return the report; ``stable`` is whether a base has a population to make synthetic people of."""
    return "\n".join(_lines(bases, stable=stable)) + "\n"


def _lines(bases: Bases, *, stable: bool) -> Iterator[str]:
    found = bases.replay
    yield "=" * WIDTH
    yield paragraph(f"What changes from {bases.old} to {bases.new}", whole=True)
    yield "=" * WIDTH
    yield ""
    total = sum(found.replayed.values())
    yield paragraph(f"Replayed: {_counts(found.replayed)}. Nothing changes for {found.same:,} of {total:,}.")
    if not stable:
        yield paragraph("No synthetic people: neither base has a population.")
    yield from _summary(found.changed)
    yield from _missing(found)
    yield from _entries(found.entries)
    for kind, changes in groupby(found.changed, key=lambda change: change.kind):
        yield heading(_HEADINGS[kind])
        # Questions that come or go together are one thing to a reader.
        together = list(_together(list(changes)))
        for change, abouts in together[:_MOST]:
            yield from _change(change, abouts, found.replayed)
        if len(together) > _MOST:
            yield paragraph(f"And {len(together) - _MOST} more; --json holds them.")
    yield ""
    yield "-" * WIDTH
    yield paragraph(
        "Of published cases, worked patients and synthetic people only: what changes for nobody here may still change "
        "for somebody. Reworded texts that a person is not asked stand above, under what was changed."
    )
    yield paragraph(f"old knowledge {bases.old_hash[:16]}, new knowledge {bases.new_hash[:16]}")


def _counts(count: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {group if n == 1 else _SEVERAL[group]}" for group, n in count.items()) or "nobody"


def _summary(changed: Sequence[Changed]) -> Iterator[str]:
    if changed:
        yield heading("in short, most serious first")
    for kind, changes in groupby(changed, key=lambda change: change.kind):
        found = list(changes)
        # A person may stand in several changes of a kind, so people are not added up.
        yield bullet(f"{_HEADINGS[kind]}: {len(found)} {'change' if len(found) == 1 else 'changes'}")


# --- who is missing ---------------------------------------------------------------------------------


def _missing(found: Replay) -> Iterator[str]:
    if found.refused:
        yield heading("could not be replayed")
        for unread in found.refused:
            yield from _unread(unread, f"the {unread.base} base: {unread.what}")
    if found.left_out:
        yield heading("told to the new base only")
        yield paragraph("The old base has no word for these; its advice is that without them.")
        for unread in found.left_out:
            yield from _unread(unread, unread.what)


def _unread(unread: Unread, what: str) -> Iterator[str]:
    yield bullet(f"{what} ({_people(unread.people, {})})")


# --- the knowledge ----------------------------------------------------------------------------------


def _entries(entries: Sequence[EntryChange]) -> Iterator[str]:
    yield heading("what was changed in the knowledge")
    if not entries:
        yield paragraph("Nothing.")
    for entry in entries:
        if entry.change == "changed":
            yield bullet(f"changed: {entry.kind} {entry.id}")
            for key in entry.keys:
                yield from _key(key)
        else:
            said = {key.key: key.old or key.new for key in entry.keys}
            called = next((f": {said[name]}" for name in _CALLED if name in said), "")
            yield bullet(f"{entry.change}: {entry.kind} {entry.id}{called}")
            yield from (bullet(f"{key}: {said[key]}", 2, " ") for key in _BRIEF if key in said)


def _key(key: KeyChange) -> Iterator[str]:
    yield bullet(f"{key.key}:", 1, " ")
    for says, told in (("old", key.old), ("new", key.new)):
        yield bullet(told or "nothing", 2, f"{says}:")


# --- the advice -------------------------------------------------------------------------------------


def _together(changes: list[Changed]) -> Iterator[tuple[Changed, tuple[str, ...]]]:
    found: dict[tuple[object, ...], list[str]] = {}
    first: dict[tuple[object, ...], Changed] = {}
    for change in changes:
        alone = change.about if change.kind != "question" else ""
        key = (alone, change.before, change.after, change.why, msgspec.json.encode(change.people))
        first.setdefault(key, change)
        found.setdefault(key, []).append(change.about)
    yield from ((first[key], tuple(abouts)) for key, abouts in found.items())


def _change(change: Changed, abouts: tuple[str, ...], replayed: Mapping[str, int]) -> Iterator[str]:
    about = f"{', '.join(abouts)}: " if any(abouts) else ""
    yield bullet(f"{about}{change.before} → {change.after}: {_people(change.people, replayed)}")
    everybody = sum(change.people.count.values())
    for reason in change.why[:_REASONS]:
        yield from _reason(reason, everybody if change.kind != "question" else reason.people)
    if len(change.why) > _REASONS:
        yield bullet(f"and {len(change.why) - _REASONS} more reasons; --json holds them", 1)
    if not change.why:
        yield bullet("why: no single definition that differs was found to bear on it", 1)
    if change.facts:
        yield bullet(f"{change.example}: {'; '.join(change.facts)}", 1, "·")


def _people(people: People, replayed: Mapping[str, int]) -> str:
    parts = []
    for group, n in people.count.items():
        of = f" of {replayed[group]:,}" if group in replayed and group == "stable person" else ""
        word = group if n == 1 and not of else _SEVERAL[group]
        names = people.names[group][:_NAMED]
        more = f" and {n - len(names):,} more" if n > len(names) else ""
        parts.append(f"{n:,}{of} {word} ({'; '.join(names)}{more})")
    return ", ".join(parts)


def _reason(reason: Why, of: int) -> Iterator[str]:
    people = f" ({reason.people:,} of these {of:,})" if reason.people != of else ""
    yield bullet(f"because {reason.entry} {reason.moved}".rstrip() + people + (":" if reason.differs else ""), 1)
    whole = reason.moved.startswith(("is new", "is gone"))
    for differs in reason.differs:
        name = f"{differs.kind} {differs.id}, {differs.key}"
        if whole:
            yield bullet(f"{name}: {differs.new or differs.old}", 2)
        elif differs.condition and (parts := _parts(differs)):
            yield from (bullet(f"{name}: {part}", 2) for part in parts)
        else:
            yield bullet(f"{name}: {differs.old or 'nothing'} → {differs.new or 'nothing'}", 2)


def _parts(differs: Differs) -> tuple[str, ...]:
    """Say which alternatives, or which requirements, came and went, where only those differ."""
    for joined, says in ((" OR ", "or"), (" AND ", "and")):
        old, new = _split(differs.old, joined), _split(differs.new, joined)
        kept = [part for part in old if part in new]
        if kept and max(len(old), len(new)) > 1:
            gone = (f"no longer “{says} {part}”" for part in old if part not in new)
            come = (f"now “{says} {part}”" for part in new if part not in old)
            return (*gone, *come)
    return ()


def _split(condition: str, joined: str) -> list[str]:
    """Split a condition where it is joined outside all brackets."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(rf"[()]|{joined}", condition):
        if found[0] == joined:
            if not depth:
                parts.append(condition[start : found.start()])
                start = found.end()
        else:
            depth += 1 if found[0] == "(" else -1
    return [*parts, condition[start:]]
