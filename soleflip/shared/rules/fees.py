"""What marketplaces charge: the payout of a price, and the price of a payout. Schedules are data (core.fee_schedules)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from shared.rules.money import CENT, ZERO, cents, percent_of

TOP = Decimal(10_000_000)
ROUNDING = Decimal("0.08")
"""More than all roundings of a quote and the VAT on it can move what arrives, twice."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A marketplace's charges from a day on; percentages per hundred of the sale price, amounts in `currency`."""

    currency: str = "EUR"
    percent: Decimal = ZERO
    minimum: Decimal = ZERO
    maximum: Decimal | None = None
    fixed: Decimal = ZERO
    payment_percent: Decimal = ZERO
    payment_fixed: Decimal = ZERO
    shipping: Decimal = ZERO
    cash_out_percent: Decimal = ZERO
    tiers: Sequence[tuple[Decimal, Decimal]] = ()
    seller_level: str = ""
    country: str = ""
    category: str = ""
    valid_from: date = date(2000, 1, 1)
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A price taken apart: `price - transaction - payment - shipping - cash_out == payout`, to the cent."""

    price: Decimal
    transaction: Decimal
    payment: Decimal
    shipping: Decimal
    cash_out: Decimal

    @property
    def fees(self) -> Decimal:
        """Return everything that is deducted."""
        return self.transaction + self.payment + self.shipping + self.cash_out

    @property
    def payout(self) -> Decimal:
        """Return what arrives."""
        return self.price - self.fees


def choose(
    schedules: Iterable[Schedule], day: date, level: str = "", country: str = "", category: str = ""
) -> Schedule | None:
    """Return the schedule that holds on a day: the most specific scope first, then the youngest; None when none does."""
    fitting = [
        each
        for each in schedules
        if each.valid_from <= day
        and (each.valid_until is None or day < each.valid_until)
        and each.seller_level in ("", level)
        and each.country in ("", country)
        and each.category in ("", category)
    ]
    return max(
        fitting,
        key=lambda each: ((each.seller_level != "") + (each.country != "") + (each.category != ""), each.valid_from),
        default=None,
    )


def quote(price: Decimal, schedule: Schedule) -> Quote:
    """Take a sale price apart. The transaction fee is at least `minimum` (StockX), tiers are marginal."""
    fee = schedule.fixed + max(_by_percent(price, schedule), schedule.minimum)
    if schedule.maximum is not None:
        fee = min(fee, schedule.maximum)
    fee = cents(fee, schedule.currency)
    payment = cents(percent_of(price, schedule.payment_percent) + schedule.payment_fixed, schedule.currency)
    left = price - fee - payment - schedule.shipping
    cash_out = cents(percent_of(max(left, ZERO), schedule.cash_out_percent), schedule.currency)
    return Quote(price, fee, payment, schedule.shipping, cash_out)


def _by_percent(price: Decimal, schedule: Schedule) -> Decimal:
    if not schedule.tiers:
        return percent_of(price, schedule.percent)
    total = ZERO
    bounds = [*schedule.tiers, (None, ZERO)]
    for (start, percent), (end, _) in pairwise(bounds):
        if start is not None and price > start:
            total += percent_of((price if end is None else min(price, end)) - start, percent)
    return total


def price_for(payout: Decimal, schedule: Schedule, step: Decimal = CENT) -> Decimal:
    """Return the lowest price, a multiple of `step`, that pays out at least `payout`, to the cent.

    ValueError when fees eat every price.
    """
    found = lowest(lambda price: quote(price, schedule).payout >= payout, step, kept_of(schedule))
    if found is None:
        raise ValueError("the fees of this schedule leave no price that pays this much")
    return found


def kept_of(schedule: Schedule) -> Decimal:
    """Return the smallest part of a further euro of the price that arrives, 0 to 1."""
    percent = max([schedule.percent, *(each for _, each in schedule.tiers)]) + schedule.payment_percent
    return max(ZERO, (1 - percent / 100) * (1 - schedule.cash_out_percent / 100))


def lowest(enough: Callable[[Decimal], bool], step: Decimal, kept: Decimal) -> Decimal | None:
    """Return the lowest multiple of `step` that is enough, None when none up to ten million is.

    What arrives rises with the price but for the rounding of each fee to the cent, which can take back up to two cents from
    one cent to the next. So halving finds a price close by, and the few below it are looked at one by one; `kept` is the
    part of a further euro that arrives.
    """
    low, high = 0, int((TOP / step).to_integral_value(ROUND_CEILING))
    if kept <= 0 or not enough(high * step):
        return None
    while low < high:
        middle = (low + high) // 2
        if enough(middle * step):
            high = middle
        else:
            low = middle + 1
    near = int((ROUNDING / (kept * step)).to_integral_value(ROUND_CEILING))
    return min((each * step for each in range(max(0, low - near), low) if enough(each * step)), default=low * step)
