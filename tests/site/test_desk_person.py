"""The pages of one person: by role, with reasons and sources, open questions, and entries that are one person."""

from collections.abc import Callable
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postlude.registry.actions import intakes, links, people
from postlude.registry.actor import Actor
from postlude.registry.interviews import Interview
from postlude.registry.models import AuditEvent, Contact, Intake, Person, PersonChange, Score, Treatment
from postlude.registry.roles import ROLES, Permission, role_of
from postlude.web.desk.sections import SECTIONS, Section

SYSTEM = Actor.system("tests")
TOLD = {"age": 58, "leg_pain": True, "pain_nrs": 7, "burning_or_electric_pain": True, "chronic_liver_disease": True}


@pytest.fixture
def seen(person: Person) -> Intake:
    """An intake of that person, handed in, with something to say of safety."""
    intake: Intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    interview = Interview(intake, by=Actor.person(person))
    for path, value in TOLD.items():
        interview.answer(path, value)
    interview.add("medications", "duloxetine 60 mg")
    interview.finish("medications")
    interview.hand_in()
    return intake


@pytest.mark.parametrize("section", SECTIONS, ids=[section.to for section in SECTIONS])
@pytest.mark.parametrize("empty", [False, True], ids=["assessed", "nothing told"])
def test_the_desk_sees_every_section(
    section: Section, empty: bool, logged_in: Callable[[str], Client], person: Person, request: pytest.FixtureRequest
) -> None:
    if not empty:
        request.getfixturevalue("seen")
    for role in ("coordinator", "clinician"):
        answer = logged_in(role).get(reverse(section.to, args=[person.key]))
        permitted = section.permission in ROLES[role].permissions
        assert answer.status_code == (200 if permitted else 403)
        assert (person.name in answer.content.decode()) == permitted


@pytest.mark.parametrize("role", ["researcher", "editor", "administrator", ""])
def test_nobody_else_sees_any(role: str, logged_in: Callable[[str], Client], seen: Intake) -> None:
    client = logged_in(role)
    for section in SECTIONS:
        answer = client.get(reverse(section.to, args=[seen.person.key]))
        permitted = section.permission in role_of(role).permissions
        assert answer.status_code == (200 if permitted else 403)
        assert not (permitted and section.permission == Permission.SEE_PEOPLE)
        assert seen.person.family_name not in answer.content.decode()


def test_a_look_at_a_person_is_kept(logged_in: Callable[[str], Client], person: Person) -> None:
    logged_in("coordinator").get(reverse("options", args=[person.key]))
    event = AuditEvent.objects.get(did="looks.looked")
    assert (event.person, event.detail) == (person.key, {"at": "options"})


def test_what_is_said_opens_to_reason_rule_and_source(logged_in: Callable[[str], Client], seen: Intake) -> None:
    page = logged_in("clinician").get(reverse("assessment", args=[seen.person.key])).content.decode()
    said = seen.assessments.get().content
    (note,) = (one for one in said["safety"] if one["rule"] == "duloxetine-liver")
    for part in (note["says"], note["because"][0]["says"], note["rule"], note["sources"][0]["cite"][:30]):
        assert part in page
    assert reverse("knowledge_entry", args=["duloxetine-liver"]) in page


def test_options_stand_with_figures_certainty_and_studies(logged_in: Callable[[str], Client], seen: Intake) -> None:
    client = logged_in("clinician")
    page = client.get(reverse("options", args=[seen.person.key])).content.decode()
    assert "Certainty" in page
    assert "Studies behind the figures" in page
    assert "/research/evidence/" in page
    drawn = client.get(reverse("options_picture", args=[seen.person.key]))
    assert ElementTree.fromstring(drawn.content).tag.endswith("svg")  # noqa: S314 - drawn here


def test_an_open_question_is_answered_on_the_page(logged_in: Callable[[str], Client], seen: Intake) -> None:
    client, person = logged_in("clinician"), seen.person
    where = reverse("answer_question", args=[person.key, seen.key])
    assert seen.state == "finished"
    page = client.get(reverse("open_questions", args=[person.key])).content.decode()
    assert "Why these answers are opened again" in page
    refused = client.post(where, {"path": "smoking", "value": "no", "why": " "})
    assert refused.status_code == 422
    assert "say why they are opened again" in refused.content.decode()
    refused = client.post(where, {"path": "smoking", "value": "perhaps", "why": "he called"})
    assert refused.status_code == 422
    # An answer that is not taken opens nothing.
    seen.refresh_from_db()
    assert seen.state == "finished"
    assert not seen.answers.filter(path="smoking").exists()
    assert client.post(where, {"path": "smoking", "value": "no", "why": "he called to say so"}).status_code == 302
    seen.refresh_from_db()
    assert seen.state == "open"
    assert AuditEvent.objects.get(did="intakes.reopen").why == "he called to say so"
    page = client.get(reverse("open_questions", args=[person.key])).content.decode()
    assert "Why these answers are opened again" not in page
    assert "More was told since" in client.get(reverse("assessment", args=[person.key])).content.decode()
    client.post(reverse("assess", args=[person.key]), {"intake": str(seen.key)})
    assert seen.assessments.count() == 2
    assert "More was told since" not in client.get(reverse("assessment", args=[person.key])).content.decode()


def test_who_answers_an_examination_is_the_clinician(logged_in: Callable[[str], Client], seen: Intake) -> None:
    client = logged_in("clinician")
    page = client.get(reverse("open_questions", args=[seen.person.key]))
    asked = next(one for group in page.context["groups"] for one in group.forms if one.answered_by == "clinician")
    assert asked.kind == "boolean"
    client.post(
        reverse("answer_question", args=[seen.person.key, seen.key]),
        {"path": asked.path, "value": "no", "why": "examined"},
    )
    row = seen.answers.get(path=asked.path)
    assert (row.told_by, row.way) == ("clinician", "visit")
    told = client.get(reverse("answers", args=[seen.person.key])).content.decode()
    assert "Robin Clinician" in told


