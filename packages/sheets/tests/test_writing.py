"""What is written, looked at with openpyxl, csv and our own reader."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl  # type: ignore[import-untyped] # its types are a package of their own
import pytest

from sheets import (
    FAULT,
    CsvStyle,
    Line,
    NotWritable,
    Out,
    Styled,
    Written,
    XlsxStyle,
    contrast,
    csv_style,
    sheet_name,
    stream_table,
    write_table,
)
from sheets.source import Kind

from .conftest import values_of

KINDS: tuple[Kind, ...] = ("xlsx", "csv")
FORMULAS = [
    "=1+1",
    "+7 999",
    "-5",
    "@SUM(A1)",
    "\tx",
    " =1",
    "'=x",
    "''@y",
    "＝1",
    '=HYPERLINK("http://x")',
    "=cmd|'/c calc'!A1",
]


def xlsx(*rows: object, columns: object = ("a", "b", "c"), **options: object) -> openpyxl.Workbook:
    target = io.BytesIO()
    write_table(target, columns, rows, **options)  # type: ignore[arg-type] # the test's own words
    return openpyxl.load_workbook(io.BytesIO(target.getvalue()))


def text(*rows: object, columns: object = ("a", "b", "c"), **options: object) -> str:
    target = io.BytesIO()
    write_table(target, columns, rows, kind="csv", **options)  # type: ignore[arg-type] # the test's own words
    return target.getvalue().decode()


def test_types_and_formats() -> None:
    moment = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
    book = xlsx(
        ["текст", 12, 0.5],
        [Decimal("12.10"), True, None],
        [date(2026, 11, 21), moment, time(13, 5)],
        [timedelta(hours=30), 10**15, Decimal("0.1234567890123456")],
        [date(1899, 1, 1), float("nan"), FAULT],
        zone=ZoneInfo("Asia/Irkutsk"),
    )
    sheet = book.active
    assert sheet is not None
    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert values[0] == ["текст", 12, 0.5]
    assert values[1] == [12.1, True, None]
    assert values[2] == [datetime(2026, 11, 21), datetime(2026, 11, 21, 21, 5), time(13, 5)]  # noqa: DTZ001 -- Excel's clock
    assert values[3][1:] == ["1000000000000000", "0.1234567890123456"]
    assert values[4] == ["1899-01-01", None, None]
    assert [sheet["A4"].number_format, sheet["B4"].number_format] == ["dd.mm.yyyy", "dd.mm.yyyy hh:mm:ss"]


def test_formulas_stay_text_in_excel() -> None:
    sheet = xlsx(*[[formula] for formula in FORMULAS], columns=["a"]).active
    assert sheet is not None
    for row, formula in enumerate(FORMULAS, 2):
        cell = sheet.cell(row, 1)
        assert cell.data_type == "s", formula
        assert cell.value == formula
        assert cell.quotePrefix, formula
    target = io.BytesIO()
    write_table(target, ["a"], [[formula] for formula in FORMULAS])
    with zipfile.ZipFile(target) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_formulas_are_escaped_in_csv() -> None:
    for formula in FORMULAS:
        written = next(csv.reader(io.StringIO(text([formula], columns=["a"]).split("\r\n", 1)[1])))
        assert written == [f"'{formula}"]
    assert (
        text(["plain", "'twas", "a=b"], columns=["a", "b", "c"], csv_as=CsvStyle(bom=False))
        == "a,b,c\r\nplain,'twas,a=b\r\n"
    )


def test_a_title_is_escaped_too() -> None:
    assert text(columns=["=1"], csv_as=CsvStyle(bom=False)) == "'=1\r\n"
    sheet = xlsx(columns=["=1"]).active
    assert sheet is not None
    assert sheet["A1"].data_type == "s"


def test_csv_numbers_by_language() -> None:
    row = [
        1.5,
        Decimal("1234567.89"),
        1e22,
        -3,
        date(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        False,
        timedelta(hours=1),
    ]
    titles = list("abcdefgh")
    english = text(row, columns=titles, csv_as=csv_style("en")).split("\r\n")
    russian = text(row, columns=titles, csv_as=csv_style("ru-RU")).split("\r\n")
    assert english[0].startswith("\ufeffa,b")
    assert english[1] == "1.5,1234567.89,10000000000000000000000,-3,2026-01-02,2026-01-02 03:04:05,FALSE,1:00:00"
    assert russian[1] == "1,5;1234567,89;10000000000000000000000;-3;2026-01-02;2026-01-02 03:04:05;FALSE;1:00:00"
    assert csv_style("de_CH") == csv_style("en-GB") == CsvStyle()
    with pytest.raises(ValueError, match="no delimiter"):
        CsvStyle(delimiter=",", decimal=",")


def test_control_characters_vanish_and_line_breaks_are_one_kind() -> None:
    dirty = "a\x00b\x1bc\x7fd\ud800e\r\nf\rg\u2028h\ufffe"
    sheet = xlsx([dirty], columns=["a"]).active
    assert sheet is not None
    assert sheet["A2"].value == "abcde\nf\ng\nh"
    assert values_of(text([dirty], columns=["a"]).encode())[1] == ("abcde\nf\ng\nh",)


@pytest.mark.parametrize(("sign", "kept"), [("x", 32_766), ("😀", 16_383)])
def test_a_text_over_excels_limit_is_cut_and_told(sign: str, kept: int) -> None:
    target = io.BytesIO()
    done = write_table(target, ["a", "Комментарий"], [["", ""], ["", sign * 40_000]])
    for kind in KINDS:
        told: list[Written] = []
        assert b"".join(stream_table(["a"], [[sign * 40_000], ["b"]], kind=kind, told=told.append))
        assert (told[0].rows, told[0].shortened_cells) == (2, int(kind == "xlsx"))
    assert (done.rows, done.shortened_cells, done.shortened) == (2, 1, [(3, "Комментарий")])
    sheet = openpyxl.load_workbook(target).active
    assert sheet is not None
    assert sheet["B3"].value == sign * kept + "…"


def test_a_text_of_exactly_excels_limit_is_whole() -> None:
    target = io.BytesIO()
    assert write_table(target, ["a"], [["x" * 32_767]]).shortened == []
    assert values_of(target.getvalue())[1] == ("x" * 32_767,)


def test_looks() -> None:
    columns = [Out("Модель", width=33), Out("Цена", format="0.00", align="right"), Out("Текст", wrap=True)]
    rows = [
        ["x", 1, "y" * 200],
        [Styled("ok", fill="146C43", bold=True), Styled(2, format="0.0"), None],
        Line(["a", 5, None], fill="FFF3CD"),
    ]
    book = xlsx(*rows, columns=columns, sheet="Устройства", style=XlsxStyle(header_fill="4472C4", header_border=True))
    sheet = book.active
    assert sheet is not None
    assert sheet.title == "Устройства"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C4")
    assert (sheet["A1"].fill.fgColor.rgb, sheet["A1"].font.color.rgb, sheet["A1"].font.bold) == (
        "FF4472C4",
        "FFFFFFFF",
        True,
    )
    assert sheet["A1"].border.left.style == "thin"
    assert (sheet["A3"].fill.fgColor.rgb, sheet["A3"].font.color.rgb, sheet["A3"].font.bold) == (
        "FF146C43",
        "FFFFFFFF",
        True,
    )
    assert [sheet["B2"].number_format, sheet["B3"].number_format] == ["0.00", "0.0"]
    assert sheet["C4"].fill.fgColor.rgb == "FFFFF3CD"
    assert sheet["C2"].alignment.wrap_text
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    assert widths[0] == pytest.approx(33, abs=1)
    assert widths[1] == pytest.approx(8, abs=1)
    assert widths[2] == pytest.approx(60, abs=1)


def test_contrast() -> None:
    assert [contrast(fill) for fill in ("FFFFFF", "FFC107", "146C43", "000000")] == [
        "000000",
        "000000",
        "FFFFFF",
        "FFFFFF",
    ]
    with pytest.raises(ValueError, match="RRGGBB"):
        xlsx([Styled("x", fill="red")], columns=["a"])


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("ООО «Ромашка»: [печать] 1/2", "ООО «Ромашка»   печать  1 2"),
        ("'quoted'", "quoted"),
        ("History", "Sheet1"),
        ("", "Sheet1"),
        ("a" * 40, "a" * 31),
        ("😀" * 20, "😀" * 15),
    ],
)
def test_sheet_names(wanted: str, name: str) -> None:
    assert sheet_name(wanted) == name
    assert xlsx(columns=["a"], sheet=name).sheetnames == [name]
    if wanted != name:
        with pytest.raises(NotWritable, match="no sheet named"):
            xlsx(columns=["a"], sheet=wanted)


def test_an_error_on_the_way_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(b"old")

    def rows() -> Iterator[list[int]]:
        yield [1]
        raise RuntimeError("the database went away")

    for kind in KINDS:
        with pytest.raises(RuntimeError, match="went away"):
            write_table(path, ["a"], rows(), kind=kind)
        with pytest.raises(TypeError, match="dict"):
            write_table(path, ["a"], [[{}]], kind=kind)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write_table(path, ["a"], [[1]])
    assert values_of(path.read_bytes()) == [("a",), (1,)]


def test_streams_are_the_same_file() -> None:
    rows = [[f"row {number}", number] for number in range(20_000)]
    pieces = list(stream_table(["a", "b"], rows, kind="csv"))
    assert len(pieces) > 3
    target = io.BytesIO()
    write_table(target, ["a", "b"], rows, kind="csv")
    assert b"".join(pieces) == target.getvalue()
    assert values_of(b"".join(stream_table(["a", "b"], rows)))[1:] == [tuple(row) for row in rows]


def test_csv_flows_as_rows_are_taken() -> None:
    taken = 0

    def rows() -> Iterator[list[str]]:
        nonlocal taken
        for _row in range(100_000):
            taken += 1
            yield ["x" * 50]

    next(stream_table(["a"], rows(), kind="csv"))
    assert 0 < taken < 5_000


def test_what_is_no_table_is_refused() -> None:
    for kind in KINDS:
        with pytest.raises(NotWritable, match="row 2: The row has more cells"):
            write_table(io.BytesIO(), ["a"], [[1, 2]], kind=kind)
        with pytest.raises(NotWritable, match="needs a column"):
            write_table(io.BytesIO(), [], [], kind=kind)


def test_other_types_are_written_as_they_read() -> None:
    class Colour(Enum):
        RED = "red"

        def __str__(self) -> str:
            return "=red"

    assert text([Colour.RED], columns=["a"], csv_as=CsvStyle(bom=False)) == "a\r\n'=red\r\n"
    assert xlsx([Colour.RED], columns=["a"]).active["A2"].value == "=red"
