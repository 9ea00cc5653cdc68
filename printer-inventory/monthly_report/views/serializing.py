"""Rows of a month as JSON, with the field names the documents give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User

from monthly_report.models import MonthlyReport
from monthly_report.rules.anomalies import Anomaly
from monthly_report.rules.downtime import DOWNTIME
from monthly_report.rules.editing import LOCKED
from monthly_report.rules.figures import COUNTERS, ENDS, KINDS, Part
from monthly_report.services.editing import editor_of, refusals_of
from monthly_report.services.listing import anomalies_of

PLAIN: Final = (
    "id", "order_number", "branch", "city", "address", "equipment_model", "serial_number", "inventory_number", "part",
    "total_prints", "normative_availability", "actual_downtime", "actual_downtime_auto",
    "actual_downtime_manual", "non_overdue_requests", "total_requests", "device_ip", "printer_id", "version",
)  # fmt: skip
POSITIONS: Final = {Part.ALL: (0, 1), Part.A4: (0, 2), Part.A3: (1, 2)}


def rows_json(
    rows: Sequence[MonthlyReport], month: date, user: User | AnonymousUser, now: datetime, *, is_open: bool
) -> list[dict[str, Any]]:
    """Return rows with what this person may edit and what looks wrong; three queries for all of them."""
    refused = refusals_of(rows, editor_of(user).person, now, is_open=is_open)
    judged = anomalies_of(month, list({row.device_key for row in rows}), user)
    return [row_json(row, refused[row.pk], judged.get(row.device_key)) for row in rows]


def row_json(row: MonthlyReport, refused: Mapping[str, str], anomaly: Anomaly | None) -> dict[str, Any]:
    """Return one row. `refused` gives for each counter that may not be edited the reason's word."""
    position, count = POSITIONS[Part(row.part)]
    return {
        **{name: getattr(row, name) for name in PLAIN},
        **{name: getattr(row, name) for name in COUNTERS},
        **{f"{kind}_end_auto": getattr(row, f"{kind}_end_auto") for kind in KINDS},
        **{f"{name}_manual": getattr(row, f"{name}_manual") for name in ENDS},
        **{f"ui_allow_{name}": name not in refused for name in (*COUNTERS, DOWNTIME)},
        "refused": dict(refused),
        "auto_locked": LOCKED in refused.values(),
        "organization": row.organization.name,
        "organization_id": row.organization_id,
        "k1": round(row.k1, 2),
        "k2": round(row.k2, 2),
        "inventory_last_ok": row.inventory_last_ok.isoformat() if row.inventory_last_ok else None,
        "duplicate_info": {
            "group_key": row.device_key,
            "position": position,
            "total_in_group": count,
            "is_first": position == 0,
        }
        if count > 1
        else None,
        "is_anomaly": bool(anomaly and anomaly.is_anomaly),
        "is_high": bool(anomaly and anomaly.high),
        "anomaly_info": anomaly.as_json() if anomaly else None,
    }
