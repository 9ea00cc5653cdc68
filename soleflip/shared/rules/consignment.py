"""What the owner of a consigned pair gets of its sale, and what a statement has to say about a sale. Euros, in cents.

A sale of 200.00 with 18.00 marketplace fees and 5.00 shipping, split 80 %, fees borne by both and shipping by the shop:
(200.00 - 18.00) * 80 % = 145.60 for the owner; the shop keeps 200.00 - 18.00 - 5.00 - 145.60 = 31.40.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from shared.database.words import Bearer, ConsignorKind, StatementLineKind, TaxScheme
from shared.rules.money import ZERO, cents, net_of, percent_of


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed; amounts are per piece. `minimum` is guaranteed: the shop adds what is missing to it."""

    share_percent: Decimal
    fixed_fee: Decimal = ZERO
    minimum: Decimal = ZERO
    fees_by: Bearer = Bearer.BOTH
    shipping_by: Bearer = Bearer.SHOP
    storage_free_days: int = 0
    storage_fee_per_day: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale of `quantity` pieces: price, what the marketplace took and what shipping cost, each for all of them.

    `days` is how long they lay here.
    """

    gross: Decimal
    fees: Decimal = ZERO
    shipping: Decimal = ZERO
    quantity: int = 1
    days: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """A sale taken apart: `split - deductions + lifted == amount`, what the owner gets; `kept` is left for the shop.

    `deductions` are fees and shipping the owner bears alone, the fixed fee and storage. `lifted` is what the shop adds to
    reach the minimum (or nothing at all, where the deductions are more than the split).
    """

    split: Decimal
    deductions: Decimal
    lifted: Decimal
    amount: Decimal
    kept: Decimal


def share(sale: Sale, terms: Terms) -> Share:
    """Take a sale apart.

    What both bear is taken off before the split, what the owner bears alone is taken off the owner's part.
    """
    costs = ((terms.fees_by, sale.fees), (terms.shipping_by, sale.shipping))
    before = sum((amount for bearer, amount in costs if bearer is Bearer.BOTH), ZERO)
    alone = sum((amount for bearer, amount in costs if bearer is Bearer.CONSIGNOR), ZERO)
    split = cents(percent_of(sale.gross - before, terms.share_percent))
    storage = max(sale.days - terms.storage_free_days, 0) * terms.storage_fee_per_day * sale.quantity
    deductions = cents(alone + terms.fixed_fee * sale.quantity + storage)
    amount = max(split - deductions, cents(terms.minimum * sale.quantity), cents(ZERO))
    kept = cents(sale.gross - sale.fees - sale.shipping - amount)
    return Share(split, deductions, amount - (split - deductions), amount, kept)


def scheme_for(kind: ConsignorKind, shop: TaxScheme) -> TaxScheme:
    """Return the VAT scheme a consigned pair is sold under.

    A commission agent buys from the owner and sells on (3 Abs. 3 UStG). Who sold to us without VAT (private people, and small
    businesses under 19 UStG) leads to the margin scheme (25a Abs. 1 Nr. 2 UStG), a business that shows VAT to the regular one.
    A shop that itself owes none stays with its own scheme.
    """
    if shop in (TaxScheme.SMALL_BUSINESS, TaxScheme.PRIVATE):
        return shop
    return TaxScheme.STANDARD if kind is ConsignorKind.BUSINESS else TaxScheme.MARGIN


def purchase(amount: Decimal, scheme: TaxScheme, vat_rate: Decimal) -> Decimal:
    """Return what a sold pair cost the shop: the owner's share, net where it comes with VAT that is got back."""
    return net_of(amount, vat_rate) if scheme is TaxScheme.STANDARD else amount


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an order when a statement is drawn up: the share now, whether the sale lasts, what was stated so far.

    `stated` is the sum of all lines about it on issued statements, None when there is none. `returned` says that the pair
    came back from a buyer, which a cancelled sale never reached.
    """

    share: Decimal
    lasts: bool
    returned: bool
    stated: Decimal | None


def lines_of(known: Known) -> list[tuple[StatementLineKind, Decimal]]:
    """Return the lines a statement needs about an order, so that everything stated about it is what is owed for it.

    A sale that came back before any statement is shown both ways; one that was cancelled not at all.
    """
    if known.stated is None:
        if known.lasts:
            return [(StatementLineKind.SALE, known.share)]
        if known.returned:
            return [(StatementLineKind.SALE, known.share), (StatementLineKind.RETURN, -known.share)]
        return []
    missing = (known.share if known.lasts else ZERO) - known.stated
    if not missing:
        return []
    return [(StatementLineKind.CORRECTION if known.lasts else StatementLineKind.RETURN, missing)]


def closing(opening: Decimal, amounts: Sequence[Decimal]) -> Decimal:
    """Return the balance after a statement's lines."""
    return cents(opening + sum(amounts, ZERO))


def next_period(before: date | None, first: date, today: date) -> tuple[date, date]:
    """Return the first day of a consignor's next statement and the last day it should have: the month before if it is open yet.

    `before` is the last day stated, `first` the day the account began.
    """
    start = before + timedelta(days=1) if before else min(first, today)
    month = today.replace(day=1) - timedelta(days=1)
    return min(start, today), month if month >= start else today
