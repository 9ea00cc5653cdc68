"""`manage.py doctor`: is everything here that production needs?"""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from main.management.reporting import show
from main.services.doctoring import examine


class Command(BaseCommand):
    """Looks everything over."""

    help = "Look at database, store, keys, workers and upkeep; exit code 1 when something is broken. Changes nothing."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --call, --strict and --json."""
        parser.add_argument("--call", action="store_true", help="make each provider's free test call")
        parser.add_argument("--strict", action="store_true", help="a warning counts as broken")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        found = examine(call=options["call"])
        lines = [f"{one.verdict:<8} {one.name}: {one.text}" for one in found]
        show(self.stdout, [asdict(one) for one in found], lines, as_json=options["json"])
        bad = ("failed", "warning") if options["strict"] else ("failed",)
        if any(one.verdict in bad for one in found):
            raise SystemExit(1)
