"""What a person reads, in another language: only wording changes. Answers stay codes, conditions and sources stay.

Which texts a person reads is said here and nowhere else, in :data:`SEEN` and :data:`SENTENCES`. A translation stands
in ``words/<language>/``, entry by entry, each with a fingerprint of the English it was made from: when the English
changes, the translation of that entry is stale and counts no longer. A language is offered to people when it is whole
and somebody has signed it as it is.
"""

import hashlib
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeVar

import msgspec

from postlude.catalog import catalogue as known
from postlude.catalog.catalogue import Catalogue, Language, Signed, Translated, Translation
from postlude.catalog.decode import decode
from postlude.catalog.entries import Action, Clinic, Entry, Field, Offered
from postlude.catalog.files import Files, Table, blank_problem, blanks
from postlude.catalog.problems import Place, Problems
from postlude.catalog.published import OutcomeEntry
from postlude.errors import KnowledgeError, one_of

E = TypeVar("E", bound=Entry)
Say = Callable[[str, str], str]
"""Given the key of a text (``values.left``, ``steps.2``) and the text, returns what stands in its place."""
_ASKED = ("says", "ask", "phone", "why", "unit", "values")
SEEN: Mapping[type[Entry], tuple[str, ...]] = {
    Clinic: ("name", "emergency_number", "crisis_line", "telephone", "hours", "come_back", "who_else", "offered"),
    Offered: ("price", "covered", "interest", "elsewhere"),
    known.Fact: _ASKED,
    Field: _ASKED,
    known.Records: ("says", "ask", "complete_ask", "fields"),
    known.Rule: ("plain", "action"),
    Action: ("plain",),
    known.Cause: ("plain",),
    known.Combination: ("plain",),
    known.Goal: ("plain", "plain_spoken_against", "plain_honest", "plain_nothing_shows"),
    known.Treatment: ("name", "what", "steps", "expect_after", "watch_for", "plain_honest"),
    OutcomeEntry: ("plain",),
}
"""What a person reads of each kind of entry, key by key; of a question for the clinic not :data:`_ASKING`."""
_ASKING = ("ask", "phone", "why")
SENTENCES = (
    "answer.*",
    "companion.*_plain",
    "document.*",
    "duration.*",
    "expect.and",
    "expect_plain.*",
    "follow.*",
    "goal.more",
    "goal_plain.*",
    "headline_plain.*",
    "interview.*",
    "letter.*",
    "note.*",
    "notice.*",
    "onward.*_plain",
    "paper.*",
    "patient*.*",
    "people.*",
    "plain.*",
    "post.follow_up*",
    "post.forms*",
    "post.appointment*",
    "policy.*_plain",
    "result.*",
)
"""Which sentences of the interface a person reads."""
_SECTIONS = {
    "fact": "facts",
    "record": "records",
    "rule": "rules",
    "cause": "causes",
    "combination": "combinations",
    "goal": "goals",
    "treatment": "treatments",
}
_CLINIC = "words clinic"


class Progress(NamedTuple):
    """How far a translation is. ``stale`` names entries, ``missing`` texts (``fact fever ask``); ``hash`` is what
    somebody signs.
    """

    language: str
    name: str
    texts: int
    stale: tuple[str, ...]
    missing: tuple[str, ...]
    hash: str
    signed: Signed | None

    @property
    def offered(self) -> bool:
        """Whether people may be given it: whole, and signed as it is now."""
        whole = not self.stale and not self.missing
        return whole and self.signed is not None and self.signed.hash == self.hash


def languages(catalogue: Catalogue, *, staff: bool = False) -> tuple[str, ...]:
    """Return the languages that people are offered, English first; for ``staff`` also those in preview."""
    also = catalogue.clinic.preview if staff else ()
    return ("en", *(key for key in catalogue.translations if key in also or progress(catalogue, key).offered))


