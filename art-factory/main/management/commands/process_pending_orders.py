"""`manage.py process_pending_orders`: work off what waits, in the foreground."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from main.management.reporting import as_line, show
from main.models import OPEN, Order, OrderItem
from main.production.foreground import process
from main.services.deriving import ENDED
from main.services.orders import retry


class Command(BaseCommand):
    """Works until nothing waits, for machines without a server running."""

    help = "Work off what waits, here and now; what failed too, when told."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the documents' options and --json."""
        parser.add_argument("--max-age", type=int, default=0, help="only orders older than so many minutes")
        parser.add_argument("--batch-size", type=int, default=0, help="end after so many calls; 0 is all")
        parser.add_argument("--retry-failed", action="store_true", help="start failed ones again first")
        parser.add_argument("--dry-run", action="store_true", help="only say what waits")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work, and say what was done."""
        edge = timezone.now() - timedelta(minutes=options["max_age"])
        old = Order.objects.filter(created_at__lte=edge)
        waiting = OrderItem.objects.filter(order__in=old, status__in=OPEN).count()
        found = {"waiting": waiting, "retried": 0, "processed": 0}
        if not options["dry_run"]:
            if options["retry_failed"]:
                found["retried"] = sum(retry(order, actor="command") for order in old.filter(status__in=ENDED))
            found["processed"] = process(limit=options["batch_size"])
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
