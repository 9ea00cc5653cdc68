"""Rows of a month for tests, made short."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from sheets import write_table

from inventory.models import Organization
from inventory.tests.factories import make_organization
from monthly_report.models import MonthControl, MonthlyReport
from monthly_report.rules.devices import device_key
from monthly_report.services.columns import OUTS

MONTH = date(2026, 3, 1)
TITLES = [out.title for out in OUTS]
CLIENT = "Alpha"


def open_month(month: date = MONTH, **values: Any) -> MonthControl:
    """Return a month that is open for editing and published."""
    facts = {"edit_until": timezone.now() + timedelta(days=1), "is_published": True, **values}
    return MonthControl.objects.update_or_create(month=month, defaults=facts)[0]


def make_row(**values: Any) -> MonthlyReport:
    """Return a saved row of the month with an organization and a serial number."""
    if "organization" not in values:
        values["organization"] = Organization.objects.filter(name=CLIENT).first() or make_organization(CLIENT)
    number = values.setdefault("order_number", MonthlyReport.objects.count() + 1)
    values.setdefault("serial_number", f"SN{number:04}")
    values.setdefault("device_key", device_key(values["serial_number"], values.get("inventory_number", ""), number))
    row = MonthlyReport.objects.create(**{"month": MONTH, **values})
    row.refresh_from_db()
    return row


def sheet(rows: Sequence[dict[str, Any]], titles: Sequence[str] | None = None) -> bytes:
    """Return an `.xlsx` file of rows given by title; organization Alpha unless a row says otherwise."""
    titles = TITLES if titles is None else titles
    file = io.BytesIO()
    full = ({"Организация": CLIENT, **row} for row in rows)
    write_table(file, list(titles), [[row.get(title) for title in titles] for row in full])
    return file.getvalue()
