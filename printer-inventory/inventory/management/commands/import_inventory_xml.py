"""`import_inventory_xml PATH [IP] [--store]`: what the inventories that GLPI Agent or FusionInventory Agent saved say."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.polling.glpi.files import SavedDevice, read_saved
from inventory.polling.listing import overview, record
from inventory.services.importing import FutureReadingError, find_printer, store_reading


class Command(BaseCommand):
    """With --json stdout holds one JSON list and nothing else; with --store the readings become polls of their printers.

    A reading is as old as its file. One that is stored already is not stored again.
    """

    help = "Read an agent's inventory XML, a file or a folder of them, and print what each device says."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A file or folder, and where its device was asked."""
        parser.add_argument("path", type=Path, metavar="PATH", help="an XML file, or a folder of them")
        parser.add_argument("ip", nargs="?", default="", metavar="IP", help="the address a single file's device has")
        parser.add_argument("--store", action="store_true", help="judge and store the readings of printers on file")
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")

    def handle(self, *args: Any, path: Path, ip: str, json: bool, store: bool, **options: Any) -> None:
        """Read, then print; exit code 1 when a file or a device gave nothing."""
        try:
            devices = list(read_saved(path, ip))
        except OSError as error:
            raise CommandError(str(error)) from error
        if not devices:
            raise CommandError(f"no .xml file in {path}")
        outcomes = [_store(device, path) if store else "" for device in devices]
        if json:
            stored = [{"stored": outcome} if store else {} for outcome in outcomes]
            records = [_record(device) | more for device, more in zip(devices, stored, strict=True)]
            self.stdout.write(_json(records))
        else:
            self._print(devices)
            for device, outcome in zip(devices, outcomes, strict=True):
                if outcome:
                    self.stdout.write(f"{device.source}: {outcome}")
        if any(device.reading is None for device in devices):
            raise SystemExit(1)

    def _print(self, devices: list[SavedDevice]) -> None:
        self.stdout.write(overview([(d.address or d.source, d.reading) for d in devices if d.reading is not None]))
        for device in devices:
            if device.reading is None:
                self.stdout.write(f"{device.source}: {device.error}")
            else:
                for warning in device.reading.warnings:
                    self.stdout.write(f"{device.source}: {warning}")


def _store(device: SavedDevice, path: Path) -> str:
    """Store a device's reading; return what became of it: a verdict with its reason, or why there is none."""
    if device.reading is None:
        return ""
    printer = find_printer(device.reading, device.address)
    if printer is None:
        return "no printer on file has this serial number, MAC address or address"
    file = path / device.source if path.is_dir() else path
    read_at = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
    try:
        judged = store_reading(printer, device.reading, read_at)
    except FutureReadingError as error:
        return str(error)
    if judged is None:
        return f"{printer}: stored before"
    return f"{printer}: {judged.verdict.value}" + (f" - {judged.error}" if judged.error else "")


def _record(device: SavedDevice) -> dict[str, Any]:
    head = {"source": device.source, "address": device.address, "error": device.error}
    return {**head, **(record(device.reading) if device.reading else {})}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
