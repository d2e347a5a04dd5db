"""What the pages say to one person: the knowledge in their language, with what the clinic says of itself filled in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from postlude.assessment.disposition import headline
from postlude.assessment.model import Assessment
from postlude.assessment.retelling import english
from postlude.catalog.catalogue import Catalogue
from postlude.errors import KnowledgeError
from postlude.interview.console import Words
from postlude.registry import knowledge
from postlude.registry.clinic import Sayings, named, sayings, staffed, untranslated
from postlude.registry.knowledge import ENGLISH
from postlude.registry.languages import offered
from postlude.web.templatetags.languages import spoken


class Speaking:
    """The sentences for one person. ``say["title"]`` is a sentence; ``say("patient.more", count=3)`` one with blanks.

    Raises KnowledgeError for a sentence that nobody wrote: a page with a hole in it is shown to nobody.
    """

    do_not_call_in_templates = True

    def __init__(self, language: str) -> None:
        self.language = language
        self.own = sayings(language)._replace(**{name: english(text) for name, text in untranslated(language).items()})
        """What the clinic says of itself: what it wrote in English only is signed as that, amid any sentence."""
        self.catalogue: Catalogue = named(knowledge.spoken(language), self.own)
        self.clinic = Sayings(*map(spoken, self.own))
        self._sentences = self.catalogue.say
        self.typed = Words(self._sentences)

    def __getitem__(self, key: str) -> str:
        own = self.own
        return self(
            f"patient.{key}",
            clinic=own.name,
            telephone=own.telephone,
            emergency_number=own.emergency_number,
            crisis_line=own.crisis_line,
            hours=own.hours,
        )

    def __call__(self, key: str, **blanks: object) -> str:
        return spoken(self._sentence(key).format(**blanks))

    def _sentence(self, key: str) -> str:
        if key not in self._sentences:
            raise KnowledgeError([f"words/{self.language}/patient.toml: there is no sentence {key!r}"])
        return self._sentences[key]

    def headline(self, said: Assessment) -> str:
        """Return the sentence for a disposition, in plain words."""
        return spoken(headline(self.catalogue, said.urgency, said.disposition, said.within, plain=True))

    def retold(self, said: Assessment) -> Assessment:
        """Return what was said of somebody, in English, as this person reads it."""
        if self.language == ENGLISH:
            return said
        return knowledge.retelling(self.language).assessment(said, self.catalogue.clinic)

    @property
    def away(self) -> str:
        """What is said while nobody is at the clinic; empty while somebody is, or when the clinic has not said."""
        return self.clinic.out_of_hours if staffed() is False else ""


def speaking(language: str = ENGLISH) -> Speaking:
    """Return the sentences in a language, in English where that language is not offered."""
    return Speaking(language if language != ENGLISH and language in offered() else ENGLISH)


def shown(request: HttpRequest, say: Speaking, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return a page for a person."""
    away = SimpleLazyObject(lambda: say.away)
    whole = {"say": say, "language": say.language, "clinic": say.clinic, "away": away, **context}
    return render(request, f"patient/{name}.html", whole, status=status)
