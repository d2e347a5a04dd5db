"""A clinic that has had a language signed and offers it, and what a page says in which language."""

from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.catalog.translation import progress, texts
from postlude.registry import knowledge
from postlude.web.patient.intake import pages

LANGUAGES = ("es", "tr")
_READ_ONCE = (
    knowledge.catalogue,
    knowledge.spoken,
    knowledge.languages,
    knowledge.pool,
    knowledge.assessor,
    knowledge._triager,
    knowledge.instruments,
    knowledge.follow_up,
    knowledge.retelling,
    pages,
)
_SPOKEN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")
_VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}
_UNHEARD = {"datalist", "script", "style"}
"""Names of medicines are the same in all languages."""


def sign(folder: Path, *languages: str) -> Path:
    """Lay a clinic's own knowledge into a folder, in which a translator stands for languages as they are now."""
    shipped = load()
    for language in languages:
        file = folder / "words" / language / "language.toml"
        file.parent.mkdir(parents=True)
        said = progress(shipped, language)
        file.write_text(
            f'name = "{said.name}"\n[signed]\nby = "T. Example"\nrole = "translator of tests"\n'
            f'on = {date(2026, 1, 15)}\nhash = "{said.hash}"\n'
        )
    return folder


def reading_anew(settings: object, folder: Path | None) -> Iterator[None]:
    """While this holds, this process works with the knowledge of a folder."""
    was = settings.KNOWLEDGE  # type: ignore[attr-defined]
    try:
        settings.KNOWLEDGE = folder  # type: ignore[attr-defined]
        _forget()
        yield
    finally:
        settings.KNOWLEDGE = was  # type: ignore[attr-defined]
        _forget()


def _forget() -> None:
    for read in _READ_ONCE:
        read.cache_clear()


class Said(NamedTuple):
    """One run of text, or an attribute that is read out, and the language that whoever hears it is told."""

    language: str
    text: str


class _Heard(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []
        self._inside: list[tuple[str, str]] = [("", "")]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        language = given.get("lang", self._inside[-1][1])
        self.said += [Said(language, given[name]) for name in _SPOKEN_ATTRIBUTES if given.get(name)]
        if given.get("type") == "submit":
            self.said.append(Said(language, given.get("value", "")))
        if tag not in _VOID:
            self._inside.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        while len(self._inside) > 1 and self._inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not _UNHEARD & {tag for tag, _ in self._inside}:
            self.said.append(Said(self._inside[-1][1], text))


def heard(body: bytes) -> list[Said]:
    """What a page says, piece by piece, each in its language."""
    page = _Heard()
    page.feed(body.decode())
    return page.said


def english_of(catalogue: Catalogue, language: str) -> list[str]:
    """Every English text of the catalogue that is another one in a language, in pieces of four words or more."""
    own, other = texts(catalogue), catalogue.translations[language].entries
    found = set()
    for key, said in own.items():
        for at, text in said.items():
            if other[key].texts[at] != text:
                parts = text.replace("}", "{").split("{")[::2]
                found |= {" ".join(part.split()) for part in parts if len(part.split()) > 3}
    return sorted(found)
