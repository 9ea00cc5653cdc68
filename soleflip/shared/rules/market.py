"""What a market says: its condition, where a price stands in it, how long a sale at that price will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from shared.rules.money import ZERO
from shared.rules.survival import Pace

Mood = Literal["bullish", "bearish", "volatile", "stable"]
Position = Literal["below_market", "competitive", "above_market", "unknown"]
LONGEST = 365.0
USUAL_DAYS = 30.0
"""How long a pair takes when neither own sales nor the market tell."""


@dataclass(frozen=True, slots=True)
class Market:
    """A product's market in a size. `asks` are the lowest asks of late, oldest first; `per_week` sales a week, if known."""

    lowest_ask: Decimal | None = None
    highest_bid: Decimal | None = None
    last_sale: Decimal | None = None
    average: Decimal | None = None
    number_of_asks: int | None = None
    number_of_bids: int | None = None
    asks: Sequence[Decimal] = ()
    per_week: float | None = None
    age_days: int | None = None

    @property
    def price(self) -> Decimal | None:
        """Return what it sells for now: the last sale, else the average, else the lowest ask."""
        return next((each for each in (self.last_sale, self.average, self.lowest_ask) if each), None)


def changes(asks: Sequence[Decimal]) -> list[Decimal]:
    """Return the relative changes from one to the next."""
    return [(after - before) / before for before, after in pairwise(asks) if before > 0]


def mood(asks: Sequence[Decimal]) -> tuple[Mood, Decimal]:
    """Return a market's condition by its last five asks, and the mean change; with fewer than three it is stable."""
    moves = changes(asks[-5:])
    if len(moves) < 2:
        return "stable", ZERO
    mean = sum(moves, ZERO) / len(moves)
    if sum((abs(each) for each in moves), ZERO) / len(moves) > Decimal("0.10"):
        return "volatile", mean
    if mean > Decimal("0.03"):
        return "bullish", mean
    return ("bearish" if mean < Decimal("-0.03") else "stable"), mean


def position(price: Decimal, market: Market) -> Position:
    """Return where a price stands between the highest bid and the lowest ask."""
    if market.highest_bid is None and market.lowest_ask is None:
        return "unknown"
    if market.highest_bid is not None and price <= market.highest_bid:
        return "below_market"
    return "above_market" if market.lowest_ask is not None and price >= market.lowest_ask else "competitive"


def sell_probability(place: Position, days: int) -> float:
    """Return the chance of a sale within `days`, 0 to 1."""
    found = 0.5 + {"below_market": 0.3, "above_market": -0.2, "competitive": 0.1, "unknown": 0.0}[place]
    found += -0.1 if days <= 7 else 0.2 if days >= 30 else 0.0
    return round(min(1.0, max(0.0, found)), 2)


def expected_days(price: Decimal, market: Market, own_days: float | None) -> float:
    """Return how many days a sale at a price will take, 1 to 365.

    At or below the highest bid a day. Else the own pace of such pairs, or the queue of asks over the sales a week; each
    percent above the lowest ask makes it eight percent longer, below it up to half as long.
    """
    if market.highest_bid is not None and price <= market.highest_bid:
        return 1.0
    base = own_days
    if base is None and market.per_week and market.number_of_asks is not None:
        base = 7 * (1 + market.number_of_asks / 10) / market.per_week
    base = base or USUAL_DAYS
    return round(min(LONGEST, max(1.0, base * _stretch(price, market))), 1)


def _stretch(price: Decimal, market: Market) -> float:
    """Return how many times longer a sale takes at a price than at the lowest ask."""
    anchor = market.lowest_ask or market.price
    if not anchor:
        return 1.0
    distance = float(price / anchor) - 1
    return 1 + 8 * distance if distance > 0 else max(0.5, 1 + 5 * distance)


def at_price(pace: Pace, price: Decimal, market: Market) -> Pace:
    """Return a pace as it is at a price: its range stretches as its days do."""
    if market.highest_bid is not None and price <= market.highest_bid:
        return replace(pace, days=1.0, low=1.0, high=1.0)
    by = _stretch(price, market)
    days, low = (round(min(LONGEST, max(1.0, each * by)), 1) for each in (pace.days, pace.low))
    high = None if pace.high is None or pace.high * by > LONGEST else round(max(1.0, pace.high * by), 1)
    return replace(pace, days=days, low=low, high=high)
