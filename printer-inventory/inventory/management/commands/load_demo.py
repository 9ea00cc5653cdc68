import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.services.demo import load_fleet, make_accounts, read_some_from_pages, run_first_tasks


class Command(BaseCommand):
    """Fill an empty system with the stand-in fleet and one account per role."""

    help = "Load the demo: clients, printers, and the accounts admin, operator and viewer (password in DEMO_PASSWORD)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the inventory file of the stand-in fleet, and how many of it nobody polls."""
        parser.add_argument("inventory", type=Path, help="JSON file written by the stand-in fleet")
        parser.add_argument("--unpolled", type=int, default=0, help="leave out the last so many printers of the file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what was made."""
        password = os.environ.get("DEMO_PASSWORD", "")
        if not password:
            raise CommandError("Set DEMO_PASSWORD to the password the demo accounts shall have.")
        try:
            entries = json.loads(options["inventory"].read_text())
        except (OSError, ValueError) as error:
            raise CommandError(f"Cannot read {options['inventory']}: {error}") from error
        entries = entries[: max(len(entries) - options["unpolled"], 0)]
        made = load_fleet(entries)
        pages = read_some_from_pages(entries)
        run_first_tasks()
        names = ", ".join(make_accounts(password))
        self.stdout.write(
            f"{made} printers added, {pages} now read from their web pages; accounts {names} have DEMO_PASSWORD."
        )
