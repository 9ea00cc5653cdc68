"""What is read out of a workbook."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from sheets import FAULT, Damaged, HeaderError, Limits, SheetMissing, TooBig, read_table

from .conftest import BuildWorkbook, packed, parts, relations, rows_of, values_of

STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd.mm.yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>'
    '<xf numFmtId="46"/><xf numFmtId="20"/><xf numFmtId="22"/></cellXfs>'
)


def test_types(workbook: BuildWorkbook) -> None:
    sheet = (
        '<row r="2"><c r="A2"><v>123</v></c><c r="B2"><v>0.5</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="b"><v>1</v></c>'
        '<c r="E2" t="inlineStr"><is><r><t>ab</t></r><r><t>cd</t></r></is></c><c r="F2" t="str"><f>A2&amp;"x"</f><v>123x</v></c>'
        '<c r="G2" s="1"><v>45292</v></c><c r="H2" s="4"><v>45292.5</v></c>'
        '<c r="I2" s="3"><v>0.5</v></c><c r="J2" s="2"><v>1.5</v></c>'
        "</row>"
    )
    source = workbook(sheet, shared="<si><t>zero</t></si><si><t>Кабинет&#160;5 </t></si>", styles=STYLES)
    row = rows_of(source)[0]
    assert row.number == 2
    assert row.cells == (
        123,
        0.5,
        "Кабинет 5",
        True,
        "abcd",
        "123x",
        date(2024, 1, 1),
        datetime(2024, 1, 1, 12),  # noqa: DTZ001 -- a spreadsheet's clock has no zone
        time(12),
        timedelta(hours=36),
    )
    assert isinstance(row.cells[0], int)


def test_1904_dates(workbook: BuildWorkbook) -> None:
    members = parts('<row r="1"><c r="A1" s="1"><v>43830</v></c></row>', styles=STYLES)
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    assert values_of(packed(members)) == [(date(2024, 1, 1),)]


def test_gaps_keep_numbers_and_columns(workbook: BuildWorkbook) -> None:
    sheet = '<row r="3"><c r="C3"><v>1</v></c></row><row r="5"/><row r="70001"><c r="B70001"><v>2</v></c><c r="F70001"/></row>'
    assert [(row.number, row.cells) for row in rows_of(workbook(sheet))] == [(3, (None, None, 1)), (70001, (None, 2))]


def test_rows_without_references(workbook: BuildWorkbook) -> None:
    sheet = (
        "<row><c><v>1</v></c></row>" * 2500
        + '<row r="2600"><c><v>3</v></c></row><row><c><v>4</v></c><c><v>5</v></c></row>'
    )
    rows = rows_of(workbook(sheet))
    assert [row.number for row in rows] == [*range(1, 2501), 2600, 2601]
    assert rows[-1].cells == (4, 5)


def test_prefixed_names_and_odd_layout() -> None:
    rows = '<x:row r="1"><x:c r="A1"><x:v>7</x:v></x:c></x:row>'
    sheet = f'<x:worksheet xmlns:x="urn:x"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    members = {
        "_rels/.rels": relations(("d", "officeDocument", "/Other/Book.xml")),
        "other/book.xml": '<workbook xmlns:q="urn:q"><sheets><sheet name="A" sheetId="1" q:id="1"/></sheets></workbook>',
        "other/_rels/book.xml.rels": relations(("1", "worksheet", "../deep/ONE.XML")),
        "deep/one.xml": sheet,
    }
    assert values_of(packed(members)) == [(7,)]


def test_a_failed_formula_is_not_an_empty_cell(workbook: BuildWorkbook) -> None:
    sheet = (
        '<row r="1"><c r="A1" t="e"><v>#REF!</v></c><c r="B1"/><c r="C1"><v>1e999</v></c><c r="D1"><v>1</v></c></row>'
    )
    assert values_of(workbook(sheet)) == [(FAULT, None, FAULT, 1)]


def test_sheet_by_name_and_hidden_first() -> None:
    members = parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    members["xl/workbook.xml"] = (
        members["xl/workbook.xml"]
        .replace("</sheets>", '<sheet name="Second" sheetId="2" r:id="t"/></sheets>')
        .replace('sheetId="1"', 'sheetId="1" state="veryHidden"')
    )
    members["xl/worksheets/sheet2.xml"] = members["xl/worksheets/sheet1.xml"].replace("<v>1<", "<v>2<")
    members["xl/_rels/workbook.xml.rels"] = relations(
        ("s", "worksheet", "worksheets/sheet1.xml"), ("t", "worksheet", "worksheets/sheet2.xml")
    )
    source = packed(members)
    assert values_of(source) == [(2,)]
    assert values_of(source, sheet=" лист1") == [(1,)]
    with read_table(source, sheet="SECOND") as table:
        assert (table.name, table.sheets, table.kind) == ("Second", ("Лист1", "Second"), "xlsx")
    with pytest.raises(SheetMissing, match="Лист1, Second") as caught:
        read_table(source, sheet="Third")
    assert caught.value.details["sheets"] == ("Лист1", "Second")


def test_header_by_number(workbook: BuildWorkbook) -> None:
    sheet = "".join(f'<row r="{r}"><c r="A{r}" t="str"><v>r{r}</v></c></row>' for r in (2, 4, 5))
    with read_table(workbook(sheet), header_row=4) as table:
        assert table.header is not None
        assert table.header.cells == ("r4",)
        assert [row.number for row in table] == [5]
    with pytest.raises(HeaderError, match="row 3"):
        read_table(workbook(sheet), header_row=3)


def test_sources_path_bytes_files_and_a_stream_without_seek(workbook: BuildWorkbook, tmp_path: Path) -> None:
    data = workbook('<row r="1"><c r="A1"><v>1</v></c></row>')
    path = tmp_path / "named.csv"
    path.write_bytes(data)
    file = io.BytesIO(data)
    file.read(3)

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    for source in (path, str(path), data, file, Pipe(data)):
        with read_table(source) as table:
            assert [row.cells for row in table] == [(1,)]
    assert not file.closed
    with pytest.raises(TooBig, match="over 0 MiB"):
        read_table(Pipe(data), limits=Limits(file_bytes=100))


def test_an_empty_sheet_has_no_rows(workbook: BuildWorkbook) -> None:
    assert rows_of(workbook("")) == []
    assert rows_of(workbook("<worksheet><sheetData/></worksheet>")) == []
    assert rows_of(workbook('<row r="9"><c r="A9" s="0"/></row>')) == []


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(rows=2), "TOO_MANY_ROWS"),
        (Limits(columns=2), "TOO_MANY_COLUMNS"),
        (Limits(cells=8), "TOO_MANY_CELLS"),
        (Limits(file_bytes=50), "FILE_TOO_BIG"),
        (Limits(members=3), "TOO_MANY_MEMBERS"),
        (Limits(unpacked_bytes=500), "TOO_BIG_UNPACKED"),
    ],
)
def test_limits_hold_before_the_first_row(workbook: BuildWorkbook, limits: Limits, code: str) -> None:
    sheet = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}"><v>1</v></c>' for c in "ABC") + "</row>" for r in (1, 2, 3)
    )
    assert len(rows_of(workbook(sheet))) == 3
    with pytest.raises(TooBig) as caught:
        read_table(workbook(sheet), limits=limits)
    assert caught.value.code == code


def test_a_long_text_names_its_cell(workbook: BuildWorkbook) -> None:
    source = workbook('<row r="4"><c r="AB4" t="str"><v>' + "x" * 11 + "</v></c></row>")
    with pytest.raises(TooBig, match=r"row 4, column AB: The cell has 11 characters"):
        rows_of(source, limits=Limits(cell_chars=10))


def test_broken_cells_are_told(workbook: BuildWorkbook) -> None:
    with pytest.raises(Damaged, match="sheet cannot be read"):
        rows_of(workbook('<row r="1"><c r="A1" t="s"><v>7</v></c></row>', shared="<si><t>only</t></si>"))
