"""The first page of a person, what was said of them, the options, and everything that was told."""

import re
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from postlude.assessment.model import Option
from postlude.evidence import telling
from postlude.evidence.pictures import option_table
from postlude.outcomes.plots.timeline_drawing import WIDE, svg
from postlude.outcomes.plots.timeline_zoom import zoomable
from postlude.registry import assessments, knowledge
from postlude.registry.course import course
from postlude.registry.interviews import assessed
from postlude.registry.models import (
    AdverseEvent,
    Answer,
    Decision,
    Intake,
    Operation,
    Person,
    Plan,
    Score,
    Treatment,
)
from postlude.registry.roles import Permission
from postlude.registry.same import whole
from postlude.report.listing import listing
from postlude.web.access import actor, of_person, posted_key
from postlude.web.desk.acting import said, tried
from postlude.web.desk.sections import look, page, said_of

SEE = Permission.SEE_PEOPLE
_PX = re.compile("[0-9]{1,5}")


@of_person(SEE, at="overview")
def person(request: HttpRequest, person: Person) -> HttpResponse:
    """The overview; an entry that was merged leads to the one that was kept."""
    if person.merged_into is not None:
        return redirect("person", person.merged_into.key)
    looked = look(person)
    told, people = looked.said, looked.people
    context = {
        "said": told,
        "open": len(told.ask) if told else 0,
        "course": _course(people),
        "drawn": course(person) is not None,
        "plan": Plan.objects.current().filter(person__in=people).order_by("-on", "-id").first(),
        "decisions": named(Decision.objects.current().filter(person__in=people).order_by("-on", "-id")),
        "earlier": assessments.of(people)[1:6],
    }
    return page(request, looked, "person", context)


def named(decisions: Any) -> list[Any]:
    treatments = knowledge.catalogue().treatments
    found = list(decisions)
    for decision in found:
        known = treatments.get(decision.option)
        decision.name = known.name if known else decision.option_says or decision.option
    return found


def _course(people: list[Person]) -> list[dict[str, Any]]:
    """Return what happened, day by day, the latest first: operations, treatments, harm, and scores."""
    treatments = knowledge.catalogue().treatments
    rows: list[dict[str, Any]] = []
    for one in Operation.objects.current().filter(person__in=people):
        rows.append({"on": one.on, "what": "operation", "says": one.says or f"{one.procedure} {one.region}".strip()})
    for one in Treatment.objects.current().filter(person__in=people):
        known = treatments.get(one.treatment)
        name = known.name if known else one.says or one.treatment
        rows.append(
            {"on": str(one.on), "what": "treatment", "says": " ".join(filter(None, (name, one.step, one.level)))}
        )
    for one in AdverseEvent.objects.current().filter(person__in=people):
        grade = f", grade {one.grade}" if one.grade else ""
        rows.append({"on": str(one.on or ""), "what": "harm", "says": f"{one.what or one.event}{grade}"})
    for one in Score.objects.current().filter(person__in=people):
        value = one.get_reason_display() if one.value is None else f"{one.value:g}"
        rows.append({"on": str(one.on), "what": "score", "says": f"{one.instrument}, {one.measure}: {value}"})
    return sorted(rows, key=lambda row: row["on"] or "0", reverse=True)


@of_person(SEE, at="overview")
def course_picture(request: HttpRequest, person: Person) -> HttpResponse:
    """Pain and function over time, with what was done and what went wrong; wide or narrow, light or dark."""
    found = course(person)
    if found is None:
        raise Http404
    drawn = svg(found, knowledge.words(), narrow="narrow" in request.GET, dark="dark" in request.GET)
    return HttpResponse(drawn, content_type="image/svg+xml")


