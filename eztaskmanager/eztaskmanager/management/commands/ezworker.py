"""`manage.py ezworker`: run tasks from the database's queue and fire schedules."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from eztaskmanager.workers.database import DatabaseWorker


class Command(BaseCommand):
    """Start as many as you like, on as many machines as you like."""

    help = "Run tasks from the database's queue and fire schedules."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--queues", nargs="+", help="Only these; default: all")
        parser.add_argument(
            "--concurrency", type=int, default=4, help="Runs side by side (default 4)"
        )
        parser.add_argument(
            "--burst", action="store_true", help="End when nothing is left to do"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C: once to let runs end, twice to stop them."""
        logging.basicConfig(
            level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
        )
        worker = DatabaseWorker(
            options["queues"], max(options["concurrency"], 1), burst=options["burst"]
        )
        self.stdout.write(f"Worker {worker.name} is ready.")
        self.stdout.flush()
        worker.run()
