"""The month as a spreadsheet in a real browser: typing, pasting, two people at once, undo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Locator, Page, expect

from access.services.roles import bootstrap_roles
from inventory.tests.stack import PASSWORD, Complaints, browser, server, sign_in
from monthly_report.models import CounterChangeLog, MonthlyReport
from monthly_report.tests.factories import MONTH, make_row, open_month

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def site(chromium: Browser) -> Iterator[str]:
    """The product with two managers and a month of six rows."""
    bootstrap_roles()
    for name in ("anna", "boris"):
        user = User.objects.create_user(name, password=PASSWORD)
        user.groups.set(Group.objects.filter(name="MonthlyReport Managers"))
    open_month()
    for number in range(1, 7):
        make_row(a4_bw_start=100 * number, a4_bw_end=100 * number + 10)
    with server() as address:
        yield address


def month_of(chromium: Browser, site: str, name: str) -> Page:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, site, name)
    page.goto(f"{site}/monthly-report/{MONTH:%Y-%m}/")
    expect(page.locator(".tabulator-row")).to_have_count(6)
    return page


def cell(page: Page, row: int, field: str) -> Locator:
    return page.locator(".tabulator-row").nth(row).locator(f"[tabulator-field={field}]")


def test_two_people_correct_a_month_and_nobodys_figure_is_lost(chromium: Browser, site: str):
    anna, boris = month_of(chromium, site, "anna"), month_of(chromium, site, "boris")
    silent = [Complaints(anna), Complaints(boris)]

    cell(anna, 0, "a4_bw_end").click()
    anna.keyboard.type("250")
    anna.keyboard.press("Enter")
    expect(cell(anna, 0, "total_prints")).to_have_text("150")
    expect(cell(boris, 0, "a4_bw_end")).to_have_text("250")

    cell(boris, 1, "a4_bw_end").dblclick()
    MonthlyReport.objects.filter(order_number=2).update(a4_bw_end=777)
    boris.keyboard.press("Control+a")
    boris.keyboard.type("888")
    boris.keyboard.press("Enter")
    expect(boris.get_by_text("Somebody else wrote here meanwhile")).to_be_visible()
    expect(cell(boris, 1, "a4_bw_end")).to_have_text("777")
    assert MonthlyReport.objects.get(order_number=2).a4_bw_end == 777

    anna.get_by_role("button", name="Undo").first.click()
    expect(cell(anna, 0, "total_prints")).to_have_text("10")
    assert CounterChangeLog.objects.count() == 2
    for page, complaints in zip((anna, boris), silent, strict=True):
        page.context.close()
        assert [line for line in complaints.lines if "409" not in line] == []


def test_a_block_from_excel_is_pasted(chromium: Browser, site: str):
    anna = month_of(chromium, site, "anna")
    before = [cell(anna, row, "total_prints").inner_text() for row in (2, 3)]
    cell(anna, 2, "a4_bw_end").click()
    anna.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "1 311\\n1412\\nabout 9\\n");
            const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
            document.querySelector("#month-grid").dispatchEvent(paste);
        }"""
    )
    expect(cell(anna, 3, "total_prints")).to_have_text("1,012")
    assert list(MonthlyReport.objects.filter(order_number__in=(3, 4)).values_list("a4_bw_end", flat=True)) == [
        1311,
        1412,
    ]
    expect(anna.locator(".toast-note", has_text="Cells pasted: 2. Left out: 1. No figure: about 9")).to_be_visible()
    expect(anna.locator(".toast-note")).to_have_count(1)
    below = MonthlyReport.objects.filter(order_number__in=(5, 6)).values_list("a4_bw_end", flat=True)
    assert list(below) == [510, 610], "the line break at the block's end empties nothing"
    anna.get_by_role("button", name="Undo").click()
    expect(cell(anna, 2, "total_prints")).to_have_text(before[0])
    expect(cell(anna, 3, "total_prints")).to_have_text(before[1])
    anna.context.close()