def in_language(catalogue: Catalogue, language: str, *, staff: bool = False) -> Catalogue:
    """Return a catalogue as it was read with everything that a person reads in another language.

    ``staff`` may also see a language that is not offered, where the clinic has switched on its preview: it is marked,
    and what is stale or missing in it stays English. Raises :class:`KnowledgeError` for any other language.
    """
    if language == catalogue.language:
        return catalogue
    if language not in catalogue.translations:
        there_are = one_of(["en", *catalogue.translations], language)
        raise KnowledgeError([f"there is no language {language!r}; {there_are}"])
    found = progress(catalogue, language)
    if not (found.offered or (staff and language in catalogue.clinic.preview)):
        where = f"words/{language}/language.toml"
        also = " (staff may look at it where `preview` in clinic.toml names it)" if staff else ""
        raise KnowledgeError([f"{where}: {found.name} is off: {why_off(found)}{also}"])
    fresh = _fresh(catalogue, language)
    sections: dict[str, Any] = {
        section: {
            key: _said(entry, fresh.get(f"{kind} {key}", {})) for key, entry in getattr(catalogue, section).items()
        }
        for kind, section in _SECTIONS.items()
    }
    outcomes = {k: _said(o, fresh.get(f"outcome {k}", {})) for k, o in catalogue.library.outcomes.items()}
    english = catalogue.say
    said = {key: fresh.get(f"words {_section(key)}", {}).get(_name(key), sentence) for key, sentence in english.items()}
    return msgspec.structs.replace(
        catalogue,
        **sections,
        language=language,
        preview=not found.offered,
        clinic=_said(catalogue.clinic, fresh.get(_CLINIC, {})),
        words={**catalogue.words, language: said},
        library=msgspec.structs.replace(catalogue.library, outcomes=outcomes),
    )


def progress(catalogue: Catalogue, language: str) -> Progress:
    """Return how far a translation is. ``language`` is one of the catalogue's translations."""
    translation = catalogue.translations[language]
    english = texts(catalogue)
    stale = {key for key, entry in translation.entries.items() if entry.english != fingerprint(english[key])}
    missing = [
        f"{key} {at}"
        for key, wanted in english.items()
        if key not in stale
        for at in wanted
        if key not in translation.entries or at not in translation.entries[key].texts
    ]
    made = {key: [entry.english, entry.texts] for key, entry in sorted(translation.entries.items())}
    return Progress(
        language=language,
        name=translation.name,
        texts=sum(map(len, english.values())),
        stale=tuple(sorted(stale)),
        missing=tuple(missing),
        hash=_hash([translation.name, made])[:12],
        signed=translation.signed,
    )


def why_off(found: Progress) -> str:
    """Say why a translation is not offered."""
    if found.signed is None:
        return "nobody has signed it"
    if found.signed.hash != found.hash:
        return f"it has changed since {found.signed.by} signed it (was {found.signed.hash}, is {found.hash})"
    return f"stale: {len(found.stale)} entries; missing: {len(found.missing)} texts"


