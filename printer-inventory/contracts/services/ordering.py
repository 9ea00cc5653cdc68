"""Orders of cartridges: asked for once, sent by e-mail once, on record with the device.

The page's key makes a second press the same order. Its mail is written into the outbox in the same transaction, which sends it
once through a crash; what may have gone out is *lost* and is not sent again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from contracts.models import Cartridge, CartridgeOrder, ContractDevice, DeviceChange, DeviceModelCartridge
from contracts.services import history
from outbox.models import Delivery
from outbox.services import posting, sending
from outbox.services.posting import post

SUBJECT: Final = "Заявка на картридж"
HEADINGS: Final = (
    "№", "Организация", "Филиал", "Город", "Адрес", "Кабинет", "Производитель", "Модель", "Серийный номер", "Инв номер",
    "Картридж", "Ремонт/обслуживание", "Комментарии",
)  # fmt: skip
"""What the providers' dispatchers are used to; the text is for them, so it is Russian whoever orders."""
KIND: Final = "order"
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
    words = comment.replace("\x00", "").strip()[:2000]
    with transaction.atomic():
        # Of two presses at once the second waits here, and finds the order of the first.
        ContractDevice.objects.select_for_update(of=("self",)).get(pk=device.pk)
        if known := CartridgeOrder.objects.filter(request_key=request_key).first():
            return known
        made = CartridgeOrder.objects.create(
            request_key=request_key,
            device=device,
            provider=provider,
            recipient=provider.support_email,
            reply_to=_address(reply_to),
            lines=lines,
            comment=words,
            requested_by_id=user_id,
            delivery=_post(device, provider.support_email, lines, words, request_key, _address(reply_to), user_id),
        )
        pieces_in_words = ", ".join(f"{line['name']} × {line['quantity']}" for line in lines)
        history.event(device, DeviceChange.ORDERED, user_id=user_id, comment=pieces_in_words).save()
    return made


def _post(
    device: ContractDevice,
    recipient: str,
    lines: Sequence[Mapping[str, Any]],
    comment: str,
    request_key: str,
    reply_to: str,
    user_id: int | None,
) -> Delivery:
    """Write the mail of an order down: a table as HTML (every value escaped) and as text."""
    facts = _facts(device, lines, comment)
    text = "\n".join(f"{heading}: {value}" for heading, value in facts if value)
    html = render_to_string("contracts/mail/order.html", {"facts": facts})
    key = f"{KIND}-{request_key}"
    message = post(key, KIND, SUBJECT, text, html=html, to=[recipient], reply_to=reply_to, user_id=user_id)
    return message.deliveries.get()


def _facts(device: ContractDevice, lines: Sequence[Mapping[str, Any]], comment: str) -> list[tuple[str, str]]:
    whole = ContractDevice.objects.select_related(*history.JOINS).get(pk=device.pk)
    cartridges = "; ".join(f"{line['name']} × {line['quantity']}" for line in lines)
    row: Sequence[str] = (
        "1", str(whole.organization), "", str(whole.city), whole.address, whole.room_number, str(whole.model.manufacturer),
        whole.model.name, whole.serial_number, "", cartridges, "", comment,
    )  # fmt: skip
    return list(zip(HEADINGS, row, strict=True))


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
    """Return the mail of an order as it is sent, for people who want it as a file."""
    return sending.mail_of(made.delivery)


def send_again(made: CartridgeOrder) -> bool:
    """Queue a failed or lost order again, because a person says so; return whether it was one."""
    return posting.send_again(made.delivery_id)
