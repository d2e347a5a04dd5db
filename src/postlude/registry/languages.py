"""Languages that people are offered, in which one person is spoken to, and how days are written in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.formats import date_format, number_format

from postlude.assessment.intake import days
from postlude.registry import knowledge
from postlude.registry.clinic import clinic
from postlude.registry.knowledge import ENGLISH
from postlude.registry.models import Person

_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_MONTH = 2  # parts of a date that names no day
_DAYS = {ENGLISH: "j F Y"}
"""Where the format of Django is that of one country only."""


def offered() -> dict[str, str]:
    """Return the languages that a person may choose, each by its own name: those of the clinic that are signed."""
    signed = knowledge.languages()
    wanted = clinic().languages if len(signed) > 1 else ()
    return {code: name for code, name in signed.items() if code == ENGLISH or code in wanted}


def spoken_with(person: Person) -> str:
    """Return the language that a person is spoken to in: theirs where it is offered, else English."""
    return person.language if person.language != ENGLISH and person.language in offered() else ENGLISH


@contextmanager
def formats(language: str) -> Iterator[None]:
    """While this holds, Django writes dates, and says what is wrong with a form, in a language."""
    with translation.override(language):
        yield


def written(value: Any, said: str, language: str) -> str:
    """Return an answer as a language writes it: ``said`` with its number, or a day, month or year in place of it."""
    with formats(language):
        if isinstance(value, float) and f"{value:g}" in said:
            return said.replace(f"{value:g}", number_format(f"{value:g}"), 1)
        parts = value.split("-") if isinstance(value, str) and _DAY.fullmatch(value) else []
        if parts:
            first = days(value)[0]
            whole = len(parts) > _MONTH
            return said.replace(value, day(first, language) if whole else date_format(first, "YEAR_MONTH_FORMAT"), 1)
    return said


def day(on: date, language: str) -> str:
    """Return a day as it is written in a language: ``3 March 2026``, ``3 de marzo de 2026``, ``3 Mart 2026``."""
    with formats(language):
        return date_format(on, _DAYS.get(language, "DATE_FORMAT"))
