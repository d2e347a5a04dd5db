"""Languages that people are offered, in which one person is spoken to, and how days are written in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.utils import translation
from django.utils.formats import date_format

from postlude.registry import knowledge
from postlude.registry.clinic import clinic
from postlude.registry.knowledge import ENGLISH
from postlude.registry.models import Person

_FORMATS = {ENGLISH: "en-gb"}
"""Whose formats are taken where a language has several: the day stands before the month."""


def offered() -> dict[str, str]:
    """Return the languages that a person may choose, each by its own name: those of the clinic that are signed."""
    wanted = clinic().languages
    return {code: name for code, name in knowledge.languages().items() if code == ENGLISH or code in wanted}


def spoken_with(person: Person) -> str:
    """Return the language that a person is spoken to in: theirs where it is offered, else English."""
    return person.language if person.language in offered() else ENGLISH


@contextmanager
def formats(language: str) -> Iterator[None]:
    """While this holds, Django writes dates, and says what is wrong with a form, in a language."""
    with translation.override(_FORMATS.get(language, language)):
        yield


def day(on: date, language: str) -> str:
    """Return a day as it is written in a language: ``3 March 2026``, ``3 de marzo de 2026``, ``3 Mart 2026``."""
    with formats(language):
        return date_format(on, "DATE_FORMAT")
