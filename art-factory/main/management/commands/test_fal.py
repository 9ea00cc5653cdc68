"""`manage.py test_fal`: does fal.ai answer, and does a picture come out?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.models import FactoryMachine, Order, Product
from main.production.foreground import process
from main.providers.protocol import ProviderError
from main.services.connections import can_ask, client_of
from main.services.orders import OrderRefused, Preview, Wish, place, preview


class Command(BaseCommand):
    """Tries fal.ai as production would: same key, same address, same ledger."""

    help = "Try fal.ai: its key with a call that costs nothing, or with --picture one real picture, paid and within the caps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to try."""
        parser.add_argument("--picture", action="store_true", help="order one picture as well: this costs money")
        parser.add_argument("--machine", default="fal-ai/flux/schnell", help="the model; fal-ai/flux/schnell")
        parser.add_argument("--prompt", default="a red apple on a table", help="taken literally, brackets too")
        parser.add_argument("--dry-run", action="store_true", help="with --picture: only say what it would cost")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Try it; exit code 1 when it did not work."""
        if not can_ask("fal"):
            raise CommandError("there is no key: put FAL_KEY into .env, or type it into Settings > Keys")
        found: dict[str, Any] = {}
        wish = _wish(options["machine"], options["prompt"]) if options["picture"] else None
        try:
            if wish is not None:
                found |= _costs(preview(wish))
            if not options["dry_run"]:
                found["answer"] = client_of("fal").test()
                if wish is not None:
                    found |= _made(place(wish))
        except (ProviderError, OrderRefused) as error:
            raise CommandError(str(error)) from None
        if not found:
            raise CommandError("--dry-run is for --picture: without it nothing is ordered anyway")
        show(self.stdout, found, [as_line(found)], as_json=options["json"])
        if found.get("status", "completed") != "completed":
            raise SystemExit(1)


def _wish(name: str, prompt: str) -> Wish:
    machine = FactoryMachine.objects.filter(name=name, provider__name="fal", is_active=True).first()
    if machine is None:
        raise CommandError(
            f"fal.ai's {name[:100]} is not on offer: manage.py load_seed_data, or look at the page Models"
        )
    return Wish(machine, prompt, title="fal.ai tried", expand=False)


def _costs(seen: Preview) -> dict[str, Any]:
    """Return what it would be. OrderRefused when the machine does not take it."""
    if seen.problems:
        raise OrderRefused(list(seen.problems))
    shown = seen.as_json()
    return {"products": shown["products"], "estimated_cost": shown["estimated_cost"] or "unknown"}


def _made(order: Order) -> dict[str, Any]:
    """Work until the one item has ended, as a worker would, and say what became of it and its money."""
    item = order.items.get()
    process(item_id=item.pk)
    item.refresh_from_db()
    product = Product.objects.filter(order_item=item).first()
    return {
        "order": order.pk,
        "status": item.status,
        "reason": item.reason,
        "product": product.pk if product else None,
        "money": ", ".join(f"{entry.amount:f} {entry.state}" for entry in item.spending.all()),
    }
