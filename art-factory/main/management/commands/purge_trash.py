"""`manage.py purge_trash`: delete for good what has long been in the trash."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from main.management.reporting import as_line, show
from main.services.products import purge


class Command(BaseCommand):
    """Empties the trash."""

    help = "Delete for good what has been in the trash for so many days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the days and --json."""
        parser.add_argument("--older-than", type=int, default=30, help="days in the trash (30)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and say how many."""
        found = {"deleted": purge(max(0, options["older_than"]))}
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
