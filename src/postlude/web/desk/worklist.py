"""The worklist: what waits for somebody of the clinic, the most urgent first; and finding a person."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from postlude.registry import worklist as waits
from postlude.registry.actions import people
from postlude.registry.actions import worklist as actions
from postlude.registry.clinic import clinic
from postlude.registry.lookup import look_up
from postlude.registry.models import Person
from postlude.registry.roles import Permission
from postlude.web.access import actor, needs, of_person
from postlude.web.desk.acting import said, tried

_SHOWN = 100
_SOUGHT = "sought"
"""What was looked for last stands in the session: no name in an address, a log or a history of the browser."""


class Filters(forms.Form):
    """What of the worklist is shown."""

    level = forms.ChoiceField(
        label="Urgency",
        required=False,
        choices=(("", "all"), ("emergency", "emergency"), ("urgent", "urgent"), ("routine", "routine")),
    )
    has = forms.ChoiceField(
        label="Who has it", required=False, choices=(("", "anybody"), ("me", "me"), ("nobody", "nobody"))
    )


class Sought(forms.Form):
    """A person to look for."""

    text = forms.CharField(
        label="Find a person",
        max_length=200,
        help_text="Part of a name, end of a telephone number, a birth date or part of it (30.4.1961, 4.1961, 1961).",
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )


@needs(Permission.SEE_PEOPLE)
def worklist(request: HttpRequest) -> HttpResponse:
    """The first page of the desk."""
    template = "desk/worklist_live.html" if request.htmx else "desk/worklist.html"
    return render(request, template, _waiting(request))


def _waiting(request: HttpRequest) -> dict[str, Any]:
    form = Filters(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"level": "", "has": ""}
    waiting, alerts = list(waits.waiting()), list(waits.open_alerts())
    whose = {"me": request.user.key, "nobody": None}
    found = [
        row
        for row in waiting
        if (not chosen["level"] or row.at_least == chosen["level"])
        and (not chosen["has"] or row.has == whose[chosen["has"]])
    ]
    call = timedelta(hours=clinic().call_within_hours)
    for row in found[:_SHOWN]:
        row.due = row.since + call
    return {
        "alerts": alerts,
        "rows": found[:_SHOWN],
        "more": len(found[_SHOWN:]),
        "begun": waits.begun()[:20],
        "questions": waits.questions()[:5],
        "counts": waits.counts(waiting, alerts),
        "filters": form,
        "filtered": any(chosen.values()),
        "sought": Sought(),
    }


@of_person(Permission.TAKE_IN, at="worklist")
@require_POST
def claim(request: HttpRequest, person: Person) -> HttpResponse:
    """Take a case on, or give it back."""
    by = actor(request)
    if request.POST.get("does") == "give_back":
        tried(request, lambda: actions.give_back(person=person, by=by))
    elif tried(request, lambda: actions.take(person=person, staff=request.user, by=by)):
        said(request, f"You have {person.name}'s case now.")
    return redirect(_back(request) or "worklist")


def _back(request: HttpRequest) -> str:
    """Return where a form says that it stood, if that is a page of one person; never another site."""
    back = request.POST.get("back", "")
    return back if back.startswith("/clinic/people/") and "//" not in back else ""


@needs(Permission.SEE_PEOPLE)
def find(request: HttpRequest) -> HttpResponse:
    """Find a person by name, telephone or birth date."""
    if request.method == "POST":
        form = Sought(request.POST)
        if form.is_valid():
            request.session[_SOUGHT] = form.cleaned_data["text"]
            return redirect("find")
    text = request.session.get(_SOUGHT, "")
    found = look_up(text)
    context = {"sought": Sought({"text": text} if text else None), "text": text, "found": found[:50], "new": New()}
    return render(request, "desk/find.html", context | {"count": found.count()})


class New(forms.Form):
    """Somebody who is not in the record yet."""

    given_name = forms.CharField(label="Given name", max_length=200, required=False)
    family_name = forms.CharField(label="Family name", max_length=200)
    birth_date = forms.DateField(label="Birth date", required=False, widget=forms.DateInput({"type": "date"}))
    phone = forms.CharField(label="Telephone", max_length=40, required=False)


@needs(Permission.TAKE_IN)
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a person by hand."""
    form = New(request.POST)
    if form.is_valid():
        person = tried(request, lambda: people.enter(by=actor(request), details=form.cleaned_data), form)
        if person is not None:
            return redirect("person", person.key)
    return render(request, "desk/find.html", {"sought": Sought(), "new": form, "found": (), "text": ""}, status=422)
