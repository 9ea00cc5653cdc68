"""`manage.py rebuild_thumbnails`: make thumbnails again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from main.management.reporting import as_line, show
from main.services.restoring import rebuild_thumbnails


class Command(BaseCommand):
    """Makes thumbnails."""

    help = "Make the thumbnails of every picture again, or only those that are missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --missing and --json."""
        parser.add_argument("--missing", action="store_true", help="only those that are not there")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, and say of how many pictures."""
        found = {"pictures": rebuild_thumbnails(missing_only=options["missing"])}
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
