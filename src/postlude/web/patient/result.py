"""The result page: what happens next, and after a clinician has released it, the options side by side; questions."""

from typing import Any

import msgspec
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from postlude.assessment.model import Assessment as Said
from postlude.assessment.retelling import has_english
from postlude.registry import assessments, letters
from postlude.registry.actions import messages
from postlude.registry.actor import Actor
from postlude.registry.clinic import clinic
from postlude.registry.languages import spoken_with
from postlude.registry.links import token
from postlude.registry.models import Assessment, Link, Message, Release
from postlude.registry.same import whole
from postlude.report import combinations, goals
from postlude.report.layout import marked
from postlude.report.letters import result as page
from postlude.report.letters.letter import Letterhead
from postlude.web.access import by_link
from postlude.web.languages import choosing, refilled
from postlude.web.patient.beginning import named
from postlude.web.patient.speaking import Speaking, shown, speaking
from postlude.web.patient.telling import what_next

_WORDS = 2000
_SYNTHETIC = "SYNTHETIC"


class Question(forms.Form):
    """A question to the clinic."""

    text = forms.CharField(max_length=_WORDS, widget=forms.Textarea({"rows": 4}))

    def __init__(self, say: Speaking, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named(self, say)


@gzip_page  # two dozen small pictures: a tenth of the bytes
@by_link("result")
@require_GET
def result(request: HttpRequest, link: Link) -> HttpResponse:
    """Show what was released, or what happens next while nothing is."""
    return _result(request, link, None)


@by_link("result")
@require_POST
def ask(request: HttpRequest, link: Link) -> HttpResponse:
    """Keep a question to the clinic; the answer stands on the same page."""
    say = speaking(spoken_with(link.person))
    if choosing(request):
        typed = refilled(Question(say), request)
        return _result(request, link, typed) if typed.initial["text"] else redirect(_at("result", link))
    form = Question(say, request.POST)
    if not form.is_valid():
        return _result(request, link, form)
    messages.ask(person=link.person, text=form.cleaned_data["text"], by=Actor.person(link.person))
    return redirect(f"{_at('result', link)}#questions")


@by_link("result")
@require_GET
def pdf(request: HttpRequest, link: Link) -> HttpResponse:
    """Give the page as a file to keep or print."""
    say = speaking(spoken_with(link.person))
    released = _released(link)
    if released is None:
        raise Http404
    clinic_lines = tuple(filter(None, (*clinic().address.splitlines(), say.clinic.telephone)))
    letterhead = Letterhead(
        name=say.clinic.name, lines=clinic_lines, banner=_SYNTHETIC if link.person.synthetic else ""
    )
    row, release = released
    told = _told(say, say.retold(assessments.read(row)), row, release)
    return HttpResponse(
        page.pdf(told, letterhead),
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="result.pdf"'},
    )


@by_link("result")
@require_GET
def letter(request: HttpRequest, link: Link) -> HttpResponse:
    """Give the letter that was sent last, as it was signed."""
    found = letters.sent(link.person)
    kept = letters.unchanged(found) if found else None
    if kept is None:
        raise Http404
    return HttpResponse(
        kept,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="letter.pdf"'},
    )


def _result(request: HttpRequest, link: Link, form: Question | None) -> HttpResponse:
    say = speaking(spoken_with(link.person))
    released = _released(link)
    context: dict[str, Any] = {
        "form": form or Question(say),
        "questions": _questions(link),
        "at": {"result": _at("result", link), "ask": _at("result-ask", link), "pdf": _at("result-pdf", link)},
        "intake": link.intake,
        "letter": _at("result-letter", link) if letters.sent(link.person) else "",
    }
    if released is not None:
        row, release = released
        said = say.retold(assessments.read(row))
        told = _told(say, said, row, release)
        goals_, apart = (_goals(said, say), _apart(said)) if told.options else ([], [])
        context |= {
            "told": told,
            "note": release.note,
            "goals": goals_,
            "apart": apart,
            "in_english": say("result.in_english") if has_english([told, goals_, apart]) else "",
            "promise": say("goal_plain.promise"),
        }
    elif link.intake is not None:
        context |= what_next(say, link.intake)
    return shown(request, say, "result", context, status=422 if form and form.is_bound else 200)


def _released(link: Link) -> tuple[Assessment, Release] | None:
    """Return the assessment that was released last, with its release; ``None`` while there is none."""
    rows = Assessment.objects.filter(person__in=whole(link.person)).order_by("-id")
    found = ((row, assessments.release(row)) for row in rows)
    return next(((row, release) for row, release in found if release is not None), None)


def _told(say: Speaking, said: Said, row: Assessment, release: Release) -> page.Result:
    """Return what the person sees, with the headline that the clinician stands for."""
    return page.result(
        msgspec.structs.replace(said, disposition=release.disposition),
        say.catalogue,
        row.intake.as_of,
        options=None if clinic().show_options else (),
        confirmed=release.confirms_unlikely,
    )


def _goals(said: Said, say: Speaking) -> list[dict[str, str]]:
    sentences = say.catalogue.words[say.language]
    return [
        {"asks": goal.plain, "says": marked(" ".join(goals.sentences(goal, sentences)), goal.marks)}
        for goal in said.goals
    ]


def _apart(said: Said) -> list[str]:
    return [*combinations.plain(said, makes_sense=False), *combinations.plain(said, makes_sense=True)]


def _questions(link: Link) -> list[Message]:
    rows = Message.objects.filter(person__in=whole(link.person), from_person=True)
    return list(rows.prefetch_related("answered_by").order_by("id"))


def _at(name: str, link: Link) -> str:
    return reverse(name, args=[token(link)])
