"""The JSON API as an OpenAPI 3.1 document: made from the same specs and words as the answers, no schema written twice."""

from __future__ import annotations

from typing import Any, Final

from main.models import ItemStatus, OrderStatus, ProductType

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
WORDS: Final = ["queued", "running", "done", "failed", "stopped", "lost"]
_WHOLE: Final = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
_TEXT: Final = {"type": "string"}
_ANY: Final = {"type": "object"}


def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Art Factory", "version": "0.1.0", "description": "Order, watch and find products."},
        "paths": _paths(),
        "components": {"schemas": _schemas(), "responses": _responses()},
    }


def _paths() -> dict[str, Any]:
    limit = _query(
        "limit", {"type": "integer", "minimum": 1, "maximum": 100}, "How many; outside it becomes the nearest"
    )
    project = _query("project", _WHOLE, "Of this project alone")
    since = _query("since", {"type": "integer", "minimum": 0}, "Events after this id; without it only the newest id")
    return {
        "/api/factory-machines/": _get("The machines on offer", _listed("machines", "Machine")),
        "/api/place-order/": {"post": _place_order()},
        "/api/recent-orders/": _get("The newest orders", _listed("orders", "Order"), limit, project),
        "/api/recent-products/": _get("The newest products", _listed("products", "Product"), limit, project),
        "/api/order-status/{id}/": _one("How an order stands", "OrderState"),
        "/api/orders/{id}/": _one("An order with its first 200 calls", "Order"),
        "/api/products/{id}/": _one("Everything about a product", "Product"),
        "/api/projects/": _get("The ten active projects that changed last", _listed("projects", "Project")),
        "/api/projects/{id}/": _one("A project with its newest orders and products", "Project"),
        "/api/events/": _get("What happened", _listed("events", "Event", last={"type": "integer"}), since),
        "/api/jobs/": _get("What runs now", _ANY),
    }


def _get(summary: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": {"200": _answer(answer)}}}


def _one(summary: str, schema: str) -> dict[str, Any]:
    found = _get(
        summary,
        {"$ref": f"#/components/schemas/{schema}"},
        {**_query("id", _WHOLE, ""), "in": "path", "required": True},
    )
    found["get"]["responses"]["404"] = {"$ref": "#/components/responses/Problem"}
    return found


def _place_order() -> dict[str, Any]:
    header = {
        **_query("Idempotency-Key", {"type": "string", "maxLength": 128}, "The same key orders once"),
        "in": "header",
    }
    answer = {
        "type": "object",
        "required": ["success", "order_id", "total_products"],
        "properties": {
            "success": {"const": True},
            "order_id": _WHOLE,
            "total_products": {"type": "integer"},
            "url": _TEXT,
        },
    }
    refused = {"$ref": "#/components/responses/Problem"}
    return {
        "summary": "Place an order",
        "parameters": [header],
        "requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/Wish"}}}},
        "responses": {"200": _answer(answer), "400": refused, "403": refused},
    }


def _query(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": text}


def _listed(name: str, schema: str, **more: dict[str, Any]) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}
    return {"type": "object", "required": [name], "properties": {name: items, **more}}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "It is so", "content": {JSON: {"schema": schema}}}


def _responses() -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"Problem": {"description": "Why not, and what to do (RFC 9457)", "content": content}}


def _schemas() -> dict[str, Any]:
    state = {"type": "string", "enum": WORDS}
    numbers = {name: {"type": "integer"} for name in ("progress", "total_items", "completed_items", "failed_items")}
    order = {
        "id": _WHOLE,
        "title": _TEXT,
        "status": {"enum": list(OrderStatus.values)},
        "state": state,
        "prompt": _TEXT,
        **numbers,
    }
    item = {
        "id": _WHOLE,
        "prompt": _TEXT,
        "status": {"enum": list(ItemStatus.values)},
        "state": state,
        "parameters": _ANY,
    }
    product = {
        "id": _WHOLE,
        "title": _TEXT,
        "prompt": _TEXT,
        "file_url": _TEXT,
        "provider": _TEXT,
        "model_name": _TEXT,
        "width": {"type": ["integer", "null"]},
        "height": {"type": ["integer", "null"]},
        "product_type": {"enum": list(ProductType.values)},
        "rating": {"type": "integer", "minimum": 0, "maximum": 5},
    }
    return {
        "Machine": _object(
            ["id", "name", "parameter_schema"], id=_WHOLE, name=_TEXT, provider=_TEXT, parameter_schema=_ANY
        ),
        "Order": _object(["id", "status", "state"], **order, items={"type": "array", "items": _object([], **item)}),
        "OrderState": _object(["order_id", "status", "state"], order_id=_WHOLE, status=order["status"], state=state),
        "Product": _object(["id", "file_url"], **product),
        "Project": _object(["id", "name"], id=_WHOLE, name=_TEXT, description=_TEXT, status=_TEXT),
        "Event": _object(["id", "name", "at"], id=_WHOLE, name=_TEXT, at={"type": "string", "format": "date-time"}),
        "Problem": _object(
            ["title", "status"], title=_TEXT, status={"type": "integer"}, detail=_TEXT, error=_TEXT, user_message=_TEXT
        ),
        "Wish": _wish(),
    }


def _wish() -> dict[str, Any]:
    return _object(
        ["machine_id", "prompt"],
        machine_id={"anyOf": [_WHOLE, _TEXT], "description": "Number or name of a machine"},
        prompt={"type": "string", "minLength": 1, "maxLength": 4000},
        negative_prompt={"type": "string", "maxLength": 4000},
        title={"type": "string", "maxLength": 200},
        parameters={"type": "object", "description": "The machine's own, see parameter_schema"},
        generation_count={"type": "integer", "minimum": 1, "maximum": 10},
        batch_size={"type": "integer", "minimum": 1, "maximum": 4},
        project_id={"type": ["integer", "null"]},
        seed={"type": "integer", "minimum": 0},
        max_items={"type": "integer", "minimum": 1, "maximum": 1000},
        spend_cap={"type": ["string", "number"]},
        dialect={"enum": ["", "dynamic"]},
    )


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}
