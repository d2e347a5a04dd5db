"""The last pages of an intake: what the person wants, who they are, what they agree to; read back, handed in."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods

from postlude.registry import same
from postlude.registry.actions import intakes, links, people
from postlude.registry.actions.acting import RecordError
from postlude.registry.links import address, token
from postlude.registry.models import Link
from postlude.registry.models.people import PURPOSES, WAYS
from postlude.web.access import by_link
from postlude.web.languages import refilled, sent
from postlude.web.patient.beginning import PHONE, named
from postlude.web.patient.intake import Here
from postlude.web.patient.readback import told
from postlude.web.patient.speaking import Speaking, shown
from postlude.web.patient.telling import what_next
from postlude.web.templatetags.languages import in_english

_WORDS = 2000
_DETAILS = ("given_name", "family_name", "birth_date", "phone", "email", "preferred_way", "preferred_time")


class Wishes(forms.Form):
    """What somebody wants and fears, in their words."""

    wishes = forms.CharField(required=False, max_length=_WORDS, widget=forms.Textarea({"rows": 4}))
    fears = forms.CharField(required=False, max_length=_WORDS, widget=forms.Textarea({"rows": 4}))

    def __init__(self, say: Speaking, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named(self, say)


class You(forms.Form):
    """Who somebody is, and how to reach them; nothing of it is needed."""

    given_name = forms.CharField(required=False, max_length=200)
    family_name = forms.CharField(required=False, max_length=200)
    birth_date = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    phone = forms.CharField(required=False, max_length=PHONE, widget=forms.TextInput({"type": "tel"}))
    email = forms.EmailField(required=False)
    preferred_way = forms.ChoiceField(required=False)
    preferred_time = forms.CharField(required=False, max_length=120)

    def __init__(self, say: Speaking, *args: Any, relative: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named(self, say)
        self.fields["preferred_way"].choices = [("", say["way_any"]), *((code, say[f"way_{code}"]) for code, _ in WAYS)]
        own = {"given_name": "given-name", "family_name": "family-name", "birth_date": "bday"}
        for name, meaning in {**({} if relative else own), "phone": "tel", "email": "email"}.items():
            self.fields[name].widget.attrs["autocomplete"] = meaning


class Consents(forms.Form):
    """What somebody agrees to, each by itself; none is ticked for them, and none is needed for care."""

    def __init__(self, say: Speaking, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose, _ in PURPOSES:
            field = forms.BooleanField(required=False)
            field.label, field.label_suffix = say[f"consent_{purpose}"], ""
            self.fields[purpose] = field


class Post(forms.Form):
    """Where a private link is sent."""

    email = forms.EmailField()

    def __init__(self, say: Speaking, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named(self, say)


@by_link("intake")
@require_http_methods(["GET", "POST"])
def wishes(request: HttpRequest, link: Link) -> HttpResponse:
    """Ask what the person wants and what they fear."""
    here = Here(link)
    initial = {"wishes": here.intake.wishes, "fears": here.intake.fears}
    form = Wishes(here.say, request.POST if sent(request) else None, initial=initial)

    def keep(told: dict[str, Any]) -> None:
        changed = {key: value for key, value in told.items() if value != initial[key]}
        if changed:
            intakes.note(intake=here.intake, **changed, by=here.by)

    said = here.interview.session.assessment
    begun = {"enough": here.enough and not here.handed_in, "no_sign": said.disposition not in ("emergency", "urgent")}
    return _filled(request, here, form, "wishes", keep, "you", **begun)


@by_link("intake")
@require_http_methods(["GET", "POST"])
def you(request: HttpRequest, link: Link) -> HttpResponse:
    """Ask who the person is, and how and when to call them."""
    here = Here(link)
    initial = {name: getattr(here.person, name) for name in _DETAILS}
    form = You(
        here.say, request.POST if sent(request) else None, initial=initial, relative=here.intake.by == "relative"
    )
    return _filled(
        request,
        here,
        form,
        "you",
        lambda told: people.amend(person=here.person, details=told, by=here.by),
        "consents",
    )


@by_link("intake")
@require_http_methods(["GET", "POST"])
def consents(request: HttpRequest, link: Link) -> HttpResponse:
    """Ask for consents, each by itself, and keep the exact words of what was asked."""
    here = Here(link)
    now = same.consents(here.person)
    form = Consents(here.say, request.POST if sent(request) else None, initial=now)

    def keep(told: dict[str, Any]) -> None:
        with transaction.atomic():
            for purpose, given in told.items():
                if now.get(purpose) != given:
                    wording = str(form.fields[purpose].label)
                    people.consent(person=here.person, purpose=purpose, given=given, wording=wording, by=here.by)

    return _filled(request, here, form, "consents", keep, "answers")


def _filled(
    request: HttpRequest, here: Here, form: forms.Form, name: str, keep: Any, then: str, **more: Any
) -> HttpResponse:
    if here.intake.state != "open":
        return redirect(here.onward())
    if sent(request) and form.is_valid():
        try:
            keep(form.cleaned_data)
        except RecordError as error:
            for field, problem in error.problems.items():
                form.add_error(field if field in form.fields else None, in_english(problem, here.say.language))
        else:
            return redirect(here.at(then))
    context = {**here.frame(), **more, "form": refilled(form, request)}
    return shown(request, here.say, name, context, status=422 if form.errors else 200)


@gzip_page  # a hundred questions and more, each with an address
@by_link("intake")
@require_http_methods(["GET", "POST"])
def answers(request: HttpRequest, link: Link) -> HttpResponse:
    """Read everything back, each answer with the way to change it; handed in from here."""
    here = Here(link)
    finished = here.intake.state == "finished"
    if sent(request) and here.intake.state == "open":
        here.interview.hand_in()
        return redirect(here.at("done"))
    if sent(request):
        return redirect(here.onward())
    context = {
        **here.frame(),
        "rows": told(here),
        "wishes": here.intake.wishes,
        "fears": here.intake.fears,
        "places": [here.say(f"patient_place.{place}") for place in here.intake.places],
        "finished": finished,
        "wishes_at": here.at("wishes"),
        "stopped": here.intake.state == "stopped",
        "signs_left": not finished and here.signs_left,
        "onward": here.onward(),
    }
    return shown(request, here.say, "answers", context)


@by_link("intake")
@require_GET
def done(request: HttpRequest, link: Link) -> HttpResponse:
    """Say what happens next, who will call and when."""
    here = Here(link)
    if here.intake.state != "finished":
        return redirect(here.onward())
    page = here.person.links.filter(purpose="result", intake=here.intake).order_by("-id").first()
    if page is None:
        page = links.give(person=here.person, purpose="result", intake=here.intake, by=here.by)
    context = {
        **here.frame(),
        **what_next(here.say, here.intake),
        "page": address(page),
        "page_at": reverse("result", args=[token(page)]),
        "more": here.at("more") if here.ahead else "",
        "more_says": here.left(),
    }
    return shown(request, here.say, "done", context)


@by_link("intake")
@require_http_methods(["GET", "POST"])
def later(request: HttpRequest, link: Link) -> HttpResponse:
    """Show the private link to come back by, and send it where the person wants it."""
    here = Here(link)
    form = Post(here.say, request.POST if sent(request) else None, initial={"email": here.person.email})
    to = ""
    if sent(request) and form.is_valid():
        to = form.cleaned_data["email"]
        if not here.person.email:
            people.amend(person=here.person, details={"email": to}, by=here.by)
        say = here.say
        body = say("patient.post_body", clinic=say.clinic.name, link=here.address)
        links.post(link=link, to=to, subject=say["post_subject"], body=body, by=here.by)
    form = refilled(form, request)
    context = {**here.frame(), "form": form, "sent": to, "address": here.address, "onward": here.onward()}
    return shown(request, here.say, "later", context, status=422 if form.errors else 200)
