"""The clinic's post: messages wait in the record, and a worker sends each of them once.

A message is claimed in the record before it is handed to a mail server. When the process dies between the server's
acceptance and the note of it, the message stays *on its way*: nobody can know whether it left, so nothing sends it
again by itself; it is shown, and a person decides. What an alert is about does not hang on it: an alert that nobody
acknowledges escalates by another message.
"""

import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.module_loading import import_string

from postlude.registry.actions import post
from postlude.registry.actions.acting import RecordError
from postlude.registry.actor import Actor
from postlude.registry.models import Person, Sending

POST = Actor.system("post")
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 25, 120, 600))
"""How long to wait after each failure; after the last one it has failed for good."""
UNSURE_AFTER = timedelta(minutes=10)
"""A claim as old as this belongs to a process that died: no server is waited for so long."""
_PERMANENT = 500


class Refused(Exception):
    """A message surely did not leave; ``for_good`` when another attempt cannot help."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


def put(
    once: str, channel: str, to: str, subject: str, body: str, *, by: Actor, person: Person | None = None, at: datetime
) -> Sending:
    """Put a message in, or return the one of that name which is there already."""
    found = Sending.objects.filter(once=once).first()
    if found is not None:
        return found
    try:
        made: Sending = post.queue(
            once=once, channel=channel, to=to, subject=subject, body=body, person=person, not_before=at, by=by
        )
    except RecordError:
        # Somebody else put it in between the two looks; anything else is a mistake of the caller.
        if (found := Sending.objects.filter(once=once).first()) is None:
            raise
        return found
    return made


def deliver(now: datetime) -> int:
    """Send everything that waits. Return how many left; several workers at once send nothing twice."""
    left = 0
    for sending in Sending.objects.filter(state="waiting", not_before__lte=now).order_by("not_before", "id"):
        if _claim(sending, now):
            left += _send(sending, now)
    return left


def unsure(now: datetime) -> list[Sending]:
    """Return the messages of which nobody knows whether they left."""
    return list(Sending.objects.filter(state="sending", claimed_at__lt=now - UNSURE_AFTER).order_by("claimed_at"))


def _claim(sending: Sending, now: datetime) -> bool:
    """Take a message on, and commit that: whoever comes second finds it taken."""
    mine = Sending.objects.filter(pk=sending.pk, state="waiting")
    if not mine.update(state="sending", claimed_at=now, tries=sending.tries + 1):
        return False
    sending.refresh_from_db()
    return True


def _send(sending: Sending, now: datetime) -> bool:
    try:
        (_mail if sending.channel == "email" else _text)(sending)
    except Refused as error:
        wait = None if error.for_good or sending.tries > len(WAITS) else WAITS[sending.tries - 1]
        post.failed(sending=sending, error=str(error), again_at=None if wait is None else now + wait, by=POST)
        return False
    except (OSError, smtplib.SMTPException) as error:
        # The connection broke while the message was handed over: it may have left. It stays on its way.
        Sending.objects.filter(pk=sending.pk).update(last_error=f"not known whether it left: {error}")
        return False
    post.sent(sending=sending, at=now, by=POST)
    return True


def _mail(sending: Sending) -> None:
    """Hand a message to the mail server. Raises :class:`Refused` when it surely did not take it."""
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"the mail server cannot be reached: {error}") from None
    domain = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].strip(" >")
    # The same for each attempt: a mail program shows a message that came twice once.
    headers = {"Message-ID": f"<{sending.key}@{domain}>", "Auto-Submitted": "auto-generated"}
    message = EmailMessage(sending.subject, sending.body, to=[sending.to], headers=headers, connection=connection)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise Refused(f"the address was refused: {codes}", for_good=min(codes) >= _PERMANENT) from None
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        for_good = error.smtp_code >= _PERMANENT
        raise Refused(f"the mail server refused it: {error.smtp_code} {text}", for_good=for_good) from None
    finally:
        connection.close()


def _text(sending: Sending) -> None:
    try:
        import_string(settings.SMS_BACKEND)().send(sending.to, sending.body, sending.once)
    except OSError as error:
        raise Refused(f"the text message could not be handed over: {error}") from None
