from typing import Any

from django.utils import timezone

from billing.services.demo import load_months
from contracts.management.commands.load_demo import Command as LoadContracts


class Command(LoadContracts):
    """The demo of the fleet and its contracts, and the months and invoices of its clients."""

    help = (
        "Load the demo: clients, printers, contracts, months, invoices, and the accounts admin, operator and viewer "
        "(password in DEMO_PASSWORD)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what stands lower, then the months."""
        super().handle(*args, **options)
        self.stdout.write(f"{load_months(timezone.now())} rows of months made.")
