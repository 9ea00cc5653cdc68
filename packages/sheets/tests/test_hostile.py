"""Files made to hurt: each is refused with a clear word, before it could do anything."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheets import (
    Damaged,
    Limits,
    Protected,
    SheetError,
    TooBig,
    Unsafe,
    WrongType,
    check_template,
    read_table,
    write_table,
)

from .conftest import BuildWorkbook, packed, parts, relations, rows_of, values_of

ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'


def refused(source: bytes, kind: type[SheetError], code: str, **options: object) -> SheetError:
    with pytest.raises(kind) as caught:
        rows_of(source, **options)
    assert caught.value.code == code
    assert str(caught.value)
    return caught.value


def test_a_zip_bomb() -> None:
    members: dict[str, str | bytes] = dict(parts(ROW))
    members["xl/media/image1.bin"] = bytes(50 * 1024**2)
    refused(packed(members), Unsafe, "BOMB")


def test_a_bomb_inside_the_sheet() -> None:
    members = parts(ROW + " " * (30 * 1024**2))
    refused(packed(members), Unsafe, "BOMB")
    refused(packed(members), TooBig, "TOO_BIG_UNPACKED", limits=Limits(ratio=10_000, unpacked_bytes=20 * 1024**2))


def lying(data: bytes, size: int) -> bytes:
    """Make every entry of the table of contents announce another unpacked size."""
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<L", changed, at + 24, size)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def test_a_member_longer_than_it_says() -> None:
    refused(lying(packed(parts(ROW)), 100), Damaged, "DAMAGED_PART")


def test_half_a_million_members_are_not_even_listed() -> None:
    data = packed(parts(ROW))
    end = bytearray(data[-22:])
    struct.pack_into("<HH", end, 8, 60_000, 60_000)
    refused(data[:-22] + bytes(end), TooBig, "TOO_MANY_MEMBERS")
    struct.pack_into("<HHL", end, 8, 5, 5, 100_000_000)
    refused(data[:-22] + bytes(end), TooBig, "TOO_MANY_MEMBERS")


def test_nested_archives_are_never_opened() -> None:
    inner = packed({"bomb": bytes(1024**2)})
    refused(packed({"inner.zip": inner}), WrongType, "NOT_A_WORKBOOK")
    members: dict[str, str | bytes] = dict(parts(ROW))
    members["xl/embeddings/oleObject1.xlsx"] = inner
    assert values_of(packed(members)) == [(1,)]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE w [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE w SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE w [<!ENTITY % x SYSTEM "http://127.0.0.1/"> %x;]>',
    ],
)
@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"]
)
def test_document_types_in_any_part(declaration: str, part: str) -> None:
    members = parts(ROW, shared="<si><t>x</t></si>", styles="<cellXfs/>")
    members[part] = f'<?xml version="1.0"?>{declaration}{members[part]}'
    refused(packed(members), Unsafe, "DOCTYPE")
    with pytest.raises(Unsafe, match="document type"):
        check_template(io.BytesIO(packed(members)))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-7", "cp1252"])
def test_other_encodings_of_xml(encoding: str) -> None:
    members: dict[str, str | bytes] = dict(parts(ROW))
    sheet = str(members["xl/worksheets/sheet1.xml"])
    members["xl/worksheets/sheet1.xml"] = f'<?xml version="1.0" encoding="{encoding}"?>{sheet}'.encode(
        encoding if "16" in encoding else "ascii"
    )
    refused(packed(members), Unsafe, "ENCODING")
    with pytest.raises(Unsafe, match="UTF-8"):
        check_template(io.BytesIO(packed(members)))


@pytest.mark.parametrize(
    ("rows", "kind", "code"),
    [
        ('<row r="1048577"><c r="A1048577"><v>1</v></c></row>', TooBig, "TOO_MANY_ROWS"),
        ('<row r="1"><c r="XFD1"><v>1</v></c></row>', TooBig, "TOO_MANY_COLUMNS"),
        ('<row r="1"><c r="BDWGN1"><v>1</v></c></row>', Damaged, "DAMAGED_XML"),
        ('<row r="1"><c r="A1048576"><v>1</v></c></row>', Damaged, "DAMAGED_XML"),
        ('<row r="99999999999999999999"/>', Damaged, "DAMAGED_XML"),
        ('<row r="2"/><row r="1"/>', Damaged, "DAMAGED_XML"),
        ('<row r="1">' + "<c/>" * 300 + "</row>", TooBig, "TOO_MANY_COLUMNS"),
        ('<row r="1">' + '<c r="A1"/>' * 20_000 + "</row>", Damaged, "DAMAGED_XML"),
        ('<c r="A1"><v>1</v></c>', Damaged, "DAMAGED_XML"),
        ('<row r="1"><c r="A1"><v>&bomb;</v></c></row>', Damaged, "DAMAGED_XML"),
        ('<row r="1"><c r="A1"><v>1</c></row>', Damaged, "DAMAGED_XML"),
        ('<row r="1"><c r="A1"/></row></sheetData><sheetData><row r="2"><c r="XFD2"/></row>', Damaged, "DAMAGED_XML"),
        ('<row r="1"><row r="1001"><c r="A1001"><v>1</v></c></row></row>', Damaged, "DAMAGED_SHEET"),
        ('<row r="1" x="' + "y" * 1_200_000 + '"/>', TooBig, "TAG_TOO_LONG"),
    ],
)
def test_sheets_no_program_writes(workbook: BuildWorkbook, rows: str, kind: type[SheetError], code: str) -> None:
    refused(workbook(rows), kind, code)


def test_a_claimed_size_is_not_believed(workbook: BuildWorkbook) -> None:
    sheet = f'<worksheet><dimension ref="A1:XFD1048576"/><sheetData>{ROW}</sheetData></worksheet>'
    assert values_of(workbook(sheet)) == [(1,)]


def test_far_away_rows_do_not_cost_the_rows_between(workbook: BuildWorkbook) -> None:
    sheet = "".join(
        f'<row r="{r}"><c r="A{r}"><v>1</v></c><c r="IV{r}"><v>2</v></c></row>' for r in range(1, 1_048_577, 50_000)
    )
    assert [row.number for row in rows_of(workbook(sheet))] == list(range(1, 1_048_577, 50_000))


def test_one_long_text_in_every_cell_is_handed_out_little_by_little(workbook: BuildWorkbook) -> None:
    text = "я" * 32_000
    cells = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, 4_001))
    source = workbook(cells, shared=f"<si><t>{text}</t></si>")
    with read_table(source) as table:
        seen = 0
        for row in table:
            assert row.cells == (text,)
            seen += 1
    assert seen == 4_000
    refused(workbook(ROW, shared=f"<si><t>{text * 5}</t></si>"), TooBig, "TEXT_TOO_LONG")


def test_links_to_the_outside_are_not_followed() -> None:
    members = parts(ROW)
    members["xl/_rels/workbook.xml.rels"] = relations(("s", "worksheet", "file:///etc/passwd")).replace(
        'Id="s"', 'Id="s" TargetMode="External"'
    )
    refused(packed(members), SheetError, "NO_SHEET")
    members["xl/_rels/workbook.xml.rels"] = relations(("s", "worksheet", "../../../../etc/passwd"))
    refused(packed(members), SheetError, "NO_SHEET")


def test_macros_and_binary_workbooks() -> None:
    members: dict[str, str | bytes] = dict(parts(ROW))
    members["xl/vbaProject.bin"] = b"Attribute VB_Name"
    assert values_of(packed(members)) == [(1,)]
    binary = {"_rels/.rels": relations(("d", "officeDocument", "xl/workbook.bin")), "xl/workbook.bin": "x"}
    refused(packed(binary), WrongType, "NOT_A_WORKBOOK")


def test_twins_by_case_or_slash() -> None:
    members = parts(ROW)
    refused(packed({**members, "XL/Worksheets/Sheet1.xml": "<worksheet/>"}), Unsafe, "TWIN_MEMBERS")
    refused(packed({**members, "/xl/worksheets/sheet1.xml": "<worksheet/>"}), Unsafe, "TWIN_MEMBERS")


def test_passwords() -> None:
    data = bytearray(packed(parts(ROW)))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    refused(bytes(data), Protected, "PROTECTED")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(70_000) + "EncryptedPackage".encode("utf-16-le")
    refused(ole, Protected, "PROTECTED")


def test_strange_compression() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        for name, text in parts(ROW).items():
            archive.writestr(name, text)
    refused(target.getvalue(), Unsafe, "COMPRESSION")


def test_every_truncation_is_told(workbook: BuildWorkbook) -> None:
    whole = workbook(ROW, shared="<si><t>x</t></si>")
    for length in range(4, len(whole)):
        with pytest.raises(SheetError):
            rows_of(whole[:length])


def good_file() -> bytes:
    target = io.BytesIO()
    write_table(target, ["a", "b"], [["=x", 1], ["Ё", 2.5]])
    return target.getvalue()


GOOD = good_file()


def read_or_refuse(source: bytes) -> None:
    """Anything but a list of rows or a SheetError fails the test."""
    with suppress(SheetError):
        assert all(row.number >= 1 for row in rows_of(source))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_flipped_bytes_never_crash(changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    read_or_refuse(bytes(data))


SNIPPETS = st.sampled_from(
    ['<row r="1">', "<row>", "</row>", '<c r="A1">', '<c r="B1" t="s">', '<c t="e">', "<c>", "</c>", "<v>1</v>", "<v>-1</v>",
     '<c r="C2" t="inlineStr"><is><t>x</t></is></c>', "<f>1+1</f>", '<row r="5">', '<c r="A5"><v>1e309</v></c>', "<v/>",
     "<!-- -->", "&#65;", "&x;", "</sheetData>", "<sheetData>", '<c r="A1" s="4294967296"><v>1</v></c>', "<?pi x?>",
     "<![CDATA[x]]>"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(SNIPPETS, max_size=12))
def test_shuffled_xml_never_crashes(pieces: list[str]) -> None:
    source = packed(
        parts("<worksheet><sheetData>" + "".join(pieces) + "</sheetData></worksheet>", shared="<si><t>x</t></si>")
    )
    read_or_refuse(source)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_never_crash(data: bytes) -> None:
    for source in (data, b"PK\x03\x04" + data, packed({"_rels/.rels": data})):
        read_or_refuse(source)


def test_a_template_that_is_clean_passes() -> None:
    file = io.BytesIO(GOOD)
    check_template(file)
    assert file.tell() == 0
    with pytest.raises(TooBig):
        check_template(file, Limits(file_bytes=100))
    hidden: dict[str, str | bytes] = {**parts(ROW), "xl/worksheets/sheet2.dat": "<!DOCTYPE x><worksheet/>"}
    with pytest.raises(Unsafe, match=r"sheet2\.dat"):
        check_template(io.BytesIO(packed(hidden)))
    broken = bytearray(packed({"xl/media/a.bin": zlib.compress(b"x" * 100)}))
    broken[60] ^= 0xFF
    with pytest.raises(Damaged):
        check_template(io.BytesIO(bytes(broken)))