def texts(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Return every text that a person reads, by entry (``fact fever``, ``words plain``) and key."""
    found: dict[str, dict[str, str]] = {}
    for kind, section in _SECTIONS.items():
        for key, entry in getattr(catalogue, section).items():
            found[f"{kind} {key}"] = _texts(entry)
    harms = {key: outcome for key, outcome in catalogue.library.outcomes.items() if outcome.kind == "harm"}
    found |= {f"outcome {key}": _texts(outcome) for key, outcome in harms.items()}
    for key, sentence in catalogue.say.items():
        if sentence and any(fnmatchcase(key, form) for form in SENTENCES):
            found.setdefault(f"words {_section(key)}", {})[_name(key)] = sentence
    found[_CLINIC] = _texts(catalogue.clinic)
    return {key: said for key, said in found.items() if said}


def fingerprint(said: Mapping[str, str]) -> str:
    """Return what an entry's English is known by: 8 signs of a hash over its texts and their keys."""
    return _hash(said)[:8]


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


def _section(key: str) -> str:
    return key.partition(".")[0]


def _name(key: str) -> str:
    return key.partition(".")[2]


def _fresh(catalogue: Catalogue, language: str) -> dict[str, dict[str, str]]:
    english = texts(catalogue)
    entries = catalogue.translations[language].entries
    return {key: entry.texts for key, entry in entries.items() if entry.english == fingerprint(english[key])}


# --- the texts of an entry --------------------------------------------------------------------------


def _texts(entry: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    _each(entry, found.setdefault)
    return found


def _said(entry: E, translated: Mapping[str, str]) -> E:
    return _each(entry, translated.get) if translated else entry


def _each(entry: E, say: Say, at: str = "") -> E:
    """Return the entry with every text that a person reads put through ``say``."""
    asked = getattr(entry, "answered_by", "patient") == "patient"
    keys = [key for key in SEEN[type(entry)] if asked or key not in _ASKING]
    return msgspec.structs.replace(entry, **{key: _through(getattr(entry, key), say, f"{at}{key}") for key in keys})


def _through(value: Any, say: Say, at: str) -> Any:
    if isinstance(value, str):
        # What has no letter in it (0-10) reads the same everywhere.
        return say(at, value) if any(sign.isalpha() for sign in value) else value
    if isinstance(value, dict):
        return {key: _through(part, say, f"{at}.{key}") for key, part in value.items()}
    if isinstance(value, tuple):
        return _numbered(value, say, at)
    return _each(value, say, f"{at}.")


def _numbered(parts: tuple[Any, ...], say: Say, at: str) -> tuple[Any, ...]:
    """Number what can be read: an action without plain words has no place in the list."""
    made, number = [], 0
    for part in parts:
        said = part.plain if isinstance(part, Action) else part
        number += 1 if said else 0
        through = _through(said, say, f"{at}.{number}")
        made.append(msgspec.structs.replace(part, plain=through) if isinstance(part, Action) else through)
    return tuple(made)


# --- reading ----------------------------------------------------------------------------------------


def translated(catalogue: Catalogue, files: Files, problems: Problems) -> Catalogue:
    """Return the catalogue with the translations that stand in the files; notes every mistake."""
    english = texts(catalogue)
    found: dict[str, Translation] = {}
    where: dict[str, str] = {}
    for language, tables in files.translated.items():
        about = tables.get(f"language {language}")
        if about is None:
            what = "there is no language.toml in it, which says what the language is called (`name`)"
            problems.note(Place(f"words/{language}"), what)
            continue
        told = decode(about.content, Language, about.place, problems)
        written = {key: table for key, table in tables.items() if table is not about}
        entries = {key: _translated(table, key, english, problems) for key, table in written.items()}
        if told is not None:
            kept = {key: entry for key, entry in entries.items() if entry is not None}
            found[language] = Translation(name=told.name, signed=told.signed, entries=kept)
            where[f"language {language}"] = about.place.file
    for language in catalogue.clinic.preview:
        if language not in files.translated:
            what = f"there is no language {language!r}; {one_of(sorted(files.translated), language)}"
            problems.note(Place(files.clinic_file).at("preview"), what)
    return msgspec.structs.replace(catalogue, translations=found, files={**catalogue.files, **where})


def _translated(
    table: Table, key: str, english: Mapping[str, Mapping[str, str]], problems: Problems
) -> Translated | None:
    before = len(problems)
    if key not in english:
        kind = key.partition(" ")[0]
        same = [other.partition(" ")[2] for other in english if other.startswith(f"{kind} ")]
        what = "section" if kind == "words" else kind
        found = f"there is no {what} {table.id!r} that a person reads; {one_of(sorted(same), table.id, limit=5)}"
        problems.note(table.place, found)
        return None
    content = dict(table.content)
    made_from = content.pop("english", None)
    if not isinstance(made_from, str):
        problems.note(table.place.at("english"), "is missing: the fingerprint of the English that it was made from")
        return None
    said = dict(_flat(content, "", table.place, problems))
    if made_from == fingerprint(english[key]):
        _check(said, english[key], table, problems)
    return Translated(english=made_from, texts=said) if len(problems) == before else None


def _flat(value: Any, at: str, place: Place, problems: Problems) -> list[tuple[str, str]]:
    if isinstance(value, str) and value.strip():
        return [(at, value)]
    if isinstance(value, dict | list) and value:
        parts = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        return [pair for key, part in parts for pair in _flat(part, f"{at}.{key}" if at else str(key), place, problems)]
    problems.note(place.at(at), "is a text that is not empty, in quotes")
    return []


def _check(said: Mapping[str, str], english: Mapping[str, str], table: Table, problems: Problems) -> None:
    for at, text in said.items():
        place = table.place.at(at)
        if at not in english:
            problems.note(place, f"there is no such text; {one_of(list(english), at, limit=5)}")
        elif table.kind == "words" and table.id != "clinic":
            if wrong := blank_problem(text):
                problems.note(place, wrong)
            elif (found := blanks(text)) != (needed := blanks(english[at])):
                what = f"found the blanks {_listed(found)}; the English has {_listed(needed)}"
                problems.note(place, what)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
