"""`manage.py export_project ID out.zip`: a project's products with a gallery that opens without a server."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.models import Product, Project
from main.services.exporting import write_archive


class Command(BaseCommand):
    """Exports a project."""

    help = "Write a project's products, index.html and products.json into a zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the project, the file, and how to write it."""
        parser.add_argument("project", type=int)
        parser.add_argument("file", type=Path)
        parser.add_argument("--plain", action="store_true", help="leave the pictures as they are: no parameters inside")
        parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the whole file or none."""
        project = Project.objects.alive().filter(pk=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project {options['project']}")
        target: Path = options["file"]
        if target.exists() and not options["overwrite"]:
            raise CommandError(f"{target} is there already; --overwrite replaces it")
        rows = Product.objects.alive().filter(project=project).order_by("pk")
        products = rows.select_related("order_item").prefetch_related("tags").iterator(chunk_size=500)
        written = settings.EMBED_METADATA and not options["plain"]
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with temporary.open("w+b") as file:
                found = write_archive(file, products, project.name, written=written)
            temporary.replace(target)
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}") from None
        finally:
            temporary.unlink(missing_ok=True)
        facts = {"file": str(target), "bytes": target.stat().st_size, **found}
        show(self.stdout, facts, [as_line(facts)], as_json=options["json"])
