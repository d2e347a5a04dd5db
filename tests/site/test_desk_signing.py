"""Sign-off: override, release and take back, decisions, meetings and plans, and letters until they leave."""

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from postlude.registry.actions import intakes, people
from postlude.registry.actor import Actor
from postlude.registry.attachments import where
from postlude.registry.interviews import Interview
from postlude.registry.links import address
from postlude.registry.models import (
    Assessment,
    AuditEvent,
    Decision,
    Letter,
    LetterStep,
    Link,
    Meeting,
    Override,
    Person,
    Plan,
    Release,
    Sending,
)

SYSTEM = Actor.system("tests")


@pytest.fixture
def client(logged_in: Callable[[str], Client]) -> Client:
    return logged_in("clinician")


@pytest.fixture
def row(person: Person) -> Assessment:
    """An assessment that waits for a clinician."""
    intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    interview = Interview(intake, by=Actor.person(person))
    for path, value in {"age": 58, "leg_pain": True, "pain_nrs": 7, "burning_or_electric_pain": True}.items():
        interview.answer(path, value)
    intakes.note(intake=intake, wishes="to walk my dog", fears="another operation", by=Actor.person(person))
    made: Assessment = interview.hand_in()
    return made


def does(client: Client, person: Person, what: str, /, **form: str) -> int:
    code: int = client.post(reverse("decide", args=[person.key]), {"does": what, **form}).status_code
    return code


def test_a_clinician_signs_and_releases(client: Client, row: Assessment) -> None:
    assert does(client, row.person, "release", assessment=str(row.key), note="Please come in.") == 302
    out = row.releases.get()
    assert (out.released, out.disposition, out.note) == (True, row.disposition, "Please come in.")
    assert out.by.startswith("staff ")
    assert "Released by Robin Clinician" in client.get(reverse("decision", args=[row.person.key])).content.decode()


def test_what_was_released_is_taken_back_with_a_reason(client: Client, row: Assessment) -> None:
    does(client, row.person, "release", assessment=str(row.key))
    assert does(client, row.person, "take_back", why="") == 422
    assert does(client, row.person, "take_back", why="the wrong intake") == 302
    assert [out.released for out in row.releases.order_by("id")] == [True, False]
    assert does(client, row.person, "take_back", why="once more") == 422


def test_a_coordinator_signs_nothing(logged_in: Callable[[str], Client], row: Assessment) -> None:
    client = logged_in("coordinator")
    page = client.get(reverse("decision", args=[row.person.key])).content.decode()
    assert "Sign and release" not in page
    for what in ("release", "override", "decide", "plan", "meet", "withdraw"):
        assert does(client, row.person, what, assessment=str(row.key)) == 403
    assert client.post(reverse("draft_letter", args=[row.person.key]), {"kind": "patient"}).status_code == 403
    assert not Release.objects.exists()
    assert not Letter.objects.exists()


def test_what_was_assessed_anew_meanwhile_is_not_signed_unseen(client: Client, row: Assessment) -> None:
    interview = Interview(row.intake, by=SYSTEM)
    intakes.reopen(intake=row.intake, by=SYSTEM, why="more")
    interview.answer("smoking", True)
    interview.hand_in()
    assert does(client, row.person, "release", assessment=str(row.key)) == 422
    assert not Release.objects.exists()


def test_that_we_cannot_help_needs_a_confirmation(client: Client, row: Assessment) -> None:
    assert (
        does(client, row.person, "override", about="disposition", instead="unlikely", why="all was tried twice") == 302
    )
    assert "I confirm that we do not think" in client.get(reverse("decision", args=[row.person.key])).content.decode()
    assert does(client, row.person, "release", assessment=str(row.key)) == 422
    assert not Release.objects.exists()
    assert does(client, row.person, "release", assessment=str(row.key), confirms_unlikely="on") == 302
    out = Release.objects.get()
    assert (out.disposition, out.confirms_unlikely) == ("unlikely", True)


@pytest.mark.parametrize(
    ("about", "instead", "why"),
    [("disposition", "caution", "x"), ("scs", "refer", "x"), ("disposition", "refer", ""), ("nothing", "offer", "x")],
)
def test_an_override_is_of_the_same_kind_and_has_a_reason(
    about: str, instead: str, why: str, client: Client, row: Assessment
) -> None:
    assert does(client, row.person, "override", about=about, instead=instead, why=why) == 422
    assert not Override.objects.exists()


def test_an_override_keeps_what_was_said_and_is_corrected_by_the_next(client: Client, row: Assessment) -> None:
    does(client, row.person, "override", about="scs", instead="avoid", why="no")
    does(client, row.person, "override", about="scs", instead="caution", why="yes, after all")
    current = Override.objects.current().get()
    assert (current.instead, current.replaces.instead) == ("caution", "avoid")
    assert does(client, row.person, "withdraw", kind="override", row=str(current.key), why="a slip") == 302
    assert not Override.objects.current().exists()
    assert Override.objects.count() == 3


