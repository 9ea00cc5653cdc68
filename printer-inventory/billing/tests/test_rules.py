"""The rules of billing by property: no click is lost, none is paid twice, one rounding, the minimum holds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models.tariff import CURRENCIES
from billing.rules.clicks import Clicks, Colour, Doubt, clicks_of
from billing.rules.money import MINOR_DIGITS, round_money
from billing.rules.pricing import Prices, TariffError, Tier, bill_of, check_tiers
from monthly_report.rules.figures import COUNTERS, pages

PRICES = st.decimals(0, 100, places=4)
COUNTS = st.integers(0, 2_000_000)
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Nothing is timed: a busy machine is no fault."""


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    bounds = sorted(draw(st.sets(st.integers(1, 1_000_000), max_size=4)))
    return check_tiers([Tier(above, draw(PRICES)) for above in (0, *bounds)])


@calmly
@given(tiers(), tiers(), COUNTS, COUNTS, st.decimals(0, 10_000, places=2), st.sampled_from(["RUB", "JPY"]))
def test_every_click_is_paid_once_by_its_own_tier(mono, color, black, coloured, minimum, currency):
    prices = Prices(currency, minimum, mono, color)
    bill = bill_of(prices, Clicks(black, coloured))
    for colour, count in ((Colour.MONO, black), (Colour.COLOR, coloured)):
        lines = [line for line in bill.lines if line.kind.value == colour.value]
        assert sum(line.clicks for line in lines) == count
        assert [line.first for line in lines] == [1, *(line.last + 1 for line in lines[:-1])][: len(lines)]
        for line in lines:
            tier = next(one for one in reversed(prices.of(colour)) if one.above < line.first)
            assert line.price == tier.price
            assert abs(line.amount - line.price * line.clicks) * 2 <= Decimal(1).scaleb(-MINOR_DIGITS[currency])
    assert bill.total == sum(line.amount for line in bill.lines)
    assert bill.total >= round_money(minimum, currency)
    assert bill.total == round_money(bill.total, currency)


@calmly
@given(st.fixed_dictionaries({name: st.none() | st.integers(0, 10_000) for name in COUNTERS}))
def test_two_rows_of_a_device_are_paid_as_one(row):
    whole, a4, a3 = (clicks_of(part, row) for part in ("ALL", "A4", "A3"))
    assert (a4.mono + a3.mono, a4.color + a3.color) == (whole.mono, whole.color)
    assert min(whole.mono, whole.color) >= 0


@calmly
@given(st.fixed_dictionaries({name: st.integers(0, 10_000) for name in COUNTERS}))
def test_clicks_are_pages_with_a3_twice_where_nothing_fell(row):
    found = clicks_of("ALL", row)
    if not found.doubts:
        assert found.mono + found.color == pages("ALL", row) + pages("A3", row)


def test_doubts():
    assert clicks_of("ALL", {"a4_bw_start": 5, "a4_bw_end": 4}).doubts == (Doubt.BELOW_ZERO,)
    assert clicks_of("ALL", {"a4_bw_start": 5, "a4_bw_end": None}).doubts == (Doubt.UNKNOWN,)
    assert clicks_of("A3", {"a4_bw_start": 5, "a4_bw_end": 9}).doubts == (Doubt.UNKNOWN,)
    assert clicks_of("ALL", {"a4_bw_start": 5, "a4_bw_end": 5}).doubts == ()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ([], "NONE"),
        ([(1, "1")], "FIRST"),
        ([(0, "1"), (5, "1"), (5, "2")], "ORDER"),
        ([(0, "-1")], "PRICE"),
        ([(0, "0.00001")], "PRICE"),
        ([(0, "NaN")], "PRICE"),
        ([(number, "1") for number in range(11)], "MANY"),
    ],
)
def test_tiers_that_make_no_tariff(wrong, code):
    with pytest.raises(TariffError) as refused:
        check_tiers([Tier(above, Decimal(price)) for above, price in wrong])
    assert refused.value.code == code


def test_half_a_coin_goes_up():
    assert round_money(Decimal("0.225"), "RUB") == Decimal("0.23")
    assert round_money(Decimal("0.5"), "JPY") == Decimal(1)


def test_every_currency_has_its_coins():
    assert [code for code, _word in CURRENCIES] == list(MINOR_DIGITS)
