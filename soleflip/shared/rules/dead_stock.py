"""How likely goods are to stay: age, market and the pace at which they sell; what that may cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.rules.money import ZERO, cents

LEVELS = ("hot", "warm", "cold", "dead", "critical")
MARKDOWN = {"hot": 0, "warm": 0, "cold": 10, "dead": 20, "critical": 30}
"""How far a price comes down at each level, in percent; the floor still holds."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an item. `market` is what it would sell for now, None when nobody knows.

    `expected_days` is how long such goods take to sell here (own sales), None without sales.
    """

    age_days: int
    cost: Decimal
    quantity: int
    market: Decimal | None
    expected_days: float | None


@dataclass(frozen=True, slots=True)
class Risk:
    """The judgement, with its reasons in words."""

    score: float
    level: str
    potential_loss: Decimal
    locked_capital: Decimal
    carrying_cost: Decimal
    reasons: tuple[str, ...]


def age_risk(days: int) -> float:
    """Return the part that age alone gives, 0 to 1."""
    return next((risk for limit, risk in ((30, 0.1), (60, 0.3), (120, 0.6), (180, 0.8)) if days <= limit), 1.0)


def market_risk(ratio: float | None) -> float:
    """Return the part that market over cost gives, 0 to 1; nobody knowing is the middle."""
    if ratio is None:
        return 0.5
    if ratio < 0.8:
        return 0.9
    if ratio < 0.9:
        return 0.7
    if ratio > 1.2:
        return 0.2
    return 0.3 if ratio > 1.1 else 0.5


def pace_risk(age_days: int, expected_days: float | None) -> float:
    """Return the part that pace gives: how long it has been here against how long such goods take, 0.1 to 1."""
    if expected_days is None:
        return 0.6
    return min(1.0, max(0.1, age_days / max(expected_days, 1) / 3))


def level_of(days: int, score: float) -> str:
    """Return the word for an age and a score."""
    if days > 180 or score > 0.9:
        return "critical"
    if days > 120 or score > 0.75:
        return "dead"
    if days > 60 or score > 0.5:
        return "cold"
    return "warm" if days > 30 or score > 0.25 else "hot"


def judge(facts: Facts, capital_percent: Decimal, storage_per_month: Decimal) -> Risk:
    """Judge an item. Capital costs `capital_percent` a year, a pair's place `storage_per_month`."""
    ratio = float(facts.market / facts.cost) if facts.market is not None and facts.cost else None
    age, market, pace = age_risk(facts.age_days), market_risk(ratio), pace_risk(facts.age_days, facts.expected_days)
    score = round(0.3 * age + 0.3 * market + 0.4 * pace, 3)
    if facts.market is None:
        loss = facts.cost * Decimal(str(score)) * Decimal("0.3")
    elif facts.market < facts.cost:
        loss = (facts.cost - facts.market) * Decimal(str(1 + score))
    else:
        loss = ZERO
    years = Decimal(facts.age_days) / 365
    carrying = facts.cost * capital_percent / 100 * years + storage_per_month * years * 12
    reasons = [f"{facts.age_days} days here"]
    if facts.expected_days is None:
        reasons.append("none sold yet")
    else:
        reasons.append(f"such pairs take {facts.expected_days:.0f} days")
    reasons.append("no market price" if ratio is None else f"market at {ratio * 100:.0f} % of cost")
    return Risk(
        score,
        level_of(facts.age_days, score),
        cents(loss * facts.quantity),
        cents(facts.cost * facts.quantity),
        cents(carrying * facts.quantity),
        tuple(reasons),
    )
