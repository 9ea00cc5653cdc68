"""Workbooks put together by hand, so that a test can write what no library would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import settings

from sheets import Row, read_table
from sheets.limits import Limits

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

BuildWorkbook = Callable[..., bytes]


def relations(*links: tuple[str, str, str]) -> str:
    items = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONS}/{kind}" Target="{target}"/>' for name, kind, target in links
    )
    return f'<Relationships xmlns="{PACKAGE}">{items}</Relationships>'


def parts(sheet: str, *, shared: str | None = None, styles: str | None = None, name: str = "Лист1") -> dict[str, str]:
    """The parts of a workbook with one sheet; `sheet` is the inside of sheetData or, with `<?xml` or `<w`, all of it."""
    links = [("s", "worksheet", "worksheets/sheet1.xml")]
    found = {
        "_rels/.rels": relations(("d", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="{name}" sheetId="1" r:id="s"/>'
        "</sheets></workbook>",
        "xl/worksheets/sheet1.xml": sheet
        if sheet.startswith(("<?xml", "<w", "<!"))
        else f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    if shared is not None:
        found["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{shared}</sst>'
        links.append(("t", "sharedStrings", "sharedStrings.xml"))
    if styles is not None:
        found["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
        links.append(("y", "styles", "/xl/styles.xml"))
    found["xl/_rels/workbook.xml.rels"] = relations(*links)
    return found


def packed(members: dict[str, str] | dict[str, bytes] | dict[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


@pytest.fixture
def workbook() -> BuildWorkbook:
    """Return a function that builds a workbook's bytes from the XML of its rows."""
    return lambda sheet, **more: packed(parts(sheet, **more))


def rows_of(source: bytes, **options: object) -> list[Row]:
    limits = options.pop("limits", None)
    assert limits is None or isinstance(limits, Limits)
    with read_table(source, limits=limits, **options) as table:  # type: ignore[arg-type] # handed through as the test wrote it
        return list(table)


def values_of(source: bytes, **options: object) -> list[tuple[object, ...]]:
    return [row.cells for row in rows_of(source, **options)]
