"""What the limits of follow-up leave out is never silent: a safety check is called for, and the pages say why."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postlude.registry import due, reminding
from postlude.registry.actions import contacts, entries, people
from postlude.registry.actor import Actor
from postlude.registry.models import Contact, ContactStep, Person, Sending, Treatment
from postlude.registry.reached import reached, to_call

BY = Actor.system("tests")
TODAY = timezone.localdate()


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def given(person: Person, days: int, says: str = "an injection of tests", treatment: str = "") -> Treatment:
    """A treatment so many days ago, which the record knew of at once."""
    details = {"on": TODAY - timedelta(days=days), "says": says, "treatment": treatment}
    row: Treatment = entries.enter(model=Treatment, person=person, details=details, by=BY)
    return row


@pytest.fixture
def over(person: Person) -> Person:
    """Somebody who agreed to e-mail, had a procedure 14 days ago and was asked six times within the year before."""
    people.consent(person=person, purpose="contact_email", given=True, wording="May we write?", by=BY)
    for ago in range(254, 50, -40):
        row = given(person, ago)
        details = {"kind": "safety", "months": 0.5, "due_on": row.on + timedelta(days=14)}
        kept = contacts.plan(person=person, about=row, by=BY, **details)
        contacts.answered(contact=kept, way="online", on=kept.due_on, by=BY)
    given(person, 14)
    assert Contact.objects.count() == 6
    return person


def test_a_safety_check_beyond_the_limit_is_called_for_and_no_message_asks(
    over: Person, logged_in: Callable[[str], Client]
) -> None:
    assert reminding.remind(noon(TODAY)) == 0
    assert Sending.objects.count() == 0
    (row,) = to_call()
    assert (row.kind, row.due_on, row.stands) == ("safety", TODAY, "to_call")
    assert row.to_call.startswith("nobody is asked more than 6 times within a year")
    client = logged_in("coordinator")
    desk = client.get(reverse("follow_up_desk")).content.decode()
    assert "<b>1</b>to be called" in desk
    assert "No message asks: nobody is asked more than 6 times within a year" in desk
    page = client.get(reverse("contact", args=[over.key, row.key])).content.decode()
    assert "Somebody calls." in page
    assert "by telephone" in client.get(reverse("record", args=[over.key])).content.decode()
    # It is asked on the telephone like any other, and is lost like any other when nobody calls.
    assert client.get(reverse("contact_answer", args=[over.key, row.key, "on"])).status_code == 302
    contacts.asked(contact=row, way="phone", on=TODAY, by=BY, note="nobody at home")
    assert [one.pk for one in to_call()] == [row.pk]
    assert reminding.remind(noon(TODAY + timedelta(days=8))) == 0
    reminding.remind(noon(due.open_until(row) + timedelta(days=1)))
    assert row.steps.last().reason == "no_answer"
    assert not to_call().exists()


def test_who_waits_for_a_call_stands_before_all_others(over: Person, logged_in: Callable[[str], Client]) -> None:
    other = people.enter(by=BY, details={"family_name": "Elder"}, synthetic=True)
    given(other, 30)
    due.bring_up(TODAY)
    page = logged_in("coordinator").get(reverse("follow_up_desk")).content.decode()
    assert page.index(over.family_name) < page.index("Elder")


def test_what_gives_way_has_its_reason_on_the_pages_and_counts_in_no_denominator(
    over: Person, logged_in: Callable[[str], Client]
) -> None:
    due.bring_up(TODAY)
    before = reached(TODAY)
    client = logged_in("coordinator")
    # Three months on it is one too many: that is said beforehand, and kept when its day has come.
    record = client.get(reverse("record", args=[over.key])).content.decode()
    assert "not asked" in record
    assert "Nobody is asked more than 6 times within a year" in record
    (coming,) = [one for one in due.not_asked(over) if one.because == "year"]
    assert coming.kind == "follow_up"
    assert due.bring_up(coming.on) == []
    (row,) = [one for one in Contact.objects.standing() if one.stands == "left_out"]
    assert reached(TODAY) == before
    within = Contact.objects.filter(due_on__gt=coming.on - timedelta(days=365), due_on__lte=coming.on)
    assert reached(coming.on).due == within.count() - 1
    assert row.pk not in {one.pk for one in Contact.objects.waiting()}
    page = client.get(reverse("contact", args=[over.key, row.key])).content.decode()
    assert "It is asked by telephone then" in page
    # Whoever opens it again all the same has it asked by telephone: the limit of messages holds.
    client.post(reverse("contact_does", args=[over.key, row.key]), {"does": "reopen", "why": "they want to be asked"})
    assert [step.does for step in row.steps.order_by("id")] == ["left_out", "reopened", "to_call"]
    assert reminding.remind(noon(coming.on)) == 0
    assert Sending.objects.count() == 0


@pytest.mark.usefixtures("record")
def test_the_desk_lists_what_was_not_asked(logged_in: Callable[[str], Client], person: Person) -> None:
    given(person, 25)
    given(person, 15)
    (made,) = due.bring_up(TODAY)
    assert made.due_on == TODAY - timedelta(days=1)
    page = logged_in("coordinator").get(f"{reverse('follow_up_desk')}?show=left_out").content.decode()
    assert person.family_name in page
    assert "Another procedure came before its day" in page
    assert reached(TODAY).due == 1


def test_a_check_that_another_procedure_took_over_comes_back_when_that_was_a_mistake(person: Person) -> None:
    given(person, 25)
    wrong = given(person, 15)
    (checked,) = due.bring_up(TODAY)
    (left,) = [one for one in Contact.objects.standing() if one.stands == "left_out"]
    assert due.bring_up(TODAY) == []
    entries.withdraw(entry=wrong, by=BY, why="it was somebody else's")
    due.drop_mistaken(TODAY)
    assert [one.pk for one in due.bring_up(TODAY)] == [left.pk]
    assert [one.pk for one in Contact.objects.waiting()] == [left.pk]
    assert [step.does for step in left.steps.order_by("id")] == ["left_out", "reopened"]
    assert [step.does for step in checked.steps.order_by("id")] == ["dropped"]
    assert due.bring_up(TODAY) == []


def test_a_medicine_within_a_fortnight_does_not_end_the_safety_check(person: Person) -> None:
    from postlude.registry import knowledge
    from postlude.registry.followup import is_procedure

    plan, known = knowledge.follow_up(), knowledge.catalogue()
    medicine = next(key for key in known.treatments if not is_procedure(plan, known, key))
    first = given(person, 20)
    given(person, 16, says="", treatment=medicine)
    (made,) = due.bring_up(TODAY)
    assert (made.kind, made.about_id) == ("safety", first.pk)


def test_of_who_died_nothing_is_asked_any_more_and_a_mistake_is_taken_back(
    person: Person, logged_in: Callable[[str], Client]
) -> None:
    given(person, 15)
    (row,) = due.bring_up(TODAY)
    client = logged_in("coordinator")
    client.post(reverse("contact_does", args=[person.key, row.key]), {"does": "close", "reason": "died"})
    person.refresh_from_db()
    assert (person.left_because, row.steps.last().reason) == ("died", "died")
    assert due.ahead(person) == due.not_asked(person) == ()
    to = reverse("following", args=[person.key])
    assert "Take it up again" in client.get(reverse("record", args=[person.key])).content.decode()
    assert client.post(to, {"why": ""}).status_code == 422
    client.post(to, {"why": "it was somebody of the same name"})
    person.refresh_from_db()
    assert person.left_on is None
    assert due.ahead(person)


def test_the_following_of_somebody_is_ended_with_a_code(person: Person, logged_in: Callable[[str], Client]) -> None:
    given(person, 15)
    (row,) = due.bring_up(TODAY)
    client, to = logged_in("coordinator"), reverse("following", args=[person.key])
    assert client.post(to, {"because": "no idea"}).status_code == 422
    assert client.post(to, {"because": "lost", "why": "the number is not theirs"}).status_code == 302
    person.refresh_from_db()
    assert person.left_because == "lost"
    assert (row.steps.last().reason, row.steps.last().note) == ("no_answer", "the number is not theirs")


def test_only_what_asks_about_a_mistake_can_be_taken_out(person: Person, logged_in: Callable[[str], Client]) -> None:
    wrong = given(person, 15)
    (row,) = due.bring_up(TODAY)
    contacts.asked(contact=row, way="phone", on=TODAY, by=BY)
    client = logged_in("coordinator")
    to, at = reverse("contact_does", args=[person.key, row.key]), reverse("contact", args=[person.key, row.key])
    client.post(to, {"does": "drop", "why": "no time"})
    assert "Take it out" not in client.get(at).content.decode()
    assert row.steps.count() == 1
    entries.withdraw(entry=wrong, by=BY, why="it was somebody else's")
    assert "Take it out" in client.get(at).content.decode()
    client.post(to, {"does": "drop", "why": "it asks about a mistake"})
    assert [step.does for step in ContactStep.objects.order_by("id")] == ["asked", "dropped"]
    assert reached(TODAY).due == 0
