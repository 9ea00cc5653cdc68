"""What the operations commands share: words instead of tracebacks, JSON or tables, a question before throwing away."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from inventory.polling.listing import table
from inventory.services.operations import AwayError


class OperationsCommand(BaseCommand):
    """A command that looks at services which may be away: it then says so and exits with 1."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer JSON for machines."""
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the command's work; what is away is told in words."""
        try:
            self.work(options)
        except AwayError as error:
            raise CommandError(str(error)) from error
        except (OperationalError, InterfaceError) as error:
            words = str(error).strip().split("\n")[0]
            raise CommandError(
                f"PostgreSQL is away ({words}). Is it running, and do DB_HOST and DB_PORT say where?"
            ) from error
        except (ValueError, LookupError) as error:
            raise CommandError(str(error)) from error

    def work(self, options: dict[str, Any]) -> None:
        """Do it; may raise AwayError, ValueError and LookupError with words for a person."""
        raise NotImplementedError

    def say(self, text: str = "") -> None:
        """Print a line."""
        self.stdout.write(text)

    def show(self, head: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
        """Print a table, or the sentence `empty`."""
        lines = [["" if cell is None else str(cell) for cell in row] for row in rows]
        self.say(table(head, lines) if lines else empty)

    def dump(self, data: Any) -> None:
        """Print JSON."""
        self.say(json.dumps(data, ensure_ascii=False, indent=1, default=str))

    def confirm(self, what: str, options: dict[str, Any]) -> None:
        """Say what will happen and ask; raise CommandError unless a person types "yes" or `--yes` was given."""
        if options["yes"]:
            return
        self.stderr.write(what)
        try:
            answer = input("Type yes to go on: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() != "yes":
            raise CommandError("Nothing was done. Type yes when asked, or give --yes.")
