"""Buying to sell again: what a retail offer leaves, net of everything, per day and year; and the best use of a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.database.words import TaxScheme
from shared.rules import fees
from shared.rules import market as markets
from shared.rules.market import Market
from shared.rules.money import ZERO, cents, net_of, ratio_percent
from shared.rules.proceeds import Proceeds, Terms, floor, proceeds
from shared.rules.survival import Pace


@dataclass(frozen=True, slots=True)
class Buy:
    """A retail offer: gross price, gross shipping to us, and under which VAT scheme it is bought."""

    price: Decimal
    shipping_in: Decimal
    scheme: TaxScheme
    vat_rate: Decimal = Decimal(19)

    @property
    def gross(self) -> Decimal:
        """Return what is paid."""
        return self.price + self.shipping_in

    @property
    def cost(self) -> Decimal:
        """Return what it really costs: net where input VAT comes back."""
        return net_of(self.gross, self.vat_rate) if self.scheme is TaxScheme.STANDARD else self.gross


@dataclass(frozen=True, slots=True)
class Opportunity:
    """What buying here and selling there leaves. ROI in percent of the cost; the break-even price leaves nothing."""

    sell: Proceeds
    cost: Decimal
    days: float
    probability: float
    profit: Decimal
    expected_profit: Decimal
    roi: Decimal | None
    annual_roi: Decimal | None
    profit_per_day: Decimal
    break_even: Decimal | None
    pace: Pace | None = None


def judge(
    buy: Buy,
    sell_price: Decimal,
    schedule: fees.Schedule,
    market: Market,
    pace: Pace | None,
    *,
    business_buyer: bool,
    step: Decimal,
) -> Opportunity:
    """Judge an offer against a sale at `sell_price`. A year's return counts money as bound from buying to expected sale."""
    terms = Terms(schedule, buy.scheme, buy.cost, buy.gross, buy.vat_rate, business_buyer, step)
    sold = proceeds(sell_price, terms)
    days = markets.expected_days(sell_price, market, pace.days if pace else None)
    chance = markets.sell_probability(markets.position(sell_price, market), round(days))
    span = Decimal(str(days))
    return Opportunity(
        sold,
        buy.cost,
        days,
        chance,
        sold.profit,
        cents(sold.profit * Decimal(str(chance))),
        ratio_percent(sold.profit, buy.cost),
        ratio_percent(sold.profit * 365 / span, buy.cost),
        cents(sold.profit / span),
        floor(terms),
        markets.at_price(pace, sell_price, market) if pace else None,
    )


def spend(budget: Decimal, offers: Sequence[tuple[Decimal, Decimal]]) -> list[int]:
    """Return which offers (what is paid, what is expected to be left) make the most of a budget; exact in whole euros.

    The knapsack by dynamic programming: time and memory are offers times budget, so the budget is taken in steps where it
    is above 5,000.
    """
    unit = max(Decimal(1), (budget / 5000).quantize(Decimal(1)))
    room = int(budget / unit)
    best: list[tuple[Decimal, tuple[int, ...]]] = [(ZERO, ())] * (room + 1)
    for index, (price, gain) in enumerate(offers):
        weight = -int(-price // unit)
        if gain <= 0:
            continue
        for left in range(room, weight - 1, -1):
            with_it = best[left - weight][0] + gain
            if with_it > best[left][0]:
                best[left] = (with_it, (*best[left - weight][1], index))
    return list(best[room][1])
