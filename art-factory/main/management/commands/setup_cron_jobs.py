"""`manage.py setup_cron_jobs`: production and upkeep by cron, where no server runs all day."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import show
from main.services import cron_lines


class Command(BaseCommand):
    """Prints lines for a crontab, or puts them there."""

    help = (
        "Print cron lines for a machine on which no server runs all day; --install puts them into your crontab, "
        "--remove takes them out. Nothing else in it changes."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do with the lines."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--install", action="store_true", help="put them into your crontab, in the place of older ones"
        )
        what.add_argument("--remove", action="store_true", help="take them out of your crontab")
        parser.add_argument("--log", type=Path, help="write what they say into this file instead of mailing it")
        parser.add_argument(
            "--dry-run", action="store_true", help="print the crontab that would come out, change nothing"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, or install."""
        try:
            lines = [] if options["remove"] else cron_lines.block(options["log"] and options["log"].absolute())
            if not (options["install"] or options["remove"]):
                show(self.stdout, {"installed": False, "lines": lines}, lines, as_json=options["json"])
                return
            before = cron_lines.installed()
            after = cron_lines.merged(before, lines)
            if not options["dry_run"] and after != before:
                cron_lines.install(after)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        found = {"changed": after != before, "installed": not options["dry_run"], "lines": after.splitlines()}
        told = (
            after.splitlines() if options["dry_run"] else ["changed" if after != before else "it was that way already"]
        )
        show(self.stdout, found, told, as_json=options["json"])