@of_person(SEE, at="overview")
def course_chart(request: HttpRequest, person: Person) -> HttpResponse:
    """The same picture as a chart that zooms, for a page with so many px of room: what the page's script asks for."""
    width = request.GET.get("width", f"{WIDE}")
    if not _PX.fullmatch(width):
        return HttpResponseBadRequest(f"width: found {width[:20]!r}; a whole number of px is needed", "text/plain")
    found = course(person)
    if found is None:
        raise Http404
    return JsonResponse(msgspec.to_builtins(zoomable(found, knowledge.words(), width=int(width))))


@of_person(SEE, at="assessment")
def assessment(request: HttpRequest, person: Person, of: Any = None) -> HttpResponse:
    """What was said, with reasons, rules and sources; ``of`` an earlier assessment, as it was said then."""
    looked = look(person)
    rows = assessments.of(looked.people)
    shown = get_object_or_404(rows, key=of) if of else rows.first()
    told = assessments.read(shown) if shown else None
    context = {
        "shown": shown,
        "said": told,
        "flags": [c for c in told.conclusions if c.kind == "red-flag"] if told else (),
        "findings": [c for c in told.conclusions if c.kind != "red-flag"] if told else (),
        "rows": rows,
    }
    return page(request, looked, "assessment", context)


@of_person(SEE, at="options")
def options(request: HttpRequest, person: Person) -> HttpResponse:
    """The options with figures and certainty; each opens to the evidence."""
    looked = look(person)
    told = looked.said
    shown = listing(told) if told else None
    context = {
        "said": told,
        "listing": shown,
        "full": [_figures(option) for option in shown.full] if shown else (),
    }
    return page(request, looked, "options", context)


def _figures(option: Option) -> dict[str, Any]:
    say = knowledge.words()
    expected = option.expected
    return {
        "option": option,
        "holds": [o for o in option.objections if o.state == "holds"],
        "to_check": [o for o in option.objections if o.state == "to-check"],
        "figures": list(telling.clinician(expected, say)) if expected else (),
        "harms": list(telling.harms(expected, say)) if expected else (),
        "certainty": telling.certainty(expected, say) if expected else "",
        "studies": expected.studies if expected else (),
    }


@of_person(SEE, at="options")
def options_picture(request: HttpRequest, person: Person) -> HttpResponse:
    """Benefit against harm of the options, side by side."""
    _, told = said_of(person)
    named = [(option.name, option.expected) for option in listing(told).full] if told else []
    drawn = option_table(named, knowledge.words(), narrow="narrow" in request.GET)
    return HttpResponse(drawn or "", content_type="image/svg+xml", status=200 if drawn else 404)


@of_person(SEE, at="answers")
def answers(request: HttpRequest, person: Person) -> HttpResponse:
    """Everything that was told, by whom, when and how."""
    found = []
    for intake in Intake.objects.filter(person__in=whole(person)).order_by("-opened_at"):
        rows = list(Answer.objects.filter(intake=intake).order_by("-nth"))
        for row in rows:
            row.says, row.told = _told(row)
        found.append((intake, rows))
    return page(request, person, "answers", {"intakes": found})


def _told(row: Answer) -> tuple[str, str]:
    """Return an answer as it is read: what was asked, and what was told."""
    catalogue = knowledge.catalogue()
    fact = catalogue.facts.get(row.path)
    says = fact.says if fact else row.path
    if row.does in ("leave", "finish"):
        return says, {"declined": "would rather not say", "not_known": "not sure"}.get(row.value, "that is all")
    if fact and isinstance(row.value, bool):
        return says, "yes" if row.value else "no"
    if fact and row.value in fact.values:
        return says, fact.values[row.value]
    return says, "" if row.value is None else str(row.value)


@of_person(Permission.TAKE_IN, at="assessment")
@require_POST
def assess(request: HttpRequest, person: Person) -> HttpResponse:
    """Assess the last intake as it stands now, and keep what is said."""
    intake = get_object_or_404(Intake, key=posted_key(request, "intake"), person__in=whole(person))
    if tried(request, lambda: assessed(intake, by=actor(request))):
        said(request, "Assessed as it stands now.")
    return redirect("assessment", person.key)
