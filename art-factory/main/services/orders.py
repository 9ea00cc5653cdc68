"""Orders: what one would make and cost, placing it, stopping and repeating it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from main.expansion import Expansion, ExpansionError, Item, Plan, translate
from main.factories import ModelSpecificFactory, Problem
from main.models import (
    OPEN,
    Circuit,
    FactoryMachine,
    ItemInput,
    ItemStatus,
    Lookup,
    Order,
    OrderItem,
    OrderTemplate,
    Product,
    Project,
    Relation,
)
from main.services import events
from main.services.connections import can_ask
from main.services.counting import recount_project
from main.services.deriving import derive
from main.services.machines import factory_of
from main.services.names import MachineNames

FIRST = 12
MOST_TIMES = 10


class OrderRefused(ValueError):  # noqa: N818 -- says what is wrong with the order
    """The order cannot be placed; `problems` says why, field by field."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems."""
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody typed. `parameters` are the form's, without the prompts; `problems` what could not be read of it.

    `dialect` "dynamic" reads the prompts as dynamic-prompts; `relation` says how an input image is used, `source` which product
    this is a variation of.
    """

    machine: FactoryMachine
    prompt: str = ""
    negative_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    project: Project | None = None
    template: OrderTemplate | None = None
    times: int = 1
    max_items: int = 0
    seed: int = 0
    expand: bool = True
    spend_cap: Decimal | None = None
    relation: str = Relation.INPUT
    source: Product | None = None
    dialect: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Preview:
    """What an order would be: the same plan that placing it carries out."""

    plan: Plan
    problems: list[Problem]
    warnings: list[str]
    items: int = 0
    products: int = 0
    cost: Decimal = Decimal(0)
    price: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it for programs and the live preview."""
        first = [
            {"prompt": item.prompt, "negative_prompt": item.negative_prompt, "parameters": dict(item.parameters)}
            for item in self.plan.items[:FIRST]
        ]
        return {
            "batches": self.plan.batches,
            "combinations": str(self.plan.total),
            "at_least": self.plan.at_least,
            "items": self.items,
            "products": self.products,
            "limited": self.plan.limited,
            "estimated_cost": f"{self.cost:f}" if self.price.get("known") else None,
            "set_aside": f"{self.cost:f}",
            "price": self.price,
            "warnings": self.warnings,
            "problems": [{"field": one.field, "code": one.code, "message": one.message} for one in self.problems],
            "first": first,
        }


def preview(wish: Wish) -> Preview:
    """Expand, check and price a wish without storing anything."""
    factory = factory_of(wish.machine)
    price = factory.machine.price
    shown = {
        "amount": f"{price.amount:f}",
        "unit": price.unit,
        "currency": price.currency,
        "source": price.source,
        "date": price.date,
        "known": "yes" if price.known else "",
    }
    found = Preview(Plan([], 0), list(wish.problems), [], price=shown)
    try:
        wish, notes = in_our_language(wish)
        found.warnings += notes
        found.plan = _plan(wish, factory)
    except ExpansionError as error:
        found.problems.append(Problem("prompt", "expansion", str(error)))
        return found
    found.warnings += found.plan.warnings
    times = max(1, wish.times)
    for item in found.plan.items:
        checked = factory.validate(_given(item))
        found.problems += [problem for problem in checked.problems if problem not in found.problems]
        found.warnings += [text for text in checked.warnings if text not in found.warnings]
        if checked.problems:
            break
        complete = factory.complete(checked.parameters)
        found.items += times
        found.products += factory.products_per_call(complete) * times
        found.cost += factory.estimate(complete) * times
    if found.items > settings.ORDER_ITEMS_HARD:
        text = f"{found.items} calls are more than {settings.ORDER_ITEMS_HARD}"
        found.problems.append(Problem("times", "too_many", text))
    provider = wish.machine.provider
    if provider.circuit == Circuit.OPEN and provider.circuit_reason:
        found.warnings.append(f"{provider.title} rests now: {provider.circuit_reason}")
    if not can_ask(provider.name):
        found.warnings.append(
            f"{provider.title} has no key or address yet: its calls will fail until the settings name one"
        )
    if found.plan.dry_run:
        found.warnings.append("meta:debug:dryrun: nothing will be made")
    return found


