"""The worklist: who waits, how urgent, who has it, and alerts that nobody can overlook."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postlude.registry import worklist
from postlude.registry.actions import alerts, intakes, messages, people
from postlude.registry.actor import Actor
from postlude.registry.interviews import Interview
from postlude.registry.lookup import look_up
from postlude.registry.models import Alert, Claim, Intake, Person

SYSTEM = Actor.system("tests")
ROLES_OF_THE_DESK = ("coordinator", "clinician")


def enter(**details: object) -> Person:
    made: Person = people.enter(by=SYSTEM, details=details, synthetic=True)
    return made


def handed_in(person: Person, **told: object) -> Intake:
    """An intake with these answers, handed in."""
    intake: Intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    interview = Interview(intake, by=Actor.person(person))
    for path, value in told.items():
        interview.answer(path, value)
    interview.hand_in()
    return intake


@pytest.fixture
def emergency(person: Person) -> Alert:
    """An emergency that nobody has taken on."""
    handed_in(person, spine_pain_worse=True, fever=True)
    return Alert.objects.get(level="emergency")


def test_people_wait_by_urgency_and_then_by_age(record: None) -> None:
    calm, older, worse = (enter(family_name=name) for name in ("Calm", "Older", "Worse"))
    for person, told in ((calm, {}), (older, {}), (worse, {"fever": True, "spine_pain_worse": True})):
        handed_in(person, **told)
    Intake.objects.filter(person=older).update(finished_at=timezone.now() - timedelta(days=1))
    assert [row.person for row in worklist.waiting()] == [worse, older, calm]


def test_what_is_released_waits_no_more_until_more_is_told(record: None, staff: Callable[..., object]) -> None:
    person = enter(family_name="Seen")
    intake = handed_in(person)
    by = Actor.staff(staff("clinician"))
    assert worklist.waiting().count() == 1
    row = intake.assessments.get()
    intakes.release(assessment=row, disposition=row.disposition, by=by)
    assert worklist.waiting().count() == 0
    intakes.reopen(intake=intake, by=by, why="asked again")
    Interview(intake, by=by).answer("age", 61)
    assert worklist.waiting().count() == 1


def test_what_was_taken_back_waits_again(record: None, staff: Callable[..., object]) -> None:
    row = handed_in(enter(family_name="Back")).assessments.get()
    by = Actor.staff(staff("clinician"))
    intakes.release(assessment=row, disposition=row.disposition, by=by)
    intakes.take_back(assessment=row, by=by, why="a new letter came")
    assert worklist.waiting().count() == 1


def test_an_imported_intake_that_nobody_assessed_waits_for_nobody(record: None) -> None:
    person = enter(family_name="Import")
    intake = intakes.begin(person=person, way="import", by=SYSTEM)
    intakes.finish(intake=intake, by=SYSTEM)
    assert worklist.waiting().count() == 0


def counted() -> tuple[worklist.Count, ...]:
    return worklist.counts(list(worklist.waiting()), list(worklist.open_alerts()))


def test_counts_name_their_denominator(record: None) -> None:
    for name in ("One", "Two", "Three"):
        handed_in(enter(family_name=name))
    Intake.objects.filter(person__family_name="Three").update(finished_at=timezone.now() - timedelta(days=9))
    found = {count.name: (count.value, count.of) for count in counted()}
    assert found["not yet seen"] == (2, 2)
    assert found["waiting in all"] == (3, 3)


@pytest.mark.parametrize("role", ROLES_OF_THE_DESK)
def test_the_worklist_shows_who_waits(role: str, logged_in: Callable[[str], Client], emergency: Alert) -> None:
    page = logged_in(role).get(reverse("worklist")).content.decode()
    assert emergency.person.name in page
    assert emergency.says[:40] in page
    assert "due in" in page


@pytest.mark.parametrize("role", ["researcher", "editor", "administrator", ""])
def test_others_do_not_see_it(role: str, logged_in: Callable[[str], Client], emergency: Alert) -> None:
    answer = logged_in(role).get(reverse("worklist"))
    assert answer.status_code == 403
    assert emergency.person.family_name not in answer.content.decode()


def test_an_emergency_stands_above_every_page_until_it_is_taken_on(
    logged_in: Callable[[str], Client], emergency: Alert
) -> None:
    client = logged_in("coordinator")
    pages = [reverse("worklist"), reverse("inbox"), reverse("find"), reverse("person", args=[emergency.person.key])]
    for address in pages:
        assert 'class="alarm"' in client.get(address).content.decode(), address
    assert 'class="alarm"' in client.get(reverse("alarm")).content.decode()
    where = reverse("alert", args=[emergency.person.key, emergency.key])
    assert client.post(where, {"does": "acknowledge"}).status_code == 302
    for address in pages:
        assert 'class="alarm"' not in client.get(address).content.decode(), address


def test_an_alert_is_taken_on_called_and_closed_with_words(
    logged_in: Callable[[str], Client], emergency: Alert
) -> None:
    client = logged_in("coordinator")
    where = reverse("alert", args=[emergency.person.key, emergency.key])
    client.post(where, {"does": "acknowledge"})
    client.post(where, {"does": "called", "note": "engaged"})
    refused = client.post(where, {"does": "close", "note": "  "})
    assert refused.status_code == 422
    assert emergency.steps.filter(does="closed").count() == 0
    assert client.post(where, {"does": "close", "note": "in hospital"}).status_code == 302
    assert [step.does for step in emergency.steps.order_by("id")] == ["acknowledged", "called", "closed"]
    assert list(worklist.open_alerts()) == []
    page = client.get(where).content.decode()
    assert "in hospital" in page
    assert "Robin Coordinator" in page


def test_an_alert_that_is_late_is_marked(logged_in: Callable[[str], Client], person: Person) -> None:
    alerts.sound(
        person=person,
        level="urgent",
        says="late",
        rules=("a rule",),
        due_at=timezone.now() - timedelta(minutes=7),
        by=SYSTEM,
    )
    assert worklist.overdue(worklist.open_alerts().get())
    assert "overdue by 7 min" in logged_in("clinician").get(reverse("worklist")).content.decode()


def test_a_warning_sign_left_open_calls_for_a_call_today(logged_in: Callable[[str], Client], person: Person) -> None:
    intake: Intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    interview = Interview(intake, by=Actor.person(person))
    interview.leave("fever", "not_known")
    interview.hand_in()
    (alert,) = worklist.open_alerts()
    assert (alert.level, alert.rules) == ("urgent", ["fever"])
    assert alert.says.startswith("Call the person today")
    assert person.name in logged_in("coordinator").get(reverse("worklist")).content.decode()


def test_a_case_is_taken_and_given_back(logged_in: Callable[[str], Client], person: Person) -> None:
    handed_in(person)
    client = logged_in("clinician")
    where = reverse("claim", args=[person.key])
    assert client.post(where, {"does": "take"}).status_code == 302
    assert worklist.holder(person).role == "clinician"
    assert person.name in client.get(reverse("worklist"), {"has": "me"}).content.decode()
    assert person.name not in client.get(reverse("worklist"), {"has": "nobody"}).content.decode()
    client.post(where, {"does": "give_back"})
    assert worklist.holder(person) is None
    assert Claim.objects.count() == 2
    again = client.post(where, {"does": "give_back"}, follow=True).content.decode()
    assert "Nobody has this case" in again


def test_a_page_to_go_back_to_is_one_of_this_site(logged_in: Callable[[str], Client], person: Person) -> None:
    client = logged_in("clinician")
    where = reverse("claim", args=[person.key])
    for back in ("https://elsewhere.example/", "/clinic/people//elsewhere.example", "//elsewhere.example"):
        assert client.post(where, {"does": "take", "back": back}).url == reverse("worklist")
    here = reverse("person", args=[person.key])
    assert client.post(where, {"does": "take", "back": here}).url == here


@pytest.mark.parametrize(
    "text", ["xanth", "quillfeather xan", "900461", "07700 900 461"[1:], "1971-03-29", "29.03.1971"]
)
def test_a_person_is_found_by_name_telephone_and_birth_date(text: str, person: Person) -> None:
    enter(family_name="Other", birth_date=date(1960, 1, 1), phone="0555 1234")
    assert list(look_up(text)) == [person]


@pytest.mark.parametrize(
    "text", ["", "   ", "nobody of this name", "1971-03-30", "1972", "4.1971", "13.1971", "1971-13", "28.3.", "3/29"]
)
def test_nobody_is_found_by_what_names_nobody(text: str, person: Person) -> None:
    assert list(look_up(text)) == []


def test_what_may_be_a_year_or_the_end_of_a_number_finds_both(person: Person) -> None:
    other = enter(family_name="Other", phone="0555 1971")
    assert set(look_up("1971")) == {person, other}


def test_a_merged_entry_is_found_by_the_one_that_was_kept(person: Person) -> None:
    other = enter(family_name="Quilfeather", phone="0555 7777")
    people.merge(kept=person, other=other, by=SYSTEM, why="spelt wrongly")
    assert list(look_up("0555 7777")) == [person]


def test_no_name_stands_in_an_address(logged_in: Callable[[str], Client], person: Person) -> None:
    client = logged_in("coordinator")
    answer = client.post(reverse("find"), {"text": "Quillfeather"})
    assert "quill" not in answer.url.casefold()
    assert person.name in client.get(answer.url).content.decode()


def test_somebody_new_is_entered(logged_in: Callable[[str], Client], record: None) -> None:
    client = logged_in("coordinator")
    answer = client.post(reverse("enter"), {"family_name": "Neuling", "phone": "0555 99"})
    assert answer.url == reverse("person", args=[Person.objects.get(family_name="Neuling").key])
    assert client.post(reverse("enter"), {"family_name": ""}).status_code == 422


def test_the_inbox_has_the_oldest_open_question_first(logged_in: Callable[[str], Client], person: Person) -> None:
    by = Actor.person(person)
    first = messages.ask(person=person, text="May I swim?", by=by)
    messages.ask(person=person, text="May I fly?", by=by)
    client = logged_in("coordinator")
    page = client.get(reverse("inbox")).content.decode()
    assert page.index("May I swim?") < page.index("May I fly?")
    where = reverse("reply", args=[person.key, first.key])
    assert client.post(where, {"text": " "}).status_code == 422
    assert client.post(where, {"text": "Yes, when the wound is closed."}).status_code == 302
    assert [message.text for message in worklist.questions()] == ["May I fly?"]
    assert (
        "Yes, when the wound is closed." in client.get(reverse("person_messages", args=[person.key])).content.decode()
    )


def test_an_answer_is_noticed_only_where_that_was_agreed(logged_in: Callable[[str], Client], person: Person) -> None:
    by = Actor.person(person)
    client = logged_in("coordinator")
    for agreed in (False, True):
        if agreed:
            people.consent(person=person, purpose="contact_email", given=True, wording="May we write?", by=by)
        question = messages.ask(person=person, text="And now?", by=by)
        client.post(reverse("reply", args=[person.key, question.key]), {"text": "Now too."})
        assert person.sendings.count() == agreed
    sent = person.sendings.get()
    assert sent.to == person.email
    for secret in (person.given_name, person.family_name, "And now?", "Now too.", str(person.key)):
        assert secret not in sent.subject + sent.body
    assert "/r/" in sent.body
