"""Two finished months and the one that runs, for the demo: rows, corrections, tariffs, and some invoices."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from access.services.audit import Actor
from billing.models import Tariff
from billing.rules.pricing import Prices, Tier
from billing.services.drafting import draft_of
from billing.services.issuing import issue
from billing.services.tariffs import TariffFacts, save_tariff
from contracts.models import ContractDevice
from inventory.models import Organization
from inventory.rules.months import previous_month
from monthly_report.models import BulkChangeLog, CounterChangeLog, MonthControl, MonthlyReport
from monthly_report.rules.devices import device_key
from monthly_report.services.months import end_of, this_month

PRICES: Final = (
    Prices("RUB", Decimal(0), (Tier(0, Decimal("0.95")),), (Tier(0, Decimal("4.80")),)),
    Prices(
        "RUB", Decimal(5000), (Tier(0, Decimal("1.10")), Tier(20000, Decimal("0.90")), Tier(60000, Decimal("0.75"))),
        (Tier(0, Decimal("5.50")), Tier(5000, Decimal("4.90"))),
    ),
    Prices("RUB", Decimal(12000), (Tier(0, Decimal(0)), Tier(3000, Decimal("1.25"))), (Tier(0, Decimal("6.00")),)),
)  # fmt: skip
CORRECTED_EVERY: Final = 37


def load_months(now: datetime) -> int:
    """Make the months where there is none; return how many rows were made. Four bulk statements and a few for the invoices."""
    if MonthlyReport.objects.exists():
        return 0
    devices = list(
        ContractDevice.objects.filter(is_active=True)
        .exclude(serial_number="")
        .select_related("organization", "city", "model__manufacturer")
        .order_by("organization__name", "city__name", "address", "pk")
    )
    this = this_month(now)
    last = previous_month(this)
    months = (previous_month(last), last, this)
    with transaction.atomic():
        made = MonthlyReport.objects.bulk_create(
            [
                _row(device, month, place, age)
                for age, month in enumerate(months)
                for place, device in enumerate(devices, 1)
            ],
            batch_size=1000,
        )
        MonthControl.objects.bulk_create(
            MonthControl(
                month=month, is_published=True, edit_until=end_of(this) if month == this else now - timedelta(days=1)
            )
            for month in months
        )
        user = User.objects.filter(username="operator").first()
        _corrections([row for row in made if row.month == last], user, now)
        BulkChangeLog.objects.bulk_create(
            BulkChangeLog(
                user=user, operation_type=BulkChangeLog.Operation.EXCEL_UPLOAD, month=month, records_affected=len(devices),
                operation_params={"file": f"month_{month:%Y-%m}.xlsx"}, finished_at=now,
            )
            for month in months
        )  # fmt: skip
        _money(months, now)
    return len(made)


def _row(device: ContractDevice, month: date, place: int, age: int) -> MonthlyReport:
    """Return a row of the month that lies `2 - age` months back; of the month that runs, polls bring the end counters."""
    first = 4000 + place * 7919 % 52000
    printed = 300 + place * 613 % 2400
    values: dict[str, Any] = {}
    if age < 2:
        values = {"a4_bw_start": first + age * printed, "a4_bw_end": first + (age + 1) * printed}
        if place % 3 == 0:
            color = 40 + place * 31 % 600
            values |= {"a4_color_start": first // 3 + age * color, "a4_color_end": first // 3 + (age + 1) * color}
        if place % 7 == 0:
            values |= {"a3_bw_start": age * 90, "a3_bw_end": (age + 1) * 90}
    return MonthlyReport(
        month=month, order_number=place, organization=device.organization, city=device.city.name, address=device.address,
        branch=f"Room {device.room_number}" if device.room_number else "", equipment_model=str(device.model),
        serial_number=device.serial_number, inventory_number=f"INV-{device.pk:05}",
        device_key=device_key(device.serial_number, "", place), normative_availability=720,
        actual_downtime=place * 3 % 40 if place % 5 == 0 else 0, total_requests=place % 4,
        non_overdue_requests=max(0, place % 4 - (place % 9 == 0)), **values,
    )  # fmt: skip


def _corrections(rows: list[MonthlyReport], user: User | None, now: datetime) -> None:
    """Note that some counters of the month were read off the display by a person."""
    chosen = rows[::CORRECTED_EVERY]
    for row in chosen:
        row.a4_bw_end_manual = True
    MonthlyReport.objects.bulk_update(chosen, ["a4_bw_end_manual"])
    CounterChangeLog.objects.bulk_create(
        CounterChangeLog(
            monthly_report=row, month=row.month, device_key=row.device_key, part=row.part, serial_number=row.serial_number,
            user=user, field_name="a4_bw_end", old_value=(row.a4_bw_end or 0) - 12, new_value=row.a4_bw_end,
            timestamp=now - timedelta(days=2), comment="Read off the display.",
        )
        for row in chosen
    )  # fmt: skip


def _money(months: tuple[date, ...], now: datetime) -> None:
    """Give every client but the last a tariff; the older month is issued, of the later one the first client's invoice."""
    clients = list(Organization.objects.filter(monthly_reports__month=months[0]).distinct().order_by("name"))
    actor = Actor(User.objects.filter(username="admin").first(), "admin")
    since = date(months[0].year, 1, 1)
    billed = clients[:-1] if len(clients) > 1 else clients
    for place, client in enumerate(billed):
        if not Tariff.objects.filter(organization=client).exists():
            prices = PRICES[place % len(PRICES)]
            save_tariff(TariffFacts(client.pk, f"{since:%Y}/{place + 11}", since, None, prices), actor)
    for month, whose in ((months[0], billed), (months[1], billed[:1])):
        for client in whose:
            issue(client, month, draft_of(client, month).fingerprint, actor, now, despite_doubts=True)
