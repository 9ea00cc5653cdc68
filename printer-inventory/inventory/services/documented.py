"""JSON in the shapes that the two documents describe, for programs that were written against them.

New programs use `/api/v1/`. The shapes are those of the list and detail endpoints of the original (spec/printers.md 8.5), without
what nobody may see (SNMP communities) and with what it lacked (state, last error).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count
from django.utils import timezone

from inventory.models import InventoryTask, Printer, PrinterState, Verdict
from inventory.services import fleet

PAGE_SIZES: Final = (10, 25, 50, 100, 250, 500, 1000)
WORST: Final = 10
COLORS: Final = ("black", "cyan", "magenta", "yellow")


def parse(query: Mapping[str, str]) -> fleet.FleetFilter:
    """Return the filter of the documents' parameters (`q_ip`, `q_serial`, `q_org`, `q_rule`, ...); our own work too."""
    words = [query.get(name, "") for name in ("q", "q_ip", "q_serial", "q_model_text")]
    client = query.get("q_org", "")
    known = client.isdigit() or client in ("", "none")
    ours = {
        **query,
        "q": " ".join(word for word in [*words, "" if known else client] if word),
        "manufacturer": query.get("q_manufacturer") or query.get("manufacturer", ""),
        "model": query.get("q_device_model") or query.get("model", ""),
        "rule": query.get("q_rule") or query.get("rule", ""),
        "active": query.get("q_active") or query.get("active", ""),
    }
    chosen = fleet.parse_filter(ours, [client] if client and known else [query.get("org", "")])
    size = query.get("per_page", "")
    return replace(chosen, page_size=int(size)) if size in map(str, PAGE_SIZES) else chosen


def printer_row(printer: Printer) -> dict[str, Any]:
    """Return one printer as `api/printers/` lists it."""
    status, model, client = printer.status, printer.device_model, printer.organization
    read = status.last_success_at
    return {
        "id": printer.pk,
        "ip_address": printer.ip_address,
        "serial_number": printer.serial_number,
        "mac_address": printer.mac_address or None,
        "organization": {"id": client.pk, "name": client.name} if client else None,
        "device_model": {
            "id": model.pk,
            "name": model.name,
            "manufacturer": {"id": model.manufacturer.pk, "name": model.manufacturer.name},
        }
        if model
        else None,
        "last_match_rule": printer.last_match_rule or None,
        "last_date": f"{timezone.localtime(read):%Y-%m-%d %H:%M:%S}" if read else "",
        "last_date_iso": read.isoformat(timespec="milliseconds") if read else "",
        "counters": counters_of(status) if read else {},
        "is_active": printer.is_active,
        "replaced_by_id": printer.replaced_by_id,
        "status": status.last_verdict or None,
        "error_message": status.last_error or None,
    }


def printer_detail(printer: Printer) -> dict[str, Any]:
    """Return one printer as `api/printer/<id>/` tells it: flat."""
    row, model = printer_row(printer), printer.device_model
    client = row.pop("organization")
    counters = row.pop("counters")
    row.pop("device_model")
    return {
        **row,
        "model_name": model.name if model else "",
        "manufacturer_name": model.manufacturer.name if model else "",
        "device_model_id": model.pk if model else None,
        "manufacturer_id": model.manufacturer.pk if model else None,
        "organization_id": client["id"] if client else None,
        "organization": client["name"] if client else "",
        "last_match_rule_label": printer.get_last_match_rule_display(),
        **counters,
        "total_pages": counters.get("total"),
    }


def counters_of(status: PrinterState) -> dict[str, Any]:
    """Return counters and supplies under the documents' names; a level is a percentage or empty, never invented."""
    found: dict[str, Any] = {
        "bw_a4": status.bw_a4,
        "color_a4": status.color_a4,
        "bw_a3": status.bw_a3,
        "color_a3": status.color_a3,
        "total": status.total_pages,
        **{f"{part}_{color}": "" for part in ("drum", "toner") for color in COLORS},
        "fuser_kit": "",
        "transfer_kit": "",
        "waste_toner": "",
    }
    return found | dict(_levels(status.supplies))


def _levels(supplies: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    kits = {"fuser": "fuser_kit", "transfer_unit": "transfer_kit", "waste_toner": "waste_toner"}
    for supply in supplies:
        kind, color, percent = str(supply.get("kind") or ""), supply.get("color"), supply.get("percent")
        level = f"{percent}%" if percent is not None else str(supply.get("state") or "").upper()
        if kind in kits:
            yield kits[kind], level
        elif color in COLORS:
            yield f"{'drum' if kind in ('opc', 'drum') else 'toner'}_{color}", level


def statistics(days: int, now: datetime) -> dict[str, Any]:
    """Return how polls of the last days ended, and the ten printers that failed most."""
    ended = InventoryTask.objects.filter(due_at__gte=now - timedelta(days=days)).exclude(status="").order_by()
    counts = {row["status"]: row["count"] for row in ended.values("status").annotate(count=Count("pk"))}
    total = sum(counts.values())
    bad = ended.exclude(status=Verdict.SUCCESS).values("printer_id", "printer__ip_address", "printer__serial_number")
    worst = bad.annotate(count=Count("pk")).order_by("-count", "printer_id")[:WORST]
    return {
        "period_days": days,
        "total_tasks": total,
        "status_statistics": [
            {
                "status": word,
                "status_display": str(Verdict(word).label),
                "count": count,
                "percentage": round(100 * count / total, 1),
            }
            for word, count in sorted(counts.items(), key=lambda pair: -pair[1])
        ],
        "problematic_printers": [
            {
                "id": row["printer_id"],
                "ip_address": row["printer__ip_address"],
                "serial_number": row["printer__serial_number"],
                "failed_count": row["count"],
            }
            for row in worst
        ],
        "timestamp": now.isoformat(),
    }


def printer_figures(now: datetime) -> dict[str, Any]:
    """Return how many printers there are and how many were read within a day."""
    total = Printer.objects.filter(is_active=True).count()
    recent = PrinterState.objects.filter(printer__is_active=True, last_success_at__gte=now - timedelta(days=1)).count()
    return {
        "total_printers": total,
        "recent_success": recent,
        "success_rate": round(100 * recent / total, 1) if total else 0,
        "updated_at": now.isoformat(),
    }
