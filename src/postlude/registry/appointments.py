"""Appointments of a day, and their reminders: one for each time that was booked, by the way the person agreed to.

No reminder leaves in quiet hours. It names the clinic, the day and the time, and says neither of whom nor what for. It
is no follow-up: the limit of how often people are asked does not count it (docs/decisions/0030-limits-of-follow-up.md).
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from postlude.registry import knowledge, post
from postlude.registry.actor import Actor
from postlude.registry.clinic import clinic, sayings
from postlude.registry.languages import day, spoken_with
from postlude.registry.models import Appointment, Sending
from postlude.registry.reminding import way_to

REMINDER = Actor.system("reminders of appointments")
_CHANNELS = {"email": "by e-mail", "sms": "by text message"}
_STATES = {
    "waiting": "a reminder {how} is about to leave",
    "sending": "nobody knows whether the reminder {how} left",
    "sent": "reminded {how} on {when}",
    "failed": "the reminder {how} could not be sent",
    "cancelled": "the reminder {how} was taken back",
}


def remind(now: datetime) -> int:
    """Remind whoever is to be reminded now. Return how many messages were put in."""
    if knowledge.follow_up().quiet(timezone.localtime(now).time()):
        return 0
    soon = Appointment.objects.filter(starts_at__gt=now, starts_at__lte=now + _before(), steps__isnull=True)
    return sum(_remind(row.pk, now) for row in soon.order_by("starts_at", "id"))


def starting(day: date) -> QuerySet[Appointment]:
    """Return the appointments that were booked for a day, called off or not, in their order."""
    return _listed().filter(starts_at__date=day).order_by("starts_at", "id")


def unsaid(now: datetime) -> QuerySet[Appointment]:
    """Return the appointments that began before ``now`` and of which nobody has said who came, the last first."""
    return _listed().filter(starts_at__lte=now, steps__isnull=True).order_by("-starts_at", "id")


def _listed() -> QuerySet[Appointment]:
    """Return all with what a list shows of them: whose they are, and what became of them."""
    return Appointment.objects.select_related("person__merged_into").prefetch_related("steps")


def told(row: Appointment, now: datetime) -> str:
    """Return what staff read of the reminder of an appointment: whether it left, or why there is none."""
    if (sending := Sending.objects.filter(once=row.once).first()) is not None:
        how, when = _CHANNELS[sending.channel], _when(sending.sent_at) if sending.sent_at else ""
        return _STATES[sending.state].format(how=how, when=when)
    if row.starts_at <= now or row.steps.exists():
        return ""
    if why := _never(row):
        return f"no reminder: {why}"
    way = way_to(row.whose)
    return f"a reminder {_CHANNELS[way[0] if way else '']} leaves on {_when(max(row.starts_at - _before(), now))}"


def _remind(key: int, now: datetime) -> bool:
    with transaction.atomic():
        # Locked, so that an appointment that is cancelled in this moment is either reminded of before or not at all.
        row = Appointment.objects.select_for_update().get(pk=key)
        person = row.whose
        way = way_to(person)
        if row.steps.exists() or _never(row) or way is None or Sending.objects.filter(once=row.once).exists():
            return False
        language, starts = spoken_with(person), timezone.localtime(row.starts_at)
        words, own = knowledge.words(language), sayings(language)
        channel, to = way
        body = words["post.appointment_sms" if channel == "sms" else "post.appointment"].format(
            clinic=own.name,
            day=day(starts.date(), language),
            time=f"{starts:%H:%M}",
            telephone=own.telephone,
            emergency_number=own.emergency_number,
        )
        subject = words["post.appointment_subject"].format(clinic=own.name)
        post.put(row.once, channel, to, subject, body, person=person, by=REMINDER, at=now)
    return True


def _never(row: Appointment) -> str:
    """Return why nobody is reminded of an appointment; empty where somebody is."""
    person = row.whose
    if person.left_because == "died":
        return "the person died"
    if not _before():
        return "the clinic sends none"
    if way_to(person) is None:
        return "the person agreed to no e-mail and no text message"
    if row.at > row.starts_at - _before():
        return f"booked less than {_before().days} days before"
    return ""


def _before() -> timedelta:
    return timedelta(days=clinic().remind_days_before)


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%B %Y, %H:%M}"
