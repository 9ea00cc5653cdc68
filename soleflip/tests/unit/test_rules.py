"""The pure rules, by example and by property."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database.words import ItemStatus, TaxScheme
from shared.rules import dead_stock, fees, sizes, stock, vat
from shared.rules.money import cents, net_of

D = Decimal
STOCKX = fees.Schedule(percent=D("8.5"), minimum=D(5), payment_percent=D(3), shipping=D("4.5"))
GOAT = fees.Schedule(currency="USD", percent=D("9.5"), shipping=D(12), cash_out_percent=D("2.9"))

pytestmark = pytest.mark.unit


def test_the_worked_order_of_the_documents() -> None:
    found = fees.quote(D(49), STOCKX)
    assert (found.transaction, found.payment, found.shipping, found.payout) == (
        D("5.00"),
        D("1.47"),
        D("4.5"),
        D("38.03"),
    )


def test_golden_payouts() -> None:
    assert fees.quote(D(200), STOCKX).payout == D("172.50")
    assert fees.quote(D(200), GOAT).payout == D("164.10")
    tiered = fees.Schedule(tiers=[(D(0), D(10)), (D(100), D(5))])
    assert fees.quote(D(300), tiered).transaction == D("20.00")
    assert fees.quote(D(5000), fees.Schedule(percent=D(10), maximum=D(100))).payout == D(4900)


@given(st.decimals(1, 5000, places=2), st.sampled_from([STOCKX, GOAT]))
def test_the_inverse_price_pays_at_least_what_was_asked_and_no_cent_less_would(
    payout: D, schedule: fees.Schedule
) -> None:
    price = fees.price_for(payout, schedule)
    assert fees.quote(price, schedule).payout >= payout
    assert fees.quote(price - D("0.01"), schedule).payout < payout


def test_no_price_pays_when_fees_eat_all() -> None:
    with pytest.raises(ValueError, match="leave no price"):
        fees.price_for(D(1), fees.Schedule(percent=D(100)))


def test_the_schedule_of_the_day_and_the_narrowest_scope_wins() -> None:
    old = fees.Schedule(percent=D(9), valid_from=date(2020, 1, 1), valid_until=date(2026, 1, 1))
    new = fees.Schedule(percent=D(10), valid_from=date(2026, 1, 1))
    level = fees.Schedule(percent=D(7), seller_level="5", valid_from=date(2020, 1, 1))
    every = [old, new, level]
    assert fees.choose(every, date(2025, 12, 31)) is old
    assert fees.choose(every, date(2026, 1, 1)) is new
    assert fees.choose(every, date(2026, 1, 1), level="5") is level
    assert fees.choose(every, date(2019, 1, 1)) is None


def test_the_worked_roi_of_the_documents() -> None:
    cost = net_of(D("238.00"), D(19))
    found = vat.profit(D("205.19"), cost, D(0))
    assert (cost, found.net_profit, found.roi) == (D("200.00"), D("5.19"), D("2.60"))


@pytest.mark.parametrize(
    ("scheme", "business", "due"),
    [
        (TaxScheme.STANDARD, False, "38.00"),
        (TaxScheme.STANDARD, True, "0"),
        (TaxScheme.MARGIN, False, "15.97"),
        (TaxScheme.SMALL_BUSINESS, False, "0"),
        (TaxScheme.PRIVATE, False, "0"),
    ],
)
def test_vat_by_scheme(scheme: TaxScheme, *, business: bool, due: str) -> None:
    assert vat.vat_due(scheme, D(238), D(138), D(19), business_buyer=business) == D(due)
    assert vat.vat_due(TaxScheme.MARGIN, D(100), D(138), D(19), business_buyer=False) == 0


@pytest.mark.parametrize(
    ("text", "value", "region", "eu"),
    [
        ("9.5", "9.5", "US", "43"),
        ("US 10.0", "10", "US", "44"),
        ("8W", "8W", "US", "39"),
        ("5.5Y", "5.5Y", "US", "38"),
        ("EU 42 2/3", "42.67", "EU", "42.67"),
        ("42,5", "42.5", "EU", "42.5"),
        ("UK 8", "8", "UK", "42.5"),
        ("M", "M", "LETTER", None),
        ("N/A", "One Size", "ONE", None),
        ("nan", "One Size", "ONE", None),
        ("95", "95", "SIZE", None),
        ("huge", "huge", "US", None),
        (None, "Unknown", "US", None),
    ],
)
def test_sizes_as_people_write_them(text: str | None, value: str, region: str, eu: str | None) -> None:
    assert sizes.parse(text) == sizes.SizeValue(value, region, D(eu) if eu else None)


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_any_text_is_some_size(text: str) -> None:
    assert len(sizes.parse(text).value) <= 20


def test_every_status_leads_somewhere_known() -> None:
    assert set(stock.STEPS) == set(ItemStatus)
    assert stock.may_follow(ItemStatus.SOLD, ItemStatus.SOLD)
    assert not stock.may_follow(ItemStatus.COMPLETED, ItemStatus.IN_STOCK)


def test_risk_follows_age_market_and_pace() -> None:
    fresh = dead_stock.judge(dead_stock.Facts(5, D(100), 1, D(130), 40), D(8), D("0.50"))
    stuck = dead_stock.judge(dead_stock.Facts(190, D(100), 2, D(70), 40), D(8), D("0.50"))
    unknown = dead_stock.judge(dead_stock.Facts(90, D(100), 1, None, None), D(8), D("0.50"))
    assert (fresh.level, fresh.potential_loss) == ("hot", D("0.00"))
    assert (stuck.level, stuck.locked_capital) == ("critical", D("200.00"))
    assert stuck.potential_loss == cents((D(30) * D(str(1 + stuck.score))) * 2)
    assert "none sold yet" in unknown.reasons
