from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.services import secrets


class Command(BaseCommand):
    """Encrypt every stored password anew under the first key of FIELD_ENCRYPTION_KEYS."""

    help = "Encrypt every stored password anew under the first key of FIELD_ENCRYPTION_KEYS, or make a new key."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --new-key."""
        parser.add_argument("--new-key", action="store_true", help="print a new key and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was rewritten; fail when something could not be opened."""
        if options["new_key"]:
            self.stdout.write(Fernet.generate_key().decode())
            return
        lost = 0
        for name, (done, unopened) in secrets.rotate().items():
            lost += unopened
            self.stdout.write(f"{name}: {done} rewritten, {unopened} that no key opens")
        if lost:
            raise CommandError("Keep the older keys in FIELD_ENCRYPTION_KEYS until every secret can be opened.")
