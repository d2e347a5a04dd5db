"""The follow-up desk: who is due, who was lost and why, and a follow-up written down on the telephone."""

from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from postlude.registry import due, knowledge
from postlude.registry.actions import contacts, people
from postlude.registry.followup import days
from postlude.registry.models import Contact, Person
from postlude.registry.models.contacts import KINDS, OPEN, SILENT
from postlude.registry.models.people import LEFT
from postlude.registry.reached import chased, left_out, lost, reached, told_harm
from postlude.registry.reminding import way_to
from postlude.registry.roles import Permission
from postlude.registry.same import whole
from postlude.web.access import actor, needs, of_person
from postlude.web.desk.acting import Reason, said, tried
from postlude.web.desk.sections import page as section
from postlude.web.followup.views import walk_of
from postlude.web.followup.walk import Setting
from postlude.web.record.forms import named

SHOWN = (("chase", "To chase"), ("lost", "Lost"), ("left_out", "Not asked"), ("harm", "Harm to grade"))
_OWN = [(code, says) for code, says in SILENT if code != "not_asked"]


class Closing(forms.Form):
    """Why there is no answer."""

    reason = forms.ChoiceField(label="Why there is no answer", choices=_OWN)
    note = forms.CharField(label="In words", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class Attempt(forms.Form):
    """An attempt to reach somebody."""

    way = forms.ChoiceField(label="How", choices=(("phone", "by telephone"), ("letter", "by letter")))
    note = forms.CharField(label="What came of it", required=False, max_length=1000)


@needs(Permission.TAKE_IN)
def desk(request: HttpRequest) -> HttpResponse:
    """Who is due, overdue and lost, and how many answered."""
    today = timezone.localdate()
    shown = request.GET.get("show", "chase")
    rows = chased(today)
    counts = {
        "to_call": sum(bool(row.to_call) for row in rows),
        "due": sum(not row.attempts and not row.to_call for row in rows),
        "overdue": sum(row.days_due > days(knowledge.follow_up().remind_after) for row in rows),
    }
    plan = knowledge.follow_up()
    found = {
        "reached": reached(today),
        "counts": counts,
        "shown": shown if shown in dict(SHOWN) else "chase",
        "tabs": SHOWN,
        "today": today,
        "plan": plan,
        "gap": days(plan.gap),
        "waiting": [(row, plan.visit_of(row.kind, row.months), _about(row), way_to(row.person)) for row in rows],
    }
    if shown == "lost":
        found["lost"] = [(row, plan.visit_of(row.kind, row.months), _about(row)) for row in lost(today)]
    if shown == "left_out":
        found["left_out"] = [(row, plan.visit_of(row.kind, row.months), _about(row)) for row in left_out(today)]
    found["harm"] = told_harm()
    return render(request, "record/follow_up.html", found)


@of_person(Permission.TAKE_IN, at="follow-up")
def contact(request: HttpRequest, person: Person, contact: Any) -> HttpResponse:
    """One follow-up: what was tried, and what can be done."""
    row = _contact(person, contact)
    steps = list(row.steps.order_by("id"))
    open_ = not steps or steps[-1].does in OPEN
    shown = {
        "person": person,
        "contact": row,
        "visit": due.visit_of(row),
        "about": _about(row),
        "steps": steps,
        "open": open_,
        "answered": bool(steps) and steps[-1].does == "answered",
        "left_out": bool(steps) and steps[-1].does == "left_out",
        "to_call": next((step.note for step in reversed(steps) if step.does == "to_call"), ""),
        "mistaken": due.mistaken(row),
        "until": due.open_until(row),
        "way": way_to(person),
        "attempt": Attempt(),
        "closing": Closing(),
        "reason": Reason(),
        "drops": Reason(auto_id="drop_%s"),
        "harms": row.harms.all(),
        "scores": [score for form in row.forms.current() for score in form.scores.current()],
    }
    return render(request, "record/contact.html", shown)


@of_person(Permission.TAKE_IN, at="follow-up")
@require_POST
def contact_does(request: HttpRequest, person: Person, contact: Any) -> HttpResponse:
    """Keep an attempt, close a follow-up with its reason, or open it again."""
    row, by, today = _contact(person, contact), actor(request), timezone.localdate()
    does = request.POST.get("does", "")
    forms_: dict[str, forms.Form] = {"attempt": Attempt(request.POST), "close": Closing(request.POST)}
    form = forms_.get(does) or Reason(request.POST)
    if not form.is_valid():
        said(request, "Nothing was kept: something is missing.")
        return redirect("contact", person.key, row.key)
    told = form.cleaned_data
    done = None
    if does == "attempt":
        done = tried(request, lambda: contacts.asked(contact=row, on=today, by=by, **told))
    elif does == "close" and told["reason"] in due.ENDS:
        done = tried(request, lambda: due.stop(person, because=told["reason"], by=by, on=today, why=told["note"]))
    elif does == "close":
        done = tried(request, lambda: contacts.silent(contact=row, on=today, by=by, **told))
    elif does == "drop" and due.mistaken(row):
        done = tried(request, lambda: contacts.drop(contact=row, on=today, by=by, why=told["why"]))
    elif does == "reopen":
        done = tried(request, lambda: contacts.reopen(contact=row, on=today, by=by, why=told["why"]))
    if done:
        said(request, "Kept.")
    return redirect("contact", person.key, row.key)


@of_person(Permission.TAKE_IN, at="follow-up")
def answer(request: HttpRequest, person: Person, contact: Any, page: str) -> HttpResponse:
    """A page of a follow-up that is read out on the telephone; the page ``on`` is where it goes on."""
    row = _contact(person, contact)
    last = row.steps.order_by("id").last()
    if last is not None and last.does not in (*OPEN, "answered"):
        said(request, "This follow-up is closed; open it again to enter an answer.")
        return redirect("contact", person.key, row.key)
    setting = Setting(actor(request), "patient", "person", "phone", "phone", "en", "desk/base.html", aloud=True)
    walk = walk_of(row, setting, lambda name: reverse("contact_answer", args=[person.key, row.key, name]))
    return redirect(walk.to(walk.first())) if page == "on" else walk.show(request, page)


def _contact(person: Person, key: Any) -> Contact:
    found: Contact = get_object_or_404(Contact, key=key, person__in=whole(person))
    return found


def _about(row: Contact) -> str:
    return named(row.about) if row.about else "no treatment"


# --- one person -------------------------------------------------------------------------------------


class Followed(NamedTuple):
    """One follow-up of a person: what it is, its day, where it stands, why it is not asked as usual, and its row."""

    says: str
    on: date
    stands: str
    attempts: int
    why: str
    row: Contact | None


def followed(person: Person) -> list[Followed]:
    """Return every follow-up of a person in the order of the days: kept, coming, and left out."""
    plan, today = knowledge.follow_up(), timezone.localdate()

    def says(one: Any) -> str:
        visit = plan.visit_of(one.kind, one.months)
        return visit.says if visit else str(dict(KINDS)[one.kind])

    found = [
        Followed(says(row), row.due_on, row.stands, row.attempts, _why(row), row)
        for row in Contact.objects.standing().filter(person__in=whole(person)).prefetch_related("steps")
    ]
    known = {(one.says, one.on) for one in found}
    for stands, dues in (("ahead", due.ahead(person)), ("left_out", due.not_asked(person))):
        for one in dues:
            if due.until(one) >= today and (says(one), one.on) not in known:
                found.append(Followed(says(one), one.on, stands, 0, due.told(one), None))
    return sorted(found, key=lambda one: (one.on, one.says))


def _why(row: Any) -> str:
    steps = sorted(row.steps.all(), key=lambda step: step.pk)
    return steps[-1].note if row.stands == "left_out" else row.to_call


class Leaving(forms.Form):
    """Why somebody is followed no more."""

    because = forms.ChoiceField(label="Why", choices=LEFT)
    why = forms.CharField(label="In words", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


@of_person(Permission.TAKE_IN, at="follow-up")
def following(request: HttpRequest, person: Person) -> HttpResponse:
    """End the following of a person, or take it up again."""
    by, today, left = actor(request), timezone.localdate(), person.left_on is not None
    form = (Reason if left else Leaving)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        if left:
            done = tried(request, lambda: people.come_back(person=person, by=by, why=told["why"]), form)
        else:
            done = tried(request, lambda: due.stop(person, by=by, on=today, **told), form)
        if done:
            said(request, "Followed again: what is due is asked." if left else "Nothing is asked any more.")
            return redirect("record", person.key)
    title = "Take the follow-up up again" if left else "End the follow-up"
    shown = {"form": form, "title": title}
    return section(request, person, "record", shown, template="record/entry.html", status=422 if form.errors else 200)
