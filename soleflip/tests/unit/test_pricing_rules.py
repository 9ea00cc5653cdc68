"""The pricing rules: by example, and what must hold for every price."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.database.words import DecisionKind, TaxScheme
from shared.rules import decisions, fees, market, opportunities, pricing, proceeds, repricing, survival

D = Decimal


def pace(days: float) -> survival.Pace:
    return survival.Pace(days, days / 2, days * 2, 12, 9, "model")


STOCKX = fees.Schedule(percent=D(9), minimum=D(5), payment_percent=D(3), shipping=D("4.50"))
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
money = st.decimals(1, 900, places=2)
percents = st.decimals(0, 20, places=1)
schedules = st.builds(
    fees.Schedule, percent=percents, minimum=st.decimals(0, 8, places=2), fixed=st.decimals(0, 2, places=2),
    payment_percent=st.decimals(0, 5, places=1), payment_fixed=st.decimals(0, 1, places=2),
    shipping=st.decimals(0, 12, places=2), cash_out_percent=st.decimals(0, 4, places=1),
)  # fmt: skip
steps = st.sampled_from([D("0.01"), D(1)])


def terms(cost: str = "100", scheme: TaxScheme = TaxScheme.STANDARD, **more: object) -> proceeds.Terms:
    told = {"schedule": STOCKX, "business_buyer": True, "step": D(1), **more}
    return proceeds.Terms(scheme=scheme, cost=D(cost), gross_cost=D(cost) * D("1.19"), **told)  # type: ignore[arg-type]  # as told


@settings(max_examples=40)
@given(payout=money, schedule=schedules, step=steps)
def test_the_inverse_price_is_exact_to_the_cent(payout: D, schedule: fees.Schedule, step: D) -> None:
    price = fees.price_for(payout, schedule, step)
    assert price % step == 0
    assert fees.quote(price, schedule).payout >= payout
    for less in range(1, 40):
        below = price - less * step
        assert below < 0 or fees.quote(below, schedule).payout < payout


@settings(max_examples=40)
@given(
    cost=money, schedule=schedules, step=steps, scheme=st.sampled_from(TaxScheme), business=st.booleans(),
    profit=st.decimals(0, 50, places=2), margin=st.integers(0, 30),
)  # fmt: skip
def test_at_the_floor_enough_is_left_and_below_it_is_not(
    cost: D, schedule: fees.Schedule, step: D, scheme: TaxScheme, business: bool, profit: D, margin: int
) -> None:
    known = proceeds.Terms(schedule, scheme, cost, cost * D("1.19"), D(19), business, step)
    found = proceeds.floor(known, profit, D(margin))
    assert found is not None

    def enough(price: D) -> bool:
        left = proceeds.proceeds(price, known)
        assert left.price - left.fees - left.shipping - left.vat - left.cost == left.profit
        return left.profit >= profit and left.profit * 100 >= price * margin

    assert enough(found)
    assert not any(enough(found - less * step) for less in range(1, 40) if found >= less * step)


def test_the_floor_of_a_pair_counts_fees_vat_and_shipping() -> None:
    assert proceeds.floor(terms()) == 119  # 119 - 10.71 - 3.57 - 4.50 = 100.22
    private_buyer = proceeds.floor(terms(business_buyer=False, step=D("0.01")))
    assert private_buyer is not None
    assert private_buyer > 145  # VAT of 19 % is in the price
    assert proceeds.floor(terms(schedule=fees.Schedule(percent=D(100)))) is None


@given(
    cost=money, ask=money, bid=money, sale=st.none() | money, floor=st.none() | money, ceiling=st.none() | money,
    margin=st.integers(0, 40), step=steps, condition=st.sampled_from(sorted(pricing.CONDITIONS)),
    strategies=st.lists(st.sampled_from(sorted(pricing.STRATEGIES)), min_size=1, unique=True),
)  # fmt: skip
def test_no_strategy_prices_below_the_floor_or_the_margin(
    cost: D, ask: D, bid: D, sale: D | None, floor: D | None, ceiling: D | None, margin: int, step: D, condition: str,
    strategies: list[str],
) -> None:  # fmt: skip
    found = pricing.recommend(
        pricing.Pair(cost, condition, 12, D("1.1")),
        market.Market(ask, bid, sale, asks=(ask, bid)),
        pricing.Rule(minimum_margin_percent=D(margin)),
        floor, ceiling, step, strategies,
    )  # fmt: skip
    assert found.price % step == 0
    assert found.price > 0
    assert found.reasons
    if floor is not None:
        assert found.price >= floor
    if margin:
        assert (found.price - cost) * 100 >= found.price * margin
    if ceiling is not None and found.price > ceiling:
        assert any("floor" in reason for reason in found.reasons)


def test_strategies_by_example() -> None:
    pair, known = pricing.Pair(D(100)), market.Market(D(150), D(120), D(140), asks=(D(150),) * 3)
    prices = {
        name: pricing.recommend(pair, known, pricing.Rule(), strategies=[name]).price for name in pricing.STRATEGIES
    }
    assert prices == {
        "cost_plus": 125, "market_based": 135, "competitive": 150, "value_based": 140, "dynamic": 140,
    }  # fmt: skip
    usual = pricing.recommend(pair, known, pricing.Rule())
    assert (usual.strategy, usual.reasons[0]) == ("market_based", "it sells for 140.00")
    alone = pricing.recommend(pair, market.Market(), pricing.Rule())
    assert (alone.strategy, alone.price, alone.reasons[0]) == ("cost_plus", D(125), "no market price is known")


def test_condition_season_and_rules_count() -> None:
    known = market.Market(last_sale=D(200))
    worn = pricing.Pair(D(50), "good", 12)
    rule = pricing.combine(
        [
            pricing.Rule(seasons={12: D("1.1")}, names=["Christmas"]),
            pricing.Rule(D(40), conditions={"good": D("0.8")}, seasons={12: D(2), 1: D("0.9")}),
        ]
    )
    assert (rule.seasons, rule.markup_percent) == ({12: D("1.1"), 1: D("0.9")}, D(40))
    found = pricing.recommend(worn, known, rule, strategies=["market_based"])
    assert found.price == 170  # 200 x 1.1 x 0.8 x 0.98 = 172.48
    assert "rule: Christmas" in found.reasons


def test_rounding_never_undercuts_the_margin() -> None:
    found = pricing.recommend(
        pricing.Pair(D(100)), market.Market(), pricing.Rule(D(17), D(15)), strategies=["cost_plus"]
    )
    assert found.price == D("117.65")  # 115 by rounding alone: a margin of 13 %


def brakes(**more: object) -> repricing.Brakes:
    return repricing.Brakes(**more)  # type: ignore[arg-type]  # as told


@given(
    price=st.integers(20, 900).map(D), day=st.integers(20, 900).map(D), floor=st.integers(10, 900).map(D),
    ceiling=st.none() | st.integers(10, 900).map(D), ask=st.none() | st.integers(1, 2000).map(D),
    bid=st.none() | st.integers(1, 2000).map(D), sale=st.none() | st.integers(1, 2000).map(D),
    step=st.integers(1, 25).map(D), a_day=st.integers(1, 30).map(D), strategy=st.sampled_from(sorted(repricing.AIMS)),
    hours=st.none() | st.integers(0, 20),
)  # fmt: skip
def test_repricing_never_goes_below_the_floor_nor_further_than_its_steps(
    price: D, day: D, floor: D, ceiling: D | None, ask: D | None, bid: D | None, sale: D | None, step: D, a_day: D,
    strategy: str, hours: int | None,
) -> None:  # fmt: skip
    limits = brakes(max_step_percent=step, max_day_percent=a_day)
    changed = None if hours is None else NOW - timedelta(hours=hours)
    offer = repricing.Offer(price, day, changed, floor, ceiling)
    found = repricing.plan(offer, market.Market(ask, bid, sale), strategy, limits, NOW)
    assert found.reasons
    if found.verdict != "change":
        assert found.price == price
        return
    assert found.price >= floor
    assert found.price == floor or abs(found.price - price) <= price * step / 100
    assert (
        found.price == floor
        or found.price == price
        or abs(found.price - day) <= max(day * a_day / 100, abs(price - day))
    )
    if ceiling is not None and found.price > ceiling:
        assert found.price <= price or found.price == floor
    if hours is not None and hours < 6:
        assert price < floor


def test_repricing_by_example() -> None:
    known = market.Market(D(130), D(110), D(126), average=D(128))
    offer = repricing.Offer(D(150), D(150), None, D(119), None)
    by_name = {name: repricing.plan(offer, known, name, brakes(), NOW).price for name in repricing.AIMS}
    assert by_name == {
        "market_competitive": 135, "profit_maximization": 135, "quick_turnover": 135, "premium_positioning": 135,
    }  # fmt: skip
    calm = brakes(max_step_percent=D(50), max_day_percent=D(50))
    by_name = {name: repricing.plan(offer, known, name, calm, NOW).price for name in repricing.AIMS}
    assert by_name == {
        "market_competitive": 129, "profit_maximization": 130, "quick_turnover": 120, "premium_positioning": 134,
    }  # fmt: skip
    close = repricing.Offer(D(129), D(129), None, D(119), None)
    assert repricing.plan(close, known, "market_competitive", calm, NOW).verdict == "keep"
    nothing = repricing.Offer(D(129), D(129), None, None, None)
    assert repricing.plan(nothing, known, "market_competitive", calm, NOW).verdict == "held"
    turned = repricing.Offer(D(129), D(129), None, D(119), D(100))
    assert "ceiling" in repricing.plan(turned, known, "market_competitive", calm, NOW).reasons[0]


def venue(bid: int | None, ask: int | None, cost: str = "100", asks: tuple[int, ...] = ()) -> decisions.Venue:
    known = market.Market(
        D(ask) if ask else None, D(bid) if bid else None, D(ask) if ask else None, asks=[D(each) for each in asks]
    )
    return decisions.Venue("StockX", terms(cost), known, D(ask - 1) if ask else None, proceeds.floor(terms(cost)))


def test_a_decision_is_a_sentence_with_its_figures() -> None:
    patience = decisions.Patience(D("0.002"), D("0.02"))
    listed = decisions.decide([venue(120, 150)], pace(20), patience, 10)
    assert listed.best is not None
    assert (listed.best.kind, listed.best.price) == (DecisionKind.LIST_AT, D(149))
    assert listed.sentence.startswith(
        "List at 149.00 € on StockX: 26.62 € left after fees, shipping, VAT and cost in about 19 days"
    )
    assert "19 days (10 to 39, from 12 pairs of this model)" in listed.sentence
    assert "a rule of thumb" in decisions.decide([venue(120, 150)], None, patience, 10).sentence
    now = decisions.decide([venue(146, 150)], pace(60), patience, 10)
    assert now.best is not None
    assert now.best.kind is DecisionKind.SELL_NOW
    rising = decisions.decide([venue(120, 150, asks=(130, 140, 150))], pace(20), patience, 10)
    assert rising.best is not None
    assert rising.best.kind is DecisionKind.HOLD
    nothing = decisions.decide([venue(None, None)], pace(20), patience, 10)
    assert (nothing.best, nothing.sentence[:5]) == (None, "Hold:")
    loss = decisions.decide([venue(95, 99)], pace(120), patience, 200)
    assert "a loss of" in loss.sentence
    assert "below its floor" in loss.sentence


@given(bid=st.integers(20, 400), gap=st.integers(1, 100), cost=st.integers(20, 300), days=st.floats(1, 300))
def test_the_decision_is_the_most_valuable_option(bid: int, gap: int, cost: int, days: float) -> None:
    found = decisions.decide(
        [venue(bid, bid + gap, str(cost))], pace(days), decisions.Patience(D("0.001"), D("0.02")), 30
    )
    assert found.best is not None
    assert found.best.value == max(each.value for each in found.options)


def test_an_opportunity_is_net_of_everything() -> None:
    buy = opportunities.Buy(D("119.00"), D(0), TaxScheme.STANDARD)
    found = opportunities.judge(
        buy, D(150), STOCKX, market.Market(D(151), D(130)), pace(20), business_buyer=True, step=D(1)
    )
    assert (buy.cost, found.profit, found.break_even) == (
        D("100.00"),
        D("27.50"),
        D(119),
    )  # 150 - 13.50 - 4.50 - 4.50 - 100
    assert found.roi == D("27.50")
    private = opportunities.judge(
        opportunities.Buy(D("119.00"), D(0), TaxScheme.PRIVATE),
        D(150),
        STOCKX,
        market.Market(D(151), D(130)),
        None,
        business_buyer=True,
        step=D(1),
    )
    assert private.profit == D("8.50")


@given(st.lists(st.tuples(st.integers(1, 60).map(D), st.integers(-5, 40).map(D)), max_size=7), st.integers(1, 150))
def test_a_budget_is_spent_in_the_best_way(offers: list[tuple[D, D]], budget: int) -> None:
    assume(offers)
    chosen = opportunities.spend(D(budget), offers)
    assert sum(offers[each][0] for each in chosen) <= budget
    gains = [
        sum((offers[each][1] for each in range(len(offers)) if pick >> each & 1), D(0))
        for pick in range(1 << len(offers))
        if sum(offers[each][0] for each in range(len(offers)) if pick >> each & 1) <= budget
    ]
    assert sum((offers[each][1] for each in chosen), D(0)) == max(gains)


@pytest.mark.parametrize(
    ("asks", "mood"),
    [((100, 110), "stable"), ((100, 105, 111), "bullish"), ((111, 105, 100), "bearish"), ((100, 130, 100), "volatile")],
)
def test_a_markets_mood(asks: tuple[int, ...], mood: str) -> None:
    assert market.mood([D(each) for each in asks])[0] == mood


def test_a_schedule_is_chosen_by_day() -> None:
    old = fees.Schedule(percent=D(9), valid_from=date(2020, 1, 1), valid_until=date(2026, 1, 1))
    new = fees.Schedule(percent=D(10), valid_from=date(2026, 1, 1))
    assert fees.choose([old, new], date(2025, 12, 31)) is old
    assert fees.choose([old, new], date(2026, 1, 1)) is new
