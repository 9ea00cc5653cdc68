"""VAT on a sale, by the item's scheme. Starting points for German sellers (UStG), no legal advice."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.database.words import TaxScheme
from shared.rules.money import ZERO, cents, ratio_percent

BUSINESS_BUYERS = frozenset({"stockx", "goat", "alias"})
"""Marketplaces that buy from the seller themselves: a business in another member state, so reverse charge."""


@dataclass(frozen=True, slots=True)
class Profit:
    """What is left of a sale. `gross_profit` is before VAT on the sale, `net_profit` after it; `roi` in percent."""

    cost: Decimal
    vat_due: Decimal
    gross_profit: Decimal
    net_profit: Decimal
    roi: Decimal | None


def vat_due(
    scheme: TaxScheme, sale_gross: Decimal, purchase_gross: Decimal, rate: Decimal, *, business_buyer: bool
) -> Decimal:
    """Return the VAT owed on a sale.

    Standard: the share in the price, nothing when the buyer is a business in another member state (art. 138, reverse
    charge, as StockX and GOAT settle). Margin (25a UStG): the share in the margin, never below nothing. Small business
    (19 UStG) and private sales owe none.
    """
    if scheme is TaxScheme.STANDARD:
        return ZERO if business_buyer else cents(sale_gross * rate / (100 + rate))
    if scheme is TaxScheme.MARGIN:
        return cents(max(sale_gross - purchase_gross, ZERO) * rate / (100 + rate))
    return ZERO


def purchase_cost(scheme: TaxScheme, net: Decimal, gross: Decimal | None) -> Decimal:
    """Return what a pair cost: net where input VAT comes back, else gross."""
    return net if scheme is TaxScheme.STANDARD or gross is None else gross


def profit(proceeds: Decimal, cost: Decimal, due: Decimal) -> Profit:
    """Return what is left of proceeds (after fees) when a pair cost `cost` and `due` VAT is owed.

    238.00 gross is 200.00 net; sold for 205.19: profit 5.19, ROI 2.60 %.
    """
    gross = cents(proceeds - cost)
    net = cents(gross - due)
    return Profit(cents(cost), due, gross, net, ratio_percent(net, cost))