def in_our_language(wish: Wish) -> tuple[Wish, list[str]]:
    """Return a wish whose prompts are in our language, and what was done another way. ExpansionError."""
    if wish.dialect != "dynamic":
        return wish, []
    lookups = dict(Lookup.objects.values_list("name", "values"))
    prompt, negative = (translate(text, lookups) for text in (wish.prompt, wish.negative_prompt))
    changed = replace(wish, prompt=prompt.prompt, negative_prompt=negative.prompt, dialect="", expand=True)
    return changed, [*prompt.warnings, *negative.warnings]


def place(wish: Wish, *, actor: str = "page", idempotency_key: str = "") -> Order:
    """Place an order; the same idempotency key gives the order it gave before. Raises OrderRefused."""
    if idempotency_key and (before := Order.objects.filter(idempotency_key=idempotency_key[:128]).first()):
        return before
    found = preview(wish)
    if found.plan.dry_run:
        found.problems.append(Problem("prompt", "dry_run", "meta:debug:dryrun: take it out to order"))
    if not 1 <= wish.times <= MOST_TIMES:
        found.problems.append(Problem("times", "bounds", f"times: 1 to {MOST_TIMES} were expected"))
    if found.problems:
        raise OrderRefused(found.problems)
    try:
        with transaction.atomic():
            return _stored(in_our_language(wish)[0], found, actor, idempotency_key)
    except IntegrityError:
        if before := Order.objects.filter(idempotency_key=idempotency_key[:128] or None).first():
            return before
        raise


def cancel(order: Order, *, actor: str = "page") -> int:
    """Stop an order and return how many calls that touched: what waits ends at once, what runs is asked to stop."""
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        waiting = order.items.filter(status__in=(ItemStatus.PENDING, ItemStatus.HELD))
        stopped = waiting.update(status=ItemStatus.CANCELLED, reason="cancelled", progress_text="")
        asked = order.items.filter(status__in=OPEN).update(cancel_requested=True)
        events.record("order_cancel", order=order.pk, entity=order.pk, actor=actor, stopped=stopped, asked=asked)
        derive(order.pk)
    return stopped + asked


def retry(order: Order, *, actor: str = "page", unknown: bool = False) -> int:
    """Give an order's failed calls another start, and, when told so, those that may have been charged already.

    What is made and paid for, and only could not be fetched, is fetched again: it is not ordered a second time.
    """
    statuses = [ItemStatus.FAILED, ItemStatus.EXHAUSTED, ItemStatus.BLOCKED, ItemStatus.CANCELLED]
    statuses += [ItemStatus.UNKNOWN] if unknown else []
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        made = order.items.filter(status=ItemStatus.EXHAUSTED, error_category="download", reference__isnull=False)
        started = made.update(
            status=ItemStatus.SUBMITTED, next_poll_at=timezone.now(), polls=0, fence=None, leased_until=None,
            cancel_requested=False, error_category="", error_message="", reason="", completed_at=None,
        )  # fmt: skip
        started += order.items.filter(status__in=statuses).update(
            status=ItemStatus.PENDING, tries_from=F("attempt"), not_before=None, reference=None, outcome=None, fence=None,
            leased_until=None, cancel_requested=False, error_category="", error_message="", reason="", progress=0,
            completed_at=None,
        )  # fmt: skip
        events.record("order_retry", order=order.pk, entity=order.pk, actor=actor, items=started)
        derive(order.pk)
    return started


def hold(order: Order, *, held: bool, actor: str = "page") -> int:
    """Hold what waits of an order, or let it go on."""
    before, after = (ItemStatus.PENDING, ItemStatus.HELD) if held else (ItemStatus.HELD, ItemStatus.PENDING)
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        changed = order.items.filter(status=before).update(
            status=after, reason="held by hand" if held else "", error_category="by_hand" if held else ""
        )
        events.record(
            "order_hold" if held else "order_release", order=order.pk, entity=order.pk, actor=actor, items=changed
        )
        derive(order.pk)
    return changed


