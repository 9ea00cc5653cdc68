"""`diagnose_daemon`: why is nothing polled? Every link from the database to the logs, with what to do about it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from inventory.management.operations import OperationsCommand
from inventory.services.operations import workers
from inventory.services.operations.diagnosis import diagnose

MARKS = {"ok": "ok     ", "warning": "WARNING", "broken": "BROKEN "}


class Command(OperationsCommand):
    """Exit code 1 when a link is broken; warnings alone leave it at 0. Changes nothing."""

    help = "Look at everything automatic polling needs and say what is wrong and what to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How patient to be."""
        super().add_arguments(parser)
        parser.add_argument("--timeout", type=float, default=workers.SECONDS, help="seconds to wait for workers (3)")

    def work(self, options: dict[str, Any]) -> None:
        """Look, print, judge."""
        found = diagnose(timezone.now(), options["timeout"])
        broken = [finding.link for finding in found if finding.level == "broken"]
        if options["json"]:
            self.dump({"broken": broken, "findings": [finding.to_json() for finding in found]})
        else:
            for finding in found:
                self.say(f"{MARKS[finding.level]}  {finding.link:<10} {finding.text}")
                if finding.advice:
                    self.say(f"{'':>20}{finding.advice}")
        if broken:
            raise CommandError(f"Broken: {', '.join(broken)}.")
