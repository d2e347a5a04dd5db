"""The first pages: what this is, and the beginning of an intake with a private link of its own."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from postlude.registry.actions import intakes, links, people
from postlude.registry.actor import Actor
from postlude.registry.links import token
from postlude.registry.models import Link
from postlude.web.access import public
from postlude.web.languages import language_of, refilled, sent
from postlude.web.patient.speaking import Speaking, shown, speaking
from postlude.web.trap import trapped

PHONE = 40
PLACE = 300


class Reach(forms.Form):
    """How somebody is reached if the call breaks off; nothing of it is needed."""

    phone = forms.CharField(required=False, max_length=PHONE, widget=forms.TextInput({"type": "tel"}))
    location = forms.CharField(required=False, max_length=PLACE)

    def __init__(self, say: Speaking, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named(self, say)
        self.fields["phone"].widget.attrs["autocomplete"] = "tel"


class Begin(Reach):
    """The same, and who answers."""

    who = forms.ChoiceField(choices=(("patient", ""), ("relative", "")), widget=forms.HiddenInput)
    language = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)


def named(form: forms.Form, say: Speaking) -> None:
    """Give each field of a form its label and hint, ``field_NAME`` and ``hint_NAME`` of the sentences."""
    for name, field in form.fields.items():
        if not field.widget.is_hidden:
            field.label, field.label_suffix = say[f"field_{name}"], ""
            field.help_text = say[f"hint_{name}"]


@public
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Say what this is, for whom, and how to begin."""
    return shown(request, speaking(language_of(request)), "start", {})


@public
@never_cache
@trapped
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, who: str = "patient") -> HttpResponse:
    """Begin an intake, and lead to its first question."""
    say = speaking(language_of(request))
    data = request.POST if sent(request) else None
    who = request.POST.get("who", who)
    form = refilled(Begin(say, data, initial={"who": who, "language": say.language}), request)
    if data is None or not form.is_valid():
        return shown(request, say, "begin", {"form": form, "who": who}, status=422 if data else 200)
    return redirect("intake-next", token(_begun(form.cleaned_data, say.language)))


def _begun(told: dict[str, str], language: str) -> Link:
    """Enter somebody of whom nothing needs to be known yet, with an intake and the link to it."""
    with transaction.atomic():
        nobody = Actor.system("site")
        person = people.enter(by=nobody, details={"phone": told["phone"], "language": language})
        by = Actor.relative(person) if told["who"] == "relative" else Actor.person(person)
        intake = intakes.begin(person=person, way="web", told_by=told["who"], by=by)
        if told["location"]:
            intakes.note(intake=intake, location=told["location"], by=by)
        link: Link = links.give(person=person, purpose="intake", intake=intake, by=nobody)
    return link
