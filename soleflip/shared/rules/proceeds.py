"""What is left of selling one pair on one marketplace: price less fees, shipping, VAT and cost; and the floor that follows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.database.words import TaxScheme
from shared.rules import fees, vat
from shared.rules.money import ZERO, cents


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one pair on one marketplace. `cost` is what it really cost (net where input VAT comes back, landed).

    `step` is the marketplace's price step: StockX takes whole euros. `shipping_out` is paid by the seller outside of the
    marketplace's own deductions.
    """

    schedule: fees.Schedule
    scheme: TaxScheme
    cost: Decimal
    gross_cost: Decimal
    vat_rate: Decimal = Decimal(19)
    business_buyer: bool = False
    step: Decimal = Decimal("0.01")
    shipping_out: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Proceeds:
    """A price taken apart: `price - fees - shipping - vat - cost == profit`, to the cent. `payout` is what arrives."""

    price: Decimal
    fees: Decimal
    shipping: Decimal
    vat: Decimal
    cost: Decimal
    payout: Decimal
    profit: Decimal


def proceeds(price: Decimal, terms: Terms) -> Proceeds:
    """Take a sale at a price apart."""
    quoted = fees.quote(price, terms.schedule)
    due = vat.vat_due(terms.scheme, price, terms.gross_cost, terms.vat_rate, business_buyer=terms.business_buyer)
    shipping = quoted.shipping + terms.shipping_out
    profit = quoted.payout - terms.shipping_out - due - terms.cost
    return Proceeds(price, quoted.fees - quoted.shipping, shipping, due, terms.cost, quoted.payout, cents(profit))


def floor(terms: Terms, profit: Decimal = ZERO, margin_percent: Decimal = ZERO) -> Decimal | None:
    """Return the lowest price at which at least `profit` and `margin_percent` of the price are left; None when no price does.

    Fees, payment, shipping and VAT are taken off first. The price is a multiple of the marketplace's step.
    """

    def enough(price: Decimal) -> bool:
        left = proceeds(price, terms).profit
        return left >= profit and left * 100 >= price * margin_percent

    taxed = terms.scheme is TaxScheme.MARGIN or (terms.scheme is TaxScheme.STANDARD and not terms.business_buyer)
    share = terms.vat_rate / (100 + terms.vat_rate) if taxed else ZERO
    return fees.lowest(enough, terms.step, fees.kept_of(terms.schedule) - share - margin_percent / 100)
