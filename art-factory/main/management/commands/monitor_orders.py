"""`manage.py monitor_orders`: how the orders of the last hours stand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from main.management.reporting import as_line, show
from main.services import reporting


class Command(BaseCommand):
    """Shows orders and their counts."""

    help = "Show how the orders of the last hours stand."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the documents' options and --json."""
        parser.add_argument("--details", action="store_true", help="show reasons")
        parser.add_argument("--pending-only", action="store_true", help="only what has not started")
        parser.add_argument("--recent-hours", type=int, default=24)
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        found = reporting.recent(hours=options["recent_hours"], only="pending" if options["pending_only"] else "")
        lines = []
        for one in found:
            reasons = one["reasons"] if options["details"] else []
            lines += [as_line({key: value for key, value in one.items() if key != "reasons"}), *reasons]
        show(self.stdout, found, lines, as_json=options["json"])
