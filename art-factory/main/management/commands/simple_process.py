"""`manage.py simple_process`: one pass over what waits, or one item."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.models import OrderItem
from main.production.foreground import process


class Command(BaseCommand):
    """Works in the foreground."""

    help = "Work off what waits, or wait for one item's end while working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one item and --json."""
        parser.add_argument("--order-item-id", type=int, help="work until this item has ended")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work, and say what was done; exit code 1 for an item that does not exist."""
        item_id = options["order_item_id"]
        if item_id is not None and not OrderItem.objects.filter(pk=item_id).exists():
            raise CommandError(f"there is no order item {item_id}")
        found: dict[str, Any] = {"processed": process(item_id=item_id)}
        if item_id is not None:
            found["status"] = OrderItem.objects.get(pk=item_id).status
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
