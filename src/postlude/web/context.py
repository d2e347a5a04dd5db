"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from postlude.registry.clinic import sayings
from postlude.registry.languages import offered
from postlude.registry.roles import role_of
from postlude.registry.worklist import questions, unheard
from postlude.web.languages import language_of
from postlude.web.patient.speaking import speaking
from postlude.web.trap import stamp


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Return what base templates use: the clinic, whether everybody in it is made up, and what the reader may do.

    ``unheard`` and ``unanswered`` are asked of the record only where a page of the desk shows them.
    """
    user = getattr(request, "user", None)
    say = SimpleLazyObject(lambda: speaking(language_of(request)))
    role = role_of(getattr(user, "role", ""))
    return {
        "clinic": sayings(),
        "say": say,
        "language": SimpleLazyObject(lambda: say.language),
        "languages": offered,
        "private": hasattr(request, "language"),
        "synthetic": settings.DEMO,
        "second_factor_needed": settings.SECOND_FACTOR_NEEDED,
        "trap": SimpleLazyObject(stamp),
        "role": role,
        "may": {permission.value: True for permission in role.permissions},
        "unheard": unheard,
        "unanswered": lambda: questions().count(),
    }
