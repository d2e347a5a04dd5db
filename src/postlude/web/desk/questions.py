"""One question as a form of the desk, what was typed into it understood, and the questions of a person still open."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from postlude.assessment.model import Question
from postlude.errors import IntakeError
from postlude.interview.console import Words
from postlude.interview.pages import ahead
from postlude.interview.session import Session
from postlude.interview.typed import NotAllowed, hint, understood
from postlude.interview.why import why
from postlude.registry import knowledge
from postlude.registry.actions import intakes
from postlude.registry.actions.acting import RecordError
from postlude.registry.actor import Actor
from postlude.registry.interviews import Interview, Told
from postlude.registry.models import Intake, Person
from postlude.registry.roles import Permission
from postlude.registry.same import whole
from postlude.web.access import actor, of_person
from postlude.web.desk.acting import said
from postlude.web.desk.sections import look, page
from postlude.web.patient.intake import pages

EVERYBODY = ("patient", "clinician", "test")
_STATES = ("declined", "not_known")
_YES_NO = {"yes": True, "no": False}
_SHOWN_EFFECTS = 3
_SHOWN_FORMS = 8


class Effect(NamedTuple):
    """What one answer alone would make certain."""

    answer: str
    says: tuple[str, ...]
    more: int


class Asked(NamedTuple):
    """One question as it is shown. ``kind``: boolean, choice, number, integer, date, text, or list."""

    path: str
    kind: str
    script: str
    other: str
    hint: str
    why: str
    rests_on: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    so_far: str
    entries: tuple[str, ...]
    warning_sign: bool
    answered_by: str
    effects: tuple[Effect, ...]


def asked(session: Session, path: str) -> Asked:
    """Return a question in the words of the telephone where it has any. Raises Http404 for a path of nothing."""
    target = _target(session, path)
    catalogue, say = session.catalogue, Words(knowledge.words())
    question = next((q for q in session.assessment.ask if q.fact == path), None)
    entries = tuple(session.entries(target.records)) if target.records else ()
    if target.records is not None and target.field is None:
        kind, script, other = "list", (target.records.complete_ask if entries else target.records.ask), ""
        means = say.word("list_how_medicine") if target.records.by_medicine else ""
    else:
        one = target.fact or target.field
        if one is None:
            raise Http404
        kind = "text" if session.is_medicine(target) else one.type
        script, other = one.phone or one.ask, one.ask if one.phone else ""
        if target.records is not None:
            script = say.word("of_entry", entry=entries[target.at], question=script)
        means = "" if kind in ("boolean", "choice") else hint(say, one)
    return Asked(
        path,
        kind,
        script,
        other,
        means,
        why(session, target),
        tuple(session.rests_on(target.fact).values()) if target.fact else (),
        tuple(session.codes(target).items()),
        _so_far(session, path),
        entries,
        bool(target.fact and target.fact.warning_sign),
        target.fact.answered_by if target.fact else "patient",
        tuple(_effects(question, {key: rule.says for key, rule in catalogue.rules.items()})) if question else (),
    )


def _so_far(session: Session, path: str) -> str:
    target = session.target(path)
    left = session.left(target)
    return Words(knowledge.words()).word(f"state_{left}") if left else session.value(target)


def _effects(question: Question, says: Mapping[str, str]) -> Iterator[Effect]:
    """Say what each answer alone would make true; what it would only rule out is counted with the rest."""
    for answer in dict.fromkeys(effect.answer for effect in question.answers):
        made = [says[e.rule] for e in question.answers if e.answer == answer and e.becomes and e.rule in says]
        if made:
            word = {True: "yes", False: "no"}.get(answer, str(answer)) if isinstance(answer, bool) else str(answer)
            yield Effect(word, tuple(made[:_SHOWN_EFFECTS]), max(0, len(made) - _SHOWN_EFFECTS))


def _target(session: Session, path: str) -> Any:
    try:
        target = session.target(path)
        if target.records is not None and target.field is not None:
            session.entries(target.records)[target.at]
    except (KeyError, IndexError):
        raise Http404 from None
    return target


def take(interview: Interview, path: str, told: Mapping[str, str]) -> bool:
    """Keep what a form of :func:`asked` holds, and say so. Raises :class:`NotAllowed` with the sentence to show."""
    session = interview.session
    target = _target(session, path)
    if (state := told.get("leave", "")) in _STATES:
        interview.leave(path, state)
    elif target.records is not None and target.field is None:
        _take_list(interview, path, told)
    else:
        text, one = told.get("value", "").strip(), target.fact or target.field
        if session.is_medicine(target) and text:
            interview.answer(path, text)
        else:
            codes = session.codes(target)
            interview.answer(path, understood(Words(knowledge.words()), one, codes, text, session.today))
    return True


class Several(NamedTuple):
    """Short questions that are read out together, each with an answer of its own."""

    group: str
    heading: str
    asked: tuple[Asked, ...]


def several(session: Session) -> Several | None:
    """Return the questions to be read out together next; nothing where the next one stands alone."""
    page = next(iter(ahead(session, pages())), None)
    if page is None or page.id not in pages().together:
        return None
    heading = knowledge.words()[f"patient_together.{page.id}"]
    return Several(page.id, heading, tuple(asked(session, path) for path in page.paths))


def take_several(interview: Interview, group: str, told: Mapping[str, str]) -> bool:
    """Keep what was told to questions that were read out together, and say so. Raises :class:`NotAllowed`.

    ``rest`` answers those that nothing was marked for with no. That is a tap of its own: what was passed over is open.
    """
    facts = pages().together[group].facts if group in pages().together else ()
    waiting = [q.fact for q in interview.session.waiting() if q.fact in facts]
    marked = {path: told[path] for path in waiting if told.get(path) in (*_YES_NO, *_STATES)}
    if "rest" in told:
        marked = dict.fromkeys(waiting, "no") | marked
    if not marked:
        raise NotAllowed("Mark an answer, or say that none of these is so.")
    interview.tell(
        [
            Told("answer", path, _YES_NO[word]) if word in _YES_NO else Told("leave", path, word)
            for path, word in marked.items()
        ]
    )
    return True


def _take_list(interview: Interview, path: str, told: Mapping[str, str]) -> None:
    if (at := told.get("remove", "")).isdigit():
        interview.remove(path, int(at))
    elif line := told.get("value", "").strip():
        interview.add(path, line)
    elif "finish" in told:
        interview.finish(path)
    else:
        raise NotAllowed("Write one entry, or say that this is all.")


# --- what is open ------------------------------------------------------------------------------------


class Group(NamedTuple):
    """Open questions of one kind: those that matter most as forms, the others as links."""

    says: str
    forms: tuple[Asked, ...]
    others: tuple[Question, ...]


@of_person(Permission.SEE_PEOPLE, at="open questions")
def open_questions(request: HttpRequest, person: Person) -> HttpResponse:
    """What is not known and may still change something, to be answered here."""
    return _open(request, person)


def _open(request: HttpRequest, person: Person, refused: str = "") -> HttpResponse:
    """Render the page; with what was typed into one of its forms, and why that was not kept."""
    looked = look(person)
    context: dict[str, Any] = {"groups": (), "told": request.POST, "refused": refused}
    if looked.intake is not None:
        session = Interview(looked.intake, by=actor(request), asks=EVERYBODY).session
        context["groups"] = tuple(group for group in _groups(session) if group.forms)
    return page(request, looked, "open_questions", context, status=422 if refused else 200)


def _groups(session: Session) -> Iterator[Group]:
    now = [q for q in session.assessment.ask if not q.after]
    kinds = (
        ("Warning signs", [q for q in now if q.warning_sign and q.answered_by == "patient"]),
        ("For the person", [q for q in now if not q.warning_sign and q.answered_by == "patient"]),
        ("For an examination", [q for q in now if q.answered_by == "clinician"]),
        ("For a test", [q for q in now if q.answered_by == "test"]),
    )
    for says, questions in kinds:
        forms = tuple(asked(session, q.fact) for q in questions[:_SHOWN_FORMS])
        yield Group(f"{says} ({len(questions)})", forms, tuple(questions[_SHOWN_FORMS:]))


@of_person(Permission.TAKE_IN, at="open questions")
@require_POST
def answer(request: HttpRequest, person: Person, intake: Any) -> HttpResponse:
    """Keep one answer on the person's page; an intake that was handed in is opened again for it, with a reason."""
    row = get_object_or_404(Intake, key=intake, person__in=whole(person))
    path, by = request.POST.get("path", ""), actor(request)
    fact = knowledge.catalogue().facts.get(path)
    told_by = "clinician" if fact is not None and fact.answered_by != "patient" else request.POST.get("told_by", row.by)
    way = "visit" if told_by == "clinician" else "phone"
    try:
        answered(row, path, request.POST, by=by, told_by=told_by, way=way, why=request.POST.get("why", ""))
    except (RecordError, IntakeError) as error:
        problems = error.problems
        return _open(request, person, " ".join(problems.values() if isinstance(problems, dict) else problems))
    said(request, "Kept. Assess the intake again when you have finished.")
    return redirect("open_questions", person.key)


def answered(
    intake: Intake, path: str, told: Mapping[str, str], *, by: Actor, told_by: str, way: str, why: str = ""
) -> bool:
    """Keep an answer; to an intake that was handed in only with the reason why it is opened again.

    Raises RecordError with what is wrong; then nothing was opened.
    """
    if told_by not in ("patient", "relative", "clinician"):
        raise RecordError({"told_by": f"found {told_by!r}; patient, relative or clinician is needed"})
    if intake.state == "finished" and not why.strip():
        raise RecordError({"why": "These answers were handed in: say why they are opened again."})
    interview = Interview(intake, by=by, told_by=told_by, way=way, asks=EVERYBODY)
    try:
        with transaction.atomic():
            if intake.state == "finished":
                intakes.reopen(intake=intake, by=by, why=why)
            return take(interview, path, told)
    except NotAllowed as refused:
        raise RecordError({"": str(refused)}) from None
