"""A command that logs, to try levels and results with."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command

from eztaskmanager.services.logger import LoggerEnabledCommand

LEVELS = ("debug", "info", "warning", "error")


class Command(LoggerEnabledCommand):
    """Logs one line for each level asked for."""

    help = "Log one line for each level asked for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare one switch per level."""
        for level in LEVELS:
            parser.add_argument(f"--{level}", action="store_true", help=f"Log {level}")
        parser.add_argument(
            "--test-embedded", action="store_true", help="Call it once more inside"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Log, and call itself when asked to."""
        for level in LEVELS:
            if options[level]:
                getattr(self.logger, level)(f"A line of level {level}")
        if options["test_embedded"]:
            self.logger.warning("Calling another command")
            call_command(
                "test_logging_command",
                verbosity=options["verbosity"],
                **{level: options[level] for level in LEVELS},
            )
