"""`manage.py load_seed_data`: providers, machines, lookups and maintenance tasks."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from main.services.maintenance import CHORES, bootstrap_tasks
from main.services.seeding import load_seed_data


class Command(BaseCommand):
    """Loads what a fresh installation needs; safe to run again."""

    help = "Load providers, machines, lookups and maintenance tasks; what you changed stays unless --reset."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --reset and --json."""
        parser.add_argument("--reset", action="store_true", help="put everything back as it was delivered")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say how many there are."""
        counts = load_seed_data(reset=options["reset"])
        bootstrap_tasks()
        counts["maintenance tasks"] = len(CHORES)
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        self.stdout.write(", ".join(f"{number} {name}" for name, number in counts.items()))
