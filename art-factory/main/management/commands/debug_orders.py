"""`manage.py debug_orders`: why orders are where they are."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.services import reporting


class Command(BaseCommand):
    """Shows orders with the reasons of their calls."""

    help = "Show recent orders, or one, with what went wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the documents' options and --json."""
        parser.add_argument("--order-id", type=int)
        parser.add_argument("--recent", type=int, default=5, help="how many")
        parser.add_argument("--failed-only", action="store_true")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it; exit code 1 for an order that does not exist."""
        only = "failed" if options["failed_only"] else ""
        found = reporting.recent(hours=24 * 365 * 20, only=only, limit=options["recent"], order_id=options["order_id"])
        if options["order_id"] is not None and not found:
            raise CommandError(f"there is no order {options['order_id']}")
        lines = []
        for one in found:
            lines += [as_line({key: value for key, value in one.items() if key != "reasons"}), *one["reasons"]]
        show(self.stdout, found, lines, as_json=options["json"])
