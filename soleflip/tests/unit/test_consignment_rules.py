"""What an owner gets, worked out by hand; and what holds for every sale."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database.words import Bearer, ConsignorKind, StatementLineKind, TaxScheme
from shared.rules import consignment, iban
from shared.rules.consignment import Known, Sale, Share, Terms
from shared.rules.vat import vat_due

D = Decimal
B = Bearer
SALE = Sale(D("200.00"), D("18.00"), D("5.00"))


def taken_apart(split: str, deductions: str, lifted: str, amount: str, kept: str) -> Share:
    return Share(D(split), D(deductions), D(lifted), D(amount), D(kept))


@pytest.mark.parametrize(
    ("sale", "terms", "share"),
    [
        # (200 - 18) * 80 % = 145.60; the shop keeps 200 - 18 - 5 - 145.60
        (SALE, Terms(D(80)), taken_apart("145.60", "0", "0", "145.60", "31.40")),
        # 200 * 80 % = 160, fees and shipping from the shop's 40
        (SALE, Terms(D(80), fees_by=B.SHOP), taken_apart("160.00", "0", "0", "160.00", "17.00")),
        # 200 * 80 % = 160, less 18 and 5 that the owner bears alone
        (SALE, Terms(D(80), fees_by=B.CONSIGNOR, shipping_by=B.CONSIGNOR), taken_apart("160", "23", "0", "137", "40")),
        # (200 - 18 - 5) * 80 % = 141.60
        (SALE, Terms(D(80), shipping_by=B.BOTH), taken_apart("141.60", "0", "0", "141.60", "35.40")),
        # a fixed fee of 12.50 and no percentage for the shop: 182 - 12.50
        (SALE, Terms(D(100), fixed_fee=D("12.50")), taken_apart("182", "12.50", "0", "169.50", "7.50")),
        # 145.60 is less than the 150 that were guaranteed: the shop adds 4.40
        (SALE, Terms(D(80), minimum=D(150)), taken_apart("145.60", "0", "4.40", "150.00", "27.00")),
        # two pairs, guaranteed 150 each: (400 - 36) * 80 % = 291.20
        (Sale(D(400), D(36), D(5), 2), Terms(D(80), minimum=D(150)), taken_apart("291.20", "0", "8.80", "300", "59")),
        # 100 days here, 90 free, 0.30 a day: 3.00 off
        (Sale(D(200), D(18), D(5), 1, 100), Terms(D(80), storage_free_days=90, storage_fee_per_day=D("0.30")),
         taken_apart("145.60", "3.00", "0", "142.60", "34.40")),
        # costs above the price: the owner gets nothing, and owes nothing
        (Sale(D(10), D(2), D(5)), Terms(D(50), fixed_fee=D(9)), taken_apart("4.00", "9.00", "5.00", "0", "3.00")),
        # half a cent goes up: 99.99 * 75 % = 74.9925 -> 74.99; 33.33 * 62.5 % = 20.83125 -> 20.83; 0.50 * 67 % = 0.335 -> 0.34
        (Sale(D("99.99")), Terms(D(75)), taken_apart("74.99", "0", "0", "74.99", "25.00")),
        (Sale(D("0.50")), Terms(D(67)), taken_apart("0.34", "0", "0", "0.34", "0.16")),
    ],
)  # fmt: skip
def test_shares_by_hand(sale: Sale, terms: Terms, share: Share) -> None:
    assert consignment.share(sale, terms) == share


money = st.decimals(min_value=0, max_value=5000, places=2)


@given(
    gross=money, fees=money, shipping=money, percent=st.decimals(min_value=0, max_value=100, places=3), fixed=money,
    minimum=money,
    fees_by=st.sampled_from(B), shipping_by=st.sampled_from(B), quantity=st.integers(1, 5), days=st.integers(0, 400),
)  # fmt: skip
def test_every_cent_of_a_sale_is_somebodys(
    gross: Decimal, fees: Decimal, shipping: Decimal, percent: Decimal, fixed: Decimal, minimum: Decimal, fees_by: Bearer,
    shipping_by: Bearer, quantity: int, days: int,
) -> None:  # fmt: skip
    terms = Terms(percent, fixed, minimum, fees_by, shipping_by, 30, D("0.10"))
    found = consignment.share(Sale(gross, fees, shipping, quantity, days), terms)
    assert found.amount + found.kept == gross - fees - shipping
    assert found.split - found.deductions + found.lifted == found.amount
    assert found.amount >= minimum * quantity >= 0 <= found.lifted
    assert found.amount == found.amount.quantize(D("0.01"))


def known(share: str, stated: str | None, *, lasts: bool = True, returned: bool = False) -> Known:
    return Known(D(share), lasts, returned, None if stated is None else D(stated))


S, R, C = StatementLineKind.SALE, StatementLineKind.RETURN, StatementLineKind.CORRECTION


@pytest.mark.parametrize(
    ("about", "lines"),
    [
        (known("145.60", None), [(S, "145.60")]),
        (known("145.60", "145.60"), []),
        (known("145.60", "145.60", lasts=False, returned=True), [(R, "-145.60")]),
        (known("145.60", "0", lasts=False, returned=True), []),
        (known("145.60", None, lasts=False, returned=True), [(S, "145.60"), (R, "-145.60")]),
        (known("145.60", None, lasts=False), []),
        (known("145.60", "145.60", lasts=False), [(R, "-145.60")]),
        (known("144.10", "145.60"), [(C, "-1.50")]),
        (known("150.00", "145.60", lasts=False), [(R, "-145.60")]),
    ],
)
def test_what_a_statement_says_about_an_order(about: Known, lines: list[tuple[StatementLineKind, str]]) -> None:
    found = consignment.lines_of(about)
    assert found == [(kind, D(amount)) for kind, amount in lines]
    settled = (about.stated or D(0)) + sum((amount for _, amount in found), D(0))
    assert settled == (about.share if about.lasts else 0)


def test_the_scheme_follows_who_left_the_pair_and_what_the_shop_is() -> None:
    scheme = consignment.scheme_for
    assert scheme(ConsignorKind.PRIVATE, TaxScheme.STANDARD) is TaxScheme.MARGIN
    assert scheme(ConsignorKind.SMALL_BUSINESS, TaxScheme.STANDARD) is TaxScheme.MARGIN
    assert scheme(ConsignorKind.BUSINESS, TaxScheme.STANDARD) is TaxScheme.STANDARD
    assert scheme(ConsignorKind.BUSINESS, TaxScheme.SMALL_BUSINESS) is TaxScheme.SMALL_BUSINESS
    # bought of the owner for 145.60, sold for 200.00: VAT in the difference of 54.40 is 54.40 * 19 / 119 = 8.69
    assert vat_due(TaxScheme.MARGIN, D(200), D("145.60"), D(19), business_buyer=False) == D("8.69")
    assert consignment.purchase(D("145.60"), TaxScheme.MARGIN, D(19)) == D("145.60")
    assert consignment.purchase(D("119.00"), TaxScheme.STANDARD, D(19)) == D("100.00")


@pytest.mark.parametrize(
    ("before", "first", "today", "period"),
    [
        (None, "2026-01-10", "2026-03-20", ("2026-01-10", "2026-02-28")),
        ("2026-02-28", "2026-01-10", "2026-03-20", ("2026-03-01", "2026-03-20")),
        ("2026-01-31", "2026-01-10", "2026-03-01", ("2026-02-01", "2026-02-28")),
        (None, "2026-03-05", "2026-03-20", ("2026-03-05", "2026-03-20")),
    ],
)
def test_a_statement_is_for_the_month_before_if_that_is_open(
    before: str | None, first: str, today: str, period: tuple[str, str]
) -> None:
    day = date.fromisoformat
    found = consignment.next_period(day(before) if before else None, day(first), day(today))
    assert found == (day(period[0]), day(period[1]))


def test_account_numbers_are_checked_and_hidden() -> None:
    assert iban.parse("de89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    assert iban.masked("DE89370400440532013000") == "DE89 •••• 3000"
    assert iban.spaced("DE89370400440532013000") == "DE89 3704 0044 0532 0130 00"
    for wrong in ("", "DE88370400440532013000", "DE8937040044053201300", "4111111111111111", "DE89３7040044053201300"):
        with pytest.raises(ValueError, match="IBAN"):
            iban.parse(wrong)
