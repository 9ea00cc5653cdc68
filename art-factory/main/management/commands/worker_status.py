"""`manage.py worker_status`: who works, what waits."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from main.management.reporting import as_line, show
from main.services import reporting


class Command(BaseCommand):
    """Shows leases, queue and providers."""

    help = "Show who works, what waits and which providers rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --detailed and --json."""
        parser.add_argument("--detailed", action="store_true", help="show the providers too")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        found: dict[str, Any] = {"workers": reporting.workers(), "queue": reporting.queue()}
        lines = [f"{one['name']}: {one['holder']}" for one in found["workers"]] or ["nobody works"]
        lines.append(as_line(found["queue"]))
        if options["detailed"]:
            found["providers"] = reporting.providers()
            lines += [as_line(one) for one in found["providers"]]
        show(self.stdout, found, lines, as_json=options["json"])
