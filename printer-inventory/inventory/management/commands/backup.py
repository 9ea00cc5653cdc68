from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from inventory.management.operations import OperationsCommand
from inventory.services.operations import archive


class Command(OperationsCommand):
    """Write the whole database into one file."""

    help = "Back up the database into FILE (a .tar.gz that `restore` reads). Work goes on meanwhile; the file is one moment."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)

    def work(self, options: dict[str, Any]) -> None:
        """Write, and say what is in it."""
        rows = archive.backup(options["file"], timezone.now())
        size = options["file"].stat().st_size
        if options["json"]:
            self.dump({"file": str(options["file"]), "bytes": size, "rows": rows})
        else:
            self.say(f"{sum(rows.values())} rows of {len(rows)} tables in {options['file']}, {size} bytes.")
            self.say(
                "Keep FIELD_ENCRYPTION_KEYS and SECRET_KEY elsewhere: without them the sealed passwords in it stay closed."
            )
