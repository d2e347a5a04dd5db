"""Entering what happened to somebody: forms, corrections that keep what was, codes of the knowledge, whose it is."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postlude.registry import attachments, knowledge
from postlude.registry.actions import entries, scores
from postlude.registry.actions.acting import RecordError
from postlude.registry.actor import Actor
from postlude.registry.models import (
    AdverseEvent,
    Appointment,
    Attachment,
    AuditEvent,
    Form,
    Incident,
    Intake,
    MedicineTaken,
    Operation,
    Person,
    Score,
    Sending,
    Treatment,
)

BY = Actor.system("tests")
TODAY = timezone.localdate()


@pytest.fixture
def clinician(logged_in: Callable[[str], Client]) -> Client:
    return logged_in("clinician")


def a_treatment() -> str:
    """The id of a treatment that the knowledge has."""
    return next(iter(knowledge.catalogue().treatments))


def test_every_page_of_the_record_opens(person: Person, clinician: Client) -> None:
    for name in ("given", "operations", "medicines", "harm"):
        assert clinician.get(reverse(f"{name}_new", args=[person.key])).status_code == 200, name
    for name in ("record", "book", "attach", "paper", "choose_instrument"):
        assert clinician.get(reverse(name, args=[person.key])).status_code == 200, name
    for name in ("appointments", "follow_up_desk", "post", "incidents"):
        assert clinician.get(reverse(name)).status_code == 200, name
    for instrument in knowledge.instruments().instruments:
        assert clinician.get(reverse("fill_in", args=[person.key, instrument])).status_code == 200, instrument
        assert clinician.get(reverse("total", args=[person.key, instrument])).status_code == 200, instrument


def test_a_treatment_is_entered_corrected_and_withdrawn_and_everything_stays(person: Person, clinician: Client) -> None:
    told = {
        "treatment": a_treatment(),
        "on": str(TODAY),
        "region": "lumbar",
        "level": "L5",
        "side": "left",
        "agent": "a numbing medicine",
        "dose": "2",
        "dose_unit": "ml",
        "guidance": "fluoroscopy",
        "operator": "Dr Test",
        "pain_before": "7",
        "pain_after": "2",
        "relief_hours": "6",
        "beside": "exercise",
    }
    entered = clinician.post(reverse("given_new", args=[person.key]), told)
    assert entered.status_code == 302
    row = Treatment.objects.get()
    assert (row.dose, row.dose_unit, row.pain_before, row.pain_after, row.relief_hours) == (2, "ml", 7, 2, 6)
    assert "7 before, 2 after for 6 hours" in clinician.get(reverse("record", args=[person.key])).content.decode()

    to = reverse("given_correct", args=[person.key, row.key])
    assert 'value="L5"' in clinician.get(to).content.decode()
    refused = clinician.post(to, {**told, "level": "S1", "why": ""})
    assert refused.status_code == 422
    assert clinician.post(to, {**told, "level": "S1", "why": "a slip"}).status_code == 302
    now = Treatment.objects.current().get()
    assert (now.level, now.why, now.root) == ("S1", "a slip", row.root)
    assert Treatment.objects.get(pk=row.pk).level == "L5"

    late = clinician.post(to, {**told, "level": "S2", "why": "too late"})
    assert "meanwhile" in late.content.decode()
    history = clinician.get(reverse("given_history", args=[person.key, now.key])).content.decode()
    assert "L5 → <b>S1</b>" in history
    assert "Robin Clinician" in history

    assert (
        clinician.post(reverse("given_withdraw", args=[person.key, now.key]), {"why": "somebody else"}).status_code
        == 302
    )
    assert not Treatment.objects.current().exists()
    assert Treatment.objects.count() == 3
    assert AuditEvent.objects.filter(did="entries.withdraw", why="somebody else").count() == 1


def test_the_path_of_a_device_and_treatments_of_one_session_hang_together(person: Person, clinician: Client) -> None:
    to, code = reverse("given_new", args=[person.key]), a_treatment()
    days = [str(TODAY - timedelta(days=ago)) for ago in (90, 60, 30, 1)]
    before = ""
    for step, day in zip(("trial", "implant", "revision", "explant"), days, strict=True):
        told = {"treatment": code, "on": day, "step": step, "device": "a device", "follows": before}
        assert clinician.post(to, told).status_code == 302, step
        before = str(Treatment.objects.get(step=step).pk)
    chain = Treatment.objects.get(step="explant")
    assert [chain.step, chain.follows.step, chain.follows.follows.step] == ["explant", "revision", "implant"]
    wrong = clinician.post(to, {"says": "another", "on": days[0], "step": "trial", "follows": before})
    assert "comes later" in wrong.content.decode()
    beside = {"says": "another", "on": days[3], "together_with": before}
    assert clinician.post(to, beside).status_code == 302
    apart = clinician.post(to, {**beside, "on": days[2]})
    assert "was given on another day" in apart.content.decode()


@pytest.mark.parametrize(
    ("model", "details", "field"),
    [
        (Treatment, {"treatment": "no-such", "on": TODAY}, "treatment"),
        (Treatment, {"says": "x", "on": TODAY + timedelta(days=1)}, "on"),
        (Treatment, {"says": "x", "on": TODAY, "dose": 2.0}, "dose_unit"),
        (Treatment, {"on": TODAY}, ""),
        (Treatment, {"says": "x", "on": TODAY, "pain_before": 11}, ""),
        (Treatment, {"says": "x", "on": TODAY, "ended_on": TODAY - timedelta(days=1)}, ""),
        (Operation, {"procedure": "no_such"}, "procedure"),
        (Operation, {"says": "x", "on": "2017-13"}, "on"),
        (Operation, {"says": "x", "on": "2019-02-30"}, "on"),
        (Operation, {}, "procedure"),
        (MedicineTaken, {"says": "x", "medicine": "no-such"}, "medicine"),
        (MedicineTaken, {"says": "x", "since": TODAY, "until": TODAY - timedelta(days=1)}, ""),
        (AdverseEvent, {"event": "no-such"}, "event"),
        (AdverseEvent, {"what": "x", "grade": 6}, ""),
        (AdverseEvent, {"what": "x", "related": "probable"}, "about"),
        (AdverseEvent, {}, ""),
    ],
)
def test_what_cannot_be_right_is_not_kept_and_says_why(person: Person, model: Any, details: Any, field: str) -> None:
    with pytest.raises(RecordError) as refused:
        entries.enter(model=model, person=person, details=details, by=BY)
    assert field in refused.value.problems
    assert not model.objects.exists()


def test_a_treatment_of_somebody_else_is_not_taken(person: Person) -> None:
    other = Person.objects.create(family_name="Else", synthetic=True)
    theirs = entries.enter(model=Treatment, person=other, details={"on": TODAY, "says": "x"}, by=BY)
    with pytest.raises(RecordError, match="somebody else"):
        entries.enter(model=AdverseEvent, person=person, details={"what": "x", "about": theirs}, by=BY)


def test_the_database_itself_keeps_the_history(person: Person) -> None:
    row = entries.enter(model=AdverseEvent, person=person, details={"what": "x"}, by=BY)
    for statement in ("UPDATE registry_adverseevent SET what = 'y'", "DELETE FROM registry_adverseevent"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    form = scores.fill(person=person, instrument="pgic", answers={"change": 2}, on=TODAY, by=BY).form
    for table in ("form", "score"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM registry_{table}")
    assert AdverseEvent.objects.get().pk == row.pk
    assert Form.objects.get().pk == form.pk


def test_a_questionnaire_is_scored_item_by_item_and_corrected(person: Person, clinician: Client) -> None:
    to = reverse("fill_in", args=[person.key, "peg"])
    told = {"on": str(TODAY), "filled_by": "person", "average": "7", "enjoyment": "8", "activity": "6"}
    assert clinician.post(to, told).status_code == 302
    score = Score.objects.current().get()
    assert (score.value, score.reason, score.version) == (7, "", "2009")
    to = reverse("correct_form", args=[person.key, score.form.key])
    page = clinician.get(to).content.decode()
    assert 'value="8"' in page
    left_out = {**told, "activity": "", "why": "it was not answered"}
    assert clinician.post(to, left_out).status_code == 302
    now = Score.objects.current().get()
    assert (now.value, now.reason) == (None, "too_few_answers")
    assert Score.objects.get(pk=score.pk).value == 7
    assert Form.objects.current().get().answers == {"average": 7, "enjoyment": 8}
    clinician.post(reverse("withdraw_score", args=[person.key, now.form.key]), {"why": "another person"})
    assert not Score.objects.current().exists()
    assert not Form.objects.current().exists()


def test_a_total_lies_within_the_ends_of_its_scale(person: Person, clinician: Client) -> None:
    to = reverse("total", args=[person.key, "odi"])
    measure = knowledge.instruments().find("odi").main()[0]
    told = {"on": str(TODAY), "filled_by": "person", "measure": measure, "value": "101"}
    assert "between 0 and 100" in clinician.post(to, told).content.decode()
    assert clinician.post(to, {**told, "value": "42"}).status_code == 302
    assert Score.objects.current().get().value == 42


def test_harm_is_graded_by_a_clinician_and_not_by_a_coordinator(
    person: Person, clinician: Client, logged_in: Callable[[str], Client]
) -> None:
    row = entries.enter(model=AdverseEvent, person=person, details={"what": "a bruise", "told_by": "patient"}, by=BY)
    to = reverse("harm_correct", args=[person.key, row.key])
    assert logged_in("coordinator").get(to).status_code == 403
    told = {"what": "a bruise", "told_by": "patient", "grade": "1", "serious": "false", "why": "graded"}
    assert clinician.post(to, told).status_code == 302
    now = AdverseEvent.objects.current().get()
    assert (now.grade, now.serious, now.told_by) == (1, False, "patient")


def test_an_appointment_is_booked_with_questionnaires_and_who_came_is_kept(person: Person, clinician: Client) -> None:
    starts = timezone.localtime() + timedelta(days=3)
    told = {"starts_at": starts.strftime("%Y-%m-%dT%H:%M"), "what_for": "consultation", "send_forms": "on"}
    page = clinician.post(reverse("book", args=[person.key]), told, follow=True).content.decode()
    assert "agreed to no e-mail" in page
    row = Appointment.objects.get()
    early = clinician.post(reverse("came", args=[person.key, row.key]), {"does": "came"}, follow=True)
    assert "future" in early.content.decode()
    clinician.post(reverse("came", args=[person.key, row.key]), {"does": "cancelled"})
    assert row.steps.get().does == "cancelled"
    assert Sending.objects.count() == 0


PDF = b"%PDF-1.7 of a test"


WORD = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def word(**more: str | bytes) -> bytes:
    """A Word file, as far as one is recognised; ``more`` parts by name."""
    parts = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<document>a letter</document>"} | more
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def relation(kind: str) -> str:
    return (
        f'<Relationships><Relationship Type="{WORD}/{kind}" Target="http://x/" TargetMode="External"/></Relationships>'
    )


def test_a_word_file_without_macros_is_taken_and_leaves_as_a_download_only(person: Person, clinician: Client) -> None:
    linked = word(**{"word/_rels/document.xml.rels": relation("hyperlink")})
    for name, data in (("report.docx", word()), ("linked.doc", linked)):
        told = {"kind": "referral", "file": upload(name, data)}
        assert clinician.post(reverse("attach", args=[person.key]), told).status_code == 302
        row = Attachment.objects.latest("id")
        assert row.filename.endswith(".docx")
        answer = clinician.get(reverse("download", args=[person.key, row.key]))
        assert b"".join(answer.streaming_content) == data
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/octet-stream"


def test_what_is_packed_like_a_word_file_and_is_more_is_refused(
    person: Person, clinician: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_UNPACKED", 2_000_000)
    torn = bytearray(word(**{"word/media/image.png": b"abc" * 1000}))
    torn[60:80] = bytes(20)
    for data, says in (
        (word(**{"word/vbaProject.bin": "x"}), "holds macros"),
        (word(**{"word/VBAPROJECT.BIN": "x"}), "holds macros"),
        (
            word(**{"[Content_Types].xml": "<Types>application/vnd.ms-word.document.macroEnabled.main+xml</Types>"}),
            "macros",
        ),
        (word(**{"word/_rels/settings.xml.rels": relation("attachedTemplate")}), "fetches something from elsewhere"),
        (word(**{"word/_rels/a.rels": relation("frame").replace("E", "&#69;")}), "fetches something from elsewhere"),
        (word(**{"word/_rels/a.rels": relation("frame").encode("utf-16")}), "fetches something from elsewhere"),
        (word(**{"word/media/image.png": bytes(3_000_000)}), "more than 2 MB when it is unpacked"),
        (word(**{f"word/{n}.xml": "x" for n in range(5001)}), "at most 5000"),
        (word()[:60], "none of what is taken"),
        (bytes(torn), "none of what is taken"),
        (b"PK\x03\x04 no archive", "none of what is taken"),
    ):
        told = {"kind": "referral", "file": upload("a.docx", data)}
        refused = clinician.post(reverse("attach", args=[person.key]), told)
        assert refused.status_code == 422
        assert says in refused.content.decode()
    spreadsheet = io.BytesIO()
    with zipfile.ZipFile(spreadsheet, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    told = {"kind": "referral", "file": upload("a.docx", spreadsheet.getvalue())}
    assert "none of what is taken" in clinician.post(reverse("attach", args=[person.key]), told).content.decode()
    assert not Attachment.objects.exists()


def upload(name: str, data: bytes) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data)


def test_a_paper_is_kept_by_what_it_is_and_leaves_as_a_download_only(person: Person, clinician: Client) -> None:
    to = reverse("attach", args=[person.key])
    for name, data in (("letter.pdf", b"<script>alert(1)</script>"), ("a.png", b"MZ an executable"), ("e.pdf", b"")):
        refused = clinician.post(to, {"kind": "referral", "file": upload(name, data)})
        assert refused.status_code == 422, name
    assert clinician.post(to, {"kind": "referral", "file": upload("../../Mrs X.html", PDF)}).status_code == 302
    row = Attachment.objects.get()
    assert (row.media_type, row.filename, row.scan) == ("application/pdf", "Mrs X.pdf", "not_scanned")
    answer = clinician.get(reverse("download", args=[person.key, row.key]))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/octet-stream"
    assert AuditEvent.objects.filter(did="attachments.downloaded", person=person.key).count() == 1


@pytest.mark.parametrize(("scanner", "kept"), [("true", "clean"), ("false", None), ("/no/such/scanner", None)])
def test_a_scanner_decides_where_there_is_one(
    person: Person, clinician: Client, settings: Any, scanner: str, kept: str | None
) -> None:
    settings.SCANNER = scanner
    clinician.post(
        reverse("attach", args=[person.key]), {"kind": "other", "file": upload("a.pdf", PDF + scanner.encode())}
    )
    assert [row.scan for row in Attachment.objects.all()] == ([kept] if kept else [])


def test_a_large_paper_is_refused(person: Person, clinician: Client) -> None:
    big = PDF + bytes(21_000_000)
    refused = clinician.post(reverse("attach", args=[person.key]), {"kind": "other", "file": upload("a.pdf", big)})
    assert "at most 20" in refused.content.decode()


def test_an_empty_intake_is_printed(clinician: Client) -> None:
    answer = clinician.get(reverse("blank_paper"))
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment")


def test_an_intake_on_paper_is_entered_with_its_own_day(person: Person, clinician: Client) -> None:
    day = TODAY - timedelta(days=2)
    to = clinician.post(reverse("paper", args=[person.key]), {"as_of": str(day), "told_by": "patient"})["Location"]
    row = Intake.objects.get()
    assert (row.way, row.as_of) == ("paper", day)
    page = clinician.get(to)
    assert page.status_code == 200
    path = page.context["asked"].path
    clinician.post(to, {"path": path, "value": "no", "answer": "no"})
    kept = row.answers.get()
    assert (kept.way, kept.told_on) == ("paper", day)


def test_incidents_are_written_down_and_corrected(clinician: Client) -> None:
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    told = {"happened_at": now, "what": "A form went to the wrong bed", "reached_person": "unknown"}
    assert clinician.post(reverse("incidents"), told).status_code == 302
    row = Incident.objects.get()
    assert row.reached_person is None
    to = reverse("incident", args=[row.key])
    assert clinician.post(to, {**told, "did": "Collected", "why": "more is known"}).status_code == 302
    assert Incident.objects.current().get().did == "Collected"
    assert Incident.objects.count() == 2
