"""What was decided, the meetings and the plans: their forms, their history, and correcting one with a reason."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from postlude.registry import knowledge
from postlude.registry.actions import decisions
from postlude.registry.actor import named as actor_named
from postlude.registry.models import Decision, Meeting, Person, Plan
from postlude.registry.models.decisions import DECIDED_BY, SAID
from postlude.registry.roles import Permission
from postlude.registry.same import whole
from postlude.web.access import actor, of_person
from postlude.web.desk.acting import said, tried
from postlude.web.desk.sections import page, said_of

_DAY = {"type": "date"}
_KEPT = ("id", "key", "at", "by", "root", "replaces", "withdrawn", "why", "person", "assessment")


def words(label: str, rows: int = 2, *, required: bool = True, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=5000, required=required, help_text=hint, widget=forms.Textarea({"rows": rows})
    )


class Decide(forms.Form):
    """What came of one option."""

    option = forms.ChoiceField(label="Option", required=False)
    option_says = forms.CharField(label="or in words", max_length=200, required=False)
    said = forms.ChoiceField(label="What came of it", choices=SAID)
    because = words("Why", required=False)
    decided_by = forms.ChoiceField(label="Who decided", choices=(("", "not said"), *DECIDED_BY), required=False)
    meeting = forms.ChoiceField(label="Meeting it rests on", required=False)
    on = forms.DateField(label="On", widget=forms.DateInput(_DAY), initial=timezone.localdate)

    def __init__(self, *args: Any, told: Any, meetings: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(option.treatment, option.name) for option in told.options] if told else []
        self.fields["option"].choices = [("", "another thing"), *names]
        self.fields["meeting"].choices = [("", "none"), *((str(m.key), f"{m.on}: {m.advice[:60]}") for m in meetings)]


class Meet(forms.Form):
    """Several professions together."""

    on = forms.DateField(label="On", widget=forms.DateInput(_DAY), initial=timezone.localdate)
    took_part = words("Who took part", 3, hint="One on each line, with the profession.")
    advice = words("What they advise", 3)


class PlanForm(forms.Form):
    """What is tried, what for, when it is looked at, when it is stopped."""

    what = words("What is tried")
    goal = words("Goal", hint="In the person's words where they have any.")
    on = forms.DateField(label="From", widget=forms.DateInput(_DAY), initial=timezone.localdate)
    review_on = forms.DateField(label="Looked at again on", widget=forms.DateInput(_DAY))
    stop_when = words("Stopped when", hint="The rule by which it ends, said before it begins.")


class Correction(forms.Form):
    """Why it is corrected; a decision has a why of its own."""

    why = words("Why it is corrected")


class Kind(NamedTuple):
    """One of the three: its table, what it is called, and its form of a person, filled in from a row or a request."""

    model: Any
    says: str
    form: Callable[[Person, Any, Mapping[str, Any] | None], forms.Form]


def _decision(person: Person, row: Any, told: Mapping[str, Any] | None) -> forms.Form:
    """Return the form of a decision; its option stands in it also where the last assessment no longer has that."""
    meetings = Meeting.objects.current().filter(person__in=whole(person)).order_by("-on", "-id")
    initial = {key: getattr(row, key) for key in ("option", "option_says", "said", "because", "decided_by", "on")}
    now = meetings.filter(root=row.meeting.root).first() if row.meeting else None
    initial["meeting"] = str(now.key) if now else ""
    form = Decide(told, told=said_of(person)[1], meetings=meetings, initial=initial)
    choices = list(form.fields["option"].choices)
    if row.option not in dict(choices):
        form.fields["option"].choices = [*choices, (row.option, _option(row.option))]
    return form


def _meeting(person: Person, row: Any, told: Mapping[str, Any] | None) -> forms.Form:
    return Meet(told, initial={"on": row.on, "took_part": "\n".join(row.took_part), "advice": row.advice})


def _plan(person: Person, row: Any, told: Mapping[str, Any] | None) -> forms.Form:
    initial = {key: getattr(row, key) for key in ("what", "goal", "on", "review_on", "stop_when")}
    return PlanForm(told, initial=initial)


KINDS = {
    "decision": Kind(Decision, "decision", _decision),
    "meeting": Kind(Meeting, "meeting", _meeting),
    "plan": Kind(Plan, "plan", _plan),
}


@of_person(Permission.SEE_PEOPLE, at="decision")
@require_safe
def history(request: HttpRequest, person: Person, kind: str, row: Any) -> HttpResponse:
    """One of them with everything that it was before, who changed it, and why."""
    return _shown(request, person, kind, _row(person, kind, row))


@of_person(Permission.TREAT, at="decision")
def correct(request: HttpRequest, person: Person, kind: str, row: Any) -> HttpResponse:
    """Correct one; what it was before is kept, and shown."""
    found = _row(person, kind, row)
    form, why = KINDS[kind].form(person, found, request.POST or None), Correction(request.POST or None)
    if request.method == "POST" and all([form.is_valid(), why.is_valid()]):
        changes, because = _changes(person, found, form.cleaned_data), why.cleaned_data["why"]
        if tried(request, lambda: decisions.correct(row=found, changes=changes, by=actor(request), why=because), form):
            said(request, "Corrected. What it was before is kept.")
            return redirect("decision", person.key)
    return _shown(request, person, kind, found, form, why)


def withdrawn(people: list[Person]) -> list[tuple[str, Any]]:
    """Return what was withdrawn of all kinds, each with the name of its kind, the last first."""
    rows = [
        (name, row)
        for name, kind in KINDS.items()
        for row in kind.model.objects.filter(person__in=people, withdrawn=True)
    ]
    return sorted(rows, key=lambda found: found[1].at, reverse=True)


def _row(person: Person, kind: str, key: Any) -> Any:
    if kind not in KINDS:
        raise Http404
    return get_object_or_404(KINDS[kind].model, key=key, person__in=whole(person))


def _changes(person: Person, row: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form says as the record keeps it."""
    found = dict(told)
    if "meeting" in found:
        meetings = Meeting.objects.filter(person__in=whole(person))
        chosen = meetings.filter(key=found["meeting"]).first() if found["meeting"] else None
        # A meeting that was corrected itself is still the same one.
        same = chosen is not None and row.meeting is not None and chosen.root == row.meeting.root
        found["meeting"] = row.meeting if same else chosen
    if "took_part" in found:
        found["took_part"] = found["took_part"].splitlines()
    return found


