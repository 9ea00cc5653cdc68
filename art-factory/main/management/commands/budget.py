"""`manage.py budget`: the caps, and what is spent of them."""

from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.models import Budget
from main.services.spending import spent_between

CAPS = ("per_order", "per_day", "per_month")


class Command(BaseCommand):
    """Shows or changes the caps."""

    help = "Show the caps and what is spent or set aside of them (UTC); change a cap."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take new caps and --json."""
        for cap in CAPS:
            parser.add_argument(f"--{cap.replace('_', '-')}", help="a new cap")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Change what was given, then show."""
        changes = {cap: _amount(options[cap]) for cap in CAPS if options[cap] is not None}
        budget = Budget.objects.update_or_create(pk=1, defaults=changes)[0]
        budget.refresh_from_db()
        spent = spent_between()
        found = {cap: f"{getattr(budget, cap).normalize():f}" for cap in CAPS}
        found |= {
            "spent_today": f"{spent['day']:f}",
            "spent_this_month": f"{spent['month']:f}",
            "currency": budget.currency,
        }
        show(self.stdout, found, [as_line(found)], as_json=options["json"])


def _amount(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 <= found < 1_000_000:
        raise CommandError(f"{text[:40]} is no amount from 0 to 999999")
    return found
