"""Who hears of an alert, at once and when nobody took it on. Messages say that something waits, never of whom."""

from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from postlude.registry import knowledge, post
from postlude.registry.actor import Actor
from postlude.registry.clinic import clinic, sayings, staffed
from postlude.registry.models import Alert, Staff

ALARM = Actor.system("alarm")
LOUD = ("emergency", "urgent")


def ring(alert: Alert) -> None:
    """Tell whoever is on call, and out of hours whoever stands in, that an alert waits."""
    if alert.level not in LOUD:
        return
    now = timezone.now()
    _tell(alert, "new", now, also_beyond=staffed(now) is False)


def ring_again(alert: Alert, now: datetime) -> None:
    """Tell everybody on call and beyond that nobody took an alert on in time."""
    _tell(alert, "escalated", now, also_beyond=True)


def on_call() -> list[Staff]:
    """Return whoever alerts go to."""
    return list(Staff.objects.filter(on_call=True, is_active=True).order_by("id"))


def _tell(alert: Alert, what: str, now: datetime, *, also_beyond: bool) -> None:
    words, new = knowledge.words(), what == "new"
    name, address = sayings().name, urljoin(settings.ADDRESS, "/clinic/")
    subject = words["post.alert_new_subject" if new else "post.alert_escalated_subject"]
    subject = subject.format(clinic=name, level=alert.level)
    text = words["post.alert_new" if new else "post.alert_escalated"]
    body = text.format(clinic=name, level=alert.level, address=address)
    once = f"alert {alert.key} {what}"
    for staff in on_call():
        if staff.email:
            post.put(f"{once} email {staff.key}", "email", staff.email, subject, body, by=ALARM, at=now)
        if staff.sms:
            post.put(f"{once} sms {staff.key}", "sms", staff.sms, "", body, by=ALARM, at=now)
    beyond = clinic().escalate_to
    if also_beyond and beyond:
        post.put(f"{once} email beyond", "email", beyond, subject, body, by=ALARM, at=now)
    transaction.on_commit(_hurry)


def _hurry() -> None:
    """Let the worker send at once what an alert put in, without waiting for its next beat."""
    from postlude.registry import tasks  # noqa: PLC0415 - tasks lead back here

    tasks.deliver.enqueue()
