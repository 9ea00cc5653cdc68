"""One decision per item: sell now to the highest bid, list at a price, or hold; in figures and in a sentence.

Options are compared by what they leave once time is paid for: profit less what the bound money would have earned meanwhile
and what the place in the stock room costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.database.words import DecisionKind
from shared.rules import market as markets
from shared.rules.market import Market
from shared.rules.money import ZERO, cents
from shared.rules.proceeds import Terms, proceeds
from shared.rules.survival import Pace
from shared.translation import Speech, speech
from shared.translation import gettext_noop as _

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
    age_days: int = 0
    currency: str = "EUR"

    def said(self, say: Speech) -> str:
        """Return the sentence in a language."""
        return sentence(self.options, self.age_days, self.currency, say)


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
    return Decision(
        found[0] if found else None, sentence(found, age_days, currency, speech("en")), tuple(found), age_days, currency
    )


def sentence(every: Sequence[Option], age_days: int, currency: str, say: Speech) -> str:
    """Return why the first of some options is the best, in a language."""
    if not every:
        return say.gettext(_("Hold: no marketplace tells a price for this size yet; fetch market data first."))
    best, sign = every[0], SYMBOL.get(currency, currency)
    told = {
        "price": f"{say.amount(best.price)} {sign}", "venue": best.venue, "days": f"{best.days:.0f}",
        "left": _left(best, sign, say), "profit": say.amount(best.profit), "basis": _basis(best.pace, say),
    }  # fmt: skip
    if best.kind is DecisionKind.SELL_NOW:
        text = say.gettext(_("Sell now to the highest bid of %(price)s on %(venue)s: %(left)s")) % told
        listed = next((each for each in every if each.kind is DecisionKind.LIST_AT), None)
        if listed is not None:
            more = {"days": f"{listed.days:.0f}", "price": say.amount(listed.price), "left": say.amount(listed.profit)}
            text += say.gettext(LATER) % more
    elif best.kind is DecisionKind.LIST_AT:
        text = say.gettext(_("List at %(price)s on %(venue)s: %(left)s in about %(days)s days%(basis)s")) % told
        bid = next((each for each in every if each.kind is DecisionKind.SELL_NOW), None)
        if bid is not None:
            more = {"price": say.amount(bid.price), "left": say.amount(bid.profit)}
            text += say.gettext(_("; the highest bid of %(price)s would leave %(left)s today")) % more
    else:
        text = say.gettext(RISING) % told
    if best.below_floor and best.kind is not DecisionKind.HOLD:
        text += say.gettext(BELOW) % {"age": age_days}
    return f"{text}."


LATER = _("; about %(days)s days for %(price)s would leave %(left)s, but meanwhile the money earns more elsewhere")
RISING = _("Hold: asks on %(venue)s are rising, %(price)s within %(days)s days would leave %(profit)s")
BELOW = _(". This is below its floor: it has been here %(age)s days and each further one costs more than it brings")
LEVELS = {
    "size": _("of this model and size"), "model": _("of this model"), "brand": _("of this brand"),
    "shop": _("of this shop"),
}  # fmt: skip


def _basis(pace: Pace | None, say: Speech) -> str:
    """Return how sure a number of days is, and what it rests on."""
    if pace is None:
        return say.gettext(_(" (a rule of thumb: too few own sales)"))
    told = {"low": f"{pace.low:.0f}", "high": f"{pace.high or 0:.0f}", "pairs": pace.pairs}
    told["level"] = say.gettext(LEVELS[pace.level])
    if pace.high is None:
        return say.gettext(_(" (%(low)s or far more, from %(pairs)s pairs %(level)s)")) % told
    return say.gettext(_(" (%(low)s to %(high)s, from %(pairs)s pairs %(level)s)")) % told


def _left(option: Option, sign: str, say: Speech) -> str:
    told = {"amount": f"{say.amount(abs(option.profit))} {sign}"}
    if option.profit >= 0:
        return say.gettext(_("%(amount)s left after fees, shipping, VAT and cost")) % told
    return say.gettext(_("a loss of %(amount)s after fees, shipping, VAT and cost")) % told


def again(told: Sequence[Mapping[str, Any]], currency: str, say: Speech) -> str:
    """Return the sentence of a stored decision in a language, from its options; empty where they say too little for that."""
    try:
        every = [_from_plain(each) for each in told]
        return sentence(every, int(told[0]["age_days"]), currency, say) if every else ""
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return ""


def _from_plain(told: Mapping[str, Any]) -> Option:
    amounts = {
        name: Decimal(str(told[name])) for name in ("price", "payout", "profit", "days", "value", "profit_per_day")
    }
    pace = Pace(**told["pace"]) if told.get("pace") else None
    return Option(
        kind=DecisionKind(told["kind"]), venue=str(told["venue"]), probability=float(told["probability"]),
        below_floor=bool(told["below_floor"]), pace=pace, **amounts,
    )  # fmt: skip