def test_an_earlier_assessment_stays_as_it_was_said(logged_in: Callable[[str], Client], seen: Intake) -> None:
    first = seen.assessments.get()
    by = Actor.person(seen.person)
    intakes.reopen(intake=seen, by=by, why="more to tell")
    interview = Interview(seen, by=by)
    interview.answer("fever", True)
    interview.answer("spine_pain_worse", True)
    interview.hand_in()
    client = logged_in("clinician")
    before = client.get(reverse("earlier_assessment", args=[seen.person.key, first.key])).content.decode()
    assert first.content["headline"] in before
    assert "What stands now" in before
    assert first.content["headline"] not in client.get(reverse("assessment", args=[seen.person.key])).content.decode()


def test_details_change_and_what_was_before_is_kept(logged_in: Callable[[str], Client], person: Person) -> None:
    client = logged_in("coordinator")
    page = client.get(reverse("identity", args=[person.key]))
    form = {name: page.context["details"][name].value() or "" for name in people.CHANGEABLE}
    where = reverse("change_details", args=[person.key])
    client.post(where, form | {"does": "amend", "phone": "0555 8", "why": "she moved"})
    person.refresh_from_db()
    assert person.phone == "0555 8"
    change = PersonChange.objects.get()
    assert (change.field, change.old, change.new, change.why) == ("phone", "+44 7700 900461", "0555 8", "she moved")
    assert client.post(where, form | {"does": "amend", "email": "no address"}).status_code == 422


def test_entries_are_merged_and_taken_apart_with_a_reason(logged_in: Callable[[str], Client], person: Person) -> None:
    other = people.enter(by=SYSTEM, details={"family_name": "Twin", "phone": person.phone})
    client, where = logged_in("coordinator"), reverse("change_details", args=[person.key])
    assert "may be the same person" in client.get(reverse("person", args=[person.key])).content.decode()
    client.post(where, {"does": "merge", "other": str(other.key), "why": ""})
    other.refresh_from_db()
    assert other.merged_into is None
    client.post(where, {"does": "merge", "other": str(other.key), "why": "the same birth date and voice"})
    other.refresh_from_db()
    assert other.merged_into == person
    assert client.get(reverse("person", args=[other.key])).url == reverse("person", args=[person.key])
    client.post(where, {"does": "unmerge", "other": str(other.key), "why": "a sister"})
    other.refresh_from_db()
    assert other.merged_into is None


def test_only_who_is_alike_can_be_merged(logged_in: Callable[[str], Client], person: Person) -> None:
    other = people.enter(by=SYSTEM, details={"family_name": "Stranger"})
    answer = logged_in("coordinator").post(
        reverse("change_details", args=[person.key]), {"does": "merge", "other": str(other.key), "why": "guess"}
    )
    assert answer.status_code == 404


def test_a_link_is_shown_once_and_can_be_ended(logged_in: Callable[[str], Client], person: Person) -> None:
    client, where = logged_in("coordinator"), reverse("change_details", args=[person.key])
    client.post(where, {"does": "give", "purpose": "intake"})
    page = reverse("identity", args=[person.key])
    assert "/i/" in client.get(page).content.decode()
    assert "/i/" not in client.get(page).content.decode()
    link = person.links.get()
    client.post(where, {"does": "end", "link": str(link.key)})
    link.refresh_from_db()
    assert link.ended_at is not None


def test_a_link_of_somebody_else_is_not_ended_here(logged_in: Callable[[str], Client], person: Person) -> None:
    other = people.enter(by=SYSTEM, details={"family_name": "Other"})
    link = links.give(person=other, purpose="result", by=SYSTEM)
    answer = logged_in("coordinator").post(
        reverse("change_details", args=[person.key]), {"does": "end", "link": str(link.key)}
    )
    assert answer.status_code == 404
    link.refresh_from_db()
    assert link.ended_at is None


def test_a_consent_is_kept_word_for_word_and_taken_back(logged_in: Callable[[str], Client], person: Person) -> None:
    client, where = logged_in("coordinator"), reverse("change_details", args=[person.key])
    for given in ("yes", "no"):
        client.post(where, {"does": "consent", "purpose": "research", "given": given, "wording": "May we count you?"})
    assert [row.given for row in person.consents.order_by("id")] == [True, False]


def test_the_course_shows_scores_treatments_and_what_was_missed(
    logged_in: Callable[[str], Client], person: Person
) -> None:
    client = logged_in("clinician")
    picture = reverse("course_picture", args=[person.key])
    assert client.get(picture).status_code == 404
    today = timezone.localdate()
    for days, value in ((200, 8.0), (100, 3.0)):
        Score.objects.create(
            person=person, on=today - timedelta(days=days), instrument="nrs", measure="pain", value=value, by="system x"
        )
    Treatment.objects.create(person=person, on=date(today.year - 1, 6, 1), says="a block <b>", by="system x")
    Contact.objects.create(person=person, due_on=today - timedelta(days=30), by="system x")
    for look in ("", "?narrow", "?dark", "?narrow&dark"):
        drawn = client.get(picture + look)
        text = "".join(ElementTree.fromstring(drawn.content).itertext())  # noqa: S314 - drawn here
        assert "due, not answered" in text
        assert "a block <b>" in text
        assert "Synthetic" in text
    assert "nrs, pain: 3" in client.get(reverse("person", args=[person.key])).content.decode()
