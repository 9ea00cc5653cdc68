"""Sending what is due. Any number of workers may do this; each delivery is taken by one at a time.

A mail is taken (committed), the mail server is greeted, the row is marked as handed over (committed), and only then the message
is spoken. So a worker that dies at any line leaves either a delivery that certainly did not go out, which is taken over, or one
that may have, which is *lost* and waits for a person.
"""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import JobState
from outbox.models import Channel, Delivery
from outbox.rules import retrying
from outbox.services.calling import CallRefusedError, call

LEASE: Final = timedelta(minutes=5)
DESCRIPTION: Final = 300


class RefusedError(Exception):
    """The other side said no. `again`: it may say yes later."""

    def __init__(self, reason: str, *, again: bool) -> None:
        """Keep why."""
        super().__init__(reason)
        self.reason, self.again = reason, again


def send_due(now: datetime, most: int = 500) -> dict[str, int]:
    """Send what waits; return how many deliveries were sent, put off, failed and lost."""
    counts = {"sent": 0, "put_off": 0, "failed": 0, "lost": give_up_on_lost(now)}
    for _number in range(most):
        made = _take(now)
        if made is None:
            break
        counts[_send(made, now)] += 1
    return counts


def give_up_on_lost(now: datetime) -> int:
    """Mark mails whose worker died after it had handed them over; return how many."""
    reason = _(
        "The worker stopped while it was sending: it may have gone out. Ask the recipient before you send it again."
    )
    rows = Delivery.objects.filter(
        state=JobState.RUNNING, channel=Channel.MAIL, lease_until__lte=now, handed_at__isnull=False
    )
    return rows.update(state=JobState.LOST, reason=reason, lease_until=None, ended_at=now)


def _take(now: datetime) -> Delivery | None:
    """Take one delivery: it waits and is due, or its worker died before anything was handed over."""
    died = Q(state=JobState.RUNNING, lease_until__lte=now) & (Q(handed_at=None) | Q(channel=Channel.WEBHOOK))
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("message", "webhook")
        made = rows.filter(Q(state=JobState.QUEUED, not_before__lte=now) | died).order_by("not_before", "pk").first()
        if made is not None:
            made.state, made.attempt, made.handed_at = JobState.RUNNING, made.attempt + 1, None
            made.lease_until = timezone.now() + LEASE
            made.save(update_fields=["state", "attempt", "handed_at", "lease_until"])
    return made


def _send(made: Delivery, now: datetime) -> str:
    try:
        if made.channel == Channel.WEBHOOK:
            _tell_webhook(made)
        else:
            _mail(made)
    except RefusedError as refusal:
        wait = retrying.wait_after(made.attempt) if refusal.again else None
        if wait is None:
            _end(made, JobState.FAILED, refusal.reason)
            return "failed"
        _end(made, JobState.QUEUED, refusal.reason, not_before=now + wait)
        return "put_off"
    except smtplib.SMTPServerDisconnected as error:
        _end(made, JobState.LOST, _("The mail server hung up while it was told: %(error)s") % {"error": _words(error)})
        return "lost"
    return "sent"


def _end(made: Delivery, state: JobState, reason: str, not_before: datetime | None = None) -> None:
    """Write what became of this attempt, unless another worker has the delivery meanwhile."""
    values: dict[str, object] = {"state": state, "reason": reason[:500], "lease_until": None}
    if not_before is None:
        values["ended_at"] = timezone.now()
    else:
        values |= {"not_before": not_before, "handed_at": None}
    Delivery.objects.filter(pk=made.pk, attempt=made.attempt, state=JobState.RUNNING).update(**values)


def _hand_over(made: Delivery) -> bool:
    """Note that the message goes out now; False: another worker has it, or a person stopped it."""
    now = timezone.now()
    rows = Delivery.objects.filter(pk=made.pk, attempt=made.attempt, state=JobState.RUNNING, lease_until__gt=now)
    return bool(rows.update(handed_at=now))


def _mail(made: Delivery) -> None:
    connection = get_connection()
    try:
        connection.open()
        if isinstance(connection, SmtpBackend) and connection.connection is not None:
            connection.connection.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        raise RefusedError(
            _("The mail server cannot be reached: %(error)s") % {"error": _words(error)}, again=True
        ) from error
    try:
        if not _hand_over(made):
            return
        mail = mail_of(made)
        mail.connection = connection
        mail.send()
        _end(made, JobState.DONE, "")
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()), (500, b""))
        raise RefusedError(_said(code, words), again=retrying.passes(code)) from error
    except smtplib.SMTPResponseException as error:
        raise RefusedError(_said(error.smtp_code, error.smtp_error), again=retrying.passes(error.smtp_code)) from error
    except smtplib.SMTPException as error:
        raise RefusedError(_words(error), again=False) from error
    except (OSError, EOFError) as error:
        raise smtplib.SMTPServerDisconnected(_words(error)) from error
    finally:
        connection.close()


def _said(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return _("The mail server refused it: %(code)s %(words)s") % {"code": code, "words": text[:DESCRIPTION]}


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:DESCRIPTION]


def mail_of(made: Delivery) -> EmailMultiAlternatives:
    """Return the mail of a delivery; its Message-ID is the delivery's, however often it is sent."""
    message = made.message
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[made.address],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={"Message-ID": f"<delivery-{made.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    for file in message.attachments.all():
        mail.attach(file.name, bytes(file.content), file.content_type)
    return mail


def _tell_webhook(made: Delivery) -> None:
    if made.webhook is None or not made.webhook.is_active:
        raise RefusedError(_("The webhook is gone or switched off."), again=False)
    if not _hand_over(made):
        return
    try:
        call(made.webhook, made.pk, made.message.kind, made.message.data)
        _end(made, JobState.DONE, "")
    except CallRefusedError as refusal:
        raise RefusedError(str(refusal), again=refusal.again) from refusal
