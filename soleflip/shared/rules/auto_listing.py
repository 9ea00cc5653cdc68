"""When a pair is listed by itself: a rule's conditions, all of which have to hold, and the price its action asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.database.words import AtEnd
from shared.rules.market import Market, changes, mood
from shared.rules.money import ZERO

CONDITIONS = frozenset(
    {
        "status", "min_profit_margin_percent", "purchase_age_days", "age_days", "brand_names", "category",
        "purchase_price_range", "min_purchase_price", "market_condition", "market_volatility", "market_trend",
        "competitor_gap_percent", "demand_score",
    }
)  # fmt: skip
ACTIONS = frozenset({"list_on_platform", "pricing_strategy", "markup_percent", "expires_in_days", "at_end"})
LONGEST = 365
STRATEGIES = ("cost_plus", "premium", "market_based", "competitive", "clearance", "aggressive")


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a listing stays (None: until it is sold), what then becomes of it, and the rule that says so."""

    rule: str
    days: int | None
    at_end: AtEnd

    def end(self, since: datetime) -> datetime | None:
        """Return when a listing that began at a moment has had its days."""
        return None if self.days is None else since + timedelta(days=self.days)


def terms(rule: str, actions: Mapping[str, Any]) -> Terms:
    """Return a rule's terms; raises ValueError for days outside 1 to 365 or an unknown word for what happens then."""
    days = actions.get("expires_in_days")
    if days is not None and not (isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= LONGEST):
        raise ValueError(f"expires_in_days is 1 to {LONGEST}")
    return Terms(rule, days, AtEnd(actions.get("at_end", AtEnd.TAKE_DOWN)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule looks at."""

    status: str
    cost: Decimal
    age_days: int
    brand: str
    category: str
    market: Market

    @property
    def margin(self) -> Decimal | None:
        """Return what the market pays above cost, in percent of it."""
        price = self.market.price
        return None if not price else (price - self.cost) * 100 / price


def told(facts: Facts) -> dict[str, Any]:
    """Return what a market looks like in a rule's words: condition, volatility, trend, gap, demand."""
    condition, _ = mood(facts.market.asks)
    moves = changes(facts.market.asks)
    swing = sum((abs(each) for each in moves), ZERO) / len(moves) if moves else ZERO
    ask, sale = facts.market.lowest_ask, facts.market.last_sale
    bids = facts.market.number_of_bids
    return {
        "market_condition": condition,
        "market_volatility": "high" if swing > Decimal("0.10") else "moderate" if swing > Decimal("0.04") else "low",
        "market_trend": {"bullish": "rising", "bearish": "declining"}.get(condition, "stable"),
        "competitor_gap_percent": (ask - sale) * 100 / sale if ask and sale else None,
        "demand_score": None if bids is None else min(Decimal(1), Decimal(bids) / 100),
    }


def judge(conditions: Mapping[str, Any], facts: Facts) -> tuple[bool, Decimal, list[str]]:
    """Return whether every condition holds, which part of them does (0 to 1), and what does not in words."""
    seen = told(facts)
    missing = [name for name, wanted in conditions.items() if not _holds(name, wanted, facts, seen)]
    total = len(conditions) or 1
    part = (Decimal(total - len(missing)) / total).quantize(Decimal("0.01"))
    return not missing, part, [name.replace("_", " ") for name in missing]


def _holds(name: str, wanted: Any, facts: Facts, seen: Mapping[str, Any]) -> bool:
    match name:
        case "status":
            return facts.status in _several(wanted)
        case "min_profit_margin_percent":
            return facts.margin is not None and facts.margin >= Decimal(str(wanted))
        case "purchase_age_days" | "age_days":
            return facts.age_days >= int(wanted)
        case "brand_names":
            return facts.brand.lower() in [each.lower() for each in _several(wanted)]
        case "category":
            return facts.category.lower() in [each.lower() for each in _several(wanted)]
        case "purchase_price_range":
            low, high = (Decimal(str(each)) for each in wanted)
            return low <= facts.cost <= high
        case "min_purchase_price":
            return facts.cost >= Decimal(str(wanted))
        case "market_condition" | "market_volatility" | "market_trend":
            return seen[name] in _several(wanted)
        case "competitor_gap_percent" | "demand_score":
            return seen[name] is not None and seen[name] >= Decimal(str(wanted))
    return False


def _several(wanted: Any) -> list[str]:
    return [str(each) for each in wanted] if isinstance(wanted, list | tuple) else [str(wanted)]


def markup(strategy: str, percent: Decimal) -> Decimal | None:
    """Return the markup on cost an action asks for, in percent; None when the engine's price of that name counts."""
    match strategy:
        case "cost_plus" | "premium":
            return percent
        case "clearance":
            return max(Decimal(5), percent)
        case "aggressive":
            return percent + 5
    return None
