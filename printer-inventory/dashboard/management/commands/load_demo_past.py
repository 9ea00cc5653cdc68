import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from billing.services.demo import load_months
from dashboard.services import demo


class Command(BaseCommand):
    """Give the demo's fleet a past, once it has been read."""

    help = (
        "Make 75 days of history backwards from what each printer has told, and the months and invoices of these days; "
        "with --wait, once most of them were read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how long to wait."""
        parser.add_argument("--wait", type=int, default=0, help="seconds to wait for nine printers in ten to be read")
        parser.add_argument("--stay", action="store_true", help="stay as a sleeping process, for a supervisor")

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait, load, say what was made."""
        until = time.monotonic() + options["wait"]
        if not demo.has_past(timezone.now()):
            while demo.share_read() < 0.9 and time.monotonic() < until:
                time.sleep(1)
            made = demo.load_past(timezone.now())
            self.stdout.write(f"{made} readings of days past made.")
        self.stdout.write(f"The fleet has a past, {load_months(timezone.now())} rows of months made.")
        if options["stay"]:
            self.stdout.flush()
            signal.pause()
