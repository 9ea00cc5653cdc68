from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inventory.rules.identity import normal_serial
from inventory.rules.months import bounds, parse_month
from inventory.services.month_readings import LastReading, last_readings
from monthly_report.models import MonthControl, MonthlyReport
from monthly_report.rules.figures import KINDS
from monthly_report.rules.taking_over import READ_AS, by_device
from monthly_report.services.months import MonthClosedError, this_month
from monthly_report.services.syncing import sync_month

MOST = 50


class Command(BaseCommand):
    """Say why rows of a month have the counters they have, and what a takeover would find; with --sync, take over."""

    help = "Say what taking counters over finds for a month (and a serial number); with --sync, do it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a month, a serial number, and whether to write."""
        parser.add_argument("--month", help="a month like 2026-11; this one when left out")
        parser.add_argument("--serial", help="only rows with this serial number, whatever its case")
        parser.add_argument("--sync", action="store_true", help="take the counters over, as the page's button does")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the month's state, then rows with what stands, what was told, and what the last reading says."""
        now = timezone.now()
        try:
            month = parse_month(options["month"]) if options["month"] else this_month(now)
        except ValueError as error:
            raise CommandError(str(error)) from error
        control = MonthControl.objects.filter(month=month).first()
        is_open = control is not None and control.is_open(now)
        filled = control is not None and control.auto_sync_enabled
        self.stdout.write(
            f"{month:%Y-%m}: {'open' if is_open else 'closed'}, {'filled by polls' if filled else 'not filled by polls'}"
        )
        since, end = bounds(month, timezone.get_default_timezone())
        readings = by_device(last_readings(since, min(end, now))) if since < now else {}
        self._rows(month, readings, options["serial"])
        if options["sync"]:
            self._sync(month)

    def _rows(self, month: date, readings: dict[str, LastReading], serial: str | None) -> None:
        rows = MonthlyReport.objects.filter(month=month).order_by("order_number", "id")
        if serial:
            rows = rows.filter(device_key=f"S:{normal_serial(serial)}")
        total = rows.count()
        matched = rows.filter(device_key__in=list(readings)).count()
        self.stdout.write(f"{total} rows, {matched} with a believed reading in the month, {len(readings)} readings")
        for row in rows[:MOST]:
            reading = readings.get(row.device_key)
            head = f"  {row.order_number}. {row.serial_number or '-'} {row.part}"
            if reading is None:
                self.stdout.write(f"{head}: no believed reading of this serial number in the month")
                continue
            self.stdout.write(f"{head}: read {reading.recorded_at:%Y-%m-%d %H:%M} UTC at {reading.address}")
            for kind in KINDS:
                stands, told = getattr(row, f"{kind}_end"), getattr(reading, READ_AS[kind])
                by_hand = " (by hand, kept)" if getattr(row, f"{kind}_end_manual") else ""
                self.stdout.write(f"      {kind}: stands {stands}, read {told}{by_hand}")
        if total > MOST:
            self.stdout.write(f"  ... and {total - MOST} more; narrow it with --serial")

    def _sync(self, month: date) -> None:
        try:
            result = sync_month(month, timezone.now())
        except MonthClosedError as error:
            raise CommandError(f"{month:%Y-%m} is closed. Open it on its page first.") from error
        self.stdout.write(
            f"taken over: {len(result.updated)} rows changed, {result.kept_manual} kept as people wrote them"
        )
