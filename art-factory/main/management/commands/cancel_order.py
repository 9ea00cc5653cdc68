"""`manage.py cancel_order 12`: stop an order."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.models import Order
from main.services import orders


class Command(BaseCommand):
    """Stops an order."""

    help = "Stop an order: what waits ends at once, what runs is asked to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the order's number."""
        parser.add_argument("order_id", type=int)
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop it."""
        order = Order.objects.filter(pk=options["order_id"]).first()
        if order is None:
            raise CommandError(f"there is no order {options['order_id']}")
        found = {"order": order.pk, "calls": orders.cancel(order, actor="command")}
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
