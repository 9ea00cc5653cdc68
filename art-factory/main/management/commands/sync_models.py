"""`manage.py sync_models`: do the providers still take what the machines send?"""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import show
from main.services.cataloguing import Look, NotSynced, ask_provider, take_from


class Command(BaseCommand):
    """Compares machines with their provider, or adds machines."""

    help = (
        "Ask a provider (fal, replicate) what its models take today and say where a machine would be refused; a model that is "
        "gone is not offered any more. --from-file adds or updates machines of a file written like seed/machines/*.toml."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the provider or the file."""
        parser.add_argument(
            "--provider", default="", help="fal or replicate; with --from-file: only machines of this one"
        )
        parser.add_argument("--from-file", type=Path, help="a TOML file of [[machine]] tables")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare; exit code 1 when something drifted, is gone or could not be asked."""
        try:
            if options["from_file"]:
                found = take_from(options["from_file"], options["provider"], dry_run=options["dry_run"])
            elif options["provider"]:
                found = ask_provider(options["provider"], dry_run=options["dry_run"])
            else:
                raise CommandError("say --provider fal (or replicate), or --from-file machines.toml")
        except (NotSynced, OSError) as error:
            raise CommandError(str(error)) from None
        show(self.stdout, [asdict(one) for one in found], [_line(one) for one in found], as_json=options["json"])
        if any(one.verdict in ("drifted", "gone", "unreachable") for one in found):
            raise SystemExit(1)


def _line(look: Look) -> str:
    used = f" ({look.templates} templates use it)" if look.templates else ""
    return f"{look.verdict:<12} {look.machine}{used}{''.join(f'{chr(10)}             {note}' for note in look.notes)}"
