"""What a column makes of a cell."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets import CellError
from sheets.cells import Cell
from sheets.numbers import take_apart
from sheets.parsers import choice, day, fold, month, number, serial, text, truth, whole

NOON = datetime(2026, 11, 21, 12)  # noqa: DTZ001 -- a spreadsheet's clock has no zone


def code_of(parser: object, cell: Cell) -> str:
    with pytest.raises(CellError) as caught:
        parser(cell)  # type: ignore[operator] # a parser
    assert str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (12, 12), (-3, -3), ("12", 12), (" +7 ", 7), ("1 234", 1234), ("1\u00a0234\u202f567", 1_234_567), ("1,234", 1234),
        ("1.234", 1234), ("1'234'567", 1_234_567), ("1,234,567", 1_234_567), ("1.234.567", 1_234_567), ("12,0", 12),
        ("123.00", 123), ("1,234.0", 1234), ("1.234,00", 1234), ("−5", -5), ("0", 0), ("007", 7), ("1 234,000", 1234),
    ],
)  # fmt: skip
def test_whole_numbers(cell: Cell, found: int) -> None:
    assert whole()(cell) == found


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("12,5", "NOT_WHOLE"), ("1.5", "NOT_WHOLE"), (1.5, "NOT_WHOLE"), ("1,234.5", "NOT_WHOLE"), ("12,34,567", "NOT_A_NUMBER"),
        ("1,23", "NOT_WHOLE"), ("1 23", "NOT_A_NUMBER"), ("1.234,567.8", "NOT_A_NUMBER"), ("12 шт", "NOT_A_NUMBER"),
        ("1e5", "NOT_A_NUMBER"), ("", "NOT_A_NUMBER"), (True, "NOT_A_NUMBER"), (NOON, "NOT_A_NUMBER"), ("1.", "NOT_A_NUMBER"),
        (".5", "NOT_A_NUMBER"), ("--1", "NOT_A_NUMBER"), ("٣", "NOT_A_NUMBER"), ("9" * 31, "OUT_OF_RANGE"),
        ("1" * 10_000, "NOT_A_NUMBER"),
    ],
)  # fmt: skip
def test_what_is_no_whole_number(cell: Cell, code: str) -> None:
    assert code_of(whole(), cell) == code


def test_ranges() -> None:
    assert whole(0, 100)("100") == 100
    assert code_of(whole(0, 100), -1) == "OUT_OF_RANGE"
    assert code_of(whole(0, 100), "101") == "OUT_OF_RANGE"
    with pytest.raises(CellError, match="-1 must be at least 0 and at most 100"):
        whole(0, 100)(-1)
    assert code_of(number(0), "-0,01") == "OUT_OF_RANGE"


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("12,5", "12.5"), ("12.5", "12.5"), (0.1, "0.1"), (3, "3"), ("1 234,50", "1234.50"), ("1,234.50", "1234.50"),
        ("1.234.567,5", "1234567.5"), ("1,234,567", "1234567"), ("0,125", "0.125"), ("1234,567", "1234.567"), ("-7", "-7"),
    ],
)  # fmt: skip
def test_decimals(cell: Cell, found: str) -> None:
    assert number()(cell) == Decimal(found)


def test_a_number_with_two_readings_needs_a_mark() -> None:
    assert code_of(number(), "1,234") == "AMBIGUOUS"
    assert code_of(number(), "12.500") == "AMBIGUOUS"
    assert number(decimal_mark=",")("1,234") == Decimal("1.234")
    assert number(decimal_mark=".")("1,234") == Decimal(1234)
    assert number(decimal_mark=",")("1.234,5") == Decimal("1234.5")
    assert code_of(number(decimal_mark="."), "1,5") == "NOT_A_NUMBER"


@given(
    st.decimals(-(10**12), 10**12, places=2), st.sampled_from([" ", "\u00a0", "'", ",", ".", ""]), st.sampled_from(".,")
)
def test_every_way_of_grouping_is_read(amount: Decimal, group: str, mark: str) -> None:
    shown = f"{amount:,.2f}".replace(",", "_").replace(".", mark).replace("_", group)
    if group == mark:
        return
    assert number()(shown) == amount
    assert number(decimal_mark=mark)(shown) == amount  # type: ignore[arg-type] # one of the two marks


@given(st.text(st.sampled_from("0123456789.,' -+eE\u00a0"), max_size=20))
def test_no_number_is_invented(shown: str) -> None:
    digits = take_apart(shown)
    if digits is not None:
        assert digits.whole + digits.fraction == "".join(sign for sign in shown if sign.isdigit())


def test_text() -> None:
    assert [text()(cell) for cell in ("a", 12, 0.5, date(2026, 1, 2), True)] == ["a", "12", "0.5", "2026-01-02", "TRUE"]
    assert text(nfkc=True)("ＡＢ①") == "AB1"
    assert code_of(text(3), "abcd") == "TOO_LONG"


def test_serials() -> None:
    assert [serial()(cell) for cell in (123, "123.0", "00123", "VNC3B01", "1.10", "X.0")] == [
        "123", "123", "00123", "VNC3B01", "1.10", "X.0"
    ]  # fmt: skip
    assert code_of(serial(), "1,23457E+12") == "SHORTENED"
    assert serial()("12E4567") == "12E4567"
    assert code_of(serial(5), "123456") == "TOO_LONG"


@pytest.mark.parametrize(
    "cell",
    ["11.2026", "11/2026", "11-2026", "2026-11", "2026/11", "2026-11-21", "21.11.2026", "2026-11-21T10:00:00Z",
     "2026-11-21 10:00", date(2026, 11, 30), NOON, 11.2026],
)  # fmt: skip
def test_months(cell: Cell) -> None:
    assert month()(cell) == date(2026, 11, 1)


@pytest.mark.parametrize(
    "cell",
    ["13.2026", "2026-00", "November", 45292, "11.26", "11.1889", date(1889, 1, 1), True, time(1), 0.5, "11.2026x"],
)
def test_what_is_no_month(cell: Cell) -> None:
    assert code_of(month(), cell) == "BAD_MONTH"


def test_typed_month_that_became_a_number() -> None:
    assert month()(1.2026) == date(2026, 1, 1)
    assert month()(10.202) == date(2020, 10, 1)


def test_days() -> None:
    for cell in ("2026-04-03", "03.04.2026", "3/4/2026", "2026-04-03T23:59:59+09:00", date(2026, 4, 3)):
        assert day()(cell) == date(2026, 4, 3)
    assert day("mdy")("04/03/2026") == date(2026, 4, 3)
    assert day()(NOON) == date(2026, 11, 21)
    for bad in ("31.02.2026", "3.4.26", "tomorrow", 45292, "2026-13-01", "01.01.2101"):
        assert code_of(day(), bad) == "BAD_DATE"


def test_truth() -> None:
    assert [truth()(cell) for cell in (True, "Да", "yes", 1, "+", "ИСТИНА")] == [True] * 6
    assert [truth()(cell) for cell in (False, "нет", "No", 0, "-")] == [False] * 5
    assert code_of(truth(), "maybe") == "BAD_BOOL"
    assert code_of(truth(), 2) == "BAD_BOOL"


def test_choices() -> None:
    colours = choice({"Чёрный": "black", "K": "black", "трёх  цветный": "color"})
    assert [colours(cell) for cell in ("черный", " k ", "ТРЕХ ЦВЕТНЫЙ")] == ["black", "black", "color"]
    assert code_of(colours, "красный") == "BAD_CHOICE"
    assert choice({"a": 1}, other=9)("b") == 9
    assert fold("  Ёлка\u00a0№1 ") == "елка no1"
