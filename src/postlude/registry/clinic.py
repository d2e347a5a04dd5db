"""What the clinic says of itself: the configuration, and behind it ``clinic.toml`` of the knowledge."""

from datetime import datetime
from typing import NamedTuple

import msgspec
from django.utils import timezone

from postlude.catalog.catalogue import Catalogue
from postlude.registry import knowledge
from postlude.registry.knowledge import ENGLISH
from postlude.registry.models import Clinic
from postlude.registry.models.clinic import IN_LANGUAGES


class Sayings(NamedTuple):
    """What people are told of the clinic."""

    name: str
    telephone: str
    emergency_number: str
    crisis_line: str
    hours: str
    out_of_hours: str


def clinic() -> Clinic:
    """Return the configuration; one with the defaults while nobody has saved any."""
    return Clinic.objects.filter(pk=1).first() or Clinic(pk=1)


def sayings(language: str = ENGLISH) -> Sayings:
    """Return what people are told in a language that is offered, the configuration before the knowledge."""
    own, shipped = clinic(), knowledge.spoken(language).clinic
    told = own.in_languages.get(language, {})

    def said(name: str, otherwise: str = "") -> str:
        return told.get(name) or getattr(own, name) or otherwise

    return Sayings(
        own.name or shipped.name,
        own.telephone or shipped.telephone,
        said("emergency_number", shipped.emergency_number),
        said("crisis_line", shipped.crisis_line),
        said("hours", shipped.hours),
        said("out_of_hours"),
    )


def untranslated(language: str) -> dict[str, str]:
    """Return the words of the configuration that people read in English, as nobody has put them into a language."""
    if language == ENGLISH:
        return {}
    own = clinic()
    told = own.in_languages.get(language, {})
    # A number reads the same everywhere.
    worded = {name: getattr(own, name) for name in IN_LANGUAGES if any(c.isalpha() for c in getattr(own, name))}
    return {name: text for name, text in worded.items() if not told.get(name)}


def staffed(at: datetime | None = None) -> bool | None:
    """Return whether somebody is there now; ``None`` when the clinic has not said when anybody is."""
    own = clinic()
    if own.staffed_from is None or own.staffed_until is None:
        return None
    now = timezone.localtime(at)
    return str(now.isoweekday()) in own.staffed_days and own.staffed_from <= now.time() < own.staffed_until


def named(read: Catalogue, own: Sayings) -> Catalogue:
    """Return a catalogue that speaks of this clinic: its sentences name the configured telephone, numbers and hours."""
    clinic = msgspec.structs.replace(
        read.clinic,
        name=own.name,
        telephone=own.telephone,
        emergency_number=own.emergency_number,
        crisis_line=own.crisis_line,
        hours=own.hours,
    )
    return msgspec.structs.replace(read, clinic=clinic)


def speaking() -> Catalogue:
    """Return the knowledge in English, speaking of this clinic."""
    return named(knowledge.catalogue(), sayings())
