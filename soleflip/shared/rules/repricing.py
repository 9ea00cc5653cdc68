"""Repricing with brakes: what a live listing should ask next, and why it is changed, held or left alone.

The order of the brakes: kill switch and missing facts, cool-down, target, step of one change, step of one day, ceiling, floor,
dead band. Market data can be wrong, so a price never moves further than its steps; the floor comes from the shop's own
costs, so it is the only one that may lift a price further.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Literal

from shared.rules.market import Market
from shared.rules.money import ZERO, percent_of

Verdict = Literal["change", "keep", "held"]
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Brakes:
    """The shop's limits for prices that are written by themselves; percentages per hundred of the price."""

    max_step_percent: Decimal = Decimal(10)
    max_day_percent: Decimal = Decimal(15)
    dead_band: Decimal = ONE
    cool_down: timedelta = timedelta(hours=6)
    undercut: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Offer:
    """A live listing. `day_price` is what it asked a day ago, `changed_at` when its price was last changed."""

    price: Decimal
    day_price: Decimal
    changed_at: datetime | None
    floor: Decimal | None
    ceiling: Decimal | None
    step: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with a listing: the price it should ask (its own when kept), and the reasons in words."""

    verdict: Verdict
    price: Decimal
    reasons: tuple[str, ...]


def _undercut(market: Market, brakes: Brakes) -> tuple[Decimal, str] | None:
    if market.lowest_ask is None:
        return None
    return market.lowest_ask - brakes.undercut, f"{brakes.undercut} below the lowest ask {market.lowest_ask}"


def _earn(market: Market, _brakes: Brakes) -> tuple[Decimal, str] | None:
    prices = [each for each in (market.lowest_ask, market.last_sale, market.average) if each]
    return (max(prices), f"the best of ask, last sale and average: {max(prices)}") if prices else None


def _quick(market: Market, brakes: Brakes) -> tuple[Decimal, str] | None:
    if market.highest_bid is None or market.lowest_ask is None:
        return _undercut(market, brakes)
    middle = (market.highest_bid + market.lowest_ask) / 2
    return middle, f"half way between bid {market.highest_bid} and ask {market.lowest_ask}"


def _premium(market: Market, _brakes: Brakes) -> tuple[Decimal, str] | None:
    base = market.average or market.price
    return (base * Decimal("1.05"), f"5 % above what it usually sells for, {base}") if base else None


AIMS: Mapping[str, Callable[[Market, Brakes], tuple[Decimal, str] | None]] = {
    "market_competitive": _undercut,
    "profit_maximization": _earn,
    "quick_turnover": _quick,
    "premium_positioning": _premium,
}
"""The strategies by the documents' names: each gives a price to aim at and why, or None without a market."""


def plan(offer: Offer, market: Market, strategy: str, brakes: Brakes, now: datetime) -> Step:
    """Say what a listing should ask next. Raises KeyError for an unknown strategy."""
    if offer.floor is None:
        return Step("held", offer.price, ("no floor is known: enter what the pair cost",))
    if offer.ceiling is not None and offer.ceiling < offer.floor:
        return Step(
            "held", offer.price, (f"its ceiling {offer.ceiling} lies below its floor {offer.floor}: change one",)
        )
    below = offer.price < offer.floor
    if offer.changed_at is not None and now - offer.changed_at < brakes.cool_down and not below:
        return Step("keep", offer.price, (f"changed less than {_hours(brakes.cool_down)} h ago",))
    aim = AIMS[strategy](market, brakes)
    if aim is None and not below:
        return Step("keep", offer.price, ("no market price is known",))
    wanted, why = aim if aim is not None else (offer.floor, "no market price is known")
    reasons = [why]
    found = _brake(wanted, offer, brakes, reasons)
    if abs(found - offer.price) < max(brakes.dead_band, offer.step) and not below:
        return Step("keep", offer.price, (*reasons, f"less than {brakes.dead_band} away from {offer.price}"))
    return Step("change", found, tuple(reasons))


def _brake(wanted: Decimal, offer: Offer, brakes: Brakes, reasons: list[str]) -> Decimal:
    """Return a wanted price within the steps, the ceiling and the floor, on the marketplace's step."""
    lowest, highest = band(offer, brakes)
    if offer.ceiling is not None and wanted > offer.ceiling:
        wanted = (offer.ceiling / offer.step).quantize(ONE, ROUND_FLOOR) * offer.step
        reasons.append(f"held down by the ceiling {offer.ceiling}")
    found = (wanted / offer.step).quantize(ONE, ROUND_HALF_UP) * offer.step
    if found < lowest:
        found = lowest
        reasons.append(f"no further down at once than {lowest}")
    elif found > highest:
        found = highest
        reasons.append(f"no further up at once than {highest}")
    if offer.floor is not None and found < offer.floor:
        found = (offer.floor / offer.step).quantize(ONE, ROUND_CEILING) * offer.step
        reasons.append(f"held up by the floor {offer.floor}")
    return found


def band(offer: Offer, brakes: Brakes) -> tuple[Decimal, Decimal]:
    """Return the lowest and the highest price one change may go to, both on the marketplace's step.

    Both limits hold: `max_step_percent` of the price now, `max_day_percent` of the price a day ago. Where a day's allowance
    is used up already, the band is the price itself.
    """
    step, day = percent_of(offer.price, brakes.max_step_percent), percent_of(offer.day_price, brakes.max_day_percent)
    lowest = max(offer.price - step, offer.day_price - day, ZERO)
    highest = min(offer.price + step, offer.day_price + day)
    down = (lowest / offer.step).quantize(ONE, ROUND_CEILING) * offer.step
    up = (highest / offer.step).quantize(ONE, ROUND_FLOOR) * offer.step
    return min(down, offer.price), max(up, offer.price)


def _hours(span: timedelta) -> int:
    return int(span.total_seconds() // 3600)
