"""The record of one person, on one page: what happened, what is planned, and what can be entered."""

from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from postlude.assessment.assess import Assessor
from postlude.registry import knowledge
from postlude.registry.actions import attachments, intakes
from postlude.registry.appointments import told as reminded
from postlude.registry.attachments import where
from postlude.registry.clinic import clinic, sayings, speaking
from postlude.registry.models import Appointment, Attachment, Person, Score
from postlude.registry.roles import Permission
from postlude.registry.same import whole
from postlude.report.letters.letter import Letterhead
from postlude.report.letters.paper import paper as printed
from postlude.report.letters.paper import pdf
from postlude.web.access import actor, needs, of_person
from postlude.web.desk.acting import said, tried
from postlude.web.desk.sections import page
from postlude.web.record.entries import withdrawal
from postlude.web.record.follow import followed
from postlude.web.record.forms import AttachmentForm, PaperForm
from postlude.web.record.kinds import KINDS

_ORDER = {"given": "-on", "operations": "-on", "medicines": "-since", "harm": "-on"}


@of_person(Permission.SEE_PEOPLE, at="record")
def record(request: HttpRequest, person: Person) -> HttpResponse:
    """Everything that was entered, as it stands."""
    mine = whole(person)
    kinds = []
    for slug, kind in KINDS.items():
        rows = kind.model.objects.current().filter(person__in=mine).order_by(_ORDER[slug], "-id")
        told = [(row, *kind.says(row)) for row in rows]
        kinds.append({"kind": kind, "rows": [(row, title, [m for m in more if m]) for row, title, more in told]})
    now = timezone.now()
    scores = Score.objects.current().filter(person__in=mine).select_related("form").order_by("-on", "-id")
    booked = Appointment.objects.filter(person__in=mine).prefetch_related("steps").order_by("-starts_at")
    shown = {
        "kinds": kinds,
        "followed": followed(person),
        "scores": [(row, _measure(row)) for row in scores[:200]],
        "appointments": [(row, row.step, reminded(row, now)) for row in booked],
        "attachments": Attachment.objects.current().filter(person__in=mine).order_by("-id"),
        "now": now,
    }
    return page(request, person, "record", shown, template="record/record.html")


@of_person(Permission.TAKE_IN, at="attachments")
def attach(request: HttpRequest, person: Person) -> HttpResponse:
    """Keep a paper that came with somebody."""
    form = AttachmentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
        done = tried(
            request,
            lambda: attachments.attach(
                person=person, kind=kind, filename=file.name, data=file.read(), by=actor(request)
            ),
            form,
        )
        if done:
            said(
                request, "Attached." if done.scan == "clean" else "Attached; not scanned, as no scanner is configured."
            )
            return redirect("record", person.key)
    shown = {"form": form, "title": "Attach a paper", "files": True}
    return page(request, person, "record", shown, template="record/entry.html", status=422 if form.errors else 200)


@of_person(Permission.SEE_PEOPLE, at="attachments")
def download(request: HttpRequest, person: Person, entry: Any) -> HttpResponse | FileResponse:
    """Hand out a copy of a paper, as a download and never inside a page; who took it is kept."""
    row = get_object_or_404(Attachment, key=entry, person__in=whole(person))
    attachments.downloaded(attachment=row, by=actor(request))
    answer = FileResponse(where(row.sha256).open("rb"), as_attachment=True, filename=row.filename)
    answer["Content-Type"] = "application/octet-stream"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@of_person(Permission.TAKE_IN, at="attachments")
def detach(request: HttpRequest, person: Person, entry: Any) -> HttpResponse:
    """Withdraw a paper that belongs to somebody else."""
    row = get_object_or_404(Attachment, key=entry, person__in=whole(person))
    return withdrawal(request, person, row, row.filename)


@of_person(Permission.TAKE_IN, at="paper intake")
def paper(request: HttpRequest, person: Person) -> HttpResponse:
    """Begin to enter an intake that was filled in on paper, with the day that stands on it."""
    form = PaperForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        day, told_by = form.cleaned_data["as_of"], form.cleaned_data["told_by"]
        if day > timezone.localdate():
            form.add_error("as_of", "lies in the future")
        else:
            row = tried(
                request,
                lambda: intakes.begin(person=person, way="paper", told_by=told_by, as_of=day, by=actor(request)),
                form,
            )
            if row:
                return redirect("call", person.key, row.key)
    shown = {"form": form, "title": "Enter an intake from paper", "paper": True}
    return page(request, person, "record", shown, template="record/entry.html", status=422 if form.errors else 200)


@needs(Permission.TAKE_IN)
def blank(request: HttpRequest) -> HttpResponse:
    """Hand out the intake on paper, for a day on which the site cannot be reached."""
    said_, own = sayings(), clinic()
    lines = tuple(line for line in (*own.address.splitlines(), said_.telephone, own.email) if line)
    banner = "Synthetic clinic: everybody here was made up by chance." if settings.DEMO else ""
    form = printed(Assessor(speaking()), timezone.localdate())
    data = pdf(form, Letterhead(name=said_.name, lines=lines, banner=banner))
    return HttpResponse(
        data, content_type="application/pdf", headers={"Content-Disposition": 'attachment; filename="intake.pdf"'}
    )


def _measure(row: Score) -> str:
    """Return what a score is of, as a reader says it."""
    instrument = knowledge.instruments().instruments.get(row.instrument)
    if instrument is None:
        return f"{row.instrument} {row.measure}"
    title = next((s.entry.title for s in instrument.scores.values() if s.name == row.measure), row.measure)
    where_ = " ".join(filter(None, (row.site, row.time)))
    return f"{instrument.entry.title}: {title}" + (f" ({where_})" if where_ else "")
