"""The pricing engine: five strategies with reasons and confidence, then rules, rounding, and the floor last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from shared.rules.market import Market, changes, mood
from shared.rules.money import ZERO, cents, ratio_percent

CONFIDENCE = {
    "cost_plus": Decimal("0.85"),
    "market_based": Decimal("0.90"),
    "competitive": Decimal("0.88"),
    "value_based": Decimal("0.82"),
    "dynamic": Decimal("0.92"),
}
WEIGHT = {
    "dynamic": Decimal("1.0"),
    "market_based": Decimal("0.9"),
    "value_based": Decimal("0.85"),
    "competitive": Decimal("0.8"),
    "cost_plus": Decimal("0.7"),
}
USUAL = ("market_based", "competitive", "cost_plus")
MIXED = {"market_based": Decimal("0.40"), "competitive": Decimal("0.35"), "value_based": Decimal("0.25")}
CONDITIONS = {
    "new": Decimal(1),
    "deadstock": Decimal(1),
    "like_new": Decimal("0.96"),
    "excellent": Decimal("0.92"),
    "very_good": Decimal("0.85"),
    "good": Decimal("0.75"),
    "fair": Decimal("0.65"),
    "poor": Decimal("0.50"),
}
"""What a condition is worth of a new pair; a rule may say otherwise."""
MARKUP = Decimal(25)
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What the shop's price rules say of a pair, put together (`combine`)."""

    markup_percent: Decimal | None = None
    minimum_margin_percent: Decimal = ZERO
    maximum_discount_percent: Decimal | None = None
    conditions: Mapping[str, Decimal] = field(default_factory=dict)
    seasons: Mapping[int, Decimal] = field(default_factory=dict)
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """The pair to be priced: `cost` per piece, condition, month of the sale, what its brand's name is worth."""

    cost: Decimal
    condition: str = "new"
    month: int = 1
    brand_factor: Decimal = ONE
    target_margin: Decimal | None = None
    others: Sequence[Decimal] = ()
    """Latest prices on other marketplaces."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A strategy's price before rounding and floor."""

    strategy: str
    price: Decimal
    confidence: Decimal
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The engine's answer. `margin_percent` is of the price, `markup_percent` of the cost, both before fees."""

    strategy: str
    price: Decimal
    confidence: Decimal
    reasons: tuple[str, ...]
    margin_percent: Decimal | None
    markup_percent: Decimal | None
    low: Decimal
    high: Decimal
    candidates: tuple[Priced, ...]


def combine(rules: Sequence[Rule]) -> Rule:
    """Put rules together, the most important first: the first word on a matter counts, the strictest margin holds."""
    markup = next((each.markup_percent for each in rules if each.markup_percent is not None), None)
    discount = next(
        (each.maximum_discount_percent for each in rules if each.maximum_discount_percent is not None), None
    )
    conditions: dict[str, Decimal] = {}
    seasons: dict[int, Decimal] = {}
    for each in reversed(rules):
        conditions |= each.conditions
        seasons |= each.seasons
    margin = max((each.minimum_margin_percent for each in rules), default=ZERO)
    return Rule(markup, margin, discount, conditions, seasons, [name for each in rules for name in each.names])


def _condition(pair: Pair, rule: Rule) -> Decimal:
    return rule.conditions.get(pair.condition, CONDITIONS.get(pair.condition, ONE))


def _at_least(price: Decimal, cost: Decimal, margin: int, reasons: list[str]) -> Decimal:
    lowest = cost / (1 - Decimal(margin) / 100)
    if price >= lowest:
        return price
    reasons.append(f"lifted to keep a margin of {margin} %")
    return lowest


def _cost_plus(pair: Pair, _market: Market, rule: Rule) -> Priced:
    markup = next(each for each in (rule.markup_percent, pair.target_margin, MARKUP) if each is not None)
    factor = _condition(pair, rule)
    reasons = [f"cost {cents(pair.cost)} plus {markup.normalize():f} %"]
    if pair.brand_factor != ONE:
        reasons.append(f"brand counts {pair.brand_factor.normalize():f}")
    if factor != ONE:
        reasons.append(f"condition {pair.condition.replace('_', ' ')} counts {factor}")
    price = pair.cost * (1 + markup / 100) * pair.brand_factor * factor
    return Priced("cost_plus", price, CONFIDENCE["cost_plus"], tuple(reasons))


