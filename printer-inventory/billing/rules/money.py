"""Money is Decimal with a currency, and is rounded in one place."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

MINOR_DIGITS: Final = {"RUB": 2, "EUR": 2, "USD": 2, "KZT": 2, "BYN": 2, "CNY": 2, "JPY": 0}
"""The currencies a tariff can be in, and how many digits their smallest coin has (ISO 4217)."""


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Return an amount in whole coins, half a coin up (away from zero). KeyError for a currency that is not known.

    The only rounding there is: where a line of an invoice is made. A total is the sum of lines, and so never needs it.
    """
    return amount.quantize(Decimal(1).scaleb(-MINOR_DIGITS[currency]), rounding=ROUND_HALF_UP)
