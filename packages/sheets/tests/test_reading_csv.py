"""What is read out of CSV."""

from __future__ import annotations

import io

import pytest

from sheets import Damaged, Limits, TooBig, WrongType, read_table

from .conftest import rows_of, values_of

TABLE = [("Город", "Адрес"), ("Братск", 'ул. "Мира", 5'), ("Усть-Кут", "две\nстроки")]
TEXT = 'Город{0}Адрес\r\nБратск{0}"ул. ""Мира"", 5"\r\nУсть-Кут{0}"две\r\nстроки"\r\n'


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    source = TEXT.format(delimiter).encode(encoding)
    with read_table(source) as table:
        assert [row.cells for row in table] == TABLE
        assert (table.kind, table.delimiter) == ("csv", delimiter)
        assert table.encoding == encoding


def test_western_letters_are_not_taken_for_russian() -> None:
    source = "Straße;Größe\nRue de l'Église;déjà vu\nCalle Peñón;año".encode("cp1252")
    assert values_of(source)[1] == ("Rue de l'Église", "déjà vu")


def test_sep_line_decides() -> None:
    source = b"sep=|\na|b,c,d\n1|2,3,4\n"
    assert [(row.number, row.cells) for row in rows_of(source)] == [(2, ("a", "b,c,d")), (3, ("1", "2,3,4"))]


def test_given_encoding_and_delimiter_are_not_guessed() -> None:
    assert values_of("а;б,в".encode("koi8-r"), encoding="koi8-r", delimiter=",") == [("а;б", "в")]
    with pytest.raises(WrongType, match="not in utf-8, from about line 2"):
        read_table(b"a;b\nc;\xff\n", encoding="utf-8")


def test_one_column_and_blank_lines() -> None:
    assert [(row.number, row.cells) for row in rows_of(b"serial\n\n  \nX1\n")] == [(1, ("serial",)), (4, ("X1",))]


def test_a_decimal_comma_does_not_win_over_the_delimiter() -> None:
    source = b"name;price;weight\na;1,5;2,5\nb;3,25;4\nc;7,5;8,125\n"
    assert values_of(source)[1] == ("a", "1,5", "2,5")


def test_escaped_formulas_come_back() -> None:
    assert values_of(b"a,b,c\n'=1+1,''=x,'twas\n")[1] == ("=1+1", "'=x", "'twas")


def test_an_unclosed_quotation_mark_names_its_row() -> None:
    with pytest.raises((Damaged, TooBig), match="row 2"):
        rows_of(b'a,b\n"open,1\n2,3\n')
    with pytest.raises(Damaged, match="row 2: The row's quotation marks do not match"):
        rows_of(b'a,b\n"24" monitor",1\n')


def test_limits() -> None:
    with pytest.raises(TooBig, match="row 3") as caught:
        rows_of(b"a\nb\nc\n", limits=Limits(rows=2))
    assert caught.value.code == "TOO_MANY_ROWS"
    with pytest.raises(TooBig) as caught:
        rows_of(b"a,b,c\n", limits=Limits(columns=2))
    assert caught.value.code == "TOO_MANY_COLUMNS"
    with pytest.raises(TooBig, match="row 1, column B"):
        rows_of(b"a," + b"x" * 11, limits=Limits(cell_chars=10))
    with pytest.raises(TooBig, match="does not end"):
        rows_of(b'a,"' + b"x" * 200_000)


def test_the_callers_file_stays_open() -> None:
    file = io.BytesIO(b"a,b\n1,2\n")
    with read_table(file) as table:
        next(iter(table))
    assert not file.closed


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"<html><table>", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "web page or XML"),
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"a\0b\0c", "neither an Excel workbook nor text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 5000, "Excel 97-2003"),
    ],
)
def test_other_files_are_refused_by_content(data: bytes, text: str) -> None:
    with pytest.raises(WrongType, match=text):
        read_table(data)
