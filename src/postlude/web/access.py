"""Who may open what. Every view says so by one of these; a test holds that none forgets to."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from postlude.registry.actions import looks, people
from postlude.registry.actor import Actor
from postlude.registry.languages import formats, spoken_with
from postlude.registry.links import find, works
from postlude.registry.models import Link, Person
from postlude.registry.roles import Permission, role_of
from postlude.web.languages import chooses_only, choosing, chosen, language_of

View = Callable[..., HttpResponse]


class Access(NamedTuple):
    """What opens a view: nothing (``public``), a private link of one ``purpose``, or a ``permission``."""

    public: bool = False
    purpose: str = ""
    permission: Permission | None = None


def public(view: View) -> View:
    """Open a view to everybody."""

    @functools.wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with formats(language_of(request)):
            return view(request, *args, **kwargs)

    opened.access = Access(public=True)  # type: ignore[attr-defined]
    return opened


@public
def not_here(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing at this address."""
    raise Http404


def by_link(purpose: str) -> Callable[[View], View]:
    """Open a view to whoever has a private link of this purpose; the view is handed the link in place of the token."""

    def made(view: View) -> View:
        @functools.wraps(view)
        @never_cache
        def opened(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
            link = find(token, purpose)
            if link is None:
                return render(request, "patient/no_such_link.html", status=404)
            if not works(link):
                return render(request, "patient/link_ended.html", {"link": link}, status=410)
            request.language = _language(request, link)
            if chooses_only(request):
                return redirect(request.get_full_path())
            with formats(request.language):
                return view(request, link, *args, **kwargs)

        opened.access = Access(purpose=purpose)  # type: ignore[attr-defined]
        return opened

    return made


def _language(request: HttpRequest, link: Link) -> str:
    """Return the language of a page by private link; what is chosen on it stays with the person."""
    wanted = chosen(request) if choosing(request) else ""
    if wanted and wanted != link.person.language:
        relative = link.intake is not None and link.intake.by == "relative"
        by = Actor.relative(link.person) if relative else Actor.person(link.person)
        people.amend(person=link.person, details={"language": wanted}, by=by)
    return spoken_with(link.person)


def needs(permission: Permission) -> Callable[[View], View]:
    """Open a view to staff whose role permits it, with a second factor where one is needed."""

    def made(view: View) -> View:
        @functools.wraps(view)
        @never_cache
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if permission not in role_of(request.user.role).permissions:
                raise PermissionDenied
            if settings.SECOND_FACTOR_NEEDED and not _second_factor(request.user):
                return redirect("mfa_index")
            return view(request, *args, **kwargs)

        opened.access = Access(permission=permission)  # type: ignore[attr-defined]
        return opened

    return made


def of_person(permission: Permission, at: str) -> Callable[[View], View]:
    """Open a view of one person, who is handed to it in place of the key; keep who looked ``at`` this page."""

    def made(view: View) -> View:
        @functools.wraps(view)
        def opened(request: HttpRequest, key: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            person = get_object_or_404(Person, key=key)
            if request.method == "GET":
                looks.looked(person=person, by=actor(request), at=at)
            return view(request, person, *args, **kwargs)

        return needs(permission)(opened)

    return made


def posted_key(request: HttpRequest, name: str) -> UUID:
    """Return the key of a row that a form sent. Raises Http404 for what is no key."""
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None


def actor(request: HttpRequest) -> Actor:
    """Return who is at the keyboard."""
    return Actor.staff(request.user)


def _second_factor(user: Any) -> bool:
    from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415 - needs the applications to be loaded

    return bool(is_mfa_enabled(user))
