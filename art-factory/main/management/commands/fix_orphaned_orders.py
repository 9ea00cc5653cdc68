"""`manage.py fix_orphaned_orders`: free what dead workers hold, now instead of at the foreman's next round."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from main.management.reporting import as_line, show
from main.models import RUNNING, Order, OrderItem
from main.production.foreman import keep_order
from main.services.deriving import derive


class Command(BaseCommand):
    """Frees items and brings orders' states up to date."""

    help = "Free what dead workers hold and derive every open order's state again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --dry-run and --json."""
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fix, and say what was fixed."""
        held = OrderItem.objects.filter(status__in=RUNNING, fence__isnull=False, leased_until__lt=timezone.now())
        found = {"orphaned": held.count(), "freed": 0, "lost": 0, "orders": 0}
        if not options["dry_run"]:
            kept = keep_order()
            found |= {"freed": kept["freed"], "lost": kept["lost"]}
            before = dict(Order.objects.filter(completed_at__isnull=True).values_list("pk", "status"))
            found["orders"] = sum(derive(pk) != status for pk, status in before.items())
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
