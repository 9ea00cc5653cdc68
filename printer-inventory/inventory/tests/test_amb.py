"""The contractor's spreadsheet: found, filled, refused."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl  # type: ignore[import-untyped] # its types are a package of their own
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.models import PrinterState
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import client_of

pytestmark = pytest.mark.django_db
TITLES = (
    "№", "Серийный номер оборудования", "Показание счетчика А4 ч/б на конец периода",
    "Показание счетчика A4 цветные на конец периода", "Показание счетчика А3 ч/б на конец периода",
    "Показание счетчика А3 цветные на конец периода",
)  # fmt: skip
READ = datetime(2026, 3, 31, 4, 5, tzinfo=UTC)


def template(*serials, titles=TITLES, above=3):
    book = openpyxl.Workbook()
    sheet = book.active
    for _ in range(above):
        sheet.append(["ООО Подрядчик"])
    sheet.append(list(titles))
    for number, serial in enumerate(serials, 1):
        sheet.append([number, serial, None, 77])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def tell(printer, **counters):
    PrinterState.objects.filter(printer=printer).update(last_success_at=READ, **counters)


def fill(content, address="export-amb/", **fields):
    file = SimpleUploadedFile("amb.xlsx", content)
    return client_of("Inventory Viewer").post(f"/inventory/{address}", {"file": file, **fields})


def cells(answer):
    assert answer.status_code == 200, answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]


def test_rows_are_filled_by_serial_number_whatever_its_case_and_the_paper_sign_s_alphabet():
    tell(make_printer(serial_number="VCF1"), bw_a4=100, color_a4=20, bw_a3=3, color_a3=4)
    tell(make_printer(serial_number="VCF2"), bw_a4=500)
    answer = fill(template("vcf1", "VCF2", "NOBODY"))
    assert answer.headers["content-disposition"] == 'attachment; filename="amb_report.xlsx"'
    title, first, second, third = cells(answer)
    assert title[6] == "Дата опроса"
    assert first[2:7] == [100, 20, 3, 4, datetime(2026, 3, 31, 12, 5)]  # noqa: DTZ001 - as Excel keeps it, Irkutsk
    assert second[2:4] == [500, 77]
    assert third[2:7] == [None, 77, None, None, None]


def test_of_two_printers_with_one_number_the_one_in_use_counts():
    tell(make_printer(serial_number="VCF1", is_active=False), bw_a4=999)
    tell(make_printer(serial_number="VCF1"), bw_a4=100)
    assert cells(fill(template("VCF1")))[1][2] == 100


def test_of_one_organization_only():
    alpha = make_organization("Alpha")
    tell(make_printer(serial_number="VCF1", organization=alpha), bw_a4=100)
    tell(make_printer(serial_number="VCF2"), bw_a4=200)
    rows = cells(fill(template("VCF1", "VCF2"), f"export/amb/{alpha.pk}/"))
    assert [row[2] for row in rows[1:]] == [100, None]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (template(titles=("№", "Модель")), "first ten rows"),
        (template(above=11), "first ten rows"),
        (template(titles=TITLES[:4]), "A3 black-and-white, A3 colour"),
        (b"no workbook at all", ""),
    ],
)
def test_what_cannot_be_filled_is_refused_with_a_reason(content, said):
    answer = fill(content)
    assert answer.status_code == 400
    assert said in answer.text
    assert "notice s-failed" in answer.text
