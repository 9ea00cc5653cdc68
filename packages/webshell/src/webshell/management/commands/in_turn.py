from __future__ import annotations

import shlex
import time
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Run several commands one after the other in this process, since loading a system costs more than most of them do."""

    help = 'Run commands in turn, each one word with its arguments: manage.py in_turn "migrate -v 0" bootstrap_roles'
    requires_system_checks = ()  # the commands ask for what they need

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the commands."""
        parser.add_argument("command", nargs="+", help="a command with its arguments, quoted as for a shell")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run them all, and say how long each took; the first that fails ends it."""
        lines = [self._words(text) for text in options["command"]]
        for name, *rest in lines:
            begun = time.monotonic()
            call_command(name, *rest)
            self.stdout.write(f"{name} done after {time.monotonic() - begun:.1f} s")

    def _words(self, text: str) -> list[str]:
        """Return a command's words; raises CommandError before anything has run."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise CommandError(f"Cannot read {text!r}: {error}.") from error
        if not words or words[0] not in get_commands():
            raise CommandError(f"There is no command {text!r}. `manage.py help` lists them.")
        return words