def change_cap(order: Order, cap: Decimal, *, actor: str = "page") -> None:
    """Let an order cost so much and no more; what its old cap held is tried again."""
    with transaction.atomic():
        Order.objects.select_for_update().filter(pk=order.pk).update(spend_cap=cap)
        order.items.filter(status=ItemStatus.HELD, error_category="cap").update(
            status=ItemStatus.PENDING, error_category="", reason=""
        )
        events.record("order_changed", order=order.pk, entity=order.pk, actor=actor, reason=f"{cap:f} {order.currency}")
        derive(order.pk)


def _plan(wish: Wish, factory: ModelSpecificFactory) -> Plan:
    names = MachineNames(factory)
    parameters = {name: value for name, value in wish.parameters.items() if value not in (None, "")}
    expansion = Expansion(
        wish.prompt,
        wish.negative_prompt,
        lookups=dict(Lookup.objects.values_list("name", "values")) if "[" in wish.prompt + wish.negative_prompt else {},
        parameters=parameters,
        names=names,
        seed=wish.seed,
        brackets=wish.expand,
    )
    most = min(wish.max_items or settings.ORDER_ITEMS_DEFAULT, settings.ORDER_ITEMS_HARD)
    return expansion.plan(per_batch=most, limit=settings.ORDER_ITEMS_HARD)


def _given(item: Item) -> dict[str, Any]:
    return {**item.parameters, "prompt": item.prompt, "negative_prompt": item.negative_prompt}


def _stored(wish: Wish, found: Preview, actor: str, key: str) -> Order:
    factory = factory_of(wish.machine)
    order = Order.objects.create(
        title=wish.title[:200] or wish.prompt[:80],
        machine=wish.machine,
        project=wish.project,
        template=wish.template,
        source=wish.source,
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        base_parameters=dict(wish.parameters),
        expansion_seed=wish.seed,
        expand=wish.expand,
        generation_count=wish.times,
        max_items=wish.max_items or settings.ORDER_ITEMS_DEFAULT,
        spend_cap=wish.spend_cap,
        estimated_cost=found.cost,
        currency=found.price["currency"],
        warnings=found.warnings,
        idempotency_key=key[:128] or None,
        requested_by=actor,
        item_count=found.items,
    )
    items, inputs = [], []
    for sequence, (item, time) in enumerate((item, time) for item in found.plan.items for time in range(wish.times)):
        generation = factory.validate(_given(item)).parameters
        complete = factory.complete(generation)
        # Each call gets a seed of its own unless one was asked for: several times the same one would give the same picture,
        # and a paid call whose answer was lost is found again by it.
        own = time if wish.machine.provider.name == "builtin" else True
        if own and "seed" not in generation and factory.machine.spec("seed") is not None:
            generation["seed"] = complete["seed"] = secrets.randbelow(2**31)
        items.append(
            OrderItem(
                order=order,
                machine=wish.machine,
                provider_name=wish.machine.provider.name,
                sequence=sequence,
                prompt=item.prompt,
                negative_prompt=item.negative_prompt,
                choices=dict(item.choices),
                generation_parameters=generation,
                quantity=factory.products_per_call(complete),
                estimated_cost=factory.estimate(complete),
            )
        )
        inputs.append(factory.inputs(complete))
    OrderItem.objects.bulk_create(items, batch_size=200)
    _store_inputs(items, inputs, wish.relation)
    events.record("order_created", order=order.pk, entity=order.pk, actor=actor, items=found.items, title=order.title)
    recount_project(order.project_id)
    return order


def _store_inputs(items: list[OrderItem], inputs: list[dict[str, int]], relation: str) -> None:
    wanted = {product for one in inputs for product in one.values()}
    known = set(Product.objects.alive().filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := wanted - known:
        raise OrderRefused([Problem("init_image", "missing", f"there is no product {min(missing)}")])
    ItemInput.objects.bulk_create(
        ItemInput(item=item, product_id=product, parameter=name, relation=relation)
        for item, one in zip(items, inputs, strict=True)
        for name, product in one.items()
    )
