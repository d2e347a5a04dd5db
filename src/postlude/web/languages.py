"""In which language a page for people speaks, and how somebody chooses another on any of them.

The buttons of the footer send the form of the page with the language beside it. Nothing of it is kept then: the page
comes again in the other language, with all that was typed. On private pages the language stays with the person.
"""

from collections.abc import Mapping
from typing import TypeVar

from django import forms
from django.http import HttpRequest

from postlude.registry.knowledge import ENGLISH
from postlude.registry.languages import offered, spoken_with
from postlude.registry.links import find

CHOICE = "in"
"""What a language is called in a form, and in the address of a public page."""
_KEPT = "language"
"""The hidden field of the first form, which begins a person's record in a language."""
F = TypeVar("F", bound=forms.Form)


def chosen(request: HttpRequest) -> str:
    """Return the language that is chosen with this request; empty when none is, or one that is not offered."""
    told: Mapping[str, str] = request.POST if request.method == "POST" else request.GET
    found = told.get(CHOICE, "") or request.POST.get(_KEPT, "") or request.GET.get(CHOICE, "")
    return found if found and found in offered() else ""


def choosing(request: HttpRequest) -> bool:
    """Return whether a form was sent to have its page in another language, and not to be kept."""
    return request.method == "POST" and CHOICE in request.POST


def sent(request: HttpRequest) -> bool:
    """Return whether a form was sent to be kept."""
    return request.method == "POST" and CHOICE not in request.POST


def chooses_only(request: HttpRequest) -> bool:
    """Return whether nothing but a language was sent: the page is then simply opened again."""
    return choosing(request) and set(request.POST) <= {CHOICE, "csrfmiddlewaretoken"}


def refilled(form: F, request: HttpRequest) -> F:
    """Return a form that holds what was typed into it before another language was chosen, and checks nothing yet."""
    if choosing(request):
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                form.initial[name] = field.widget.value_from_datadict(
                    request.POST, request.FILES, form.add_prefix(name)
                )
    return form


def language_of(request: HttpRequest) -> str:
    """Return the language of a page: that of the private link, else the one that was chosen, else English.

    Also where nothing of a view ran: a form that came too late is refused in the language of whoever sent it.
    """
    set_ = getattr(request, "language", "")
    return set_ or chosen(request) or _of_link(request) or ENGLISH


def _of_link(request: HttpRequest) -> str:
    match = request.resolver_match
    purpose = getattr(getattr(match and match.func, "access", None), "purpose", "")
    link = find(match.kwargs.get("token", ""), purpose) if match and purpose else None
    return spoken_with(link.person) if link else ""
