from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.services.flask_import import NotAFlaskDatabaseError, import_flask_db

SHOWN = 20


class Command(BaseCommand):
    """Take over printers, polls and counters of the predecessor's SQLite database."""

    help = "Take over printers, polls and counters of the predecessor's SQLite database, with their own times."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, by place or by name."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("file", nargs="?", type=Path, help="the SQLite file")
        which.add_argument("--db", type=Path, help="the same")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was taken over and what was not."""
        try:
            taken = import_flask_db(options["file"] or options["db"])
        except NotAFlaskDatabaseError as error:
            raise CommandError(str(error)) from error
        for line in taken.left_out[:SHOWN]:
            self.stderr.write(line)
        if len(taken.left_out) > SHOWN:
            self.stderr.write(f"... and {len(taken.left_out) - SHOWN} more")
        self.stdout.write(
            f"Taken over: {taken.printers} printers, {taken.polls} polls, {taken.counters} counters; "
            f"{len(taken.left_out)} rows left out."
        )
