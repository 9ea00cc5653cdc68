import csv
import getpass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from access.models import AllowedUser
from access.services import whitelist
from access.services.audit import Actor

MAX_BYTES = 5 * 1024 * 1024
LONGEST_NAME = 150


class Command(BaseCommand):
    """Say who of the provider's people may come in."""

    help = "Say who of the provider's people may come in: list, add, remove, block, let in again, many from a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one thing to do and what belongs to it."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--add", metavar="USER", help="let a user name of the provider in")
        what.add_argument("--remove", metavar="USER", help="take a user name off the list")
        what.add_argument("--activate", metavar="USER", help="let somebody in again, or approve who waits")
        what.add_argument("--deactivate", metavar="USER", help="block somebody; they are out with their next click")
        what.add_argument("--list", action="store_true", help="show the list")
        what.add_argument("--import-existing", action="store_true", help="add every active account that is not on it")
        what.add_argument("--bulk-add", metavar="FILE", type=Path, help="CSV: user name, e-mail, full name, notes")
        for name in ("email", "full-name", "notes"):
            parser.add_argument(f"--{name}", default="", help="of the person to add")
        parser.add_argument("--delimiter", default=",", help="of the file")
        parser.add_argument("--dry-run", action="store_true", help="with --bulk-add: say what would be added")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what was done."""
        actor = Actor(name=f"{getpass.getuser()} (console)")
        if options["list"]:
            self._list()
        elif options["import_existing"]:
            made = whitelist.import_accounts(actor)
            self.stdout.write(f"{len(made)} accounts added" + "".join(f"\n  {entry}" for entry in made))
        elif options["bulk_add"]:
            self._bulk(options, actor)
        elif options["add"] is not None:
            self._add(actor, options["add"], options["email"], options["full_name"], options["notes"])
        else:
            self._one(options, actor)

    def _list(self) -> None:
        entries = AllowedUser.objects.prefetch_related("initial_groups")
        for entry in entries:
            roles = ", ".join(group.name for group in entry.initial_groups.all()) or "default roles"
            self.stdout.write(f"{entry.username}\t{entry.state}\t{entry.email}\t{entry.full_name}\t{roles}")
        self.stdout.write(f"{len(entries)} on the list")

    def _add(self, actor: Actor, username: str, email: str, full_name: str, notes: str) -> None:
        entry, new = whitelist.add(
            _checked(username, email), actor, email=email, full_name=full_name[:255], notes=notes
        )
        self.stdout.write(f"{entry}: {'added' if new else 'was there; let in'}")

    def _one(self, options: dict[str, Any], actor: Actor) -> None:
        action = next(name for name in ("remove", "activate", "deactivate") if options[name] is not None)
        entry = whitelist.find(options[action])
        if entry is None:
            raise CommandError(f"{options[action]} is not on the list; `manage_whitelist --list` shows it.")
        if action == "remove":
            whitelist.remove(entry, actor)
        else:
            whitelist.decide(entry, actor, allow=action == "activate")
        self.stdout.write(f"{entry}: {'removed' if action == 'remove' else entry.state}")

    def _bulk(self, options: dict[str, Any], actor: Actor) -> None:
        """Add every line of a file, or none when one of them is wrong."""
        path: Path = options["bulk_add"]
        try:
            if path.stat().st_size > MAX_BYTES:
                raise CommandError(f"{path} is larger than 5 MB.")
            lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=options["delimiter"]))
        except (OSError, UnicodeDecodeError, csv.Error, TypeError) as error:
            raise CommandError(f"Cannot read {path}: {error}") from error
        people = [
            ([cell.strip() for cell in line] + ["", "", "", ""])[:4] for line in lines if line and line[0].strip()
        ]
        for number, (username, email, *_rest) in enumerate(people, start=1):
            try:
                _checked(username, email)
            except CommandError as error:
                raise CommandError(f"Entry {number}: {error} Nothing was added.") from error
        for person in people:
            if options["dry_run"]:
                self.stdout.write(f"{person[0]}: {'is there' if whitelist.find(person[0]) else 'would be added'}")
            else:
                self._add(actor, *person)


def _checked(username: str, email: str) -> str:
    """Return a user name that can be on the list; raise CommandError."""
    username = username.strip()
    if not username or len(username) > LONGEST_NAME:
        raise CommandError(f"{username[:40]!r} is no user name of 1 to {LONGEST_NAME} characters.")
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email[:80]!r} is no e-mail address.") from error
    return username
