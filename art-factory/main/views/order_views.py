"""Order: the form that follows from a machine, the live preview, and the order's own page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from main.metadata import BrokenFile, NothingFound, recover
from main.models import Budget, FactoryMachine, GeneratorKind, Lookup, Order, OrderItem, OrderTemplate, Product, Project
from main.production import foreman
from main.services import orders
from main.services.machines import factory_of
from main.services.making import again_of
from main.services.orders import OrderRefused
from main.services.recovering import refill
from main.views.advising import advice_of
from main.views.inputs import controls, machine_of, money, new_key, number, wish_of

ITEMS_SHOWN = 200
RECOVER_BYTES = 60_000_000


@require_http_methods(["GET", "HEAD", "POST"])
def order_page(request: HttpRequest) -> HttpResponse:
    """Show the form, or place what it says; everything typed stays when it is refused."""
    if request.method == "POST":
        wish = wish_of(request.POST)
        try:
            order = orders.place(wish, idempotency_key=request.POST.get("key", ""))
        except OrderRefused as refused:
            return _form(request, request.POST.dict(), refused)
        foreman.wake.set()
        return redirect(order)
    given = request.GET.dict()
    if again := Order.objects.filter(pk=number(given.get("again"), 0)).select_related("machine").first():
        given = typed(again) | given
    if kept := OrderTemplate.objects.alive().filter(pk=number(given.get("template"), 0)).first():
        given = {name: str(value) for name, value in kept.parameters.items()} | given
    if seen := Product.objects.alive().filter(pk=number(given.get("of"), 0)).select_related("order_item").first():
        return _form(
            request,
            refill(again_of(seen)).given | {"source": str(seen.pk), "project": str(seen.project_id or "")} | given,
        )
    return _form(request, given)


@require_POST
def order_recover(request: HttpRequest) -> HttpResponse:
    """Fill the form in from a file that says how it was made: nothing is stored, nothing ordered."""
    file = request.FILES.get("file")
    if file is None or not file.size or file.size > RECOVER_BYTES:
        messages.error(
            request, _("Choose a picture, WAV or MP4 of at most %(n)d MB.") % {"n": RECOVER_BYTES // 1_000_000}
        )
        return redirect("main:order")
    data = file.read()
    try:
        found = recover(data)
    except (NothingFound, BrokenFile) as error:
        if isinstance(error, NothingFound) and (known := _known(data)):
            note = _("Filled in from %(name)s: it is product #%(pk)d.") % {"name": file.name or "", "pk": known.pk}
            return _form(request, refill(again_of(known)).given, notes=[note])
        messages.error(request, _("%(name)s: %(why)s") % {"name": file.name or "", "why": error})
        return redirect("main:order")
    filled = refill(found)
    note = _("Filled in from %(name)s, written by %(source)s.") % {"name": file.name or "", "source": found.source}
    return _form(request, filled.given, notes=[note, *filled.notes])


@require_GET
def form_partial(request: HttpRequest) -> HttpResponse:
    """Show one machine's fields."""
    machine = machine_of(request.GET.get("machine"))
    given = _parameters(request.GET.dict())
    context = {"machine": machine, "controls": controls(machine, given) if machine else []}
    return render(request, "main/partials/order_fields.html", context)


@require_POST
def preview_partial(request: HttpRequest) -> HttpResponse:
    """Show count, price, warnings and first items of what the form says."""
    found = orders.preview(wish_of(request.POST))
    first = found.plan.items[: orders.FIRST]
    return render(request, "main/partials/order_preview.html", {"preview": found, "first": first})


@require_safe
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an order, its calls and what came of it."""
    return render(request, "main/order_detail.html", _order_context(pk))


@require_safe
def order_partial(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what changes of an order's page."""
    return render(request, "main/partials/order_body.html", _order_context(pk))


@require_POST
def order_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an order."""
    order = get_object_or_404(Order, pk=pk)
    touched = orders.cancel(order)
    foreman.wake.set()
    messages.info(request, ngettext("%(n)d call is stopped", "%(n)d calls are stopped", touched) % {"n": touched})
    return redirect(order)


@require_POST
def order_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Start what failed again; what may have been charged only when the form says so."""
    order = get_object_or_404(Order, pk=pk)
    started = orders.retry(order, unknown=request.POST.get("unknown") == "yes")
    foreman.wake.set()
    messages.info(request, ngettext("%(n)d call starts again", "%(n)d calls start again", started) % {"n": started})
    return redirect(order)


