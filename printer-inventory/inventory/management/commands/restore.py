from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from inventory.management.operations import OperationsCommand
from inventory.services.operations import archive


class Command(OperationsCommand):
    """Fill the database from a backup."""

    help = "Fill an empty, migrated database from FILE, all or nothing. --replace empties one that is in use first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, and whether what is there may go."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="throw away what the database holds now")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def work(self, options: dict[str, Any]) -> None:
        """Ask where something is lost, then restore."""
        if options["replace"]:
            self.confirm("everything that this database holds now", options)
        rows = archive.restore(options["file"], replace=options["replace"])
        if options["json"]:
            self.dump({"rows": rows})
        else:
            self.say(f"{sum(rows.values())} rows of {len(rows)} tables restored. Start the workers again.")
