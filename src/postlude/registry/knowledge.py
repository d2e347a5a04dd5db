"""The knowledge that this clinic works with, read once by each process."""

from collections import OrderedDict
from functools import cache
from threading import Lock
from typing import Any

import msgspec
from django.conf import settings

from postlude.assessment.assess import Assessor
from postlude.assessment.intake import Intake
from postlude.assessment.model import Assessment
from postlude.assessment.retelling import Retelling
from postlude.catalog import translation
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.evidence.pool import Pool
from postlude.evidence.store import load as pool_of
from postlude.instruments.load import Instruments
from postlude.instruments.load import load as load_instruments
from postlude.registry import followup

ENGLISH = "en"
_REMEMBERED = 64


@cache
def catalogue() -> Catalogue:
    """Return the knowledge, with the clinic's own laid over it."""
    return load(settings.KNOWLEDGE, evidence=settings.EVIDENCE)


@cache
def spoken(language: str) -> Catalogue:
    """Return the knowledge as a person reads it in a language. Raises KnowledgeError for one that is not offered."""
    return translation.in_language(catalogue(), language)


@cache
def languages() -> dict[str, str]:
    """Return the languages that people may be given, each by the name that its speakers give it; English first."""
    known = catalogue()
    names = {code: made.name for code, made in known.translations.items()}
    return {code: names.get(code, "English") for code in translation.languages(known)}


@cache
def pool() -> Pool:
    """Return what is known of outcomes."""
    return pool_of(catalogue().library)


@cache
def assessor() -> Assessor:
    """Return the assessor that says what may be expected of each option."""
    return Assessor(catalogue(), pool())


class Remembering(Assessor):
    """An assessor that remembers what it said last: the page after an answer asks for the same once more."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self._said: OrderedDict[bytes, Assessment] = OrderedDict()
        self._lock = Lock()

    def assess(self, intake: Intake) -> Assessment:
        key = msgspec.json.encode(intake)
        with self._lock:
            said = self._said.get(key)
        said = said or super().assess(intake)
        with self._lock:
            self._said[key] = said
            self._said.move_to_end(key)
            while len(self._said) > _REMEMBERED:
                self._said.popitem(last=False)
        return said


def triager(language: str = ENGLISH) -> Assessor:
    """Return the assessor without expectations: all that asking needs in a language, and quicker."""
    return _triager(language)


@cache
def _triager(language: str) -> Assessor:
    return Remembering(spoken(language))


@cache
def instruments() -> Instruments:
    """Return the questionnaires."""
    return load_instruments(settings.KNOWLEDGE)


@cache
def follow_up() -> followup.FollowUp:
    """Return when people are asked how they are, and what of their answers somebody must hear of."""
    return followup.read(catalogue(), instruments(), settings.KNOWLEDGE)


def words(language: str = ENGLISH) -> Any:
    """Return the sentences of the interface in a language that is offered."""
    return spoken(language).say


@cache
def retelling(language: str) -> Retelling:
    """Return what says in a language that is offered what was said of a person in English."""
    return Retelling(catalogue(), spoken(language))
