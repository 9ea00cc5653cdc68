"""`manage.py verify_media`: files without rows, rows without files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from main.management.reporting import show
from main.models import Product
from main.services.products import sweep_orphans


class Command(BaseCommand):
    """Compares the store with the database."""

    help = "Name files that no product knows and products whose file is gone; exit code 1 when a file is gone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --delete-orphans and --json."""
        parser.add_argument("--delete-orphans", action="store_true", help="delete files that no product knows")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare."""
        orphans = sweep_orphans(delete=options["delete_orphans"])
        root = Path(settings.MEDIA_ROOT)
        missing = [
            file for file in Product.objects.values_list("file", flat=True).iterator() if not (root / file).is_file()
        ]
        found = {"orphans": orphans, "missing": missing}
        lines = [f"orphan {file}" for file in orphans] + [f"missing {file}" for file in missing]
        show(self.stdout, found, lines, as_json=options["json"])
        if missing:
            raise SystemExit(1)
