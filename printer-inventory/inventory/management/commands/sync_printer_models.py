from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from inventory.services.operations.models import duplicates, sync_models


class Command(BaseCommand):
    """Give printers the model that their device names."""

    help = "Give printers without a model the one that their device names in its last reading."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which printers, and whether only to say."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would be changed")
        parser.add_argument("--organization", default="", help="name or id: only its printers")
        parser.add_argument(
            "--force", action="store_true", help="also where a model is set and the device names another"
        )
        parser.add_argument("--show-duplicates", action="store_true", help="list models that differ in spelling only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per change."""
        if options["show_duplicates"]:
            groups = duplicates()
            for names in groups:
                self.stdout.write(" = ".join(names))
            self.stdout.write(f"{len(groups)} models are there more than once.")
            return
        changes = sync_models(organization=options["organization"], force=options["force"], dry_run=options["dry_run"])
        for change in changes:
            self.stdout.write(f"{change.printer}: {change.before or 'no model'} -> {change.after}")
        self.stdout.write(f"{len(changes)} printers {'would get' if options['dry_run'] else 'got'} their model.")
