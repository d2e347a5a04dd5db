"""The questions: one a page, a few short ones together, lists, and the pain drawing. Each is kept before the next."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postlude.errors import IntakeError
from postlude.interview.pages import DRAWING, is_entry
from postlude.interview.session import Target
from postlude.interview.typed import NotAllowed, hint
from postlude.interview.why import why
from postlude.registry.actions import intakes
from postlude.registry.actions.acting import RecordError
from postlude.registry.interviews import Told
from postlude.registry.models import Link
from postlude.web.access import by_link
from postlude.web.languages import choosing, sent
from postlude.web.patient import asked
from postlude.web.patient.intake import Here, pages
from postlude.web.patient.speaking import shown
from postlude.web.templatetags.languages import in_english

Read = Callable[[], Sequence[Told]]


@by_link("intake")
@require_GET
def resume(request: HttpRequest, link: Link) -> HttpResponse:
    """Lead to where the intake stands: the next question, or what follows the last."""
    return redirect(Here(link).onward())


@by_link("intake")
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, link: Link, path: str) -> HttpResponse:
    """Ask one question, or for the entries of one list."""
    here = Here(link)
    if here.intake.state == "finished":
        return redirect(here.at("done"))
    try:
        target = here.interview.session.target(path)
        _present(here, target)
    except (KeyError, IndexError):
        raise Http404 from None
    listed = target.records is not None and target.field is None
    return _listed(request, here, target) if listed else _single(request, here, target)


@by_link("intake")
@require_http_methods(["GET", "POST"])
def together(request: HttpRequest, link: Link, group: str) -> HttpResponse:
    """Ask a few short questions on one page, all about one entry of a list, or where it hurts."""
    here = Here(link)
    if here.intake.state == "finished":
        return redirect(here.at("done"))
    if is_entry(group):
        return _entry(request, here, group)
    return _drawing(request, here) if group == DRAWING else _several(request, here, group)


@by_link("intake")
@require_POST
def more(request: HttpRequest, link: Link) -> HttpResponse:
    """Go on after the handing in, with what waits for the visit."""
    here = Here(link)
    if here.intake.state == "finished" and here.ahead:
        intakes.reopen(intake=here.intake, by=here.by, why="the person answers what waits for the visit")
    return redirect(here.onward())


# --- one question -----------------------------------------------------------------------------------


def _single(request: HttpRequest, here: Here, target: Target) -> HttpResponse:
    session, say = here.interview.session, here.say
    problem, data = "", request.POST
    if sent(request):
        problem = _kept(request, here, [target.path], lambda: [asked.told(session, target, data, say)])
        if not problem:
            return _onward(here, [target.path])
        session = here.interview.session
    item = target.fact or target.field
    if item is None:
        raise Http404
    fact = target.fact
    entry = session.entries(target.records)[target.at] if target.records is not None else ""
    value = _present(here, target)
    context = {
        "question": say.typed.word("of_entry", entry=entry, question=item.ask) if entry else item.ask,
        "other_words": item.phone,
        "why": why(session, target),
        "you_said": "; ".join(session.rests_on(fact).values()) if fact is not None else "",
        "kind": "medicine" if session.is_medicine(target) else item.type,
        "choices": session.codes(target),
        "scale": asked.scale(target),
        "hint": say.typed.word("hint_text") if session.is_medicine(target) else hint(say.typed, item),
        "unit": item.unit,
        "value": value,
        "typed": data.get("answer", ""),
        "names": _names(here, target) if session.is_medicine(target) else [],
        "sign": fact is not None and fact.warning_sign,
    }
    return _page(request, here, "question", target.path, context, problem)


def _present(here: Here, target: Target) -> str:
    """Return the present answer in words. Raises KeyError or IndexError for an entry that is not there."""
    session = here.interview.session
    left = session.left(target)
    return here.say.typed.word(f"state_{left}") if left else session.value(target)


# --- a list -----------------------------------------------------------------------------------------


def _listed(request: HttpRequest, here: Here, target: Target) -> HttpResponse:
    session, say, records = here.interview.session, here.say, target.records
    if records is None:
        raise Http404
    problem, data = "", request.POST
    if sent(request):
        told: list[Told] = []

        def read() -> Sequence[Told]:
            told.extend(asked.told_of_list(session, records, data, say))
            return told

        problem = _kept(request, here, [records.key], read)
        if not problem:
            done = bool(told) and told[-1].does in ("finish", "leave")
            # What was added last and could not be read whole is shown before it goes on.
            unread = len(told) > 1 and _unread(here, records.key)
            return _onward(here, [records.key]) if done and not unread else redirect(here.of(records.key))
        session = here.interview.session
    entries = session.entries(records)
    context = {
        "question": records.ask,
        "says": records.says,
        "complete_ask": records.complete_ask,
        "entries": entries,
        "notes": _unread(here, records.key),
        "typed": data.get("line", "") if problem or choosing(request) else "",
        "names": _names(here, target),
        "medicine": bool(records.by_medicine),
        "dated": any(field.type == "date" for field in records.fields.values()),
    }
    return _page(request, here, "list", records.key, context, problem)


def _unread(here: Here, key: str) -> list[str]:
    """Return what could not be read of the entries of a list."""
    return [note.split(": ", 1)[-1] for note in here.interview.session.intake.notes if f"{key}[" in note]


def _names(here: Here, target: Target) -> list[str]:
    """Return the names that a line of a list may begin with, to complete what is typed; any other is kept too."""
    catalogue, records = here.say.catalogue, target.records
    if records is None:
        return []
    if records.by_medicine:
        return sorted(medicine.says for medicine in catalogue.medicines.values())
    return sorted(here.interview.session.named(records)[1].values())


# --- several at once --------------------------------------------------------------------------------


def _several(request: HttpRequest, here: Here, group: str) -> HttpResponse:
    session, say = here.interview.session, here.say
    found = here.page(group, request.POST.getlist("asked"))
    problem, data = "", request.POST
    if sent(request):
        open_: list[str] = []

        def read() -> Sequence[Told]:
            told, left = asked.told_together(session, found.paths, data, say)
            open_.extend(left)
            return told

        problem = _kept(request, here, found.paths, read)
        if not problem and (not open_ or here.intake.state == "stopped"):
            return _onward(here, found.paths)
        # What was told is kept; what was passed over is not taken for a no.
        problem = problem or (say["still_open_all"] if len(open_) == len(found.paths) else say["still_open"])
    session = here.interview.session
    facts = session.catalogue.facts
    rows = [
        {
            "path": path,
            "says": facts[path].ask,
            "value": data.get(path) or asked.present(session, path),
            "open": bool(problem) and not (data.get(path) or asked.present(session, path)),
        }
        for path in found.paths
    ]
    context = {
        "heading": say(f"patient_together.{group}"),
        "rows": rows,
        "all_marked": all(row["value"] for row in rows),
        "sign": any(facts[path].warning_sign for path in found.paths),
    }
    return _page(request, here, "together", found.paths[0], context, problem)


# --- one entry of a list ----------------------------------------------------------------------------


def _entry(request: HttpRequest, here: Here, group: str) -> HttpResponse:
    """Ask all that matters of one operation, medicine or treatment; what is left empty is not taken for an answer."""
    say, data, problem = here.say, request.POST, ""
    found = here.page(group, request.POST.getlist("asked"))
    if request.method == "POST":
        open_: list[str] = []

        def read() -> Sequence[Told]:
            told, left = asked.told_of_entry(here.interview.session, found.paths, data, say)
            open_.extend(left)
            return told

        problem = _kept(request, here, found.paths, read)
        if not problem and (not open_ or here.intake.state == "stopped"):
            return _onward(here, found.paths)
        problem = problem or say["still_open_entry"]
    session = here.interview.session
    first = session.target(found.paths[0])
    if first.records is None:
        raise Http404
    entry = session.entries(first.records)[first.at]
    rows = [_row(here, path, data, bool(problem)) for path in found.paths]
    context = {"heading": say("patient.entry_title", entry=entry), "rows": rows}
    return _page(request, here, "entry", found.paths[0], context, problem)


def _row(here: Here, path: str, data: Any, again: bool) -> dict[str, Any]:
    """Return one field of an entry as its page shows it."""
    session, say = here.interview.session, here.say
    target = session.target(path)
    if target.field is None:
        raise Http404
    value = data.get(path) or asked.held(session, path)
    by_name = session.is_medicine(target)
    return {
        "path": path,
        "says": target.field.ask,
        "kind": "medicine" if by_name else target.field.type,
        "choices": session.codes(target),
        "scale": asked.scale(target),
        "hint": say.typed.word("hint_text") if by_name else hint(say.typed, target.field),
        "value": value,
        "left": say.typed.word(f"state_{value}") if value in asked.STATES else "",
        "open": again and not value,
    }


# --- where it hurts ---------------------------------------------------------------------------------


def _drawing(request: HttpRequest, here: Here) -> HttpResponse:
    say, found = here.say, here.page(DRAWING, request.POST.getlist("asked"))
    places = pages().places
    problem, data = "", request.POST
    marked = [place for place in places if place in data.getlist("place")]
    if sent(request):
        problem = _kept(request, here, found.paths, lambda: _drawn(here, found.paths, marked, data), marked)
        if not problem:
            return _onward(here, found.paths)
    elif not choosing(request):
        marked = here.intake.places
    views = [
        {
            "id": view,
            "says": say[f"view_{view}"],
            "places": [
                {"id": place.id, "says": say(f"patient_place.{place.id}"), "marked": place.id in marked}
                for place in places.values()
                if place.view == view
            ],
        }
        for view in ("front", "back")
    ]
    context = {"views": views, "paths": found.paths, "as_list": "list" in request.GET or "list" in data}
    return _page(request, here, "drawing", found.paths[0], context, problem)


def _drawn(here: Here, paths: Sequence[str], marked: Sequence[str], data: Any) -> Sequence[Told]:
    """Return what the marks answer: yes where one stands, and no elsewhere only when the person says that it is all."""
    if data.get("leave") in asked.STATES:
        return [Told("leave", path, data["leave"]) for path in paths]
    if not marked and "nowhere" not in data:
        raise NotAllowed(here.say["no_place"])
    hurts = {fact for place in marked for fact in pages().places[place].facts}
    asked_here = [*paths, *(fact for fact in pages().drawn() if fact in hurts and fact not in paths)]
    told = [Told("answer", fact, fact in hurts) for fact in asked_here]
    now = {path: asked.present(here.interview.session, path) for path in asked_here}
    return [one for one in told if now[one.path] != ("yes" if one.value else "no")]


# --- for all of them --------------------------------------------------------------------------------


def _kept(
    request: HttpRequest, here: Here, paths: Sequence[str], read: Read, places: Sequence[str] | None = None
) -> str:
    """Keep what came back; returns a sentence when it was not kept, and shows again what was typed."""
    say, interview = here.say, here.interview
    try:
        if _overtaken(request, here, paths):
            return say["overtaken"]
        told = read()
        with transaction.atomic():
            interview.tell(told)
            here.moved()
            if places is not None and list(places) != here.intake.places:
                intakes.note(intake=here.intake, places=list(places), by=here.by)
    except NotAllowed as refused:
        return str(refused)
    except IntakeError as error:
        return in_english(error.problems[0].removeprefix("intake: "), say.language)
    except RecordError:
        here.anew()
        return say["overtaken"]
    _reopened(here)
    return ""


def _overtaken(request: HttpRequest, here: Here, paths: Sequence[str]) -> bool:
    """Return whether one of the paths was answered since the page was shown."""
    since = request.POST.get("kept", "")
    nth = int(since[:9]) if since.isascii() and since.isdigit() else 0
    return here.intake.answers_kept > nth and here.intake.answers.filter(nth__gt=nth, path__in=paths).exists()


def _reopened(here: Here) -> None:
    """Go on with an intake whose emergency was taken back; whoever was alerted still sees that it was sounded."""
    said = here.interview.session.assessment
    if here.intake.state == "stopped" and said.urgency.at_least != "emergency":
        intakes.reopen(intake=here.intake, by=here.by, why="the person changed the answer that stopped it")


def _onward(here: Here, paths: Sequence[str]) -> HttpResponse:
    """Lead on. What cannot wait is said first, once the warning signs are done, and when something more came up."""
    new = _signs(here, paths) or here.interview.sounded
    if here.intake.state == "open" and new and not here.signs_left:
        return redirect(here.at("so-far"))
    return redirect(here.onward())


def _signs(here: Here, paths: Sequence[str]) -> bool:
    facts = here.interview.session.catalogue.facts
    return any(path in facts and facts[path].warning_sign for path in paths)


def _page(
    request: HttpRequest, here: Here, name: str, path: str, context: dict[str, Any], problem: str
) -> HttpResponse:
    whole = {
        **here.frame(),
        **context,
        "problem": problem,
        "progress": here.progress(),
        "back": here.back(path),
        "stop": here.closing(),
        # Whoever chooses another language has not yet seen what was answered elsewhere in the meantime.
        "kept": request.POST.get("kept", "") if choosing(request) else here.intake.answers_kept,
        "changing": here.intake.state == "stopped",
        "first": not here.intake.answers_kept,
    }
    return shown(request, here.say, name, whole, status=422 if problem else 200)
