"""Which column is which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets import (
    Column,
    HeaderError,
    Row,
    find_header,
    header_key,
    is_numbering,
    match_headers,
    normalise_header,
    read_table,
)

COLUMNS = (
    Column("order", "№", ("номер",)),
    Column("organization", "Организация", ("организация, наименование",), required=True),
    Column("serial", "Серийный номер", ("sn", "s/n", "serial", "серийный №"), required=True),
    Column("a4_bw_end", "A4 ч/б конец", recognise=lambda title: "a4" in title and "чб" in title and "кон" in title),
    Column("k1", "K1"),
)


@pytest.mark.parametrize(
    ("title", "normal"),
    [
        ("№ п/п", "noпп"),
        ("A4 ч/б  начало", "a4чбначало"),
        ("А4\u00a0Ч/Б начало", "a4чбначало"),  # Cyrillic А
        ("а3 цвет", "a3цвет"),
        ("Счётчик", "счетчик"),
        ("Ｓ／Ｎ", "sn"),
        ("K1 = ((A - D)/A)*100%", "k1ada100"),
        ("Нормативное время\nдоступности (A)", "нормативноевремядоступностиa"),
        ("Адрес", "адрес"),
    ],
)
def test_normal_form(title: str, normal: str) -> None:
    assert normalise_header(title) == normal


@given(st.text(max_size=30))
def test_normal_form_is_stable(title: str) -> None:
    normal = normalise_header(title)
    assert normalise_header(normal) == normal
    assert header_key(normal) == header_key(title)


def test_look_alikes_are_one_title() -> None:
    assert header_key("К1") == header_key("K1")  # Cyrillic and Latin
    assert header_key("Вес (А)") == header_key("Вес (A)")
    assert header_key("серийный номер") != header_key("инвентарный номер")


def test_matching() -> None:
    header = Row(3, ("S/N", None, "организация", "Чужая", "Показание А4 ч/б на конец периода", "К1"))
    match = match_headers(header, COLUMNS)
    assert match.positions == {"serial": 0, "organization": 2, "a4_bw_end": 4, "k1": 5}
    assert match.unknown == ((3, "Чужая"),)
    assert (match.missing, match.repeated, match.row) == ((), {}, 3)
    match.check()


def test_missing_and_repeated_columns_are_told() -> None:
    missing = match_headers(Row(1, ("Организация", "Адрес")), COLUMNS)
    with pytest.raises(HeaderError, match="row 1: The header lacks: Серийный номер") as caught:
        missing.check()
    assert caught.value.details["missing"] == ("Серийный номер",)
    twice = match_headers(Row(1, ("SN", "Организация", "serial")), COLUMNS)
    assert twice.positions["serial"] == 0
    with pytest.raises(HeaderError, match="Columns A, C have the same meaning"):
        twice.check()


def test_a_header_below_a_letterhead_is_found() -> None:
    source = "ООО Ромашка;;\nОтчёт за месяц;11.2026;\n;;\n№;Организация;Серийный №\n1;2;3\n1;Ромашка;X1\n".encode(
        "cp1251"
    )
    with read_table(source, header_row=find_header(COLUMNS)) as table:
        assert table.header is not None
        assert table.header.number == 4
        assert [row.cells for row in table] == [("1", "2", "3"), ("1", "Ромашка", "X1")]


def test_no_header_and_half_a_header() -> None:
    with pytest.raises(
        HeaderError, match=r"None of the first 20 rows is a header\. A header has: Организация, Серийный номер"
    ):
        read_table(b"a;b\nc;d\n", header_row=find_header(COLUMNS))
    with pytest.raises(HeaderError, match=r"row 2: The header lacks: Организация"):
        read_table(b"a;b\nserial;d\n", header_row=find_header(COLUMNS))
    late = "x;y\n" * 20 + "Организация;SN\n"
    with pytest.raises(HeaderError, match="None of the first 20"):
        read_table(late.encode(), header_row=find_header(COLUMNS))


def test_numbering_rows() -> None:
    assert is_numbering(Row(2, ("1", "2", "3", "4")))
    assert is_numbering(Row(2, (1, None, 2, 3, 4)))
    assert not is_numbering(Row(2, (1, 2, 3)))
    assert not is_numbering(Row(2, (1, "Ромашка", 2, 3)))
    assert not is_numbering(Row(2, (10, 20, 30, 40)))
    assert not is_numbering(Row(2, (5, 6, 7, 8)))
