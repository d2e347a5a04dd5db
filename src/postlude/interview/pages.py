"""What one page asks: one question, a few together, a list, one entry of it, or where it hurts; and what is to come.

Which questions stand together, and which place of the body answers which question, are data: ``knowledge/pages/``.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar
from typing import Literal as OneOf

import msgspec

from postlude.assessment.model import Question
from postlude.catalog import files
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.decode import decode
from postlude.catalog.entries import Entry, FactId, Id
from postlude.catalog.problems import Place as Where
from postlude.catalog.problems import Problems
from postlude.errors import KnowledgeError, one_of
from postlude.interview.session import BY, Session
from postlude.interview.stages import Stage, staged
from postlude.logic.nodes import names

FOLDER = "pages"
MOST = 6
"""Questions on one page, at most: what fits a small screen without losing its buttons."""
DRAWING = "drawing"
"""The page on which somebody marks where it hurts."""
_ENTRY = re.compile(r"(\w+)-([0-9]{1,4})")
_FIELD = re.compile(r"(\w+)\[([0-9]+)\]\.\w+")
E = TypeVar("E", "Together", "Place")
_Facts = Annotated[tuple[FactId, ...], msgspec.Meta(description="a list of facts")]


class Together(Entry, frozen=True, kw_only=True):
    """Questions that one page asks."""

    id: Id
    facts: _Facts


class Place(Entry, frozen=True, kw_only=True):
    """A place of the body on one view of the pain drawing, and the yes/no questions that a mark there answers."""

    id: Id
    view: OneOf["front", "back"]
    facts: _Facts = ()


class Pages(NamedTuple):
    """What the folder says: the groups by id, the places by id, and in which group a fact stands."""

    together: dict[str, Together]
    places: dict[str, Place]
    group_of: dict[str, str]

    def key(self, path: str) -> str:
        """Return the id of the page that asks a path together with others; empty for what stands alone."""
        field = _FIELD.fullmatch(path)
        return f"{field[1]}-{field[2]}" if field else self.group_of.get(path, "")

    def paths(self, group: str, catalogue: Catalogue) -> list[str]:
        """Return all that a page of several questions may ask, in order. Raises KeyError where there is no such page.

        Of an entry of a list this is every field, whether or not there is such an entry.
        """
        entry = _ENTRY.fullmatch(group)
        if entry is not None:
            records = {records.key: records for records in catalogue.records.values()}[entry[1]]
            return [f"{entry[1]}[{int(entry[2])}].{field}" for field in records.fields]
        return self.drawn() if group == DRAWING else list(self.together[group].facts)

    def drawn(self) -> list[str]:
        """Return the facts that the drawing answers, in the order of the places."""
        return list(dict.fromkeys(fact for place in self.places.values() for fact in place.facts))


class Page(NamedTuple):
    """One page: the paths it asks, and its stage.

    ``id`` is that of a group, of an entry (``surgeries-0``), ``drawing``, or empty for a single question or list.
    """

    id: str
    paths: tuple[str, ...]
    stage: Stage = "call"


def is_entry(page: str) -> bool:
    """Return whether an id is that of one entry of a list."""
    return _ENTRY.fullmatch(page) is not None


def load(catalogue: Catalogue, overlay: Path | None = None) -> Pages:
    """Return the shipped pages, each file replaced by a clinic's own of the same name.

    Raises :class:`KnowledgeError` with every mistake found.
    """
    problems = Problems()
    together = _entries("together", Together, overlay, problems)
    places = _entries("drawing", Place, overlay, problems, "place")
    group_of: dict[str, str] = {}
    for where, group in together:
        for fact in group.facts:
            if fact in group_of:
                problems.note(where, f"{fact} stands in {group_of[fact]!r} already; a question is asked on one page")
            group_of[fact] = group.id
        _check_group(group, catalogue, where, problems)
    for where, place in places:
        for fact in place.facts:
            _check_fact(fact, catalogue, where, problems)
            if fact in catalogue.facts and catalogue.facts[fact].warning_sign:
                problems.note(where, f"{fact} is a warning sign; the drawing answers none")
            if fact in group_of:
                problems.note(where, f"{fact} stands in the group {group_of[fact]!r}; a question is asked on one page")
    _check_words(catalogue, together, places, problems)
    if problems:
        raise KnowledgeError(problems)
    group_of |= {fact: DRAWING for _, place in places for fact in place.facts}
    return Pages({g.id: g for _, g in together}, {p.id: p for _, p in places}, group_of)


def ahead(session: Session, pages: Pages) -> list[Page]:
    """Return the pages to come as far as is known now, the next one first. What branches off is not counted yet.

    What waits for the visit comes last, also where it would stand on a page with what does not wait.
    """
    found: dict[tuple[Stage, str], list[str]] = {}
    for at, question in _whole(staged(session), pages):
        found.setdefault((at, pages.key(question.fact) or f" {question.fact}"), []).append(question.fact)
    return [_page(key, paths, at) for (at, key), paths in found.items()]


def page(session: Session, pages: Pages, group: str) -> Page:
    """Return a page of several questions as it stands: those that wait in this stage, else those answered on it.

    Raises KeyError for a group that there is not.
    """
    waiting = [(at, q.fact) for at, q in _whole(staged(session), pages) if pages.key(q.fact) == group]
    now = waiting[0][0] if waiting else "call"
    asked = {path for at, path in waiting if at == now} or session.answered()
    return Page(group, tuple(path for path in pages.paths(group, session.catalogue) if path in asked), now)


def _whole(found: list[tuple[Stage, Question]], pages: Pages) -> list[tuple[Stage, Question]]:
    """Keep the drawing whole, and of each entry what does not wait: nobody is asked twice where it hurts."""
    first: dict[str, Stage] = {}
    whole: list[tuple[Stage, Question]] = []
    for at, question in found:
        key = pages.key(question.fact)
        kept = key == DRAWING or (is_entry(key) and at != "visit")
        whole.append((first.setdefault(key, at) if kept else at, question))
    return whole


def _page(key: str, paths: Sequence[str], at: Stage) -> Page:
    # One question of a group that is left stands alone, like any other; the picture needs no second question.
    return Page("" if key.startswith(" ") or (len(paths) == 1 and key != DRAWING) else key, tuple(paths), at)


def _entries(
    name: str, kind: type[E], overlay: Path | None, problems: Problems, table: str = ""
) -> list[tuple[Where, E]]:
    own = overlay / FOLDER / f"{name}.toml" if overlay else None
    path = own if own is not None and own.is_file() else files.SHIPPED / FOLDER / f"{name}.toml"
    content = files.parse(path, path.name if path is not own else path.as_posix(), problems) or {}
    table = table or name
    where = Where(f"{FOLDER}/{name}.toml" if path is not own else path.as_posix())
    for key in content:
        if key != table:
            problems.note(where.at(key), f"there is no such table; {one_of([table], key)}")
    items = content.get(table, [])
    if not isinstance(items, list):
        problems.note(where.at(table), f"is written as a list of tables: [[{table}]]")
        return []
    found: list[tuple[Where, E]] = []
    seen: set[str] = set()
    for number, item in enumerate(items, start=1):
        here = where._replace(table=f"[[{table}]] number {number}")
        entry = decode(item, kind, here, problems)
        if entry is not None:
            if entry.id in seen:
                problems.note(here, f"{entry.id!r} stands twice; an id is used once")
            seen.add(entry.id)
            found.append((here, entry))
    return found


def _check_fact(fact: str, catalogue: Catalogue, where: Where, problems: Problems) -> bool:
    known = catalogue.facts.get(fact)
    if known is None:
        problems.note(where, f"there is no fact {fact!r}; {one_of(sorted(catalogue.facts), fact)}")
    elif known.type != "boolean" or known.answered_by != BY:
        problems.note(where, f"{fact} is not a yes/no question to the person")
    return known is not None


def _check_group(group: Together, catalogue: Catalogue, where: Where, problems: Problems) -> None:
    lists = {records.key for records in catalogue.records.values()}
    entry = _ENTRY.fullmatch(group.id)
    if group.id == DRAWING or group.id in lists | set(catalogue.facts) or (entry and entry[1] in lists):
        problems.note(where, f"{group.id!r} names another page already; choose another id")
    if not 2 <= len(group.facts) <= MOST:
        problems.note(where, f"found {len(group.facts)} questions; a page asks from 2 to {MOST} together")
    known = [f for f in group.facts if _check_fact(f, catalogue, where, problems)]
    if len({catalogue.facts[f].warning_sign for f in known}) > 1:
        problems.note(where, "mixes warning signs with other questions; these come first and stand apart")
    for fact in known:
        applies = catalogue.facts[fact].applies
        rests = names(applies) & set(group.facts) if applies is not None else set()
        if rests:
            problems.note(where, f"{fact} makes sense only after {', '.join(sorted(rests))}; ask it by itself")


def _check_words(
    catalogue: Catalogue,
    together: Sequence[tuple[Where, Together]],
    places: Sequence[tuple[Where, Place]],
    problems: Problems,
) -> None:
    entries = [(w, f"patient_together.{g.id}") for w, g in together] + [(w, f"patient_place.{p.id}") for w, p in places]
    for where, key in entries:
        if key not in catalogue.words["en"]:
            problems.note(where, f"has no words: words/en/patient.toml needs {key}")
