"""A command that prints its arguments, to try forms and stored arguments with."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from eztaskmanager.services.logger import LoggerEnabledCommand


class Command(LoggerEnabledCommand):
    """Prints what it was given."""

    help = "Print the arguments it was given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare two words, two switches and some options."""
        parser.add_argument("arg1", help="First word")
        parser.add_argument("arg2", help="Second word")
        parser.add_argument("-a", action="store_true", help="A switch")
        parser.add_argument("-b", action="store_true", help="Another switch")
        parser.add_argument("--arg3", help="A text")
        parser.add_argument("--arg4", nargs="+", help="One or more texts")
        parser.add_argument("--wait", type=float, default=0, help="Seconds to wait")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, then wait as told."""
        for name in ("arg1", "arg2", "a", "b", "arg3", "arg4"):
            self.stdout.write(f"{name}: {options[name]}")
        time.sleep(max(options["wait"], 0))
