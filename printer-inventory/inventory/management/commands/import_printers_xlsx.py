"""`import_printers_xlsx FILE`: the printers of a spreadsheet (Excel or CSV) into the fleet, after a look at every row."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from sheets import SheetError

from inventory.models import Organization
from inventory.polling.listing import table
from inventory.rules.printer_rows import LABELS, Defaults
from inventory.services.importing_sheets import LIMITS, JudgedRow, apply_rows, look_through
from inventory.services.printers import AddressTakenError

HEAD = ("row", "what", "address", "serial", "model", "why")


class Command(BaseCommand):
    """All or nothing: rows with errors and conflicts are left out and named, the others are applied in one transaction."""

    help = (
        "Import printers from a table with the columns №, Производитель, Модель оборудования, Серийный номер, IP (also "
        "organization, port, community, MAC, host; English titles too). Run it with --dry-run first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """File and what holds for rows that do not say it."""
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--snmp-community",
            default=os.environ.get("SNMP_COMMUNITY", "public"),
            help="for rows without one; better in the environment as SNMP_COMMUNITY",
        )
        parser.add_argument("--organization", default="", help="for rows without one")
        parser.add_argument("--create-missing-models", action="store_true", help="make models that the catalogue lacks")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look through, say what is wrong, apply; exit code 1 when a row has an error or a conflict."""
        defaults = Defaults(
            _organization(options["organization"]), options["snmp_community"], options["create_missing_models"]
        )
        try:
            preview = look_through(_read(Path(options["file"])), defaults)
        except SheetError as error:
            raise CommandError(str(error)) from error
        troubled = [row for row in preview.rows if row.meaning.findings]
        if troubled:
            self.stdout.write(table(HEAD, map(_line, troubled)))
        counts = preview.counts()
        self.stdout.write(", ".join(f"{label} {counts[label]}" for label in LABELS if counts.get(label)))
        if options["dry_run"]:
            self.stdout.write("Nothing changed (--dry-run).")
        else:
            try:
                applied = apply_rows(preview.rows, None)
            except AddressTakenError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{applied.created} added, {applied.updated} changed, {applied.models} models made.")
        if counts.get("error") or counts.get("conflict"):
            raise SystemExit(1)


def _organization(name: str) -> int | None:
    if not name:
        return None
    found = Organization.objects.filter(name__iexact=name).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(f"There is no organization {name!r}. Make it first, or correct its name.")
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LIMITS.file_bytes + 1)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    if len(content) > LIMITS.file_bytes:
        raise CommandError(f"{path} is larger than {LIMITS.file_bytes:,} bytes. Split it.")
    return content


def _line(row: JudgedRow) -> tuple[str, ...]:
    values = row.values
    why = " ".join(f"{one.code}: {one.text}" for one in row.meaning.findings)
    cells = (values.get("ip"), values.get("serial"), values.get("model"))
    return (str(row.number), row.meaning.label, *(str(cell or "") for cell in cells), why)
