"""A follow-up and questionnaires by private link."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from postlude.registry import due, knowledge
from postlude.registry.actor import Actor
from postlude.registry.aside import Aside
from postlude.registry.filling import Filling
from postlude.registry.languages import spoken_with
from postlude.registry.links import token
from postlude.registry.models import Contact, Link
from postlude.registry.models.contacts import OPEN
from postlude.web.access import by_link
from postlude.web.followup.forms import StopForm
from postlude.web.followup.minutes import minutes_of
from postlude.web.followup.walk import Say, Setting, Walk
from postlude.web.languages import refilled, sent

_SAFE = require_http_methods(["GET", "HEAD", "POST"])


@by_link("follow_up")
@_SAFE
def begin(request: HttpRequest, link: Link) -> HttpResponse:
    """Say what this is and how long it takes."""
    walk = _walk(link)
    if walk is None:
        return _closed(request, link)
    if sent(request):
        return redirect(walk.to(walk.first()))
    until = walk.say.day(due.open_until(_contact(link)))
    takes = walk.say.tell("follow.takes", minutes=walk.minutes(), until=until)
    help_ = walk.say.tell("follow.not_for_help")
    more = {"title": walk.say["hello"], "takes": takes, "not_for_help": help_, "about": walk.about()}
    return walk.render(request, "followup/begin.html", more)


@by_link("follow_up")
@_SAFE
def page(request: HttpRequest, link: Link, page: str) -> HttpResponse:
    """One page of a follow-up."""
    walk = _walk(link)
    return walk.show(request, page) if walk else _closed(request, link)


@by_link("follow_up")
@_SAFE
def stop(request: HttpRequest, link: Link) -> HttpResponse:
    """End the messages, in one tap."""
    say = _say(link)
    form = refilled(StopForm(say, request.POST if sent(request) else None), request)
    if sent(request) and form.is_valid():
        why = form.cleaned_data["why"].strip()
        due.stop(link.person, by=Actor.person(link.person), on=timezone.localdate(), why=why)
        says = say.tell("follow.stopped_says")
        return render(request, "followup/stopped.html", {"says": says, **_around(say)})
    back = reverse("follow_up", args=[token(link)])
    return render(request, "followup/stop.html", {"form": form, "back": back, **_around(say)})


@by_link("forms")
@_SAFE
def forms_begin(request: HttpRequest, link: Link) -> HttpResponse:
    """Ask which part of the spine it is, which decides the questionnaires."""
    say = _say(link)
    sets = {region: one.id for one in _sets() for region in one.entry.regions if f"region_{region}" in say}
    help_ = say.tell("follow.not_for_help")
    choices = [(reverse("forms_page", args=[token(link), key, "on"]), say[f"region_{r}"]) for r, key in sets.items()]
    takes = say.tell("follow.takes_forms", minutes=minutes_of(_sets()))
    more = {"title": say["hello_forms"], "takes": takes, "not_for_help": help_, "regions": choices}
    return render(request, "followup/begin.html", {**more, **_around(say)})


@by_link("forms")
@_SAFE
def forms_page(request: HttpRequest, link: Link, chosen: str, page: str) -> HttpResponse:
    """One page of the questionnaires before a consultation; the page ``on`` is where somebody goes on."""
    if chosen not in {one.id for one in _sets()}:
        raise Http404
    person, by = link.person, Actor.person(link.person)
    filling = Filling(
        person,
        knowledge.instruments().sets[chosen],
        by=by,
        filled_by="person",
        on=timezone.localdate(),
        link=link,
    )
    setting = Setting(by, "patient", "person", "web", "online", spoken_with(person), "patient/base.html")
    walk = Walk(
        person,
        filling,
        lambda: Aside(person, by=by, told_by="patient", way="web", link=link, language=setting.language),
        setting,
        lambda name: reverse("forms_page", args=[token(link), chosen, name]),
        None,
    )
    return redirect(walk.to(walk.first())) if page == "on" else walk.show(request, page)


def _walk(link: Link) -> Walk | None:
    """Return the way through the contact of a link; ``None`` when it is closed."""
    contact = _contact(link)
    last = contact.steps.order_by("-id").first()
    over = last is not None and last.does not in (*OPEN, "answered")
    if over or link.person.left_on is not None or timezone.localdate() > due.open_until(contact):
        return None
    by = Actor.person(link.person)
    setting = Setting(by, "patient", "person", "web", "online", spoken_with(link.person), "patient/base.html")
    return walk_of(contact, setting, lambda name: _address(link, name))


def walk_of(contact: Contact, setting: Setting, to: Any) -> Walk:
    """Return the way through a contact."""
    visit = due.visit_of(contact)
    chosen = knowledge.instruments().sets[visit.set if visit else "follow-up"]
    filling = Filling(
        contact.person,
        chosen,
        by=setting.by,
        filled_by=setting.filled_by,
        on=timezone.localdate(),
        contact=contact,
    )
    return Walk(
        contact.person,
        filling,
        lambda: Aside(
            contact.person,
            by=setting.by,
            told_by=setting.told_by,
            way=setting.way,
            contact=contact,
            language=setting.language,
        ),
        setting,
        to,
        contact,
    )


def _address(link: Link, name: str) -> str:
    if name == "stop":
        return reverse("follow_up_stop", args=[token(link)])
    return reverse("follow_up_page", args=[token(link), name])


def _contact(link: Link) -> Contact:
    if link.contact is None:
        raise Http404
    return link.contact


def _closed(request: HttpRequest, link: Link) -> HttpResponse:
    say = _say(link)
    says = say.tell("follow.closed")
    return render(request, "followup/closed.html", {"says": says, **_around(say)}, status=410)


def _around(say: Say) -> dict[str, Any]:
    """Return what the base of these pages shows."""
    return {"say": say, "base": "patient/base.html", "clinic": say.speaking.clinic}


def _say(link: Link) -> Say:
    return Say(spoken_with(link.person))


def _sets() -> list[Any]:
    return [one for one in knowledge.instruments().sets.values() if one.entry.phase == "intake"]
