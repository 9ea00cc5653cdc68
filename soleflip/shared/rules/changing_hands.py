"""When a pair may change hands between the shop and its owner, what it costs then, and how a statement says so."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.database.words import ItemStatus, StatementLineKind, TaxScheme
from shared.rules import stock
from shared.rules.money import ZERO, cents, net_of
from shared.rules.phrases import Phrases
from shared.translation import Phrase, gettext_noop, phrase


class Move(StrEnum):
    """Ours becomes theirs (consigned), theirs becomes ours (bought), theirs leaves the house (given back)."""

    CONSIGN = "consign"
    BUY = "buy"
    GIVE_BACK = "give_back"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a pair stands: `reserved` pieces, `offered` at a marketplace, `sold` (it or pieces of it, by an order that lasts)."""

    number: int
    status: ItemStatus
    reserved: int = 0
    offered: bool = False
    sold: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What a bought piece cost: net, gross, the VAT between them, its rate."""

    net: Decimal
    gross: Decimal
    vat: Decimal
    rate: Decimal


HERE: Final = stock.ON_HAND
BUYABLE: Final = stock.UNSOLD | {ItemStatus.LOST, ItemStatus.ERROR}
"""What may be bought of its owner. A lost pair too: so its owner is compensated."""


def refusal(move: Move, pair: Standing) -> Phrase | None:
    """Return why a pair cannot change hands now, and what to do; None when it can.

    An offered pair could sell while it leaves the house or changes its cost, a reserved one is promised to somebody, and
    what a sold one cost is booked.
    """
    if pair.status in stock.SOLD or (pair.sold and move is not Move.GIVE_BACK):
        return _sold(move, pair.number)
    if pair.offered:
        return phrase(
            "Item %(number)s is offered at a marketplace; take it down on the page Listings first", number=pair.number
        )
    if pair.reserved or pair.status is ItemStatus.RESERVED:
        return phrase("Item %(number)s is reserved; release it first", number=pair.number)
    if move is Move.CONSIGN and pair.status not in HERE:
        return phrase(
            "Item %(number)s is %(status)s; only what is here can be consigned: bring it into stock first",
            number=pair.number, status=pair.status,
        )  # fmt: skip
    if move is Move.BUY and pair.status not in BUYABLE:
        return phrase(
            "Item %(number)s is %(status)s; bring it into stock first, then it can be bought",
            number=pair.number, status=pair.status,
        )  # fmt: skip
    return None


def _sold(move: Move, number: int) -> Phrase:
    if move is Move.CONSIGN:
        return phrase(
            "Item %(number)s is sold and its cost is booked; record the return first when it comes back", number=number
        )
    if move is Move.BUY:
        return phrase(
            "Item %(number)s is sold and its owner gets the share; record the return first when it comes back",
            number=number,
        )
    return phrase("Item %(number)s is sold; record the return first, then it can go back", number=number)


def way_out(status: ItemStatus) -> tuple[ItemStatus, ...]:
    """Return the steps by which a pair leaves the house from a status: what was lost has to be found first."""
    return (ItemStatus.IN_STOCK, ItemStatus.CANCELED) if status is ItemStatus.LOST else (ItemStatus.CANCELED,)


def cost(price: Decimal, scheme: TaxScheme, vat_rate: Decimal) -> Cost:
    """Return what a piece bought for a price costs us.

    From somebody who shows VAT (scheme standard) the price holds VAT that comes back: 119.00 is 100.00 net. Else the price is
    the cost, and the difference to the sale is what VAT is owed on (margin scheme, 25a UStG), or nothing is.
    """
    if scheme is TaxScheme.STANDARD:
        net = net_of(price, vat_rate)
        return Cost(net, cents(price), cents(price) - net, vat_rate)
    return Cost(cents(price), cents(price), cents(ZERO), vat_rate)


PAID_OUT: Final = gettext_noop("Paid out for statement %(number)s")
PAID_OUT_AS: Final = gettext_noop("Paid out for statement %(number)s, %(reference)s")
CAME_BACK: Final = gettext_noop("came back: %(what)s")
SETTLED_ANEW: Final = gettext_noop("settled anew: %(what)s")
BOUGHT: Final = gettext_noop("bought by the shop: %(what)s")
PAID_AT_ONCE: Final = gettext_noop("paid when it was bought: %(what)s")
PAID_AT_ONCE_AS: Final = gettext_noop("paid when it was bought: %(what)s, %(reference)s")
_TEXTS: Final = {
    StatementLineKind.RETURN: Phrases((CAME_BACK,)),
    StatementLineKind.CORRECTION: Phrases((SETTLED_ANEW,)),
    StatementLineKind.PURCHASE: Phrases((BOUGHT,)),
    StatementLineKind.PAYOUT: Phrases((PAID_OUT, PAID_OUT_AS, PAID_AT_ONCE, PAID_AT_ONCE_AS)),
}


def recognised(kind: StatementLineKind, text: str) -> str:
    """Return a stored line's text as the phrase it was made of, so that a page can say it; what a person typed stays."""
    return _TEXTS[kind].recognised(text) if kind in _TEXTS else text
