"""Keeps machines from flooding the forms that anybody may send, without turning a person away.

A form that takes part includes ``components/trap.html``: a field that no reader sees, and the signed time at which the
page was made. A form that a person would hardly have sent (the hidden field filled in, the time missing or only just
past) is not refused and not thrown away: its sender sees a page with one button, which sends the same answers again.
"""

import functools
from collections.abc import Callable
from time import time
from typing import Any

from allauth.core import ratelimit
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from postlude.web.languages import choosing

HIDDEN = "website"
TIME = "page_made"
CONFIRMED = "sent_by_a_person"
QUICKEST = 2.0
"""Seconds within which nobody has read a page and answered it."""

View = Callable[..., HttpResponse]


def stamp() -> str:
    """Return the signed time of now."""
    return _sign(TIME)


def trapped(view: View) -> View:
    """Guard a public view: how much one address may send, and that a person sends it."""

    @functools.wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            if not ratelimit.consume(request, action="public_form"):
                return ratelimit.respond_429(request)
            # Choosing another language keeps nothing, and takes no time to read.
            if not choosing(request) and looks_automatic(request):
                return render(
                    request, "patient/confirm.html", {"fields": _again(request), "confirmed": _sign(CONFIRMED)}
                )
        return view(request, *args, **kwargs)

    return opened


def looks_automatic(request: HttpRequest) -> bool:
    """Return whether a person would hardly have sent this form, and nobody has said that one did."""
    if _seconds_since(request.POST.get(CONFIRMED, ""), CONFIRMED) is not None:
        return False
    passed = _seconds_since(request.POST.get(TIME, ""), TIME)
    return bool(request.POST.get(HIDDEN)) or passed is None or passed < QUICKEST


def _seconds_since(text: str, what: str) -> float | None:
    """Return how many seconds ago a time was signed here; ``None`` for what was not."""
    try:
        return time() - float(_signer(what).unsign(text))
    except BadSignature:
        return None


def _again(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was sent, field by field, to be sent again."""
    own = {HIDDEN, TIME, CONFIRMED, "csrfmiddlewaretoken"}
    return [(name, value) for name, values in request.POST.lists() if name not in own for value in values]


def _sign(what: str) -> str:
    return _signer(what).sign(str(time()))


def _signer(what: str) -> Signer:
    return Signer(salt=f"postlude {what}")
