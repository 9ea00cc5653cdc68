"""The API below /v2: what is asked is checked as strictly as the true one checks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from standins.stockx.catalogue import Product, Variant, check_digit
from standins.stockx.shapes import listing_json, operation_json, order_json, shipping_document
from standins.stockx.wire import Refusal
from standins.stockx.world import ENDED, Listing, World
from standins.wire import Reply, Request, json_reply

T = TypeVar("T")
RATES = {"EUR": 1.0, "USD": 1.09, "GBP": 0.85, "CHF": 0.95, "JPY": 168.0, "AUD": 1.65, "CAD": 1.48, "HKD": 8.5,
         "KRW": 1480.0, "MXN": 18.6, "NZD": 1.8, "SGD": 1.47}  # fmt: skip
LISTING_STATES = {"ACTIVE", "INACTIVE", "DELETED", "CANCELED", "MATCHED", "COMPLETED"}
ORDER_STATES = {
    "CREATED", "CCAUTHORIZATIONFAILED", "SHIPPED", "RECEIVED", "AUTHENTICATING", "AUTHENTICATED", "PAYOUTPENDING",
    "PAYOUTCOMPLETED", "SYSTEMFULFILLED", "PAYOUTFAILED", "SUSPENDED", "AUTHFAILED", "DIDNOTSHIP", "CANCELED",
    "COMPLETED", "RETURNED",
}  # fmt: skip
MOMENT = re.compile(r"20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def answer(world: World, request: Request) -> Reply:
    """Answer one request (signed in already); raises Refusal."""
    parts = request.path.removeprefix("/v2/").split("/")
    with world.lock:
        world.settle()
        match [request.method, *parts]:
            case ["GET", "catalog", *rest]:
                return _catalogue(world, request, rest)
            case [_, "selling", "listings", *rest]:
                return _listings(world, request, rest)
            case ["GET", "selling", "orders", *rest]:
                return _orders(world, request, rest)
    raise Refusal(404, "Not found")


def _number(request: Request, name: str, default: int, low: int, high: int) -> int:
    text = request.params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise Refusal(400, f"{name} must be between {low} and {high}")
    return int(text)


def _page(request: Request, name: str, found: Sequence[T], write: Callable[[T], Any], largest: int = 100) -> Reply:
    number = _number(request, "pageNumber", 1, 1, 1_000_000)
    size = _number(request, "pageSize", 10, 1, largest)
    shown = found[(number - 1) * size : number * size]
    return json_reply(
        {
            "count": len(found),
            "pageSize": size,
            "pageNumber": number,
            "hasNextPage": number * size < len(found),
            name: [write(each) for each in shown],
        }
    )


def _product(world: World, product_id: str) -> Product:
    if found := world.products.get(product_id):
        return found
    raise Refusal(404, "Product not found")


def _variant(world: World, product_id: str, variant_id: str) -> tuple[Product, Variant]:
    product = _product(world, product_id)
    if variant_id not in product.variants:
        raise Refusal(400, "The variant does not belong to the product")
    return product, product.variants[variant_id]


def _rate(request: Request) -> tuple[str, float]:
    currency = request.params.get("currencyCode", "USD")
    if currency not in RATES:
        raise Refusal(400, "currencyCode is not supported")
    return currency, RATES[currency]


def _catalogue(world: World, request: Request, rest: list[str]) -> Reply:
    match rest:
        case ["search"]:
            return _search(world, request)
        case ["products", "variants", "gtins", gtin]:
            return _by_gtin(world, gtin)
        case ["products", product_id]:
            return json_reply(_product(world, product_id).as_json())
        case ["products", product_id, "variants"]:
            product = _product(world, product_id)
            return json_reply([product.variant_json(each) for each in product.variants.values()])
        case ["products", product_id, "market-data"]:
            product, (currency, rate) = _product(world, product_id), _rate(request)
            return json_reply([product.market_json(each, currency, rate) for each in product.variants.values()])
        case ["products", product_id, "variants", variant_id]:
            product, variant = _variant(world, product_id, variant_id)
            return json_reply(product.variant_json(variant))
        case ["products", product_id, "variants", variant_id, "market-data"]:
            product, variant = _variant(world, product_id, variant_id)
            return json_reply(product.market_json(variant, *_rate(request)))
    raise Refusal(404, "Not found")


def _search(world: World, request: Request) -> Reply:
    query = request.params.get("query", "").strip().lower()
    if not 1 <= len(query) <= 100:
        raise Refusal(400, "query must be between 1 and 100 characters")
    found = [
        product
        for product in world.products.values()
        if query in (product.style.lower(), *(each.gtin for each in product.variants.values()))
        or all(word in f"{product.title} {product.style}".lower() for word in query.split())
    ]
    return _page(request, "products", found, Product.as_json, 50)


def _by_gtin(world: World, gtin: str) -> Reply:
    if not (gtin.isascii() and gtin.isdigit() and len(gtin) == 13 and check_digit(gtin[:12]) == gtin[12]):
        raise Refusal(400, "Invalid GTIN")
    for product, variant in world.variants.values():
        if variant.gtin == gtin:
            return json_reply(product.variant_json(variant))
    raise Refusal(404, "No variant has this GTIN")


def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refusal(415, "Unsupported Media Type")
    try:
        body = request.json()
    except ValueError:
        raise Refusal(400, "The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The body must be an object")
    return body


def _changes(body: dict[str, Any]) -> dict[str, Any]:
    """Return what of a body may change a listing; raises Refusal for an amount that is no whole number as a text."""
    if "amount" in body and not (isinstance(body["amount"], str) and re.fullmatch(r"[1-9]\d{0,6}", body["amount"])):
        raise Refusal(400, "amount must be a whole number as a string")
    if body.get("currencyCode", "EUR") not in RATES:
        raise Refusal(400, "currencyCode is not supported")
    if body.get("inventoryType", "STANDARD") not in ("STANDARD", "FLEX", "DIRECT"):
        raise Refusal(400, "inventoryType is not supported")
    if "expiresAt" in body and not (isinstance(body["expiresAt"], str) and MOMENT.fullmatch(body["expiresAt"])):
        raise Refusal(400, "expiresAt must be an ISO 8601 date and time in UTC")
    return {name: body[name] for name in ("amount", "expiresAt", "active", "inventoryType") if name in body}


def _listings(world: World, request: Request, rest: list[str]) -> Reply:
    match [request.method, *rest]:
        case ["GET"]:
            return _list_listings(world, request)
        case ["POST"]:
            body = _body(request)
            changes = _changes(body)
            if "variantId" not in body or "amount" not in body:
                raise Refusal(400, "variantId and amount are required")
            if body["variantId"] not in world.variants:
                raise Refusal(404, "Variant not found")
            _, made = world.create_listing(body["variantId"], body["amount"], body.get("currencyCode", "USD"), changes)
            return json_reply(operation_json(made), 201)
    listing = world.listings.get(rest[0])
    if listing is None:
        raise Refusal(404, "Listing not found")
    return _one_listing(world, request, listing, rest[1:])


def _one_listing(world: World, request: Request, listing: Listing, rest: list[str]) -> Reply:
    match [request.method, *rest]:
        case ["GET"]:
            return json_reply(listing_json(world, listing))
        case ["GET", "operations"]:
            found = [operation_json(world.operations[each]) for each in reversed(listing.operations)]
            return json_reply({"operations": found, "nextCursor": None})
        case ["GET", "operations", operation_id]:
            if operation_id not in listing.operations:
                raise Refusal(404, "Operation not found")
            return json_reply(operation_json(world.operations[operation_id]))
    if listing.status in ("MATCHED", "COMPLETED", "DELETED", "CANCELED"):
        raise Refusal(400, f"The listing is {listing.status} and cannot be changed")
    match [request.method, *rest]:
        case ["PATCH"]:
            return json_reply(operation_json(world.ask(listing, "UPDATE", _changes(_body(request)))))
        case ["PUT", "activate"]:
            return json_reply(operation_json(world.ask(listing, "ACTIVATE", _changes(_body(request)))))
        case ["PUT", "deactivate"]:
            return json_reply(operation_json(world.ask(listing, "DEACTIVATE", {})))
        case ["DELETE"]:
            return json_reply(operation_json(world.ask(listing, "DELETE", {})))
    raise Refusal(404, "Not found")


def _list_listings(world: World, request: Request) -> Reply:
    wanted = set(filter(None, request.params.get("listingStatuses", "").split(",")))
    if wanted - LISTING_STATES:
        raise Refusal(400, "listingStatuses holds an unknown status")
    variants = set(filter(None, request.params.get("variantIds", "").split(",")))
    found = [
        each
        for each in world.listings.values()
        if (each.status in wanted if wanted else each.status != "DELETED")
        and (not variants or each.variant_id in variants)
    ]
    return _page(request, "listings", found, lambda each: listing_json(world, each))


def _orders(world: World, request: Request, rest: list[str]) -> Reply:
    match rest:
        case ["active" | "history" as which]:
            wanted = request.params.get("orderStatus")
            if wanted and wanted not in ORDER_STATES:
                raise Refusal(400, "orderStatus is not known")
            start, end = request.params.get("fromDate", ""), request.params.get("toDate", "")
            if any(day and not DAY.fullmatch(day) for day in (start, end)):
                raise Refusal(400, "fromDate and toDate must be YYYY-MM-DD")
            found = [
                order_json(world, each)
                for each in sorted(world.orders.values(), key=lambda each: -each.created)
                if (each.status in ENDED) == (which == "history") and wanted in (None, each.status)
            ]
            found = [
                each
                for each in found
                if (not start or each["createdAt"][:10] >= start) and (not end or each["createdAt"][:10] <= end)
            ]
            return _page(request, "orders", found, lambda each: each)
        case [number, *more]:
            order = world.orders.get(number)
            if order is None:
                raise Refusal(404, "Order not found")
            if not more:
                return json_reply(order_json(world, order))
            if more == ["shipping-document", order.shipping_id]:
                return Reply(200, order.document or shipping_document(number), {"Content-Type": "application/pdf"})
    raise Refusal(404, "Not found")
