"""The JSON API under the original's paths; errors carry `error` and `user_message`, unknown numbers are 404."""

from __future__ import annotations

import json
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from main.models import FactoryMachine, Order, OrderItem, Product, Project
from main.openapi import document
from main.production import foreman
from main.services import orders
from main.services.machines import factory_of
from main.services.orders import OrderRefused, Wish
from main.views.inputs import machine_of, money, number, project_of, unread_cap

LARGEST_BODY: Final = 200_000
SHOWN: Final = 100


@require_GET
def openapi(request: HttpRequest) -> JsonResponse:
    """Return the OpenAPI document."""
    return JsonResponse(document())


@require_GET
def factory_machines(request: HttpRequest) -> JsonResponse:
    """List the machines on offer, each parameter as JSON Schema."""
    machines = FactoryMachine.objects.filter(is_active=True).select_related("provider")
    return JsonResponse({"machines": [_machine(machine) for machine in machines]})


@require_POST
def place_order(request: HttpRequest) -> HttpResponse:
    """Place an order from JSON: machine_id, prompt, and, if wanted, title, negative_prompt, parameters, generation_count,
    batch_size, project_id, seed, max_items, spend_cap, dialect. An `Idempotency-Key` header orders once."""
    try:
        body = json.loads(request.body[:LARGEST_BODY])
    except (ValueError, RecursionError):
        return _refusal("Invalid JSON format", "The request could not be read.")
    if not isinstance(body, dict) or "\\u0000" in json.dumps(body):
        return _refusal("Invalid JSON format", "An object without NUL characters was expected.")
    if missing := [name for name in ("machine_id", "prompt") if body.get(name) in (None, "")]:
        return _refusal(f"Missing required fields: {', '.join(missing)}", "Choose a machine and write a prompt.")
    machine = machine_of(body["machine_id"])
    if machine is None:
        return _refusal("Invalid machine_id", "This machine is not offered.")
    wish = _wish(machine, body)
    if wish is None:
        return _refusal("Invalid parameters", "Parameters are an object; prompts are texts.")
    try:
        order = orders.place(wish, actor="api", idempotency_key=request.headers.get("Idempotency-Key", ""))
    except OrderRefused as refused:
        problems = [{"field": one.field, "code": one.code, "message": one.message} for one in refused.problems]
        return _refusal("Invalid parameters", str(refused), problems=problems)
    foreman.wake.set()
    quantity = sum(order.items.values_list("quantity", flat=True))
    answer = {
        "success": True,
        "order_id": order.pk,
        "message": str(order),
        "total_products": quantity,
        "generation_count": order.generation_count,
        "batch_size": order.items.values_list("quantity", flat=True).first(),
        "url": order.get_absolute_url(),
    }
    return JsonResponse(answer)


@require_GET
def recent_orders(request: HttpRequest) -> JsonResponse:
    """List the newest orders: `limit` (1 to 100, 10), `project`."""
    rows = Order.objects.select_related("machine__provider")
    if project := number(request.GET.get("project"), 0):
        rows = rows.filter(project_id=project)
    limit = number(request.GET.get("limit"), 10, 1, SHOWN)
    return JsonResponse({"orders": [_order(order) for order in rows.order_by("-pk")[:limit]]})


@require_GET
def recent_products(request: HttpRequest) -> JsonResponse:
    """List the newest products: `limit` (1 to 100, 8), `project`."""
    rows = Product.objects.alive()
    if project := number(request.GET.get("project"), 0):
        rows = rows.filter(project_id=project)
    limit = number(request.GET.get("limit"), 8, 1, SHOWN)
    return JsonResponse({"products": [_product(product) for product in rows.order_by("-pk")[:limit]]})


@require_GET
def order_status(request: HttpRequest, pk: int) -> JsonResponse:
    """Tell how an order stands."""
    order = get_object_or_404(Order, pk=pk)
    items = list(OrderItem.objects.filter(order=order).values_list("status", "reason"))
    latest = Product.objects.alive().filter(order_item__order=order).order_by("-pk").first()
    counts = {name: sum(status == name for status, _ in items) for name in ("pending", "completed", "failed")}
    words = [item.state for item in OrderItem.objects.filter(order=order).only("status")]
    return JsonResponse(
        {
            "order_id": order.pk,
            "status": order.status,
            "state": order.state,
            "progress": _progress(order),
            "total_items": order.item_count,
            "status_counts": {**counts, "assigned": 0, "processing": words.count("running")},
            "latest_product": _product(latest) if latest else None,
            "error_messages": [reason for status, reason in items if reason and status != "pending"][:3],
            "updated_at": order.updated_at,
        }
    )


@require_GET
def order_detail(request: HttpRequest, pk: int) -> JsonResponse:
    """Return an order with its first 200 items."""
    order = get_object_or_404(Order.objects.select_related("machine__provider"), pk=pk)
    items = [
        {
            "id": item.pk,
            "prompt": item.prompt,
            "negative_prompt": item.negative_prompt,
            "status": item.status,
            "state": item.state,
            "parameters": item.actual_parameters or item.generation_parameters,
        }
        for item in order.items.order_by("sequence")[:200]
    ]
    return JsonResponse({**_order(order), "negative_prompt": order.negative_prompt, "items": items})


