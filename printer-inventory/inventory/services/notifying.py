"""Telling open pages that something has changed. A message is a hint to look; the rows are the truth."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from inventory.services.judging import Judged

logger = logging.getLogger(__name__)

GROUP: Final = "inventory_updates"
SUPPLY_FIELDS: Final = {
    "toner": "toner",
    "toner_cartridge": "toner",
    "ink_cartridge": "toner",
    "ink": "toner",
    "opc": "drum",
}


def send(message: dict[str, Any]) -> None:
    """Send one message to every open page; a channel layer that is away costs a line in the log, never a poll."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(GROUP, message)
    except (OSError, RedisError) as error:
        logger.warning("Live updates are off: the channel layer is away (%s).", type(error).__name__)


def poll_started(printer_id: int, trigger: str) -> None:
    """Say that a printer is being asked."""
    send({"type": "inventory_start", "printer_id": printer_id, "triggered_by": trigger})


def polls_asked(printer_ids: Sequence[int]) -> None:
    """Say that polls now wait for these printers."""
    if printer_ids:
        send({"type": "inventory_batch", "printer_ids": list(printer_ids), "what": "queued"})


def polls_stored(stored: Sequence[Judged], now: datetime) -> None:
    """Say what was stored: one message for the lot, and a full one for each poll that a person asked for."""
    if not stored:
        return
    send({"type": "inventory_batch", "printer_ids": [item.lease.printer_id for item in stored], "what": "stored"})
    for item in stored:
        if item.lease.trigger == "manual" and item.lease.batch_id is None:
            send(update_message(item, now))


def update_message(item: Judged, now: datetime) -> dict[str, Any]:
    """Return the `inventory_update` message of one poll, with the field names the documents give."""
    message: dict[str, Any] = {
        "type": "inventory_update",
        "printer_id": item.lease.printer_id,
        "status": item.verdict.value,
        "triggered_by": item.lease.trigger,
        "timestamp": int(now.timestamp() * 1000),
    }
    if not item.accepted or item.reading is None:
        return {**message, "message": item.error}
    derived = item.derived
    counters = {name: getattr(derived, name) for name in ("bw_a3", "bw_a4", "color_a3", "color_a4", "total")}
    return {
        **message,
        "match_rule": item.match_rule,
        "mac_address": item.reading.mac,
        **counters,
        **supply_fields(item.reading.supplies),
    }


def supply_fields(supplies: Sequence[Any]) -> dict[str, str]:
    """Return toner_*, drum_* and kit fields as texts ("45%", or the state's word where there is no honest figure)."""
    fields: dict[str, str] = {}
    for supply in supplies:
        text = f"{supply.percent}%" if supply.percent is not None else supply.state
        if supply.kind in SUPPLY_FIELDS and supply.color in ("black", "cyan", "magenta", "yellow"):
            fields.setdefault(f"{SUPPLY_FIELDS[supply.kind]}_{supply.color}", text)
        elif supply.kind in ("fuser", "transfer_unit", "waste_toner"):
            name = {"fuser": "fuser_kit", "transfer_unit": "transfer_kit", "waste_toner": "waste_toner"}[supply.kind]
            fields.setdefault(name, text)
    return fields
