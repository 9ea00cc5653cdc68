"""What clicks cost: graduated tiers, a minimum per month, one rounding per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from billing.rules.clicks import Clicks, Colour
from billing.rules.money import round_money

MOST_TIERS: Final = 10
LARGEST_PRICE: Final = Decimal(100_000)
PRICE_DIGITS: Final = 4


class LineKind(StrEnum):
    """What a line of an invoice is for."""

    MONO = "mono"
    COLOR = "color"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of every click above so many clicks of a month, up to the next tier."""

    above: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """What a tariff says: currency, minimum per month, and the tiers of both colours."""

    currency: str
    minimum: Decimal
    mono: tuple[Tier, ...]
    color: tuple[Tier, ...]

    def of(self, colour: Colour) -> tuple[Tier, ...]:
        """Return the tiers of one colour."""
        return self.mono if colour is Colour.MONO else self.color


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice: clicks `first` to `last` of a month at a price, or what is missing to the minimum."""

    kind: LineKind
    first: int
    last: int
    clicks: int
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of an organization's month; `total` is their sum."""

    currency: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """Return the sum of the lines, in whole coins because they are."""
        return sum((line.amount for line in self.lines), round_money(Decimal(0), self.currency))


class TariffError(ValueError):
    """Tiers that do not make a tariff; `code` says what is wrong."""

    def __init__(self, code: str) -> None:
        """Keep what is wrong."""
        super().__init__(code)
        self.code = code


def check_tiers(tiers: Sequence[Tier]) -> tuple[Tier, ...]:
    """Return tiers that can be billed by; TariffError for those that leave a click without exactly one price.

    Codes: NONE (no tier), MANY, FIRST (the first one does not begin at 0), ORDER (not rising), PRICE (negative, too large, or
    with more than four digits behind the point).
    """
    if not tiers:
        raise TariffError("NONE")
    if len(tiers) > MOST_TIERS:
        raise TariffError("MANY")
    if tiers[0].above != 0:
        raise TariffError("FIRST")
    if any(left.above >= right.above for left, right in pairwise(tiers)):
        raise TariffError("ORDER")
    if not all(_is_price(tier.price) for tier in tiers):
        raise TariffError("PRICE")
    return tuple(tiers)


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and 0 <= price <= LARGEST_PRICE and price == round(price, PRICE_DIGITS)


def bill_of(prices: Prices, clicks: Clicks) -> Bill:
    """Return the bill of a month's clicks (all devices of the organization together).

    Tiers are graduated: each click is paid by the tier it falls into, no click is repriced. Each line is rounded once. What the
    lines lack to the minimum is a line of its own.
    """
    lines = [line for colour in Colour for line in _tier_lines(prices, colour, clicks.of(colour))]
    missing = round_money(prices.minimum, prices.currency) - sum((line.amount for line in lines), Decimal(0))
    if missing > 0:
        lines.append(Line(LineKind.MINIMUM, 0, 0, 0, Decimal(0), missing))
    return Bill(prices.currency, tuple(lines))


def _tier_lines(prices: Prices, colour: Colour, clicks: int) -> list[Line]:
    tiers = prices.of(colour)
    ends = [tier.above for tier in tiers[1:]] + [clicks]
    lines = []
    for tier, end in zip(tiers, ends, strict=True):
        count = min(end, clicks) - tier.above
        if count > 0:
            amount = round_money(tier.price * count, prices.currency)
            kind = LineKind(colour.value)
            lines.append(Line(kind, tier.above + 1, tier.above + count, count, tier.price, amount))
    return lines
