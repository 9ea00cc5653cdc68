from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from contracts.models import ContractDevice
from contracts.services.linking import link_devices
from inventory.polling.listing import table


class Command(BaseCommand):
    """Link contract devices to the inventory's printers in use by their serial numbers."""

    help = "Link contract devices to printers by serial number. Run it with --dry-run first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which devices, and whether those that have a printer are looked at again."""
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument(
            "--force-relink", action="store_true", help="also those whose printer has another serial number"
        )
        parser.add_argument("--show-details", action="store_true", help="a line per device")
        parser.add_argument("--filter-org", default="", metavar="X", help="organizations whose names hold this")
        parser.add_argument("--serial-contains", default="", metavar="X", help="serial numbers that hold this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Link, and say what became of how many."""
        rows = ContractDevice.objects.all()
        if options["filter_org"]:
            rows = rows.filter(organization__name__icontains=options["filter_org"])
        if options["serial_contains"]:
            rows = rows.filter(serial_number__icontains=options["serial_contains"])
        told = link_devices(rows, force=options["force_relink"], dry_run=options["dry_run"])
        if options["show_details"] and told.details:
            self.stdout.write(table(("device", "what", "printer"), told.details))
        self.stdout.write(", ".join(f"{name} {count}" for name, count in told.totals().items()))
        if options["dry_run"]:
            self.stdout.write("Nothing changed (--dry-run).")
