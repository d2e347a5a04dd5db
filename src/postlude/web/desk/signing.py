"""Sign-off: a clinician reviews, departs with a reason where needed, decides with the person, plans, and releases."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from postlude.registry.actions import decisions, intakes
from postlude.registry.assessments import release
from postlude.registry.models import Assessment, Decision, Meeting, Override, Person, Plan
from postlude.registry.notices import notify
from postlude.registry.roles import Permission
from postlude.registry.same import whole
from postlude.web.access import actor, of_person, posted_key
from postlude.web.desk import decided
from postlude.web.desk.acting import Reason, said, tried
from postlude.web.desk.decided import Decide, Meet, PlanForm, words
from postlude.web.desk.overview import named
from postlude.web.desk.sections import look, page, said_of

DISPOSITIONS = ("emergency", "urgent", "ask", "refer", "consult", "unlikely")
STATUSES = ("offer", "consider", "caution", "avoid", "cannot-say")
_HEADLINE = "disposition"


class Depart(forms.Form):
    """Where a clinician says otherwise, and why."""

    about = forms.ChoiceField(label="Of what")
    instead = forms.ChoiceField(label="What you say instead")
    why = words("Why")

    def __init__(self, *args: Any, told: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.says = {_HEADLINE: told.disposition} | {option.treatment: option.status for option in told.options}
        names = [(option.treatment, f"{option.name} ({option.status})") for option in told.options]
        self.fields["about"].choices = [(_HEADLINE, f"the headline ({told.disposition})"), *names]
        self.fields["instead"].choices = [(word, word) for word in (*DISPOSITIONS, *STATUSES)]

    def clean(self) -> dict[str, Any]:
        """Hold that a headline becomes a headline, and an option a status of options."""
        cleaned: dict[str, Any] = super().clean() or {}
        allowed = DISPOSITIONS if cleaned.get("about") == _HEADLINE else STATUSES
        if cleaned.get("instead") not in allowed:
            self.add_error("instead", f"Choose one of {', '.join(allowed)}.")
        return cleaned


class Sign(forms.Form):
    """What the person is told, and that a clinician stands for it."""

    note = words("Your words to the person", 4, required=False, hint="Shown above everything else. Plain and short.")
    confirms_unlikely = forms.BooleanField(
        label="I have looked at this myself, and I confirm that we do not think that we can help", required=False
    )


@of_person(Permission.SEE_PEOPLE, at="decision")
def decision(request: HttpRequest, person: Person) -> HttpResponse:
    """The page of sign-off, decisions and plan."""
    return _shown(request, person)


def _shown(request: HttpRequest, person: Person, bad: dict[str, forms.Form] | None = None) -> HttpResponse:
    looked = look(person)
    row, told, people = looked.row, looked.said, looked.people
    meetings = Meeting.objects.current().filter(person__in=people).order_by("-on", "-id")
    out = release(row) if row else None
    context = {
        "said": told,
        "history": row.releases.order_by("-id") if row else (),
        "signs": Sign(initial={"note": out.note if out else ""}),
        "back": Reason(auto_id="back_%s"),
        "departs": Depart(told=told, auto_id="depart_%s") if told else None,
        "decides": Decide(told=told, meetings=meetings, auto_id="decide_%s"),
        "meets": Meet(auto_id="meet_%s"),
        "plans": PlanForm(auto_id="plan_%s", initial={"goal": row.intake.wishes if row else ""}),
        "disposition": _stands_for(row, told),
        "meetings": meetings,
        "decisions": named(Decision.objects.current().filter(person__in=people).order_by("-on", "-id")),
        "withdrawn": decided.withdrawn(people),
        "all_plans": Plan.objects.current().filter(person__in=people).order_by("-on", "-id"),
        "names": {option.treatment: option.name for option in told.options} if told else {},
    }
    return page(request, looked, "decision", context | (bad or {}), status=422 if bad else 200)


def _stands_for(row: Assessment | None, told: Any) -> str:
    """Return the headline that would be released: the clinician's, where one departs from the assessment's."""
    if row is None:
        return ""
    other = row.overrides.current().filter(about=_HEADLINE).first()
    return other.instead if other else told.disposition


@of_person(Permission.TREAT, at="decision")
@require_POST
def decide(request: HttpRequest, person: Person) -> HttpResponse:
    """Whatever a clinician does on that page: each form names what it ``does``."""
    acting = _ACTING.get(request.POST.get("does", ""))
    if acting is None:
        return redirect("decision", person.key)
    bad = acting(request, person)
    return _shown(request, person, bad) if bad else redirect("decision", person.key)


def _sign(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    row, told = said_of(person)
    form = Sign(request.POST)
    if row is None or str(row.key) != request.POST.get("assessment"):
        form.full_clean()
        form.add_error(None, "This was assessed anew meanwhile. Look at it again before you sign.")
        return {"signs": form}
    if form.is_valid():
        by, told_as = actor(request), _stands_for(row, told)

        def sign() -> str:
            with transaction.atomic():
                out = intakes.release(assessment=row, disposition=told_as, by=by, **form.cleaned_data)
                how = notify(row.person, "result", about=out.key, by=by, intake=row.intake)
            return f"Signed and released. {how or 'The person agreed to no notice: give them a link, or call.'}"

        if how := tried(request, sign, form):
            said(request, how)
            return {}
    return {"signs": form}


def _take_back(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    row, _ = said_of(person)
    form = Reason(request.POST, auto_id="back_%s")
    if form.is_valid() and tried(
        request, lambda: intakes.take_back(assessment=row, by=actor(request), why=form.cleaned_data["why"]), form
    ):
        said(request, "Taken back: the person does not see it any more.")
        return {}
    return {"back": form}


def _override(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    row, told = said_of(person)
    form = Depart(request.POST, told=told, auto_id="depart_%s")
    if form.is_valid():
        clean = form.cleaned_data
        if tried(
            request,
            lambda: decisions.override(assessment=row, said=form.says[clean["about"]], by=actor(request), **clean),
            form,
        ):
            said(request, "Kept, beside what the assessment says.")
            return {}
    return {"departs": form}


def _decide(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    row, told = said_of(person)
    meetings = Meeting.objects.current().filter(person__in=whole(person))
    form = Decide(request.POST, told=told, meetings=meetings, auto_id="decide_%s")
    if form.is_valid():
        clean = dict(form.cleaned_data)
        clean["meeting"] = meetings.filter(key=clean["meeting"]).first() if clean["meeting"] else None
        if tried(request, lambda: decisions.decide(person=person, assessment=row, by=actor(request), **clean), form):
            said(request, "The decision is kept.")
            return {}
    return {"decides": form}


def _meet(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    form = Meet(request.POST, auto_id="meet_%s")
    if form.is_valid():
        clean = form.cleaned_data | {"took_part": form.cleaned_data["took_part"].splitlines()}
        if tried(request, lambda: decisions.meet(person=person, by=actor(request), **clean), form):
            said(request, "The meeting is kept.")
            return {}
    return {"meets": form}


def _plan(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    form = PlanForm(request.POST, auto_id="plan_%s")
    if form.is_valid() and tried(
        request, lambda: decisions.plan(person=person, by=actor(request), **form.cleaned_data), form
    ):
        said(request, "The plan is kept.")
        return {}
    return {"plans": form}


def _withdraw(request: HttpRequest, person: Person) -> dict[str, forms.Form]:
    kind = {"decision": Decision, "meeting": Meeting, "plan": Plan, "override": Override}.get(
        request.POST.get("kind", "")
    )
    if kind is not None:
        row = get_object_or_404(kind.objects.current(), key=posted_key(request, "row"), person__in=whole(person))
        why = request.POST.get("why", "").strip()
        if not why:
            said(request, "Say why it is not so; nothing was changed.")
        elif tried(request, lambda: decisions.withdraw(row=row, by=actor(request), why=why)):
            said(request, "Withdrawn; the history keeps it with your reason.")
    return {}


_ACTING: dict[str, Callable[[HttpRequest, Person], dict[str, forms.Form]]] = {
    "release": _sign,
    "take_back": _take_back,
    "override": _override,
    "decide": _decide,
    "meet": _meet,
    "plan": _plan,
    "withdraw": _withdraw,
}