@require_GET
def product_detail(request: HttpRequest, pk: int) -> JsonResponse:
    """Return everything about a product."""
    product = get_object_or_404(Product.objects.select_related("order_item"), pk=pk)
    more = {
        "negative_prompt": product.negative_prompt,
        "parameters": product.parameters,
        "file_path": product.file,
        "file_size": product.file_size,
        "file_format": product.file.rpartition(".")[2],
        "updated_at": product.updated_at,
        "order_id": product.order_item.order_id if product.order_item else None,
        "factory_machine_definition": product.machine_name,
        "is_favorite": product.is_favorite,
        "rating": product.rating,
        "product_type": product.product_type,
        "generator_kind": product.generator_kind,
        "seed": product.seed,
        "filename": product.file.rpartition("/")[2],
    }
    return JsonResponse({**_product(product), **more})


@require_GET
def projects(request: HttpRequest) -> JsonResponse:
    """List the ten active projects that changed last."""
    rows = Project.objects.alive().filter(status=Project.Status.ACTIVE)[:10]
    return JsonResponse({"projects": [_project(project) for project in rows]})


@require_GET
def project_detail(request: HttpRequest, pk: int) -> JsonResponse:
    """Return a project with five orders and eight products."""
    project = get_object_or_404(Project.objects.alive(), pk=pk)
    newest = Order.objects.filter(project=project).select_related("machine__provider").order_by("-pk")[:5]
    products = Product.objects.alive().filter(project=project).order_by("-pk")[:8]
    found = {"recent_orders": [_order(one) for one in newest], "products": [_product(one) for one in products]}
    return JsonResponse({**_project(project), **found})


def _wish(machine: FactoryMachine, body: dict[str, Any]) -> Wish | None:
    """Return what the body asks for, or None when its parts have the wrong types."""
    parameters = body.get("parameters") or {}
    texts = [body.get(name) or "" for name in ("prompt", "negative_prompt", "title")]
    if not isinstance(parameters, dict) or not all(isinstance(text, str) for text in texts):
        return None
    given = {str(name): value for name, value in parameters.items()}
    if "batch_size" in body and factory_of(machine).machine.spec("batch") is not None:
        given.setdefault("batch", body["batch_size"])
    if "enable_safety_checker" in given:
        given.setdefault("safety", given.pop("enable_safety_checker"))
    return Wish(
        machine=machine,
        prompt=texts[0],
        negative_prompt=texts[1],
        title=texts[2],
        parameters=given,
        project=project_of(body.get("project_id")),
        times=number(body.get("generation_count"), 1, 0, 1000),
        max_items=number(body.get("max_items"), 0, 0, 1000),
        seed=number(body.get("seed"), 0),
        dialect="dynamic" if body.get("dialect") == "dynamic" else "",
        spend_cap=money(body.get("spend_cap")),
        problems=tuple(one for one in (unread_cap(body.get("spend_cap")),) if one is not None),
    )


def _refusal(error: str, message: str, **more: Any) -> JsonResponse:
    body = {"success": False, "error": error, "user_message": message, "title": error, "status": 400, "detail": message}
    return JsonResponse({**body, **more}, status=400, content_type="application/problem+json")


def _progress(order: Order) -> int:
    return round(100 * order.ended_count / order.item_count) if order.item_count else 0


def _machine(machine: FactoryMachine) -> dict[str, Any]:
    factory = factory_of(machine)
    return {
        "id": machine.pk,
        "name": machine.name,
        "display_name": machine.display_name,
        "description": machine.description,
        "provider": machine.provider.name,
        "family": machine.family,
        "modality": machine.modality,
        "generator_kind": machine.generator_kind,
        "parameter_schema": {spec.name: spec.schema() for spec in factory.specs},
        "default_parameters": factory.complete({}),
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": order.pk,
        "title": order.title,
        "factory_machine_name": order.machine.name,
        "provider": order.machine.provider.name,
        "status": order.status,
        "state": order.state,
        "progress": _progress(order),
        "completion_percentage": _progress(order),
        "total_items": order.item_count,
        "completed_items": order.done_count,
        "failed_items": order.failed_count,
        "created_at": order.created_at,
        "prompt": order.prompt[:100],
    }


def _product(product: Product) -> dict[str, Any]:
    return {
        "id": product.pk,
        "title": product.title,
        "prompt": product.prompt,
        "file_url": reverse("main:file", args=[product.uuid]),
        "provider": product.provider_name,
        "model_name": product.machine_name,
        "created_at": product.created_at,
        "width": product.width,
        "height": product.height,
    }


def _project(project: Project) -> dict[str, Any]:
    return {
        "id": project.pk,
        "name": project.name,
        "description": project.description,
        "status": project.status,
        "product_count": project.product_count,
        "order_count": project.order_count,
    }
