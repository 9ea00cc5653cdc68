"""`recompute_counters [--printer ID] [--since DATE] [--dry-run]`: contract figures again, by the rule of today."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from inventory.rules.derive import RULE_VERSION
from inventory.services.recomputing import Recomputed, recompute


def moment(text: str) -> datetime:
    """Return a date (its start in the server's zone) or a date and time."""
    try:
        day = parse_date(text)
        value = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:
        value = None
    if value is None:
        raise ArgumentTypeError(f"{text!r} is no date such as 2026-01-31 or 2026-01-31T08:00")
    return timezone.make_aware(value) if timezone.is_naive(value) else value


class Command(BaseCommand):
    """Raw readings are never changed; only the figures derived from them are."""

    help = "Derive the contract counters again from readings that an older rule derived, and print what changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which readings, and whether to change anything."""
        parser.add_argument("--printer", type=int, metavar="ID", help="only this printer's readings")
        parser.add_argument("--since", type=moment, metavar="DATE", help="only readings from this time on")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")

    def handle(self, *args: Any, printer: int | None, since: datetime | None, dry_run: bool, **options: Any) -> None:
        """Print a line per reading that changes, then the sums."""
        result = Recomputed()
        for change in recompute(result, printer_id=printer, since=since, dry_run=dry_run):
            parts = (f"{name} {old} -> {new}" for name, (old, new) in change.differences().items())
            self.stdout.write(f"printer {change.printer_id}, {change.read_at:%Y-%m-%d %H:%M}: {', '.join(parts)}")
        words = "would change" if dry_run else "changed"
        self.stdout.write(
            f"{result.seen} readings of older rules, {result.changed} {words} (rule version {RULE_VERSION})."
        )
