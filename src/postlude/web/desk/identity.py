"""Who somebody is: details, consents, private links, and entries that are one person."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from postlude.registry.actions import links, people
from postlude.registry.assessments import last_intake
from postlude.registry.languages import offered
from postlude.registry.links import address, works
from postlude.registry.models import Consent, Link, Merge, Person, PersonChange
from postlude.registry.models.links import PURPOSES as LINK_PURPOSES
from postlude.registry.models.people import PURPOSES
from postlude.registry.roles import Permission
from postlude.registry.same import alike, consents, whole
from postlude.web.access import actor, of_person, posted_key
from postlude.web.desk.acting import said, tried
from postlude.web.desk.sections import page

_GIVEN = "given-link"
_GIVABLE = tuple(code for code, _ in LINK_PURPOSES if code in ("intake", "result"))


class Details(forms.ModelForm):
    """Who somebody is."""

    why = forms.CharField(label="Why it changes", max_length=500, required=False)

    class Meta:
        model = Person
        fields = people.CHANGEABLE
        widgets = {  # noqa: RUF012 - read by Django only
            "birth_date": forms.DateInput({"type": "date"}),
            "address": forms.Textarea({"rows": 2}),
            "referrer": forms.Textarea({"rows": 2}),
        }
        help_texts = {"referrer": "Name and address, one a line: the letter goes there."}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = ", ".join(f"{code} ({name})" for code, name in offered().items())
        self.fields["language"].help_text = f"Pages and messages are in it where the clinic offers it: {codes}."


class Agreed(forms.Form):
    """One consent, as it was asked and given or taken back."""

    purpose = forms.ChoiceField(label="For", choices=PURPOSES)
    given = forms.ChoiceField(label="What the person said", choices=(("yes", "yes"), ("no", "no, or taken back")))
    wording = forms.CharField(
        label="What the person was asked, word for word", max_length=1000, widget=forms.Textarea({"rows": 2})
    )


class Give(forms.Form):
    """A private link."""

    purpose = forms.ChoiceField(label="What for", choices=[(c, s) for c, s in LINK_PURPOSES if c in _GIVABLE])


@of_person(Permission.SEE_PEOPLE, at="details")
def identity(request: HttpRequest, person: Person) -> HttpResponse:
    """The page of details."""
    return _shown(request, person)


def _shown(request: HttpRequest, person: Person, bad: dict[str, forms.Form] | None = None) -> HttpResponse:
    entries = whole(person)
    given = list(Link.objects.filter(person__in=entries).order_by("-id")[:20])
    for link in given:
        link.works = works(link)
    agreed = consents(person)
    context = {
        "details": Details(instance=Person.objects.get(pk=person.pk)),
        "agrees": Agreed(auto_id="agree_%s"),
        "gives": Give(auto_id="give_%s"),
        "consents": [(says, agreed.get(code)) for code, says in PURPOSES],
        "consent_history": Consent.objects.filter(person__in=entries).order_by("-id")[:20],
        "links": given,
        "given": request.session.pop(_GIVEN, ""),
        "changes": PersonChange.objects.filter(person__in=entries).order_by("-id")[:30],
        "merges": Merge.objects.filter(kept__in=entries).select_related("other").order_by("-id"),
    }
    return page(request, person, "identity", context | (bad or {}), status=422 if bad else 200)


@of_person(Permission.TAKE_IN, at="details")
@require_POST
def change(request: HttpRequest, person: Person) -> HttpResponse:
    """Whatever is changed on that page: each form names what it ``does``."""
    acting = _ACTING.get(request.POST.get("does", ""))
    bad = acting(request, person) if acting else None
    return _shown(request, person, bad) if bad else redirect("identity", person.key)


def _amend(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    form = Details(request.POST, instance=Person.objects.get(pk=person.pk))
    if form.is_valid():
        details = {key: form.cleaned_data[key] for key in people.CHANGEABLE}
        why = form.cleaned_data["why"]
        fresh = Person.objects.get(pk=person.pk)
        if tried(request, lambda: people.amend(person=fresh, details=details, by=actor(request), why=why), form):
            said(request, "Kept; what it was before stays in the history.")
            return {}
    return {"details": form}


def _consent(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    form = Agreed(request.POST, auto_id="agree_%s")
    if form.is_valid():
        told = form.cleaned_data | {"given": form.cleaned_data["given"] == "yes"}
        if tried(request, lambda: people.consent(person=person, by=actor(request), **told), form):
            said(request, "The consent is kept.")
            return {}
    return {"agrees": form}


def _give(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    form = Give(request.POST, auto_id="give_%s")
    if form.is_valid():
        purpose, intake = form.cleaned_data["purpose"], last_intake(whole(person))
        link = tried(
            request, lambda: links.give(person=person, purpose=purpose, intake=intake, by=actor(request)), form
        )
        if link is not None:
            # Shown once, on the next page; only the record's key of it is kept.
            request.session[_GIVEN] = address(link)
            return {}
    return {"gives": form}


def _end(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    link = get_object_or_404(Link, key=posted_key(request, "link"), person__in=whole(person))
    if tried(request, lambda: links.end(link=link, by=actor(request)) or True):
        said(request, "The link works no more.")
    return {}


def _merge(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    other = get_object_or_404(alike(person), key=posted_key(request, "other"))
    why = _why(request)
    if why and tried(request, lambda: people.merge(kept=person, other=other, by=actor(request), why=why)):
        said(request, "Both entries are one person now. This can be undone.")
    return {}


def _unmerge(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    other = get_object_or_404(person.merged, key=posted_key(request, "other"))
    why = _why(request)
    if why and tried(request, lambda: people.unmerge(other=other, by=actor(request), why=why)):
        said(request, "The two entries are apart again.")
    return {}


def _why(request: HttpRequest) -> str:
    why = request.POST.get("why", "").strip()
    if not why:
        said(request, "Say why; nothing was changed.")
    return why


_ACTING: dict[str, Callable[[HttpRequest, Person], dict[str, forms.Form]]] = {
    "amend": _amend,
    "consent": _consent,
    "give": _give,
    "end": _end,
    "merge": _merge,
    "unmerge": _unmerge,
}