def _market_based(pair: Pair, market: Market, rule: Rule) -> Priced | None:
    base = market.last_sale or market.average
    if base is None:
        return None
    season, factor = rule.seasons.get(pair.month, ONE), _condition(pair, rule)
    reasons = [f"it sells for {cents(base)}", "2 % below to sell sooner"]
    if season != ONE:
        reasons.append(f"season counts {season}")
    if factor != ONE:
        reasons.append(f"condition {pair.condition.replace('_', ' ')} counts {factor}")
    price = _at_least(base * season * factor * Decimal("0.98"), pair.cost, 15, reasons)
    return Priced("market_based", price, _fresh(CONFIDENCE["market_based"], market), tuple(reasons))


def _competitive(pair: Pair, market: Market, rule: Rule) -> Priced | None:
    prices = [each for each in (market.lowest_ask or market.last_sale, *pair.others) if each]
    if not prices:
        return None
    factor = _condition(pair, rule)
    least, mean = min(prices), sum(prices, ZERO) / len(prices)
    if rule.maximum_discount_percent is not None:
        price = least * (1 - rule.maximum_discount_percent / 100)
        reasons = [f"lowest ask {cents(least)} less {rule.maximum_discount_percent.normalize():f} %"]
    else:
        price = (least + mean) / 2
        reasons = [f"lowest ask {cents(least)}", f"between it and the mean of {len(prices)} offers"]
    if factor != ONE:
        reasons.append(f"condition {pair.condition.replace('_', ' ')} counts {factor}")
    price = _at_least(price * factor, pair.cost, 10, reasons)
    return Priced("competitive", price, _fresh(CONFIDENCE["competitive"], market), tuple(reasons))


def _value_based(pair: Pair, market: Market, rule: Rule) -> Priced | None:
    base = market.price or pair.cost
    factor = _condition(pair, rule)
    reasons = [f"worth {cents(base)}", f"brand counts {pair.brand_factor.normalize():f}"]
    demand = ONE
    if market.number_of_asks and market.number_of_bids is not None:
        demand = 1 + (Decimal(market.number_of_bids) / market.number_of_asks - 1) / 20
        demand = min(Decimal("1.05"), max(Decimal("0.95"), demand))
        reasons.append(f"{market.number_of_bids} bids for {market.number_of_asks} asks")
    return Priced(
        "value_based",
        base * pair.brand_factor * demand * factor,
        _fresh(CONFIDENCE["value_based"], market),
        tuple(reasons),
    )


def _dynamic(pair: Pair, market: Market, rule: Rule) -> Priced | None:
    parts = {name: found for name in MIXED if (found := _STRATEGIES[name](pair, market, rule)) is not None}
    if market.price is None:
        return None
    weight = sum((MIXED[name] for name in parts), ZERO)
    price = sum((MIXED[name] * found.price for name, found in parts.items()), ZERO) / weight
    condition, mean = mood(market.asks)
    reasons = [f"mean of {', '.join(name.replace('_', ' ') for name in parts)}", f"market is {condition}"]
    if condition in ("bullish", "bearish"):
        price *= 1 + max(Decimal("-0.04"), min(Decimal("0.03"), mean))
        reasons.append(f"asks move {mean * 100:+.1f} % from one to the next")
    return Priced("dynamic", price, _fresh(CONFIDENCE["dynamic"], market), tuple(reasons))


def _fresh(confidence: Decimal, market: Market) -> Decimal:
    """Take confidence off for old and for jumping prices."""
    if market.age_days is not None and market.age_days > 7:
        confidence -= min(Decimal("0.30"), Decimal(market.age_days - 7) / 100)
    moves = changes(market.asks[-5:])
    if moves and sum((abs(each) for each in moves), ZERO) / len(moves) > Decimal("0.10"):
        confidence -= Decimal("0.10")
    return confidence.quantize(Decimal("0.01"))


