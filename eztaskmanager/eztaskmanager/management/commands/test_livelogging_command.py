"""A command that keeps logging, to watch the live log with."""

from __future__ import annotations

import random
import time
from argparse import ArgumentParser
from typing import Any

from eztaskmanager.services.logger import LoggerEnabledCommand


class Command(LoggerEnabledCommand):
    """Logs ten lines a second, now and then a warning or an error."""

    help = "Log ten lines a second, with random warnings and errors."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare length, step and probabilities."""
        parser.add_argument("--limit", type=int, default=1000, help="Number of lines")
        parser.add_argument(
            "--trace-steps", type=int, default=10, help="Lines between two INFO lines"
        )
        parser.add_argument("--error-prob", type=int, default=5, help="Percent")
        parser.add_argument("--warning-prob", type=int, default=15, help="Percent")

    def handle(self, *args: Any, **options: Any) -> None:
        """Log, and say how far it is."""
        for number in range(1, options["limit"] + 1):
            chance = random.uniform(0, 100)  # noqa: S311 - for show only
            if chance < options["error_prob"]:
                self.logger.error("%d: something went wrong", number)
            elif chance < options["error_prob"] + options["warning_prob"]:
                self.logger.warning("%d: something looks odd", number)
            else:
                self.logger.debug("%d: still going", number)
            if number % max(options["trace_steps"], 1) == 0:
                self.logger.info("%d of %d lines", number, options["limit"])
            self.progress(number, options["limit"], "lines")
            time.sleep(0.1)
