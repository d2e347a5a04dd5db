"""Survivors that were looked at and left alive, each with a reason: read strictly, and never out of date."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from postlude.assessment.mutating import Outcome
from postlude.catalog import files
from postlude.catalog.decode import decode
from postlude.catalog.entries import Entry, Sentence
from postlude.catalog.problems import Place, Problems
from postlude.errors import FileError, KnowledgeError


class Accepted(Entry, frozen=True, kw_only=True):
    """One survivor: ``rule cauda-equina``, ``when``, the change as it is printed, and why nobody needs to notice it."""

    entry: Sentence
    key: Sentence
    change: Sentence
    why: Sentence


def read(path: Path) -> tuple[Accepted, ...]:
    """Return what a file of ``[[accepted]]`` tables holds.

    Raises :class:`FileError` when there is none, :class:`KnowledgeError` with every mistake.
    """
    if not path.is_file():
        raise FileError(f"{path}: there is no such file")
    problems = Problems()
    content = files.parse(path, path.as_posix(), problems) or {}
    for key in content:
        if key != "accepted":
            problems.note(Place(path.as_posix(), key), "there is no such table; Allowed: accepted")
    tables = content.get("accepted", [])
    if not isinstance(tables, list):
        problems.note(Place(path.as_posix(), "accepted"), "is written as a list of tables: [[accepted]]")
        tables = []
    found = [
        decode(table, Accepted, Place(path.as_posix(), f"[[accepted]] number {number}"), problems)
        for number, table in enumerate(tables, start=1)
    ]
    if problems:
        raise KnowledgeError(problems)
    return tuple(entry for entry in found if entry is not None)


def unlisted(outcomes: Sequence[Outcome], accepted: Iterable[Accepted], path: Path | None) -> list[Outcome]:
    """Return the survivors that are not accepted.

    Raises :class:`KnowledgeError` for an accepted one that stands twice, or is no survivor among these outcomes (of
    entries that were not tried nothing is known).
    """
    tried = {outcome.entry for outcome in outcomes}
    alive = {(o.entry, o.key, o.text): o for o in outcomes if o.fate == "survivor"}
    problems = Problems()
    seen: set[tuple[str, str, str]] = set()
    for entry in accepted:
        key = (entry.entry, entry.key, entry.change)
        place = Place(str(path or ""), f"{entry.entry}, {entry.key}", entry.change)
        if key in seen:
            problems.note(place, "stands twice")
        elif key not in alive and entry.entry in tried:
            problems.note(place, "is no survivor: it is killed, equivalent, or no mutant of what is written now")
        seen.add(key)
    if problems:
        raise KnowledgeError(problems)
    return [outcome for key, outcome in alive.items() if key not in seen]
