"""Writing a message down. Do it in the transaction of what the message is about: then either both are there or neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from inventory.services.broker import wake
from outbox.models import Attachment, Channel, Delivery, Message, Webhook


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: name, content, MIME type."""

    name: str
    content: bytes
    content_type: str


def addresses(text: str) -> list[str]:
    """Return the e-mail addresses of a text (split at commas, semicolons, blanks), each once, whatever its case.

    Raise ValidationError naming the first that is none.
    """
    found: dict[str, str] = {}
    for word in re.split(r"[,;\s]+", text.replace("\x00", "")):
        if word:
            try:
                validate_email(word)
            except ValidationError:
                raise ValidationError(
                    _("“%(word)s” is no e-mail address."), code="invalid", params={"word": word[:100]}
                ) from None
            found.setdefault(word.casefold(), word)
    return list(found.values())


def post(
    key: str,
    kind: str,
    subject: str,
    text: str,
    *,
    to: Iterable[str] = (),
    webhooks: Iterable[Webhook] = (),
    html: str = "",
    data: dict[str, Any] | None = None,
    files: Sequence[File] = (),
    reply_to: str = "",
    user_id: int | None = None,
) -> Message:
    """Write a message and one delivery per address; a second call with the same `key` changes nothing and gives the same message.

    `key` names the occasion ("month-2026-07-<export id>", "supplies-3-2026-11-28"). `kind` is a word for lists ("month"). Every
    address gets a mail of its own and sees no other. A worker is woken once the transaction is committed.
    """
    with transaction.atomic():
        made, is_new = Message.objects.get_or_create(
            key=key,
            defaults={
                "kind": kind,
                "subject": " ".join(subject.split())[:300],
                "text": text,
                "html": html,
                "data": data or {},
                "reply_to": reply_to,
                "requested_by_id": user_id,
            },
        )
        if not is_new:
            return made
        Attachment.objects.bulk_create(
            Attachment(message=made, name=file.name, content=file.content, content_type=file.content_type)
            for file in files
        )
        rows = [Delivery(message=made, channel=Channel.MAIL, address=address) for address in dict.fromkeys(to)]
        rows += [
            Delivery(message=made, channel=Channel.WEBHOOK, address=f"{hook.name}"[:254], webhook=hook)
            for hook in webhooks
            if hook.is_active
        ]
        Delivery.objects.bulk_create(rows)
        transaction.on_commit(tell_worker)
    return made


def tell_worker() -> None:
    """Wake a worker; if the broker is away, the next tick finds the deliveries."""
    wake("outbox.tasks.deliver", "low_priority")


def send_again(pk: int) -> bool:
    """Queue a delivery anew that failed or was lost, because a person says so; return whether it was one."""
    rows = Delivery.objects.filter(pk=pk, state__in=["failed", "lost", "stopped"])
    if not rows.update(state="queued", reason="", attempt=0, handed_at=None, ended_at=None):
        return False
    transaction.on_commit(tell_worker)
    return True
