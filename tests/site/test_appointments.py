"""Reminders of appointments: one for each time, by the way agreed to, of nobody and nothing; never of what is off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postlude.registry import appointments as reminders
from postlude.registry import post, reminding
from postlude.registry.actions import appointments, people
from postlude.registry.actions.acting import RecordError
from postlude.registry.actor import Actor
from postlude.registry.models import Appointment, Clinic, Person, Sending

BY = Actor.system("tests")
NOON = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def agreed(person: Person) -> Person:
    people.consent(person=person, purpose="contact_email", given=True, wording="May we write?", by=BY)
    return person


def booked(person: Person, days: float = 5) -> Appointment:
    row: Appointment = appointments.book(
        person=person,
        starts_at=NOON + timedelta(days=days, hours=2.5),
        what_for="epidural injection",
        with_whom="Dr Secret",
        by=BY,
    )
    return row


def before(row: Appointment, days: float) -> datetime:
    return row.starts_at - timedelta(days=days)


def test_somebody_is_reminded_once_two_days_before(agreed: Person, mailoutbox: list[Any]) -> None:
    row = booked(agreed)
    assert reminders.remind(before(row, 2.1)) == 0
    assert reminders.remind(before(row, 2)) == 1
    for days in (2, 1.9, 1, 0.1):
        assert reminders.remind(before(row, days)) == 0
    assert post.deliver(before(row, 1.9)) == 1
    assert reminders.remind(before(row, 1)) == 0
    (message,) = mailoutbox
    starts = timezone.localtime(row.starts_at)
    text = f"{message.subject} {message.body}"
    assert f"{starts.day} {starts:%B %Y} at 14:30" in text
    assert message.to == [agreed.email]
    secrets = (agreed.given_name, agreed.family_name, agreed.phone, str(agreed.key), str(row.key), "/f/", "http")
    assert not [secret for secret in (*secrets, "injection", "Dr Secret") if secret in text]


def test_by_the_channel_they_prefer_and_in_english_while_their_language_is_off(agreed: Person) -> None:
    people.consent(person=agreed, purpose="contact_sms", given=True, wording="May we text?", by=BY)
    people.amend(person=agreed, details={"language": "es", "preferred_way": "sms"}, by=BY)
    row = booked(agreed)
    assert reminders.remind(before(row, 2)) == 1
    sending = Sending.objects.get()
    assert (sending.channel, sending.to) == ("sms", agreed.phone)
    assert sending.body.startswith("the clinic: you have an appointment on ")
    assert "at 14:30" in sending.body


@pytest.mark.parametrize("hour", [21, 3])
def test_not_in_the_quiet_hours(agreed: Person, hour: int) -> None:
    row = booked(agreed)
    assert reminders.remind(before(row, 1).replace(hour=hour)) == 0


def test_what_is_cancelled_moved_or_over_reminds_nobody(agreed: Person) -> None:
    cancelled, moved = booked(agreed), booked(agreed)
    appointments.became(appointment=cancelled, does="cancelled", by=BY, at=NOON)
    other = appointments.move(
        appointment=moved, starts_at=moved.starts_at + timedelta(days=10), by=BY, why="the room is shut"
    )
    assert reminders.remind(before(moved, 2)) == 0
    assert reminders.remind(moved.starts_at) == 0
    # The new time has a reminder of its own.
    assert reminders.remind(before(other, 2)) == 1
    assert Sending.objects.get().once == other.once
    assert (other.what_for, other.with_whom, other.person_id) == (moved.what_for, moved.with_whom, moved.person_id)
    assert moved.steps.get().note.endswith("the room is shut")
    assert reminders.told(moved, NOON) == ""


@pytest.mark.parametrize("how", ["cancelled", "moved"])
def test_a_reminder_that_has_not_left_is_taken_back_with_its_appointment(agreed: Person, how: str) -> None:
    row = booked(agreed)
    assert reminders.remind(before(row, 2)) == 1
    if how == "cancelled":
        appointments.became(appointment=row, does="cancelled", by=BY, at=NOON)
    else:
        appointments.move(appointment=row, starts_at=row.starts_at + timedelta(days=1), by=BY, why="ill")
    assert Sending.objects.get(once=row.once).state == "cancelled"
    assert post.deliver(before(row, 1)) == 0


def test_nobody_is_reminded_who_agreed_to_no_message_died_or_has_just_booked(agreed: Person) -> None:
    late, row = booked(agreed, 1), booked(agreed)
    assert reminders.remind(before(late, 0.5)) == 0
    assert "booked less than 2 days before" in reminders.told(late, NOON)
    people.leave(person=agreed, because="died", by=BY)
    assert reminders.remind(before(row, 1)) == 0
    people.come_back(person=agreed, by=BY, why="a mistake")
    people.leave(person=agreed, because="withdrew", by=BY)
    people.consent(person=agreed, purpose="contact_email", given=False, wording="May we write?", by=BY)
    row.person.refresh_from_db()
    assert reminders.remind(before(row, 1)) == 0
    assert "agreed to no e-mail and no text message" in reminders.told(row, NOON)
    # Who does not want to be followed up comes to an appointment all the same.
    people.consent(person=agreed, purpose="contact_email", given=True, wording="May we write?", by=BY)
    assert reminders.remind(before(row, 1)) == 1


@pytest.mark.parametrize(("days", "first"), [(0, None), (7, 7)])
def test_the_clinic_says_how_many_days_before(agreed: Person, days: int, first: int | None) -> None:
    Clinic.objects.create(pk=1, remind_days_before=days)
    row = booked(agreed, 9)
    assert [n for n in (8, 7, 6, 2, 1) if reminders.remind(before(row, n))] == ([first] if first else [])
    assert ("the clinic sends none" in reminders.told(row, NOON)) is (days == 0)


def test_it_is_no_follow_up_and_does_not_count_as_one(agreed: Person) -> None:
    for days in range(3, 12):
        booked(agreed, days)
    assert reminders.remind(before(booked(agreed, 11), 2)) > 0
    assert reminding.remind(NOON) == 0
    assert not agreed.contacts.exists()


def test_staff_see_whether_it_left_and_move_an_appointment(agreed: Person, logged_in: Callable[[str], Client]) -> None:
    row, client = booked(agreed), logged_in("coordinator")
    at, to = reverse("record", args=[agreed.key]), reverse("move", args=[agreed.key, row.key])
    assert "A reminder by e-mail leaves on" in client.get(at).content.decode()
    reminders.remind(before(row, 2))
    assert "A reminder by e-mail is about to leave" in client.get(at).content.decode()
    post.deliver(before(row, 2))
    assert "Reminded by e-mail on" in client.get(at).content.decode()
    assert client.get(to).status_code == 200
    later = timezone.localtime(row.starts_at + timedelta(days=1))
    told = {"starts_at": later.strftime("%Y-%m-%dT%H:%M"), "why": ""}
    assert client.post(to, told).status_code == 422
    page = client.post(to, {**told, "why": "she has a cold"}, follow=True).content.decode()
    assert "reminded of the time before: tell them" in page
    assert "she has a cold" in page
    assert client.post(to, {**told, "why": "again"}).status_code == 422
    assert Appointment.objects.count() == 2
    assert logged_in("researcher").get(to).status_code == 403


def test_what_is_not_so_is_not_taken(agreed: Person) -> None:
    row = booked(agreed)
    for refused in (
        lambda: appointments.move(appointment=row, starts_at=row.starts_at, by=BY, why="x"),
        lambda: appointments.move(appointment=row, starts_at=NOON, by=BY, why=" "),
        lambda: appointments.became(appointment=row, does="moved", by=BY, at=NOON),
    ):
        with pytest.raises(RecordError), transaction.atomic():
            refused()
    assert row.steps.count() == 0


# --- the appointments of a day ----------------------------------------------------------------------


def test_the_appointments_of_a_day_say_whose_they_are_and_what_became_of_each(
    agreed: Person, logged_in: Callable[[str], Client]
) -> None:
    row = booked(agreed, days=-1)
    off = booked(agreed, days=-1)
    appointments.became(appointment=off, does="cancelled", by=BY, at=timezone.now(), note="a cold")
    booked(agreed, days=2)
    page = reverse("appointments")
    client, day = logged_in("coordinator"), timezone.localdate(row.starts_at)
    shown = client.get(page, {"on": str(day)}).content.decode()
    assert shown.count("14:30") == 2
    assert "2 booked: 1 cancelled, 1 of which nothing is said yet" in shown
    assert "Who came?" not in shown
    assert "Who came?" in client.get(page).content.decode()
    assert "a cold" in shown
    assert agreed.name in shown
    told = {"does": "came", "day": str(day)}
    answer = client.post(reverse("came", args=[agreed.key, row.key]), told)
    assert answer.headers["Location"] == f"{page}?on={day}"
    shown = client.get(page, {"on": str(day)}).content.decode()
    assert "2 booked: 1 came, 1 cancelled, 0 of which nothing is said yet" in shown
    assert "Who came?" not in client.get(page).content.decode()


def test_what_nobody_has_said_is_neither_came_nor_stayed_away(agreed: Person) -> None:
    rows = [booked(agreed, days=days) for days in (-9, -3, 4)]
    now = timezone.now()
    assert list(reminders.unsaid(now)) == [rows[1], rows[0]]
    appointments.became(appointment=rows[0], does="did_not_come", by=BY, at=now)
    assert list(reminders.unsaid(now)) == [rows[1]]
    # A later word counts for an earlier one.
    appointments.became(appointment=rows[0], does="came", by=BY, at=now)
    assert [row.step.does for row in reminders.starting(timezone.localdate(rows[0].starts_at))] == ["came"]


@pytest.mark.parametrize("on", ["", "yesterday", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_shows_today(agreed: Person, logged_in: Callable[[str], Client], on: str) -> None:
    shown = logged_in("clinician").get(reverse("appointments"), {"on": on})
    assert shown.status_code == 200
    assert "(today)" in shown.content.decode()


def test_an_appointment_of_a_merged_entry_leads_to_the_person(
    agreed: Person, logged_in: Callable[[str], Client]
) -> None:
    twice: Person = people.enter(details={"given_name": "Twice"}, by=BY)
    row = booked(twice, days=0)
    people.merge(kept=agreed, other=twice, why="one person", by=BY)
    shown = logged_in("clinician").get(reverse("appointments")).content.decode()
    assert reverse("person", args=[agreed.key]) in shown
    assert row.starts_at
    assert "Twice" not in shown
