"""`read_walks FOLDER`: what the product reads out of recorded SNMP walks, by the very plan that polls live printers."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.polling.listing import overview, record
from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.walk import WalkError, poll_walk, read_walk_file


class Command(BaseCommand):
    """Needs no database and no service; with --json stdout holds one JSON list and nothing else."""

    help = "Read a folder of recorded SNMP walks (*.snmprec) and print what each device says."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A folder or a single file."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of .snmprec files, or one such file")
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")

    def handle(self, *args: Any, folder: Path, json: bool, **options: Any) -> None:
        """Read, then print."""
        files = sorted(folder.glob("*.snmprec")) if folder.is_dir() else [folder]
        if not files or not files[0].exists():
            raise CommandError(f"no .snmprec file in {folder}")
        readings = [(path.stem, reading) for path in files if (reading := self._read(path)) is not None]
        if json:
            self.stdout.write(_json([{"walk": name, **record(reading)} for name, reading in readings]))
        else:
            self.stdout.write(overview(readings))
            for name, reading in readings:
                for warning in reading.warnings:
                    self.stdout.write(f"{name}: {warning}")

    def _read(self, path: Path) -> DeviceReading | None:
        try:
            rows, warnings = read_walk_file(path)
        except (WalkError, OSError) as error:
            self.stderr.write(f"{path.name}: {error}")
            return None
        reading = poll_walk(rows, now=time.time()).reading
        return replace(reading, warnings=(*warnings, *reading.warnings))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