def _shown(
    request: HttpRequest, person: Person, kind: str, row: Any, form: forms.Form | None = None, why: Any = None
) -> HttpResponse:
    rows = list(KINDS[kind].model.objects.filter(root=row.root).order_by("id"))
    blank = KINDS[kind].form(person, rows[0], None)
    steps = [
        {"row": one, "by": actor_named(one.by), "told": _told(one, blank, rows[at - 1] if at else None)}
        for at, one in enumerate(rows)
    ]
    shown = {"kind": kind, "entry": rows[-1], "steps": steps[::-1], "form": form, "why": why}
    shown["title"] = KINDS[kind].says.capitalize()
    wrong = form is not None and (form.errors or why.errors)
    return page(request, person, "decision", shown, template="desk/decided.html", status=422 if wrong else 200)


def _told(row: Any, form: forms.Form, before: Any) -> list[tuple[str, str, str]]:
    """Return each field of a row that says something, or that a correction changed: what it is, was, and became."""
    found = []
    for field in row._meta.concrete_fields:
        if field.name in _KEPT or row.withdrawn:
            continue
        now, old = _word(row, field), "" if before is None else _word(before, field)
        if now != old:
            label = form.fields[field.name].label if field.name in form.fields else field.verbose_name
            found.append((str(label), old, now))
    return found


def _word(row: Any, field: Any) -> str:
    value = getattr(row, field.name)
    if value in (None, "", []):
        return ""
    if field.name == "option":
        return _option(value)
    if field.name == "took_part":
        return "; ".join(value)
    if field.name == "meeting":
        return f"{value.on.day} {value.on:%B %Y}: {value.advice[:60]}"
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    return f"{value.day} {value:%B %Y}" if hasattr(value, "day") else str(value)


def _option(code: str) -> str:
    known = knowledge.catalogue().treatments.get(code)
    return known.name if known else code