@require_POST
def order_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold what waits, or let it go on."""
    order = get_object_or_404(Order, pk=pk)
    held = request.POST.get("held") == "yes"
    orders.hold(order, held=held)
    foreman.wake.set()
    messages.info(request, _("The order is held") if held else _("The order goes on"))
    return redirect(order)


@require_POST
def order_cap(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what an order may cost."""
    order = get_object_or_404(Order, pk=pk)
    cap = money(request.POST.get("spend_cap"))
    if cap is None:
        messages.error(request, _("A cap is an amount from 0 on. Nothing was changed."))
        return redirect(order)
    orders.change_cap(order, cap)
    foreman.wake.set()
    messages.success(
        request, _("The order may cost %(cap)s %(currency)s") % {"cap": f"{cap:f}", "currency": order.currency}
    )
    return redirect(order)


def _form(
    request: HttpRequest, given: dict[str, str], refused: OrderRefused | None = None, notes: Sequence[str] = ()
) -> HttpResponse:
    machines = list(FactoryMachine.objects.filter(is_active=True).select_related("provider"))
    wanted = machine_of(given.get("machine"))
    standard = next((one for one in machines if one.name == "builtin/still"), machines[0] if machines else None)
    favorite = next((one for one in machines if one.is_favorite), None)
    machine = wanted or favorite or standard
    context: dict[str, Any] = {
        "machines": machines,
        "machine": machine,
        "controls": controls(machine, _parameters(given)) if machine else [],
        "projects": Project.objects.alive().filter(status=Project.Status.ACTIVE),
        "lookups": list(Lookup.objects.values_list("name", flat=True)),
        "given": given,
        "refused": refused,
        "notes": notes,
        "key": new_key(),
        "recent": Product.objects.alive().order_by("-id")[:8],
    }
    return render(request, "main/order.html", context, status=400 if refused else 200)


def _known(data: bytes) -> Product | None:
    """Return the product whose bytes these are: an untouched file says nothing, but the store knows how it was made."""
    same = Product.objects.alive().filter(sha256=hashlib.sha256(data).hexdigest())
    return same.exclude(generator_kind=GeneratorKind.IMPORT).select_related("order_item").first()


def _parameters(given: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("p-"): value for name, value in given.items() if name.startswith("p-")}


def typed(order: Order) -> dict[str, str]:
    """Return the form that gave an order, to order again."""
    found = {f"p-{name}": str(value) for name, value in order.base_parameters.items()}
    return found | {
        "machine": str(order.machine_id),
        "prompt": order.prompt,
        "negative_prompt": order.negative_prompt,
        "times": str(order.generation_count),
        "project": str(order.project_id or ""),
        "literal": "" if order.expand else "on",
        "seed": str(order.expansion_seed),
    }


def _order_context(pk: int) -> dict[str, Any]:
    order = get_object_or_404(Order.objects.select_related("machine__provider", "project"), pk=pk)
    items = list(OrderItem.objects.filter(order=order).order_by("sequence")[:ITEMS_SHOWN])
    products = list(
        Product.objects.alive().filter(order_item__order=order).order_by("order_item__sequence", "output_index")
    )
    words = {item.state for item in items}
    capped = next((item.reason for item in items if item.status == "held" and item.error_category == "cap"), "")
    return {
        "order": order,
        "price_known": factory_of(order.machine).machine.price.known,
        "rows": [(item, advice_of(item)) for item in items],
        "capped": capped,
        "own_cap": capped.endswith("per order would be passed"),
        "cap": order.spend_cap if order.spend_cap is not None else Budget.objects.get_or_create(pk=1)[0].per_order,
        "more_items": order.item_count - len(items),
        "products": products,
        "can_cancel": order.state in ("queued", "running"),
        "can_retry": bool(words & {"failed", "stopped"}),
        "can_retry_unknown": "lost" in words,
        "is_held": any(item.status == "held" and item.error_category != "cap" for item in items),
    }
