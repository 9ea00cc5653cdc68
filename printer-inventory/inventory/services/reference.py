"""Lists that forms and programs choose from."""

from __future__ import annotations

from typing import Any

from django.apps import apps


def device_models(manufacturer: int | None = None) -> list[dict[str, Any]]:
    """Return `[{id, name, manufacturer: {id, name}}]` by name, of one manufacturer or all; they belong to `contracts`."""
    rows = apps.get_model("contracts", "DeviceModel").objects.order_by("manufacturer__name", "name")
    if manufacturer is not None:
        rows = rows.filter(manufacturer=manufacturer)
    return [
        {"id": pk, "name": name, "manufacturer": {"id": maker, "name": maker_name}}
        for pk, name, maker, maker_name in rows.values_list("pk", "name", "manufacturer", "manufacturer__name")
    ]
