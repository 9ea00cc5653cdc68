import json
from typing import Any

from django.contrib.auth import get_user_model

from contracts.services.demo import load_contracts
from inventory.management.commands.load_demo import Command as LoadFleet


class Command(LoadFleet):
    """The inventory's demo, and the contracts of its fleet; an app that stands higher adds its own in the same way."""

    help = "Load the demo: clients, printers, contracts, and the accounts admin, operator and viewer (password in DEMO_PASSWORD)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the fleet, then its contracts."""
        super().handle(*args, **options)
        entries = json.loads(options["inventory"].read_text())
        user = get_user_model().objects.filter(username="operator").first()
        made = load_contracts(entries, user.pk if user else None)
        self.stdout.write(f"{made} devices put under contract.")
