"""What the figures of a device rest on: the raw reading, when and how it was read, and who changed what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from billing.services.drafting import Device
from inventory.models import PageCounter
from monthly_report.models import CounterChangeLog


def evidence_of(month: date, devices: Sequence[Device]) -> dict[int, dict[str, Any]]:
    """Return the evidence of rows of a month by their id, in two queries for all of them; plain values, as they are kept.

    `reading` is what the poll behind the end counters read: `at` (ISO 8601, UTC), `engine` (snmp, web, glpi...), `recognised_by`,
    `address`, `counters` (as the rule of `rule_version` derived them) and `raw` (what the device said, untouched). It is None for
    a row that no poll has filled. `changes` are the counters people and imports wrote, the latest last.
    """
    readings = _readings(device.facts["counter_id"] for device in devices)
    changes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    keys = {device.facts["device_key"] for device in devices}
    logged = CounterChangeLog.objects.filter(month=month, device_key__in=keys).select_related("user")
    for change in logged.order_by("timestamp", "id"):
        changes.setdefault((change.device_key, change.part), []).append(_change(change))
    return {
        device.facts["id"]: {
            "reading": readings.get(device.facts["counter_id"]),
            "changes": changes.get((device.facts["device_key"], device.facts["part"]), []),
        }
        for device in devices
    }


def _readings(ids: Iterable[int | None]) -> dict[int | None, dict[str, Any]]:
    known = [pk for pk in ids if pk is not None]
    rows = PageCounter.objects.filter(pk__in=known).select_related("task", "printer")
    return {
        row.pk: {
            "id": row.pk,
            "at": row.recorded_at.isoformat(),
            "engine": row.task.engine,
            "recognised_by": row.task.match_rule,
            "asked": row.task.trigger,
            "address": row.printer.ip_address,
            "serial": row.printer.serial_number,
            "rule_version": row.rule_version,
            "counters": {
                name: getattr(row, name) for name in ("bw_a4", "color_a4", "bw_a3", "color_a3", "total_pages")
            },
            "raw": row.reading,
        }
        for row in rows
    }


def _change(change: CounterChangeLog) -> dict[str, Any]:
    return {
        "at": change.timestamp.isoformat(),
        "counter": change.field_name,
        "before": change.before,
        "after": change.after,
        "how": change.change_source,
        "by": change.user.get_full_name() or change.user.get_username() if change.user else "",
        "comment": change.comment,
    }
