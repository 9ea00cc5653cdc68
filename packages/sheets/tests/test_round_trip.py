"""What goes into a file comes out of it, for any value."""

from __future__ import annotations

import io
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sheets import CsvStyle, clean_cell, clean_text, csv_style, escape_csv, read_table, unescape_csv, write_table
from sheets.cells import Cell

NASTY = st.text(st.sampled_from("=+-@'\"\t\r\n ;,|<>&_x000D\ufeff\u00a0\u200b😀эЁ№\x00\x0b\ud800"), max_size=12)
TEXTS = st.one_of(st.text(max_size=40), NASTY)


def raw(value: object) -> Cell:
    """Take a cell as it is; only nothing is None."""
    return None if value == "" else value  # type: ignore[return-value] # what a reader gives is a Cell


def round_trip(kind: str, value: object, clean: object = raw, csv_as: CsvStyle | None = None) -> Cell:
    target = io.BytesIO()
    write_table(target, ["n", "value"], [[1, value]], kind=kind, csv_as=csv_as)  # type: ignore[arg-type] # both are kinds
    with read_table(target, clean=clean) as table:  # type: ignore[arg-type] # the test's own cleaner
        return list(table)[1].get(1)


@given(TEXTS)
def test_text_through_csv(text: str) -> None:
    for style in (CsvStyle(), csv_style("ru")):
        assert round_trip("csv", text, csv_as=style) == (clean_text(text) or None)


@settings(max_examples=30)
@given(TEXTS)
def test_text_through_excel(text: str) -> None:
    assert round_trip("xlsx", text) == (clean_text(text) or None)


@given(TEXTS)
def test_escaping_is_undone(text: str) -> None:
    assert unescape_csv(escape_csv(text)) == text
    assert escape_csv(text)[:1] not in {*"=+-@\t\r＝＋－＠"}


@given(TEXTS)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    cleaned = clean_cell(text, nfkc=True)
    assert clean_cell(cleaned) == cleaned
    assert cleaned is None or unicodedata.is_normalized("NFKC", str(cleaned))


@settings(max_examples=30)
@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_whole_numbers(number: int) -> None:
    found = round_trip("xlsx", number, clean_cell)
    assert found == number
    assert isinstance(found, int)
    assert round_trip("csv", number) == str(number)


@settings(max_examples=30)
@given(st.integers(10**15, 10**40))
def test_long_numbers_keep_every_digit(number: int) -> None:
    assert round_trip("xlsx", number, clean_cell) == str(number)


@settings(max_examples=30)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_floats(number: float) -> None:
    found = round_trip("xlsx", number, clean_cell)
    assert isinstance(found, (int, float))
    # 16 digits are written, one less than a float may need
    assert abs(found - number) <= abs(number) * 1e-15
    assert float(str(round_trip("csv", number))) == number


@settings(max_examples=30)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_money(amount: Decimal) -> None:
    found = round_trip("xlsx", amount, clean_cell)
    assert Decimal(str(found)).quantize(Decimal("0.01")) == amount
    assert Decimal(str(round_trip("csv", amount))) == amount


@settings(max_examples=30)
@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_dates(day: date) -> None:
    assert round_trip("xlsx", day) == day
    assert round_trip("csv", day) == day.isoformat()


@settings(max_examples=30)
@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31, 23, 59, 59)))  # noqa: DTZ001 -- Excel's clock has no zone
def test_times_of_day_to_the_millisecond(moment: datetime) -> None:
    found = round_trip("xlsx", moment)
    assert isinstance(found, date)
    if not isinstance(found, datetime):
        found = datetime.combine(found, time())
    assert abs(found - moment) <= timedelta(milliseconds=1)


@given(st.booleans())
def test_truth(value: bool) -> None:
    assert round_trip("xlsx", value) is value