def test_keys_walk_and_empty_as_in_a_spreadsheet(chromium: Browser, site: str):
    anna = month_of(chromium, site, "anna")
    complaints = Complaints(anna)
    cell(anna, 0, "a4_bw_end").click()
    for figure in ("151", "252", "353"):
        anna.keyboard.type(figure)
        anna.keyboard.press("Enter")
    expect(cell(anna, 2, "total_prints")).to_have_text("53")
    ends = (
        MonthlyReport.objects.filter(order_number__lte=3).order_by("order_number").values_list("a4_bw_end", flat=True)
    )
    assert list(ends) == [151, 252, 353]

    cell(anna, 0, "a4_bw_end").click()
    cell(anna, 1, "a4_bw_end").click(modifiers=["Shift"])
    anna.keyboard.press("Delete")
    expect(anna.locator(".toast-note", has_text="Cells emptied: 2.")).to_be_visible()
    assert list(ends.all()) == [None, None, 353]
    anna.locator(".toast-note", has_text="Cells emptied").get_by_role("button", name="Undo").click()
    expect(cell(anna, 1, "a4_bw_end")).to_have_text("252")
    expect(cell(anna, 0, "a4_bw_end")).to_have_text("151")
    anna.context.close()
    assert complaints.lines == []


def test_hours_of_downtime_are_typed_in_the_grid(chromium: Browser, site: str):
    MonthlyReport.objects.filter(order_number=1).update(
        normative_availability=100, actual_downtime=3, actual_downtime_auto=3
    )
    anna = month_of(chromium, site, "anna")
    complaints = Complaints(anna)
    anna.evaluate("() => ['actual_downtime', 'k1'].forEach((name) => window.face.month.showColumn(name))")
    cell(anna, 0, "actual_downtime").click()
    anna.keyboard.type("12,5")
    anna.keyboard.press("Enter")
    expect(cell(anna, 0, "k1")).to_have_text("87.5")
    expect(cell(anna, 0, "actual_downtime")).to_have_class(re.compile("is-manual"))
    cell(anna, 0, "actual_downtime").click()
    anna.keyboard.press("Delete")
    expect(cell(anna, 0, "k1")).to_have_text("97")
    assert MonthlyReport.objects.filter(order_number=1, actual_downtime=3, actual_downtime_manual=False).exists()
    anna.context.close()
    assert complaints.lines == []


def box_of(element: Locator) -> Any:
    box = element.bounding_box()
    assert box is not None
    return box


def test_headers_stay_in_sight(chromium: Browser, site: str):
    for _number in range(60):
        make_row()
    context = chromium.new_context(viewport={"width": 1000, "height": 600})
    page = context.new_page()
    sign_in(page, site, "anna")
    page.goto(f"{site}/monthly-report/{MONTH:%Y-%m}/")
    expect(page.locator(".tabulator-row").first).to_be_visible()
    title, serial = page.locator(".tabulator-col", has_text="Pages").first, page.get_by_text("SN0001")
    top, left = box_of(title)["y"], box_of(serial)["x"]
    page.evaluate(
        "() => { const box = document.querySelector('.tabulator-tableholder'); box.scrollTop = 900; box.scrollLeft = 400; }"
    )
    expect(page.get_by_text("SN0040")).to_be_visible()
    assert box_of(page.locator(".tabulator-header"))["y"] == pytest.approx(top, abs=40)
    assert box_of(page.get_by_text("SN0040"))["x"] == pytest.approx(left, abs=4)
    assert page.locator(".tabulator-row").count() < 66
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_a_phone_shows_the_month_without_sideways_scroll(chromium: Browser, site: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    sign_in(page, site, "anna")
    for path in ("", f"{MONTH:%Y-%m}/", f"{MONTH:%Y-%m}/changes/", "import/"):
        page.goto(f"{site}/monthly-report/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
