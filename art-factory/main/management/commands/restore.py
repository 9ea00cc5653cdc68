"""`manage.py restore FILE`: put a backup back."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.services.restoring import BadBackup, judge, restore


class Command(BaseCommand):
    """Restores a backup."""

    help = "Put a backup back. It is judged whole first; keys of providers stay as they are here; nothing is ordered by it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and whether to go on."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="delete the orders and products that are here first")
        parser.add_argument("--dry-run", action="store_true", help="only judge the file")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore all or nothing; exit code 1 says why not."""
        try:
            with options["file"].open("rb") as file:
                manifest = judge(file)
                found: dict[str, Any] = {"created_at": manifest["created_at"], "counts": manifest["counts"]}
                if not options["dry_run"]:
                    found |= restore(file, replace=options["replace"])
        except (BadBackup, OSError) as error:
            raise CommandError(str(error)) from None
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
