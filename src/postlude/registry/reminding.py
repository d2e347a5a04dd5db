"""Asking those who are due, by the way they agreed to, and reminding them: not in the quiet hours, not too often."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from postlude.registry import knowledge, post
from postlude.registry.actions import contacts, links
from postlude.registry.actor import Actor
from postlude.registry.clinic import sayings
from postlude.registry.due import FOLLOW_UP, bring_up, close_lapsed, drop_mistaken, open_until
from postlude.registry.followup import days
from postlude.registry.languages import day, spoken_with
from postlude.registry.links import address
from postlude.registry.models import Contact, Link, Person
from postlude.registry.same import consents


def remind(now: datetime) -> int:
    """Bring up what is due, close what lapsed, and ask whoever is to be asked now. Return how many were asked."""
    local = timezone.localtime(now)
    today = local.date()
    drop_mistaken(today)
    bring_up(today)
    close_lapsed(today)
    if knowledge.follow_up().quiet(local.time()):
        return 0
    waiting = Contact.objects.waiting().filter(due_on__lte=today).select_related("person")
    return sum(ask(contact, now) for contact in waiting.order_by("due_on", "id"))


def ask(contact: Contact, now: datetime) -> bool:
    """Ask by e-mail or text message where the person agreed to one, or remind; return whether a message was put in."""
    person, plan, today = contact.person, knowledge.follow_up(), timezone.localtime(now).date()
    if person.left_on is not None or contact.steps.filter(does="to_call").exists():
        return False
    since = _last_begun(contact)
    before = contact.steps.filter(does="asked", way="online", id__gt=since).order_by("-id")
    count = before.count()
    if count > plan.reminders or (count and today - before[0].on < timedelta(days=days(plan.remind_after))):
        return False
    if (way := way_to(person)) is None:
        return False
    channel, to = way
    with transaction.atomic():
        link = _link(contact, now)
        language = spoken_with(person)
        words, clinic = knowledge.words(language), sayings(language)
        body = words["post.follow_up_sms" if channel == "sms" else "post.follow_up"].format(
            clinic=clinic.name,
            address=address(link),
            until=day(open_until(contact), language),
            telephone=clinic.telephone,
            emergency_number=clinic.emergency_number,
        )
        subject = words["post.follow_up_subject" if not count else "post.follow_up_again_subject"]
        once = f"follow-up {contact.key} {since} {count}"
        post.put(once, channel, to, subject.format(clinic=clinic.name), body, person=person, by=FOLLOW_UP, at=now)
        contacts.asked(contact=contact, way="online", on=today, by=FOLLOW_UP)
    return True


def invite(person: Person, now: datetime, *, by: Actor) -> Link | None:
    """Send somebody the questionnaires before a consultation; ``None`` where they agreed to no way to send them."""
    if (way := way_to(person)) is None:
        return None
    channel, to = way
    with transaction.atomic():
        link: Link = links.give(person=person, purpose="forms", by=by)
        language = spoken_with(person)
        words, clinic = knowledge.words(language), sayings(language)
        body = words["post.forms_sms" if channel == "sms" else "post.forms"].format(
            clinic=clinic.name,
            address=address(link),
            until=day(timezone.localdate(link.expires_at), language),
            telephone=clinic.telephone,
            emergency_number=clinic.emergency_number,
        )
        subject = words["post.forms_subject"].format(clinic=clinic.name)
        post.put(f"forms {link.key}", channel, to, subject, body, person=person, by=by, at=now)
    return link


def way_to(person: Person) -> tuple[str, str] | None:
    """Return by which channel, and where, somebody agreed to be asked; ``None``: by telephone or letter only."""
    agreed = consents(person)
    ways = [
        (channel, to)
        for channel, to, purpose in (("email", person.email, "contact_email"), ("sms", person.phone, "contact_sms"))
        if to and agreed.get(purpose)
    ]
    preferred = [way for way in ways if way[0] == person.preferred_way]
    return next(iter([*preferred, *ways]), None)


def _last_begun(contact: Contact) -> int:
    """Return the step since which a contact is open: reminders are counted anew for one that was opened again."""
    last = contact.steps.filter(does="reopened").order_by("-id").first()
    return last.pk if last else 0


def _link(contact: Contact, now: datetime) -> Link:
    """Return the link of a contact: one for its whole time, so that an older message still leads to it."""
    found = Link.objects.filter(contact=contact, purpose="follow_up", ended_at__isnull=True, expires_at__gt=now).first()
    if found is not None:
        return found
    left = (open_until(contact) - timezone.localtime(now).date()).days + 1
    made: Link = links.give(
        person=contact.person, purpose="follow_up", contact=contact, days=max(left, 1), by=FOLLOW_UP
    )
    return made
