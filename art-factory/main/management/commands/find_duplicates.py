"""`manage.py find_duplicates`: pairs of pictures that look alike."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from main.management.reporting import as_line, show
from main.services.duplicates import DISTANCE, MOST_DISTANCE, look


class Command(BaseCommand):
    """Looks for pairs; a person decides about them on the page."""

    help = "Find pictures whose hashes differ in few bits; decisions are made on the page Near duplicates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the distance and --json."""
        choices = range(MOST_DISTANCE + 1)
        parser.add_argument("--distance", type=int, default=DISTANCE, choices=choices, metavar="BITS", help="of 64 (4)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, and say how many are new."""
        found = look(options["distance"])
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
