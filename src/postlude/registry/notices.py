"""Notices by e-mail or text message that something waits for somebody: the clinic's name and a link, never more."""

from typing import Any

from django.utils import timezone

from postlude.registry import knowledge, post
from postlude.registry.actions import links
from postlude.registry.actor import Actor
from postlude.registry.clinic import sayings
from postlude.registry.languages import spoken_with
from postlude.registry.links import address
from postlude.registry.models import Intake, Person
from postlude.registry.same import consents

_CHANNELS = (("email", "contact_email", "email"), ("sms", "contact_sms", "phone"))
_HOW = {"email": "The person is told by e-mail.", "sms": "The person is told by text message."}


def notify(person: Person, what: str, *, about: Any, by: Actor, intake: Intake | None = None) -> str:
    """Put a notice of ``what`` (``answer``, ``result``) on its way, once; it holds a private link to the result.

    Returns how the person is told, or an empty text where they agreed to no channel that there is an address for.
    """
    agreed, language = consents(person), spoken_with(person)
    say, clinic = knowledge.words(language), sayings(language)
    for channel, purpose, field in _CHANNELS:
        to = getattr(person, field)
        if to and agreed.get(purpose):
            link = links.give(person=person, purpose="result", intake=intake, by=by, why=f"notice of {what}")
            body = say[f"notice.{what}"].format(clinic=clinic.name, address=address(link))
            subject = say["notice.subject"].format(clinic=clinic.name)
            once = f"{what} {about} {channel}"
            post.put(once, channel, to, subject, body, person=person, by=by, at=timezone.now())
            return _HOW[channel]
    return ""
