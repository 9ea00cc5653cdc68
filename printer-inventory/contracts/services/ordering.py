"""Orders of cartridges: asked for once, sent by e-mail once, on record with the device.

The page's key makes a second press the same order. A worker takes an order by moving its row to *running* before it speaks to
the mail server; if it dies there, the order is *lost* and is not sent again by itself, because it may have gone out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formatdate
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Cartridge, CartridgeOrder, ContractDevice, DeviceChange, DeviceModelCartridge
from contracts.services import history
from inventory.models import JobState

SUBJECT: Final = "Заявка на картридж"
HEADINGS: Final = (
    "№", "Организация", "Филиал", "Город", "Адрес", "Кабинет", "Производитель", "Модель", "Серийный номер", "Инв номер",
    "Картридж", "Ремонт/обслуживание", "Комментарии",
)  # fmt: skip
"""What the providers' dispatchers are used to; the text is for them, so it is Russian whoever orders."""
LEASE: Final = timedelta(minutes=5)
MOST_PIECES: Final = 99


class OrderRefusedError(ValueError):
    """An order cannot be taken; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A cartridge that may be ordered for a device."""

    cartridge: Cartridge
    is_primary: bool


def offers_for(device: ContractDevice) -> list[Offer]:
    """Return the cartridges of a device's model that can be ordered, the primary ones first."""
    rows = DeviceModelCartridge.objects.filter(device_model=device.model_id, cartridge__is_active=True)
    return [Offer(row.cartridge, row.is_primary) for row in rows.select_related("cartridge")]


def order(
    device: ContractDevice,
    pieces: Mapping[int, int],
    comment: str,
    request_key: str,
    user_id: int | None,
    reply_to: str,
) -> CartridgeOrder:
    """Take an order of {cartridge id: pieces}; the same `request_key` gives the same order, however often it is pressed."""
    known = CartridgeOrder.objects.filter(request_key=request_key).first()
    if known is not None:
        return known
    provider = device.service_provider
    if provider is None or not provider.support_email:
        raise OrderRefusedError(
            _("Nobody takes orders for this device: give it a service provider with an e-mail address first.")
        )
    lines = _lines(device, pieces)
    with transaction.atomic():
        made, is_new = CartridgeOrder.objects.get_or_create(
            request_key=request_key,
            defaults={
                "device": device,
                "provider": provider,
                "recipient": provider.support_email,
                "reply_to": _address(reply_to),
                "lines": lines,
                "comment": comment.replace("\x00", "").strip()[:2000],
                "requested_by_id": user_id,
            },
        )
        if is_new:
            words = ", ".join(f"{line['name']} × {line['quantity']}" for line in lines)
            history.event(device, DeviceChange.ORDERED, user_id=user_id, comment=words).save()
    return made


def _lines(device: ContractDevice, pieces: Mapping[int, int]) -> list[dict[str, Any]]:
    offered = {offer.cartridge.pk: offer.cartridge for offer in offers_for(device)}
    lines = [
        {"cartridge": pk, "name": _name(offered[pk]), "quantity": min(count, MOST_PIECES)}
        for pk, count in pieces.items()
        if pk in offered and count > 0
    ]
    if not lines:
        raise OrderRefusedError(_("Choose at least one cartridge that this model takes."))
    return lines


def _name(cartridge: Cartridge) -> str:
    part = f" ({cartridge.part_number})" if cartridge.part_number else ""
    return f"{cartridge.name}{part} [{cartridge.get_color_display()}]"


def _address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text


def message_of(made: CartridgeOrder) -> EmailMultiAlternatives:
    """Return the message of an order: a table as HTML (every value escaped) and as text."""
    device = ContractDevice.objects.select_related(*history.JOINS).get(pk=made.device_id)
    cartridges = "; ".join(f"{line['name']} × {line['quantity']}" for line in made.lines)
    row: Sequence[str] = (
        "1", str(device.organization), "", str(device.city), device.address, device.room_number,
        str(device.model.manufacturer), device.model.name, device.serial_number, "", cartridges, "", made.comment,
    )  # fmt: skip
    facts = list(zip(HEADINGS, row, strict=True))
    text = "\n".join(f"{heading}: {value}" for heading, value in facts if value)
    message = EmailMultiAlternatives(
        subject=SUBJECT,
        body=text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[made.recipient],
        reply_to=[made.reply_to] if made.reply_to else None,
        headers={
            "Message-ID": f"<cartridge-order-{made.pk}@{_host()}>",
            "Date": formatdate(made.created_at.timestamp()),
        },
    )
    message.attach_alternative(render_to_string("contracts/mail/order.html", {"facts": facts}), "text/html")
    return message


def _host() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"


def send_due(now: datetime) -> dict[str, int]:
    """Send every order that waits; return how many were sent, failed and lost. Any number of workers may do this."""
    counts = {"sent": 0, "failed": 0, "lost": give_up_on_lost(now)}
    while (made := _take()) is not None:
        try:
            message_of(made).send()
        except Exception as error:  # noqa: BLE001 - whatever a mail server does, the order says so and the next one goes out
            reason = _("The mail server refused it: %(error)s") % {"error": f"{type(error).__name__}: {error}"}
            _end(made, JobState.FAILED, reason[:500])
            counts["failed"] += 1
        else:
            _end(made, JobState.DONE, "")
            counts["sent"] += 1
    return counts


def _take() -> CartridgeOrder | None:
    with transaction.atomic():
        rows = CartridgeOrder.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=JobState.QUEUED)
        made = rows.order_by("pk").first()
        if made is not None:
            made.state, made.attempt, made.lease_until = JobState.RUNNING, made.attempt + 1, timezone.now() + LEASE
            made.save(update_fields=["state", "attempt", "lease_until"])
    return made


def _end(made: CartridgeOrder, state: JobState, reason: str) -> None:
    now = timezone.now()
    CartridgeOrder.objects.filter(pk=made.pk, attempt=made.attempt).update(
        state=state, reason=reason, lease_until=None, sent_at=now if state == JobState.DONE else None
    )


def give_up_on_lost(now: datetime) -> int:
    """Mark orders whose worker died while it was sending; return how many."""
    reason = _("The worker stopped while it was sending. Ask the provider whether it came before you send it again.")
    rows = CartridgeOrder.objects.filter(state=JobState.RUNNING, lease_until__lte=now)
    return rows.update(state=JobState.LOST, reason=reason, lease_until=None)


def send_again(pk: int) -> bool:
    """Queue a failed or lost order again, because a person says so; return whether it was one."""
    rows = CartridgeOrder.objects.filter(pk=pk, state__in=[JobState.FAILED, JobState.LOST])
    return bool(rows.update(state=JobState.QUEUED, reason=""))
