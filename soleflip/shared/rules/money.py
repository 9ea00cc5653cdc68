"""Money: Decimal, rounded half up to cents at the end of a calculation."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)
WITHOUT_CENTS = frozenset({"JPY", "KRW"})


def cents(amount: Decimal, currency: str = "EUR") -> Decimal:
    """Round half up to the currency's smallest unit."""
    return amount.quantize(Decimal(1) if currency in WITHOUT_CENTS else CENT, ROUND_HALF_UP)


def whole(amount: Decimal) -> Decimal:
    """Round down to a whole number: StockX asks are whole."""
    return amount.quantize(Decimal(1), ROUND_DOWN)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """Return a percentage of an amount, unrounded."""
    return amount * percent / 100


def net_of(gross: Decimal, vat_percent: Decimal) -> Decimal:
    """Return what is left of a gross amount without its VAT, in cents: 238.00 at 19 % is 200.00."""
    return cents(gross / (1 + vat_percent / 100))


def ratio_percent(part: Decimal, whole_amount: Decimal) -> Decimal | None:
    """Return part per hundred of the whole, to a tenth of a percent's hundredth; None when the whole is nothing."""
    return (part * 100 / whole_amount).quantize(CENT, ROUND_HALF_UP) if whole_amount else None