def test_decisions_meetings_and_plans_are_kept(client: Client, row: Assessment) -> None:
    today = timezone.localdate()
    meets = {"on": str(today), "took_part": "Dr A, surgeon\nB, physiotherapist", "advice": "exercise first"}
    assert does(client, row.person, "meet", **meets) == 302
    assert does(client, row.person, "meet", **meets | {"took_part": "alone"}) == 422
    meeting = Meeting.objects.get()
    assert meeting.took_part == ["Dr A, surgeon", "B, physiotherapist"]
    decides = {"on": str(today), "option": "scs", "said": "declined", "because": "no metal", "decided_by": "person"}
    assert does(client, row.person, "decide", **decides, meeting=str(meeting.key)) == 302
    decision = Decision.objects.get()
    assert (decision.option, decision.said, decision.meeting, decision.assessment) == ("scs", "declined", meeting, row)
    assert does(client, row.person, "decide", on=str(today), said="offered") == 422
    plans = {"what": "walking", "goal": "to walk my dog", "on": str(today), "stop_when": "pain above 8 for a week"}
    assert does(client, row.person, "plan", **plans, review_on=str(today - timedelta(days=1))) == 422
    assert does(client, row.person, "plan", **plans, review_on=str(today + timedelta(days=42))) == 302
    page = client.get(reverse("person", args=[row.person.key])).content.decode()
    for part in ("pain above 8 for a week", "offered, and not wanted", "no metal"):
        assert part in page
    withdrawn = {"kind": "decision", "row": str(decision.key)}
    does(client, row.person, "withdraw", **withdrawn, why="")
    assert Decision.objects.current().count() == 1
    does(client, row.person, "withdraw", **withdrawn, why="entered for another person")
    assert not Decision.objects.current().exists()
    assert Plan.objects.current().count() == 1


def test_nothing_of_somebody_else_is_withdrawn_here(client: Client, row: Assessment) -> None:
    other = people.enter(by=SYSTEM, details={"family_name": "Other"})
    today = timezone.localdate()
    theirs = Decision.objects.create(person=other, on=today, option_says="rest", said="chosen", by="system x")
    assert does(client, row.person, "withdraw", kind="decision", row=str(theirs.key), why="x") == 404


# --- letters ----------------------------------------------------------------------------------------


def drafted(client: Client, person: Person, kind: str) -> Letter:
    client.post(reverse("draft_letter", args=[person.key]), {"kind": kind})
    return Letter.objects.current().get(kind=kind)


def letter_does(client: Client, letter: Letter, what: str, /, **form: str) -> int:
    where = reverse("letter_does", args=[letter.person.key, letter.key])
    code: int = client.post(where, {"does": what, **form}).status_code
    return code


