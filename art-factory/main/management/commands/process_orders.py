"""`manage.py process_orders`: work off what waits, once, for one item, or for as long as it runs."""

import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from main.management.commands import simple_process
from main.management.reporting import as_line, show
from main.models import OPEN, OrderItem
from main.production.foreground import process


class Command(simple_process.Command):
    """Works in the foreground, in one thread, with the workers' own leases: it may run beside a server."""

    help = "Work off what waits, here and now: once, until one item has ended, or again and again (--continuous)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --continuous and --dry-run besides what simple_process takes."""
        super().add_arguments(parser)
        parser.add_argument("--continuous", action="store_true", help="look again until stopped (Ctrl-C, SIGTERM)")
        parser.add_argument("--interval", type=float, default=2.0, help="seconds between two looks; 2")
        parser.add_argument("--seconds", type=float, default=0, help="--continuous ends by itself after so long")
        parser.add_argument("--dry-run", action="store_true", help="only say what waits")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work, and say what was done; exit code 1 for an item that does not exist."""
        if options["continuous"] and options["order_item_id"] is not None:
            raise CommandError("--continuous works off everything: leave --order-item-id out, or run without it")
        if options["dry_run"]:
            waiting = OrderItem.objects.filter(status__in=OPEN)
            if options["order_item_id"] is not None:
                waiting = waiting.filter(pk=options["order_item_id"])
            found: dict[str, Any] = {"waiting": waiting.count(), "processed": 0}
        elif options["continuous"]:
            found = {"processed": self._go_on(options["interval"], options["seconds"])}
        else:
            super().handle(*args, **options)
            return
        show(self.stdout, found, [as_line(found)], as_json=options["json"])

    def _go_on(self, interval: float, seconds: float) -> int:
        """Work until stopped and return how many items ended. A call that is under way is not cut off."""
        stopping = threading.Event()
        before = [
            (number, signal.signal(number, lambda *_: stopping.set())) for number in (signal.SIGTERM, signal.SIGINT)
        ]
        end = time.monotonic() + seconds if seconds else None
        done = 0
        try:
            while not stopping.is_set():
                done += process(until=stopping.is_set)
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    break
                stopping.wait(max(0.05, interval if left is None else min(interval, left)))
        finally:
            for number, handler in before:
                signal.signal(number, handler)
        return done
