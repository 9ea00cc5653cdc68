"""Orders: which step may follow which, what a marketplace's words mean, and which pair a sale may have sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.database.words import OrderStatus as O

FORWARD = (
    O.CREATED, O.CONFIRMED, O.TO_SHIP, O.SHIPPED, O.RECEIVED, O.AUTHENTICATING, O.AUTHENTICATED, O.PAYOUT_PENDING,
    O.PAID, O.COMPLETED,
)  # fmt: skip
ENDED = frozenset({O.CANCELLED, O.FAILED_AUTHENTICATION, O.RETURNED})

TO_SHIP = (O.CREATED, O.CONFIRMED, O.TO_SHIP)
"""Sold, and still here."""

STOCKX = {
    "CREATED": O.CREATED, "CCAUTHORIZATIONFAILED": O.CANCELLED, "SHIPPED": O.SHIPPED, "RECEIVED": O.RECEIVED,
    "AUTHENTICATING": O.AUTHENTICATING, "AUTHENTICATED": O.AUTHENTICATED, "PAYOUTPENDING": O.PAYOUT_PENDING,
    "PAYOUTCOMPLETED": O.PAID, "SYSTEMFULFILLED": O.COMPLETED, "PAYOUTFAILED": O.PAYOUT_PENDING,
    "SUSPENDED": O.CONFIRMED, "AUTHFAILED": O.FAILED_AUTHENTICATION, "DIDNOTSHIP": O.CANCELLED,
    "CANCELED": O.CANCELLED, "COMPLETED": O.COMPLETED, "RETURNED": O.RETURNED,
}  # fmt: skip
"""StockX's order statuses (developer.stockx.com, Orders)."""


def may_follow(before: O, after: O) -> bool:
    """Say whether an order may go from one status to another: forwards, or to an end; what ended stays ended.

    A completed order can still come back as returned.
    """
    if before == after:
        return True
    if before in ENDED:
        return False
    if after in ENDED:
        return after is O.RETURNED or before not in (O.PAID, O.COMPLETED)
    return FORWARD.index(after) > FORWARD.index(before)


@dataclass(frozen=True, slots=True)
class Sale:
    """What is known of a sale when its pair is looked for."""

    product_id: UUID | None
    sku: str | None
    size: str | None
    sold_on: date
    listing_item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair that could have been sold. `codes` are its SKU, style code and earlier SKUs in lower case."""

    item_id: UUID
    product_id: UUID
    codes: frozenset[str]
    size: str
    bought_on: date | None
    listed_here: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair with how well it fits, 0 to 1, and why."""

    item_id: UUID
    score: Decimal
    reasons: tuple[str, ...]


SURE = Decimal("0.9")
"""From here on a match is made by itself when the runner-up is the same product and size (then the oldest goes: FIFO)."""


def rank(sale: Sale, pairs: Sequence[Pair]) -> list[Candidate]:
    """Return the pairs that fit, best first; equal ones oldest first (FIFO)."""
    found = [(candidate, pair) for pair in pairs if (candidate := _judge(sale, pair))]
    found.sort(key=lambda each: (-each[0].score, each[1].bought_on or date.max, str(each[1].item_id)))
    return [candidate for candidate, _ in found]


def _judge(sale: Sale, pair: Pair) -> Candidate | None:
    if sale.listing_item_id == pair.item_id:
        return Candidate(pair.item_id, Decimal(1), ("this pair's own listing was sold",))
    same = sale.product_id == pair.product_id or (sale.sku or "").lower() in pair.codes
    if not same:
        return None
    if pair.bought_on and pair.bought_on > sale.sold_on:
        return Candidate(pair.item_id, Decimal("0.3"), ("same product", "bought after the sale"))
    if not sale.size or sale.size.lower() != pair.size.lower():
        return Candidate(
            pair.item_id, Decimal("0.4"), ("same product", f"size {pair.size}, sold was {sale.size or 'unknown'}")
        )
    if pair.listed_here:
        return Candidate(pair.item_id, Decimal("0.98"), ("same product and size", "listed there"))
    return Candidate(pair.item_id, Decimal("0.95"), ("same product and size",))
