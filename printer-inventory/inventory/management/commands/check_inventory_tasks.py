"""`check_inventory_tasks`: how polling went in the last hours, and what waits."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from inventory.management.operations import OperationsCommand
from inventory.services.operations import polls, queues

LIMIT = 20


class Command(OperationsCommand):
    """Exit code 1 when polls are stuck or a service is away; printers that do not answer are no fault of ours."""

    help = "Audit polls: verdicts of the last hours, open and stuck polls, printers that fail; or one printer's polls."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which polls."""
        super().add_arguments(parser)
        parser.add_argument("--printer-id", type=int, help="only this printer, poll by poll")
        parser.add_argument("--hours", type=float, default=2, help="how far back (2)")
        parser.add_argument(
            "--show-queue", action="store_true", help="also what is due next, and the broker's messages"
        )

    def work(self, options: dict[str, Any]) -> None:
        """Collect, print, judge."""
        if not 0 < options["hours"] <= 24 * 366:
            raise ValueError("--hours is more than 0 and at most a year.")
        now = timezone.now()
        facts: dict[str, Any] = {}
        if options["printer_id"] is not None:
            facts["printer"] = polls.story(options["printer_id"], now, options["hours"], LIMIT)
        else:
            facts["summary"] = polls.summary(now, options["hours"])
            facts["failing"] = polls.failing(LIMIT)
        if options["show_queue"]:
            facts["waiting"] = polls.waiting(now, LIMIT)
            facts["messages"] = queues.lengths()
        if options["json"]:
            self.dump(facts)
        else:
            self._print(facts)
        if stuck := facts.get("summary", {}).get("stuck"):
            raise CommandError(f"{stuck} polls are stuck. See: python manage.py diagnose_daemon")

    def _print(self, facts: dict[str, Any]) -> None:
        if "printer" in facts:
            self._story(facts["printer"])
        else:
            self._summary(facts["summary"], facts["failing"])
        if "waiting" in facts:
            self.say("\nNext in line:")
            rows = [
                (one["printer_id"], one["address"], one["due_at"], one["priority"], one["attempt"])
                for one in facts["waiting"]
            ]
            self.show(("printer", "address", "due", "priority", "attempts"), rows, "Nothing is due.")
            self.say("Messages: " + ", ".join(f"{name} {count}" for name, count in facts["messages"].items()))

    def _summary(self, summary: dict[str, Any], failing: list[dict[str, Any]]) -> None:
        opened = summary["open"]
        self.say(f"{summary['printers']} active printers; last good reading: {summary['last_success'] or 'never'}")
        self.say(
            f"Open polls: {opened['queued']} queued, {opened['running']} running; {opened['expired']} leases run out."
        )
        self.say(f"Due now: {summary['due']}. Stuck: {summary['stuck']}.\n\nEnded in the last {summary['hours']:g} h:")
        rows = [(row["state"], row["status"], row["polls"], row["printers"]) for row in summary["ended"]]
        self.show(
            ("state", "verdict", "polls", "printers"), rows, "No poll has ended. See: python manage.py diagnose_daemon"
        )
        if failing:
            self.say("\nFailing most often in a row:")
            lines = [(one["printer_id"], one["address"], one["failures"], one["error"]) for one in failing]
            self.show(("printer", "address", "failures", "reason"), lines, "")

    def _story(self, story: dict[str, Any]) -> None:
        self.say(f"{story['printer']}{'' if story['active'] else ' (retired)'}: due {story['due_at'] or 'never'}")
        self.say(f"Leased by {story['leased_by'] or 'nobody'}; {story['failures']} failures in a row.")
        self.say(f"Last good reading: {story['last_success'] or 'never'}. {story['last_error']}")
        rows = [
            (one["id"], one["due_at"], one["state"], one["verdict"], one["attempt"], one["seconds"], one["reason"])
            for one in story["polls"]
        ]
        self.show(("poll", "due", "state", "verdict", "attempt", "seconds", "reason"), rows, "No poll in this time.")
