from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from contracts.services.autopoll import populate_network_port


class Command(BaseCommand):
    """Mark device models that occur among polled printers as having a network port, so that their devices become candidates."""

    help = "Mark the models of polled printers as having a network port. Run it with --dry-run first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether anything is changed."""
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark them, and name them."""
        names = populate_network_port(dry_run=options["dry_run"])
        for name in names:
            self.stdout.write(name)
        self.stdout.write(f"{len(names)} models marked." if not options["dry_run"] else "Nothing changed (--dry-run).")
