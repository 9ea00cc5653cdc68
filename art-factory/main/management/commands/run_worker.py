"""`manage.py run_worker`: production in a process of its own."""

import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from main.production.foreman import BEAT, Foreman


class Command(BaseCommand):
    """Runs foreman and workers until it is stopped."""

    help = "Run production here; the web server's own workers stand by while this one holds the lease."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number of threads, and when to end."""
        parser.add_argument("--threads", type=int, default=None, help="workers at once (WORKER_THREADS)")
        parser.add_argument("--seconds", type=float, default=0, help="end by itself after so long; 0 is never")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop."""
        foreman = Foreman(options["threads"])
        signal.signal(signal.SIGTERM, lambda *_: foreman.stopping.set())
        foreman.start()
        self.stdout.write("production is ready")
        end = time.monotonic() + options["seconds"] if options["seconds"] else None
        try:
            while not foreman.stopping.wait(BEAT if end is None else 0.1):
                if end is not None and time.monotonic() > end:
                    break
        except KeyboardInterrupt:
            pass
        foreman.stopping.clear()
        foreman.stop()
