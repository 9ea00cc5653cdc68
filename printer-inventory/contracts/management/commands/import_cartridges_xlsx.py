from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from sheets import SheetError

from contracts.services.importing_cartridges import LIMITS, import_cartridges
from inventory.polling.listing import table


class Command(BaseCommand):
    """Cartridges and the models that take them, from a spreadsheet; rows that cannot be used are named and left out."""

    help = (
        "Import cartridges from a table with the columns ID модели (or Производитель and Модель), Картридж, Артикул, Цвет, "
        "Ресурс, Комментарий. Run it with --dry-run first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and what becomes of what is known already."""
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--primary", action="store_true", help="mark what is linked as the model's usual cartridge")
        parser.add_argument("--skip-existing", action="store_true", help="leave known cartridges as they are")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what became of it; exit code 1 when a row was left out."""
        try:
            with options["file"].open("rb") as file:
                content = file.read(LIMITS.file_bytes + 1)
            told = import_cartridges(
                content, primary=options["primary"], skip_existing=options["skip_existing"], dry_run=options["dry_run"]
            )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from error
        except SheetError as error:
            raise CommandError(str(error)) from error
        if told.bad:
            self.stdout.write(
                table(("row", "code", "why"), ((str(one.number), one.code, one.text) for one in told.bad))
            )
        self.stdout.write(f"{told.cartridges} cartridges added, {told.known} known, {told.links} linked to models.")
        if options["dry_run"]:
            self.stdout.write("Nothing changed (--dry-run).")
        if told.bad:
            raise SystemExit(1)
