"""What is so at the stand-in: catalogue, sign-ins, listings with their operations, orders; one lock around all of it."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standins.stockx.catalogue import Product, Variant, make_catalogue

STEPS = (
    "CREATED",
    "SHIPPED",
    "RECEIVED",
    "AUTHENTICATING",
    "AUTHENTICATED",
    "PAYOUTPENDING",
    "PAYOUTCOMPLETED",
    "COMPLETED",
)
ENDED = frozenset({"COMPLETED", "CANCELED", "RETURNED", "AUTHFAILED", "DIDNOTSHIP", "PAYOUTCOMPLETED"})


def stamp(moment: float) -> str:
    """Return a moment (seconds since the epoch) as the API writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Listing:
    """A managed ask."""

    id: str
    variant_id: str
    amount: str
    currency: str
    status: str
    inventory_type: str
    created: float
    updated: float
    expires: str | None = None
    operations: list[str] = field(default_factory=list)


@dataclass
class Operation:
    """A change asked of a listing: PENDING until its time has come, then carried out or refused."""

    id: str
    listing_id: str
    kind: str
    changes: dict[str, Any]
    due: float
    created: float
    status: str = "PENDING"
    error: str | None = None


@dataclass
class Order:
    """A sale."""

    number: str
    listing_id: str
    variant_id: str
    amount: int
    currency: str
    status: str
    created: float
    updated: float
    ask_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    shipping_id: str | None = None
    """What its shipping document is found by; None until StockX has made one."""
    document: bytes | None = None
    """What is sent as its shipping document, where that is to be no good one."""


class World:
    """The stand-in's truth. `operation_seconds` is how long an operation stays PENDING; `clock` seconds since the epoch."""

    def __init__(self, operation_seconds: float = 0.2, clock: Callable[[], float] = time.time) -> None:
        """Start with a full catalogue and nothing for sale."""
        self.lock = threading.RLock()
        self.clock, self.operation_seconds = clock, operation_seconds
        self.products: dict[str, Product] = make_catalogue()
        self.variants: dict[str, tuple[Product, Variant]] = {
            variant.id: (product, variant)
            for product in self.products.values()
            for variant in product.variants.values()
        }
        self.listings: dict[str, Listing] = {}
        self.operations: dict[str, Operation] = {}
        self.orders: dict[str, Order] = {}
        self.refuse_operations = 0
        self._number = 71_000_000

    def settle(self) -> None:
        """Carry out every operation whose time has come."""
        now = self.clock()
        for operation in self.operations.values():
            if operation.status == "PENDING" and operation.due <= now:
                self._carry_out(operation, now)
        for listing in self.listings.values():
            if (
                listing.status == "ACTIVE"
                and listing.expires
                and datetime.fromisoformat(listing.expires).timestamp() <= now
            ):
                listing.status, listing.updated = "INACTIVE", now

    def _carry_out(self, operation: Operation, now: float) -> None:
        listing = self.listings[operation.listing_id]
        if self.refuse_operations:
            self.refuse_operations -= 1
            operation.status, operation.error = "FAILED", "The listing could not be processed."
            if operation.kind == "CREATE":
                listing.status = "INACTIVE"
            return
        if listing.status in ("MATCHED", "COMPLETED", "DELETED"):
            operation.status, operation.error = "FAILED", f"Listing is {listing.status}."
            return
        listing.amount = operation.changes.get("amount", listing.amount)
        listing.expires = operation.changes.get("expiresAt", listing.expires)
        listing.status = {
            "CREATE": "ACTIVE" if operation.changes.get("active", True) else "INACTIVE",
            "ACTIVATE": "ACTIVE",
            "DEACTIVATE": "INACTIVE",
            "DELETE": "DELETED",
        }.get(operation.kind, listing.status)
        listing.updated = now
        operation.status = "SUCCEEDED"

    def ask(self, listing: Listing, kind: str, changes: dict[str, Any]) -> Operation:
        """Take a change of a listing; it is carried out later."""
        now = self.clock()
        operation = Operation(str(uuid.uuid4()), listing.id, kind, changes, now + self.operation_seconds, now)
        self.operations[operation.id] = operation
        listing.operations.append(operation.id)
        return operation

    def create_listing(
        self, variant_id: str, amount: str, currency: str = "EUR", changes: dict[str, Any] | None = None
    ) -> tuple[Listing, Operation]:
        """Take a new ask."""
        now = self.clock()
        more = changes or {}
        kind = more.get("inventoryType", "STANDARD")
        listing = Listing(str(uuid.uuid4()), variant_id, amount, currency, "INACTIVE", kind, now, now)
        self.listings[listing.id] = listing
        return listing, self.ask(listing, "CREATE", {"amount": amount, "active": True, **more})

    def sell(self, listing_id: str) -> Order:
        """A buyer takes an ask; raises KeyError for an unknown one, ValueError for one that is not for sale."""
        with self.lock:
            self.settle()
            listing = self.listings[listing_id]
            if listing.status != "ACTIVE":
                raise ValueError(f"the listing is {listing.status}")
            listing.status, listing.updated = "MATCHED", self.clock()
            return self.put_order(listing.variant_id, int(listing.amount), listing.currency, listing.id)

    def put_order(
        self, variant_id: str, amount: int, currency: str = "EUR", listing_id: str = "", days_ago: float = 0,
        status: str = "CREATED", *, label: bool = True,
    ) -> Order:  # fmt: skip
        """Store a sale, now or some days ago; without `label` StockX has made no shipping document for it yet."""
        with self.lock:
            self._number += secrets.randbelow(90) + 1
            now = self.clock() - timedelta(days=days_ago).total_seconds()
            number = f"{self._number}-{self._number - 99_759}"
            order = Order(number, listing_id or str(uuid.uuid4()), variant_id, amount, currency, status, now, now)
            if label:
                order.shipping_id = str(uuid.uuid4())
            self.orders[number] = order
            return order

    def advance(self, number: str, status: str | None = None) -> Order:
        """Bring an order to its next status, or to a told one; raises KeyError."""
        with self.lock:
            order = self.orders[number]
            if status is None and order.status in STEPS[:-1]:
                status = STEPS[STEPS.index(order.status) + 1]
            order.status, order.updated = status or order.status, self.clock()
            if order.status == "COMPLETED" and order.listing_id in self.listings:
                self.listings[order.listing_id].status = "COMPLETED"
            return order
