"""One decision per item: sell now to the highest bid, list at a price, or hold; in figures and in a sentence.

Options are compared by what they leave once time is paid for: profit less what the bound money would have earned meanwhile
and what the place in the stock room costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.database.words import DecisionKind
from shared.rules import market as markets
from shared.rules.market import Market
from shared.rules.money import ZERO, cents
from shared.rules.proceeds import Terms, proceeds
from shared.rules.survival import Pace

HOLD_DAYS = 30
DRIFT_CAP = Decimal("0.10")
"""No more than this much a month is believed of a rising market."""
SYMBOL = {"EUR": "€", "USD": "$", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Venue:
    """A marketplace this pair could be sold on, with the price worth asking there (None: nobody knows one)."""

    name: str
    terms: Terms
    market: Market
    ask: Decimal | None
    floor: Decimal | None


@dataclass(frozen=True, slots=True)
class Patience:
    """What waiting costs: `per_euro_day` is what a euro earns here a day otherwise, `storage_per_day` the pair's place."""

    per_euro_day: Decimal = ZERO
    storage_per_day: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Option:
    """Something to do. `value` is `profit` less the cost of `days`; `profit_per_day` is profit per euro bound and day."""

    kind: DecisionKind
    venue: str
    price: Decimal
    payout: Decimal
    profit: Decimal
    days: Decimal
    value: Decimal
    profit_per_day: Decimal
    probability: float
    below_floor: bool
    pace: Pace | None = None
    """What `days` rest on, as long as they take at this price; None where they follow from the market alone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The best option, the sentence that explains it, and every option with the best first."""

    best: Option | None
    sentence: str
    options: tuple[Option, ...]


def _option(
    kind: DecisionKind, venue: Venue, price: Decimal, days: float, patience: Patience, probability: float,
    pace: Pace | None = None,
) -> Option:  # fmt: skip
    found, span = proceeds(price, venue.terms), Decimal(str(days))
    cost = venue.terms.cost
    value = found.profit - cost * patience.per_euro_day * span - patience.storage_per_day * span
    return Option(
        kind,
        venue.name,
        price,
        found.payout,
        found.profit,
        span,
        cents(value),
        (found.profit / cost / span).quantize(Decimal("0.0001")) if cost and span else ZERO,
        probability,
        venue.floor is None or price < venue.floor,
        pace,
    )


def options(venues: Sequence[Venue], pace: Pace | None, patience: Patience) -> list[Option]:
    """Return everything that can be done with a pair, the best first."""
    found = []
    for venue in venues:
        market = venue.market
        if market.highest_bid is not None:
            found.append(_option(DecisionKind.SELL_NOW, venue, market.highest_bid, 1.0, patience, 0.95))
        if venue.ask is None:
            continue
        days = markets.expected_days(venue.ask, market, pace.days if pace else None)
        at_price = markets.at_price(pace, venue.ask, market) if pace else None
        chance = markets.sell_probability(markets.position(venue.ask, market), round(days))
        found.append(_option(DecisionKind.LIST_AT, venue, venue.ask, days, patience, chance, at_price))
        mood, mean = markets.mood(market.asks)
        if mood == "bullish":
            later = venue.ask * (1 + min(mean * 4, DRIFT_CAP))
            later -= later % venue.terms.step
            found.append(_option(DecisionKind.HOLD, venue, later, HOLD_DAYS + days, patience, chance))
    return sorted(found, key=lambda each: (-each.value, each.days))


def decide(
    venues: Sequence[Venue], pace: Pace | None, patience: Patience, age_days: int, currency: str = "EUR"
) -> Decision:
    """Decide what to do with a pair of `age_days`. Without any market it is held, and the sentence says what is missing."""
    found = options(venues, pace, patience)
    if not found:
        return Decision(None, "Hold: no marketplace tells a price for this size yet; fetch market data first.", ())
    best = found[0]
    return Decision(best, _sentence(best, found, age_days, currency), tuple(found))


def _sentence(best: Option, every: Sequence[Option], age_days: int, currency: str) -> str:
    money = f"{best.price:,.2f} {SYMBOL.get(currency, currency)}"
    left = _left(best, currency)
    if best.kind is DecisionKind.SELL_NOW:
        listed = next((each for each in every if each.kind is DecisionKind.LIST_AT), None)
        text = f"Sell now to the highest bid of {money} on {best.venue}: {left}"
        if listed is not None:
            text += (
                f"; about {listed.days:.0f} days for {listed.price:,.2f} would leave {listed.profit:,.2f},"
                " but meanwhile the money earns more elsewhere"
            )
    elif best.kind is DecisionKind.LIST_AT:
        text = f"List at {money} on {best.venue}: {left} in about {best.days:.0f} days{_basis(best.pace)}"
        bid = next((each for each in every if each.kind is DecisionKind.SELL_NOW), None)
        if bid is not None:
            text += f"; the highest bid of {bid.price:,.2f} would leave {bid.profit:,.2f} today"
    else:
        text = (
            f"Hold: asks on {best.venue} are rising, {money} within {best.days:.0f} days would leave {best.profit:,.2f}"
        )
    if best.below_floor and best.kind is not DecisionKind.HOLD:
        text += f". This is below its floor: it has been here {age_days} days and each further one costs more than it brings"
    return f"{text}."


LEVELS = {"size": "of this model and size", "model": "of this model", "brand": "of this brand", "shop": "of this shop"}


def _basis(pace: Pace | None) -> str:
    """Return how sure a number of days is, and what it rests on."""
    if pace is None:
        return " (a rule of thumb: too few own sales)"
    span = f"{pace.low:.0f} to {pace.high:.0f}" if pace.high is not None else f"{pace.low:.0f} or far more"
    return f" ({span}, from {pace.pairs} pairs {LEVELS[pace.level]})"


def _left(option: Option, currency: str) -> str:
    sign = SYMBOL.get(currency, currency)
    if option.profit >= 0:
        return f"{option.profit:,.2f} {sign} left after fees, shipping, VAT and cost"
    return f"a loss of {-option.profit:,.2f} {sign} after fees, shipping, VAT and cost"
