"""A follow-up from the treatment to the answer: what is due, who is asked, what is kept, and what somebody hears of."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from postlude.registry import due, post, reminding
from postlude.registry.actions import entries, people, scores
from postlude.registry.actor import Actor
from postlude.registry.models import AdverseEvent, Alert, Contact, ContactStep, Form, Person, Score, Sending, Treatment
from postlude.web.templatetags.telephone import dialled

BY = Actor.system("tests")


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


@pytest.fixture
def treated(person: Person) -> Treatment:
    """The person, 15 days after a procedure, who agreed to e-mail; their pain was 3 before it."""
    on = timezone.localdate() - timedelta(days=15)
    people.consent(person=person, purpose="contact_email", given=True, wording="May we write?", by=BY)
    details = {"on": on, "says": "an injection of tests", "region": "lumbar"}
    row: Treatment = entries.enter(model=Treatment, person=person, details=details, by=BY)
    scores.total(
        person=person,
        instrument="nrs",
        measure="pain",
        value=3,
        on=on,
        site="leg",
        time="week",
        by=BY,
        about=row,
        months=0,
    )
    return row


@pytest.fixture
def asked(treated: Treatment, mailoutbox: list[Any]) -> Contact:
    """The safety check of that procedure, after the person was asked by e-mail."""
    now = noon(timezone.localdate())
    assert reminding.remind(now) == 1
    assert post.deliver(now) == 1
    return Contact.objects.get()


def link_in(message: Any) -> str:
    (line,) = [line for line in message.body.splitlines() if "/f/" in line]
    return line.strip()[line.strip().index("/f/") :]


def test_a_person_answers_and_everything_is_in_the_record(
    asked: Contact, treated: Treatment, mailoutbox: list[Any], client: Client
) -> None:
    start = link_in(mailoutbox[0])
    page = client.get(start)
    assert page.status_code == 200
    assert Form.objects.count() == 0
    to = client.post(start)["Location"]
    assert to.endswith("/signs/")
    signs = client.get(to)
    assert b"wound" in signs.content
    to = client.post(to, {"none": "1"})["Location"]
    assert to.endswith("/pain_main/")
    to = client.post(to, {"site": "leg", "now": "4", "average": "5"})["Location"]
    assert to.endswith("/pgic/")
    to = client.post(to, {"change": "3"})["Location"]
    assert to.endswith("/since/")
    to = client.post(to, {"harm": "A bruise for a week", "medicines": "Less of one"})["Location"]
    done = client.get(to)
    assert b"Thank you" in done.content
    found = {(s.instrument, s.measure, s.site, s.time): s for s in Score.objects.current().filter(form__contact=asked)}
    assert found["nrs", "pain", "leg", "week"].value == 5
    assert found["nrs", "pain", "leg", "now"].value == 4
    assert found["pgic", "rating", "", ""].value == 3
    assert {s.months for s in found.values()} == {0.5}
    assert {s.about_id for s in found.values()} == {treated.pk}
    (harm,) = AdverseEvent.objects.current()
    assert (harm.what, harm.told_by, harm.contact_id, harm.about_id) == (
        "A bruise for a week",
        "patient",
        asked.pk,
        treated.pk,
    )
    assert [s.does for s in asked.steps.order_by("id")] == ["asked", "answered"]
    assert asked.steps.last().note == "Less of one"
    assert Alert.objects.count() == 0


def test_a_warning_sign_stops_it_says_what_to_do_and_sounds_an_alert(
    asked: Contact, mailoutbox: list[Any], client: Client
) -> None:
    start = link_in(mailoutbox[0])
    to = client.post(start)["Location"]
    to = client.post(to, {"none": "1", "fever": "yes"})["Location"]
    assert to.endswith("/now/")
    told = client.get(to).content.decode()
    assert "Please get help now" in told
    assert "Go to hospital today" in told
    (alert,) = Alert.objects.all()
    assert (alert.level, alert.person_id, alert.intake.contact_id) == ("emergency", asked.person_id, asked.pk)
    # It goes on when it is taken care of, and what was answered is kept.
    onward = client.post(to, {"on": "1"})["Location"]
    assert client.get(onward).status_code == 200
    fever = alert.intake.content["facts"]["fever"]
    assert fever["value"] is True


def test_a_mistake_can_be_taken_back(asked: Contact, mailoutbox: list[Any], client: Client) -> None:
    start = link_in(mailoutbox[0])
    signs = client.post(start)["Location"]
    now = client.post(signs, {"none": "1", "fever": "yes"})["Location"]
    back = client.post(now, {"mistake": "1"})["Location"]
    assert back == signs
    onward = client.post(back, {"none": "1", "fever": "no"})["Location"]
    assert not onward.endswith("/now/")
    assert Alert.objects.count() == 1


def test_not_sure_is_never_no_and_somebody_calls_the_same_day(
    asked: Contact, mailoutbox: list[Any], client: Client
) -> None:
    to = client.post(link_in(mailoutbox[0]))["Location"]
    unanswered = client.post(to, {"fever": "no"})
    assert unanswered.status_code == 422
    assert "Not sure is an answer too" in unanswered.content.decode()
    to = client.post(to, {"none": "1", "bladder_change": "not_known"})["Location"]
    (alert,) = Alert.objects.all()
    assert alert.level == "urgent"
    assert timedelta(hours=23) < alert.due_at - alert.at <= timedelta(hours=24)


def test_pain_that_is_clearly_worse_is_heard_of(asked: Contact, mailoutbox: list[Any], client: Client) -> None:
    to = client.post(link_in(mailoutbox[0]))["Location"]
    to = client.post(to, {"none": "1"})["Location"]
    # 3 before, 6 now: less than 4 points; the scale of this moment is not mixed with that of a week.
    to = client.post(to, {"site": "leg", "now": "9", "average": "6"})["Location"]
    to = client.post(to, {"change": "5"})["Location"]
    client.post(to, {})
    assert Alert.objects.count() == 0
    back = to.replace("since", "pain_main")
    client.post(back, {"site": "leg", "now": "9", "average": "7"})
    done = client.get(client.post(to, {})["Location"]).content.decode()
    (alert,) = Alert.objects.all()
    assert alert.rules == ["pain-clearly-more"]
    assert alert.contact_id == asked.pk
    assert "call you within 2 days" in done
    # The number that was changed is kept, and counts no more.
    assert [s.value for s in Score.objects.filter(time="week", form__contact=asked).order_by("id")] == [6, 7]
    assert Score.objects.current().get(time="week", form__contact=asked).value == 7


def test_much_worse_is_heard_of_once(asked: Contact, mailoutbox: list[Any], client: Client) -> None:
    to = client.post(link_in(mailoutbox[0]))["Location"]
    to = client.post(to, {"none": "1"})["Location"]
    to = client.post(to, {"site": "", "now": "", "average": ""})["Location"]
    to = client.post(to, {"change": "6"})["Location"]
    to = client.post(to, {})["Location"]
    client.get(to)
    client.get(to)
    assert [alert.rules for alert in Alert.objects.all()] == [["much-worse"]]


def test_what_was_left_open_is_no_score_and_says_why(asked: Contact, mailoutbox: list[Any], client: Client) -> None:
    to = client.post(link_in(mailoutbox[0]))["Location"]
    to = client.post(to, {"none": "1"})["Location"]
    to = client.post(to, {"site": "back", "now": "4", "average": ""})["Location"]
    client.post(to, {"change": ""})
    rows = {(s.instrument, s.time): (s.value, s.reason) for s in Score.objects.current().filter(form__contact=asked)}
    assert rows == {
        ("nrs", "now"): (4, ""),
        ("nrs", "week"): (None, "not_filled_in"),
        ("pgic", ""): (None, "not_filled_in"),
    }


def test_it_is_stopped_with_one_tap_and_nobody_asks_again(
    asked: Contact, treated: Treatment, mailoutbox: list[Any], client: Client
) -> None:
    start = link_in(mailoutbox[0])
    assert f'action="{start}stop/"' in client.get(start).content.decode()
    stopped = client.post(f"{start}stop/")
    assert b"We will not ask you again" in stopped.content
    person = Person.objects.get(pk=asked.person_id)
    assert (person.left_because, person.left_on) == ("withdrew", timezone.localdate())
    assert asked.steps.last().reason == "withdrew"
    assert client.get(start).status_code == 410
    assert due.ahead(person) == ()
    in_a_year = noon(timezone.localdate() + timedelta(days=365))
    assert reminding.remind(in_a_year) == 0
    assert Contact.objects.count() == 1


def test_who_is_silent_is_reminded_and_then_lost_with_a_reason(asked: Contact, treated: Treatment) -> None:
    today = timezone.localdate()
    sent = {day: reminding.remind(noon(today + timedelta(days=day))) for day in range(1, 19)}
    assert [day for day, count in sent.items() if count] == [7, 14]
    assert asked.steps.count() == 3
    reminding.remind(noon(due.open_until(asked) + timedelta(days=1)))
    last = asked.steps.last()
    assert (last.does, last.reason) == ("silent", "no_answer")


def test_who_agreed_to_no_message_is_not_written_to_and_is_told_apart(treated: Treatment) -> None:
    people.consent(person=treated.person, purpose="contact_email", given=False, wording="May we write?", by=BY)
    today = timezone.localdate()
    assert reminding.remind(noon(today)) == 0
    contact = Contact.objects.get()
    reminding.remind(noon(due.open_until(contact) + timedelta(days=1)))
    assert contact.steps.get().reason == "not_asked"
    assert Sending.objects.count() == 0


def test_nothing_is_sent_in_the_quiet_hours(treated: Treatment) -> None:
    now = noon(timezone.localdate())
    assert reminding.remind(now.replace(hour=22)) == 0
    assert reminding.remind(now.replace(hour=7)) == 0
    assert reminding.remind(now.replace(hour=8)) == 1


def test_messages_name_nobody(asked: Contact, mailoutbox: list[Any]) -> None:
    (message,) = mailoutbox
    text = f"{message.subject} {message.body}"
    person = asked.person
    assert "injection" not in text
    for secret in (person.given_name, person.family_name, str(person.birth_date), person.phone, str(person.key)):
        assert secret not in text


def test_a_second_look_plans_nothing_new(asked: Contact) -> None:
    now = noon(timezone.localdate())
    assert reminding.remind(now) == 0
    assert Contact.objects.count() == 1


def test_a_treatment_entered_by_mistake_asks_nobody(treated: Treatment) -> None:
    today = timezone.localdate()
    due.bring_up(today)
    entries.withdraw(entry=treated, by=BY, why="it was somebody else")
    assert reminding.remind(noon(today)) == 0
    assert [s.does for s in ContactStep.objects.all()] == ["dropped"]


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("until 19 June 2027.", []),
        ("Call 112, or 911.", ["112", "911"]),
        ("Call 555 0199 before 3 May 2026", ["5550199"]),
        ("Call 116 123 or +44 20 1234 5678", ["116123", "+442012345678"]),
        ("Call 2027 55", ["202755"]),
        ("take 25 mg", []),
    ],
)
def test_numbers_to_call_can_be_tapped_and_years_cannot(said: str, numbers: list[str]) -> None:
    assert re.findall('href="tel:([^"]+)"', dialled(said)) == numbers
