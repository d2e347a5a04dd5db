"""What cannot wait: an emergency, which stops the form, and what is urgent, which does not."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from postlude.assessment.model import Assessment, Conclusion
from postlude.registry.actions import intakes, people
from postlude.registry.actions.acting import RecordError
from postlude.registry.models import Link
from postlude.web.access import by_link
from postlude.web.languages import refilled, sent
from postlude.web.patient.beginning import Reach
from postlude.web.patient.intake import Here
from postlude.web.patient.speaking import Speaking, shown
from postlude.web.templatetags.languages import in_english


@by_link("intake")
@require_http_methods(["GET", "POST"])
def now(request: HttpRequest, link: Link) -> HttpResponse:
    """Say what to do now and where, and keep where the person is and how they are reached."""
    here = Here(link)
    if here.intake.state != "stopped":
        return redirect(here.onward())
    said = here.interview.session.assessment
    if said.urgency.at_least != "emergency":
        # What stopped it is too old to rely on: the signs are asked again.
        intakes.reopen(intake=here.intake, by=here.by, why="the answers that stopped it are too old to rely on")
        return redirect(here.onward())
    told = {"phone": here.person.phone, "location": here.intake.location}
    form = refilled(Reach(here.say, request.POST if sent(request) else None, initial=told), request)
    if sent(request) and form.is_valid():
        try:
            _reached(here, form)
        except RecordError as error:
            form.add_error(None, in_english(str(error), here.say.language))
        else:
            return redirect(here.at("now"))
    flags = [c for c in said.conclusions if c.urgency == "emergency"]
    context = {
        **here.frame(),
        **what_to_do(here.say, said, flags),
        "form": form,
        "reached": here.person.phone and here.intake.location,
        "signs": _signs(here, flags),
    }
    return shown(request, here.say, "now", context, status=422 if form.errors else 200)


@by_link("intake")
@require_GET
def so_far(request: HttpRequest, link: Link) -> HttpResponse:
    """Say what cannot wait, though it is no emergency; where there is nothing, the questions go on."""
    here = Here(link)
    if here.intake.state != "open" or here.signs_left:
        return redirect(here.onward())
    said = here.interview.session.assessment
    do = what_to_do(here.say, said, [c for c in said.conclusions if c.urgency])
    if not (do["urgent"] or do["call_today"]):
        return redirect(here.onward())
    context = {
        **here.frame(),
        **do,
        "onward": here.onward(),
        "more": here.progress()["says"] if here.asks_on else "",
    }
    return shown(request, here.say, "so_far", context)


def what_to_do(say: Speaking, said: Assessment, flags: list[Conclusion]) -> dict[str, object]:
    """Return what a person is told of what cannot wait: the headline, why, and the steps; nothing where nothing is."""
    rules = {flag.rule for flag in flags}
    steps = [action.plain for action in said.actions if action.plain and rules & set(action.because)]
    return {
        "urgent": said.urgency.at_least == "urgent",
        "emergency": said.urgency.at_least == "emergency",
        "call_today": said.disposition == "urgent" and said.urgency.at_least == "routine",
        "headline": say.headline(said),
        "because": list(dict.fromkeys(flag.plain for flag in flags)),
        "steps": list(dict.fromkeys(steps)),
    }


def _signs(here: Here, flags: list[Conclusion]) -> list[dict[str, str]]:
    """Return the answers that an emergency rests on, each with the page on which it can be put right."""
    facts = here.interview.session.catalogue.facts
    because = dict.fromkeys(b.fact for flag in flags for b in flag.because if b.fact in facts)
    told = [name for name in because if name in here.interview.session.intake.answers]
    return [{"says": facts[name].ask, "at": here.at("question", name)} for name in told]


def _reached(here: Here, form: Reach) -> None:
    told = form.cleaned_data
    if told["phone"] != here.person.phone:
        people.amend(person=here.person, details={"phone": told["phone"]}, by=here.by)
    if told["location"] != here.intake.location:
        intakes.note(intake=here.intake, location=told["location"], by=here.by)