_STRATEGIES: dict[str, Callable[[Pair, Market, Rule], Priced | None]] = {
    "cost_plus": _cost_plus,
    "market_based": _market_based,
    "competitive": _competitive,
    "value_based": _value_based,
    "dynamic": _dynamic,
}
STRATEGIES: Mapping[str, Mapping[str, str]] = {
    "cost_plus": {
        "name": "Cost plus",
        "description": "What it cost plus a markup, times brand and condition",
        "use_case": "No market is known, or margins must be steady",
    },
    "market_based": {
        "name": "Market based",
        "description": "Just below what it last sold for, with season and condition",
        "use_case": "Pairs that trade often",
    },
    "competitive": {
        "name": "Competitive",
        "description": "Against the lowest ask on every marketplace",
        "use_case": "Many sellers, quick turnover",
    },
    "value_based": {
        "name": "Value based",
        "description": "The market's price times what the brand and its demand are worth",
        "use_case": "Rare pairs, collaborations",
    },
    "dynamic": {
        "name": "Dynamic",
        "description": "The weighted mean of market, competition and value, following the trend",
        "use_case": "The usual choice when a market is known",
    },
}


def charm(price: Decimal) -> Decimal:
    """Round to a price people like: 14.95, 79.99, 135."""
    if price < 20:
        return max(Decimal("0.95"), price.quantize(ONE, ROUND_HALF_UP) - Decimal("0.05"))
    if price < 100:
        return price.quantize(ONE, ROUND_HALF_UP) - Decimal("0.01")
    return (price / 5).quantize(ONE, ROUND_HALF_UP) * 5


def settle(
    price: Decimal, floor: Decimal | None, ceiling: Decimal | None, step: Decimal
) -> tuple[Decimal, tuple[str, ...]]:
    """Round a price and keep it between floor and ceiling, on the marketplace's step. The floor has the last word.

    Returns the price and what was done to it in words.
    """
    found, told = charm(price), []
    if step >= ONE or found % step:
        found = (found / step).quantize(ONE, ROUND_HALF_UP) * step
    if ceiling is not None and found > ceiling:
        found = ceiling - ceiling % step
        told.append(f"held down by the ceiling {ceiling}")
    if floor is not None and found < floor:
        found = (floor / step).quantize(ONE, ROUND_CEILING) * step
        told.append(f"lifted to the floor {floor}: below it fees, VAT and shipping eat the profit")
    return found, tuple(told)


def recommend(
    pair: Pair,
    market: Market,
    rule: Rule,
    floor: Decimal | None = None,
    ceiling: Decimal | None = None,
    step: Decimal = Decimal("0.01"),
    strategies: Sequence[str] = USUAL,
) -> Recommendation:
    """Price a pair: every strategy asked for, the best by confidence times weight; cost plus when none can tell.

    A rule's minimum margin lifts the price before rounding; after rounding margin and floor are held once more.
    """
    found = [each for name in strategies if (each := _STRATEGIES[name](pair, market, rule)) is not None]
    best = max(found, key=lambda each: each.confidence * WEIGHT[each.strategy], default=None)
    if best is None:
        best = _cost_plus(pair, market, rule)
        found.append(best)
    unknown = () if market.price else ("no market price is known",)
    margin_floor = pair.cost / (1 - min(rule.minimum_margin_percent, Decimal(99)) / 100)
    held = max(
        [each for each in (floor, margin_floor if rule.minimum_margin_percent else None) if each is not None],
        default=None,
    )
    held = None if held is None else cents(held) if held == floor else held.quantize(Decimal("0.01"), ROUND_CEILING)
    price, told = settle(best.price, held, ceiling, step)
    prices = sorted(each.price for each in found)
    return Recommendation(
        best.strategy,
        price,
        best.confidence,
        (*unknown, *best.reasons, *(f"rule: {name}" for name in rule.names), *told),
        ratio_percent(price - pair.cost, price),
        ratio_percent(price - pair.cost, pair.cost),
        cents(min(prices[0], price)),
        cents(max(prices[-1], price)),
        tuple(found),
    )
