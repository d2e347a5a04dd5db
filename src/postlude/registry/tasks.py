"""What the background worker does: send what waits, ask who is due, remind of appointments, hand on alerts.

A beat each minute does all of it, and first of all puts in the next beat; the row of a beat can be written once, so
beats neither double nor, when a worker dies in one, stop. Everything a beat does can be done twice without harm.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks import task

from postlude.registry import alarm, appointments, post, reminding
from postlude.registry.actions import alerts
from postlude.registry.models import Alert, Beat

EVERY = timedelta(minutes=1)
REMIND_EVERY = timedelta(minutes=15)
KEPT = timedelta(days=1)


@task()
def deliver() -> int:
    """Send what waits."""
    return post.deliver(timezone.now())


@task()
def remind() -> int:
    """Ask those who are due."""
    return reminding.remind(timezone.now())


@task()
def escalate() -> int:
    """Hand on alerts that nobody took on."""
    return escalate_at(timezone.now())


@task()
def beat() -> None:
    """Put in the next beat, then do what is to be done."""
    now = timezone.now()
    begin(now + EVERY)
    escalate_at(now)
    if _slot(now).minute % (REMIND_EVERY // EVERY) == 0:
        reminding.remind(now)
        appointments.remind(now)
    post.deliver(now)
    Beat.objects.filter(at__lt=now - KEPT).delete()


def begin(at: datetime) -> bool:
    """Put in the beat of a minute, once whoever asks; return whether this call did."""
    slot = _slot(at)
    try:
        with transaction.atomic():
            Beat.objects.create(at=slot)
            beat.using(run_after=slot).enqueue()
    except IntegrityError:
        return False
    return True


def escalate_at(now: datetime) -> int:
    """Hand on every alert that was due by now and that nobody took on, each once."""
    missed = Alert.objects.filter(due_at__lte=now).exclude(steps__does__in=("acknowledged", "escalated", "closed"))
    count = 0
    for alert in missed.exclude(level="notice"):
        with transaction.atomic():
            # Locked, so that of two workers one escalates and the other sees that it is done.
            locked = Alert.objects.select_for_update().get(pk=alert.pk)
            if locked.steps.filter(does__in=("acknowledged", "escalated", "closed")).exists():
                continue
            alerts.escalate(alert=locked, by=alarm.ALARM, note="nobody took it on in time")
            alarm.ring_again(locked, now)
            count += 1
    return count


def _slot(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def running(now: datetime) -> bool:
    """Return whether the worker has beaten within the last minutes."""
    last: Any = Beat.objects.order_by("-at").first()
    return last is not None and last.at > now - 3 * EVERY
