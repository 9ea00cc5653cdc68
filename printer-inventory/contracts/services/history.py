"""The history of contract devices: what changed, from what to what, by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from contracts.models import ContractDevice, ContractEvent, DeviceChange

RECENT: Final = 200
FIELDS: Final = (
    "organization", "city", "address", "room_number", "model", "serial_number", "status", "service_provider",
    "service_start_month", "comment",
)  # fmt: skip
JOINS: Final = ("organization", "city", "model__manufacturer", "status", "service_provider")


def shown(device: ContractDevice, names: Iterable[str] = FIELDS) -> dict[str, str]:
    """Return fields in the words a page shows, for a history that outlives what they point to; joins must be loaded."""
    return {name: shown_value(getattr(device, name)) for name in names}


def shown_value(value: object) -> str:
    """Return one value in words: a month as YYYY-MM, nothing as an empty text."""
    if value is None:
        return ""
    return value.strftime("%Y-%m") if isinstance(value, date) else str(value)


def event(
    device: ContractDevice,
    change: DeviceChange,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    user_id: int | None = None,
    related: ContractDevice | None = None,
    comment: str = "",
) -> ContractEvent:
    """Return one event, not saved yet; without a user it was the system."""
    return ContractEvent(
        device=device,
        device_name=str(device)[:255],
        change=change,
        old_values=dict(old or {}),
        new_values=dict(new or {}),
        user_id=user_id,
        related_device=related,
        comment=comment[:500],
    )


def timeline(device: ContractDevice) -> list[ContractEvent]:
    """Return what happened to a device, newest first."""
    return list(
        ContractEvent.objects.filter(device=device).select_related("user", "related_device__model__manufacturer")[
            :RECENT
        ]
    )
