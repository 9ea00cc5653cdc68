"""`cleanup_old_tasks`: thin out old polls now, by the same rule as every night."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from inventory.management.operations import OperationsCommand
from inventory.services import retention


class Command(OperationsCommand):
    """Deletes what the retention rule lets go, never a day's last good reading nor anything that was in doubt."""

    help = (
        "Thin out old polls: all are kept for --keep-days, after that each day's last good reading, for ever. "
        "--dry-run counts and deletes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How long to keep what."""
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="count, delete nothing")
        parser.add_argument(
            "--keep-days",
            type=int,
            default=settings.KEEP_ALL_DAYS,
            help="days of which every poll is kept (KEEP_ALL_DAYS)",
        )
        parser.add_argument(
            "--archive-days",
            type=int,
            help="accepted as the documents have it; daily readings are kept for ever all the same",
        )
        parser.add_argument("--no-vacuum", action="store_true", help="leave the tables to autovacuum")

    def work(self, options: dict[str, Any]) -> None:
        """Count or delete, then tidy the tables."""
        days, now = options["keep_days"], timezone.now()
        if not 1 <= days <= 36_500:
            raise ValueError("--keep-days is between 1 and 36500.")
        if options["dry_run"]:
            facts = {"dry_run": True, "keep_days": days, "deleted": 0, "would_delete": retention.count(now, days)}
        else:
            facts = {"dry_run": False, "keep_days": days, **retention.cleanup(now, days)}
            if not options["no_vacuum"]:
                retention.vacuum()
        if options["json"]:
            self.dump(facts)
            return
        if options["archive_days"] is not None:
            self.say(f"Daily readings older than {options['archive_days']} days are kept too; none is ever deleted.")
        if options["dry_run"]:
            self.say(f"{facts['would_delete']} polls older than {days} days would be deleted; nothing was.")
        else:
            self.say(f"{facts['deleted']} polls older than {days} days deleted; each day's last good reading stays.")