def text_of(client: Client, letter: Letter) -> tuple[str, bytes]:
    answer = client.get(reverse("letter_pdf", args=[letter.person.key, letter.key]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert letter.person.family_name not in answer["Content-Disposition"]
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split()), answer.content


@pytest.mark.parametrize("kind", ["patient", "referrer"])
def test_a_letter_is_drafted_changed_signed_and_stays_as_it_was_signed(
    kind: str, client: Client, row: Assessment
) -> None:
    first = drafted(client, row.person, kind)
    assert "to walk my dog" in text_of(client, first)[0]
    assert letter_does(client, first, "edit", to="Dr Q\nQuay 1", subject="A word", body="Come *on* #1.\n\n- one") == 302
    letter = Letter.objects.current().get(kind=kind)
    text, before = text_of(client, letter)
    assert "A word" in text
    assert "Come *on* #1." in text
    assert "Synthetic" in text
    assert letter_does(client, letter, "sign") == 302
    step = LetterStep.objects.get()
    assert step.sha256 == hashlib.sha256(before).hexdigest()
    assert text_of(client, letter)[1] == before
    assert letter_does(client, first, "sign") == 302
    assert LetterStep.objects.count() == 1
    assert letter_does(client, letter, "edit", subject="Again", body="Other.") == 422
    assert letter_does(client, letter, "edit", subject="Again", body="Other.", why="a slip") == 302
    newest = Letter.objects.current().get(kind=kind)
    assert not newest.steps.exists()
    assert text_of(client, letter)[1] == before


def test_only_a_signed_letter_leaves(client: Client, row: Assessment) -> None:
    letter = drafted(client, row.person, "patient")
    for what in ("printed", "sent"):
        letter_does(client, letter, what)
    assert not LetterStep.objects.exists()
    letter_does(client, letter, "sign")
    letter_does(client, letter, "printed")
    assert [step.does for step in letter.steps.order_by("id")] == ["signed", "printed"]


def test_the_referrer_gets_a_letter_only_where_the_person_agreed(client: Client, row: Assessment) -> None:
    letter = drafted(client, row.person, "referrer")
    letter_does(client, letter, "sign")
    letter_does(client, letter, "sent")
    assert not letter.steps.filter(does="sent").exists()
    people.consent(person=row.person, purpose="sharing", given=True, wording="May we write?", by=SYSTEM)
    letter_does(client, letter, "sent")
    assert letter.steps.filter(does="sent").exists()
    assert not row.person.sendings.exists()


def test_a_letter_says_what_was_decided_and_who_signs(client: Client, row: Assessment) -> None:
    today = timezone.localdate()
    does(client, row.person, "decide", on=str(today), option="scs", said="declined", because="no metal")
    plan = {"what": "walking", "goal": "to walk my dog", "on": str(today), "stop_when": "pain above 8"}
    does(client, row.person, "plan", **plans_until(plan))
    text, _ = text_of(client, drafted(client, row.person, "patient"))
    for part in ("no metal", "walking", "pain above 8", "Robin Clinician"):
        assert part in text


def plans_until(plan: dict[str, str]) -> dict[str, str]:
    return plan | {"review_on": str(timezone.localdate() + timedelta(days=30))}


def test_nobody_is_told_unconfirmed_that_we_cannot_help(client: Client, row: Assessment) -> None:
    does(client, row.person, "override", about="disposition", instead="unlikely", why="all was tried")
    text, _ = text_of(client, drafted(client, row.person, "patient"))
    assert "A clinician will call you before we tell you" in text


def test_the_person_reads_the_letter_that_was_sent_and_no_draft(
    client: Client, row: Assessment, link: Callable[[str], Link]
) -> None:
    person = Client()
    start = address(link("result")).removeprefix(settings.ADDRESS)
    letter = drafted(client, row.person, "patient")
    letter_does(client, letter, "sign")
    assert person.get(f"{start}letter/").status_code == 404
    assert "letter/" not in person.get(start).content.decode()
    letter_does(client, letter, "sent")
    changed = {"subject": "Again", "body": "Other.", "why": "a slip"}
    letter_does(client, letter, "edit", **changed)
    assert f"{start}letter/" in person.get(start).content.decode()
    found = person.get(f"{start}letter/").content
    assert hashlib.sha256(found).hexdigest() == letter.steps.get(does="signed").sha256


def test_what_is_not_the_letter_that_was_signed_does_not_leave(client: Client, row: Assessment) -> None:
    letter = drafted(client, row.person, "patient")
    letter_does(client, letter, "sign")
    kept = where(letter.steps.get().sha256)
    assert kept.read_bytes() == text_of(client, letter)[1]
    kept.write_bytes(kept.read_bytes().replace(b"PDF-1.7", b"PDF-1.6"))
    assert client.get(reverse("letter_pdf", args=[row.person.key, letter.key])).status_code == 404
    letter_does(client, letter, "sent")
    assert [step.does for step in letter.steps.all()] == ["signed"]


def test_a_signed_letter_stays_as_it_was_when_letters_are_set_otherwise(
    client: Client, row: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = drafted(client, row.person, "patient")
    letter_does(client, letter, "sign")
    before = text_of(client, letter)[1]
    monkeypatch.setattr("postlude.registry.letters.pdf", lambda *_: b"%PDF- another typesetter")
    assert text_of(client, letter)[1] == before
    letter_does(client, letter, "sent")
    assert letter.steps.filter(does="sent").exists()


# --- notices ----------------------------------------------------------------------------------------


def test_a_notice_of_a_result_goes_through_the_post_once_and_names_nobody(client: Client, row: Assessment) -> None:
    people.consent(person=row.person, purpose="contact_email", given=True, wording="May we write?", by=SYSTEM)
    assert does(client, row.person, "release", assessment=str(row.key), note="Please come in.") == 302
    sending = Sending.objects.get()
    assert (sending.channel, sending.to, sending.state) == ("email", row.person.email, "waiting")
    assert "/r/" in sending.body
    assert not [secret for secret in (row.person.given_name, str(row.person.key)) if secret in sending.body]
    # Whatever is put into the post is in the audit, with who did it.
    event = AuditEvent.objects.get(did="post.queue")
    assert (event.person, event.by) == (row.person.key, row.releases.get().by)


# --- corrections ------------------------------------------------------------------------------------


def test_a_decision_is_corrected_with_a_reason_and_what_it_was_is_shown(client: Client, row: Assessment) -> None:
    person, day = row.person, str(timezone.localdate())
    told = {"option": "scs", "said": "offered", "because": "it may help", "decided_by": "together", "on": day}
    assert does(client, person, "decide", **told) == 302
    old = Decision.objects.get()
    to = reverse("correct_decided", args=[person.key, "decision", old.key])
    assert "it may help" in client.get(to).content.decode()
    assert client.post(to, {**told, "said": "declined", "why": ""}).status_code == 422
    assert client.post(to, {**told, "why": "no change"}).status_code == 422
    assert client.post(to, {**told, "said": "declined", "why": "they said no on the telephone"}).status_code == 302
    now = Decision.objects.current().get()
    assert (now.said, now.root, now.option, now.assessment_id) == ("declined", old.root, "scs", old.assessment_id)
    page = client.get(reverse("decision", args=[person.key])).content.decode()
    assert "corrected" in page
    shown = client.get(reverse("decided", args=[person.key, "decision", now.key])).content.decode()
    assert "offered, and not decided yet → <b>offered, and not wanted</b>" in shown
    assert "Because: they said no on the telephone" in shown
    assert "Corrected by Robin Clinician" in shown
    # Who has an older page open learns that it is older, and loses nothing that was typed.
    late = client.post(to, {**told, "because": "typed for long", "why": "late"})
    assert late.status_code == 422
    assert "meanwhile" in late.content.decode()
    assert "typed for long" in late.content.decode()
    assert AuditEvent.objects.get(did="decisions.correct").why == "they said no on the telephone"


def test_meetings_and_plans_are_corrected_too(client: Client, row: Assessment) -> None:
    person, day = row.person, str(timezone.localdate())
    meeting = {"on": day, "took_part": "Dr A, surgeon\nDr B, pain", "advice": "wait"}
    plan = {"what": "walk", "goal": "the dog", "on": day, "review_on": day, "stop_when": "pain above 7"}
    does(client, person, "meet", **meeting)
    does(client, person, "plan", **plan)
    met, planned = Meeting.objects.get(), Plan.objects.get()
    to = reverse("correct_decided", args=[person.key, "meeting", met.key])
    assert client.post(to, {**meeting, "took_part": "Dr A", "why": "one left"}).status_code == 422
    more = {**meeting, "took_part": "Dr A, surgeon\nDr B, pain\nDr C, mind", "why": "one was forgotten"}
    assert client.post(to, more).status_code == 302
    assert len(Meeting.objects.current().get().took_part) == 3
    to = reverse("correct_decided", args=[person.key, "plan", planned.key])
    early = str(timezone.localdate() - timedelta(days=3))
    refused = client.post(to, {**plan, "review_on": early, "why": "sooner"})
    assert refused.status_code == 422
    assert client.post(to, {**plan, "goal": "the dog, twice a day", "why": "more exact"}).status_code == 302
    assert Plan.objects.current().get().goal == "the dog, twice a day"


def test_a_decision_on_a_corrected_meeting_rests_on_it_still(client: Client, row: Assessment) -> None:
    person, day = row.person, str(timezone.localdate())
    meeting = {"on": day, "took_part": "Dr A\nDr B", "advice": "wait"}
    does(client, person, "meet", **meeting)
    met = Meeting.objects.get()
    told = {"option_says": "a walking group", "said": "chosen", "meeting": str(met.key), "on": day}
    does(client, person, "decide", **told)
    to = reverse("correct_decided", args=[person.key, "meeting", met.key])
    client.post(to, {**meeting, "advice": "wait a month", "why": "a slip"})
    again = Meeting.objects.current().get()
    decision = Decision.objects.get()
    to = reverse("correct_decided", args=[person.key, "decision", decision.key])
    assert f'value="{again.key}" selected' in client.get(to).content.decode()
    assert client.post(to, {**told, "meeting": str(again.key), "why": "nothing else"}).status_code == 422


def test_only_who_may_treat_corrects_and_whoever_sees_people_sees_the_history(
    client: Client, logged_in: Callable[[str], Client], row: Assessment
) -> None:
    person, day = row.person, str(timezone.localdate())
    does(client, person, "decide", option_says="rest", said="chosen", on=day)
    decision = Decision.objects.get()
    coordinator = logged_in("coordinator")
    at = [person.key, "decision", decision.key]
    assert coordinator.get(reverse("correct_decided", args=at)).status_code == 403
    assert coordinator.post(reverse("correct_decided", args=at), {"why": "x"}).status_code == 403
    seen = coordinator.get(reverse("decided", args=at)).content.decode()
    assert "rest" in seen
    assert "Correct</a>" not in seen
    assert coordinator.get(reverse("decided", args=[person.key, "letter", decision.key])).status_code == 404
    does(client, person, "withdraw", kind="decision", row=str(decision.key), why="it was somebody else's")
    page = coordinator.get(reverse("decision", args=[person.key])).content.decode()
    assert "Withdrawn (1)" in page
    assert "it was somebody else&#x27;s" in page
