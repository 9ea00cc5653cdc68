"""Two finished months and the one that runs, for the demo: rows, corrections, tariffs, and some invoices.

Their counters are the fleet's own at each month's end, so that one month ends where the next one starts and where polls go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from inventory.models import DailyReading, Organization
from inventory.rules.months import next_month, previous_month
from monthly_report.models import BulkChangeLog, CounterChangeLog, MonthControl, MonthlyReport
from monthly_report.rules.devices import device_key
from monthly_report.rules.downtime import downtime
from monthly_report.rules.figures import KINDS, STARTS
from monthly_report.rules.taking_over import READ_AS
from monthly_report.services.downtime import shares_lost
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
DOUBTED_EVERY: Final = 50
MISREAD: Final = 12
AGREED: Final = 720.0

Counters = Mapping[str, Mapping[str, int]]


def load_months(now: datetime) -> int:
    """Make the months where there is none; return how many rows were made. Bulk statements, and a few for the invoices."""
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
    ends = [_told_before(month) for month in months]
    lost = [shares_lost(month, next_month(month)) for month in months[:2]]
    rows = [
        _row(
            device,
            month,
            place,
            ends[age],
            ends[age + 1] if age < len(lost) else {},
            lost[age] if age < len(lost) else {},
        )
        for age, month in enumerate(months)
        for place, device in enumerate(devices, 1)
    ]
    _doubts(rows[-len(devices) :])
    with transaction.atomic():
        made = MonthlyReport.objects.bulk_create(
            rows,
            batch_size=1000,
        )
        MonthControl.objects.bulk_create(
            MonthControl(
                month=month, is_published=True, edit_until=end_of(this) if month == this else now - timedelta(days=1)
            )
            for month in months
        )
        user = User.objects.filter(username="operator").first()
        _corrections([row for row in made if row.month == last and (row.a4_bw_end or 0) > MISREAD], user, now)
        BulkChangeLog.objects.bulk_create(
            BulkChangeLog(
                user=user, operation_type=BulkChangeLog.Operation.EXCEL_UPLOAD, month=month, records_affected=len(devices),
                operation_params={"file": f"month_{month:%Y-%m}.xlsx"}, finished_at=now,
            )
            for month in months
        )  # fmt: skip
        _money(months, now)
    return len(made)


def _told_before(day: date) -> dict[str, dict[str, int]]:
    """Return what each device told last before a day, by its key; where its history is shorter, what it told first."""
    told = DailyReading.objects.order_by("printer_id", "-day").distinct("printer_id")
    first = DailyReading.objects.order_by("printer_id", "day").distinct("printer_id")
    found = {}
    for readings in (first, told.filter(day__lt=day)):
        for one in readings.select_related("printer"):
            counters = {kind: getattr(one, READ_AS[kind]) for kind in KINDS}
            key = device_key(one.printer.serial_number, "")
            found[key] = {kind: value for kind, value in counters.items() if value is not None}
    return found


def _row(
    device: ContractDevice, month: date, place: int, starts: Counters, ends: Counters, lost: Mapping[str, float]
) -> MonthlyReport:
    """Return a row of a month; of the one that runs, polls bring the end counters and the downtime."""
    key = device_key(device.serial_number, "", place)
    values: dict[str, Any] = {f"{kind}_start": value for kind, value in starts.get(key, {}).items()}
    values |= {f"{kind}_end": value for kind, value in ends.get(key, {}).items()}
    if key in lost:
        values["actual_downtime"] = values["actual_downtime_auto"] = downtime(AGREED, lost[key])
    return MonthlyReport(
        month=month, order_number=place, organization=device.organization, city=device.city.name, address=device.address,
        branch=f"Room {device.room_number}" if device.room_number else "", equipment_model=str(device.model),
        serial_number=device.serial_number, inventory_number=f"INV-{device.pk:05}", device_key=key,
        normative_availability=AGREED, total_requests=place % 4,
        non_overdue_requests=max(0, place % 4 - (place % 9 == 0)), **values,
    )  # fmt: skip


def _doubts(rows: Sequence[MonthlyReport]) -> None:
    """Let a few rows of the month that runs wait for a person: starts nobody has read, and a board that counts anew."""
    for row in rows[DOUBTED_EVERY // 2 :: DOUBTED_EVERY]:
        for name in STARTS:
            setattr(row, name, None)
    for row in rows[DOUBTED_EVERY :: DOUBTED_EVERY * 3]:
        row.a4_bw_start = (row.a4_bw_start or 0) + 200_000


def _corrections(rows: list[MonthlyReport], user: User | None, now: datetime) -> None:
    """Note that some counters of the month were read off the display by a person."""
    chosen = rows[::CORRECTED_EVERY]
    for row in chosen:
        row.a4_bw_end_manual = True
    MonthlyReport.objects.bulk_update(chosen, ["a4_bw_end_manual"])
    CounterChangeLog.objects.bulk_create(
        CounterChangeLog(
            monthly_report=row, month=row.month, device_key=row.device_key, part=row.part, serial_number=row.serial_number,
            user=user, field_name="a4_bw_end", old_value=(row.a4_bw_end or 0) - MISREAD, new_value=row.a4_bw_end,
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
