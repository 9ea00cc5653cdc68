"""A month is lived: polled three ways, a device replaced, imported, taken over, corrected by two at once, exported, billed.

The rows are those of the worked examples 1 and 2 of docs/billing.md: their starts are laid so that the fleet's own counters
end where the examples do, and the invoices have to be theirs to the cent.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect
from standins.printers import PrinterFleet

from access.services.roles import bootstrap_roles
from billing.models import Invoice
from billing.tests.examples import Example, examples
from billing.tests.factories import make_tariff
from contracts.services.replacing import replace
from contracts.tests.factories import make_device, make_model, make_status
from inventory.models import Organization, Printer, PrinterState
from inventory.services.sweeping import run_inventory_for_printer
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.stack import PASSWORD, browser, server, sign_in
from inventory.tests.test_web_polling import teach
from monthly_report.models import MonthControl, MonthlyReport
from monthly_report.rules.figures import KINDS
from monthly_report.rules.taking_over import READ_AS
from monthly_report.services.months import end_of, this_month
from monthly_report.tests.factories import sheet

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(420)]
AGENT = shutil.which("glpi-netinventory") or shutil.which("fusioninventory-netinventory")
TITLES = {"a4_bw": "A4 ч/б", "a4_color": "A4 цвет", "a3_bw": "A3 ч/б", "a3_color": "A3 цвет"}
MISREAD = 10
"""Pages by which a device was read too low; a person corrects it."""


@pytest.fixture(scope="module")
def fleet() -> Iterator[PrinterFleet]:
    with PrinterFleet(count=24, speed=0) as running:
        yield running


def polled(fleet: PrinterFleet, number: int, organization: Organization, method: str = "SNMP") -> Printer:
    """Add a printer of the fleet by its address, and poll it in a way."""
    one = fleet.printers[number]
    printer = make_printer(
        ip_address=one.address, snmp_port=one.snmp_port, web_port=one.web_port, snmp_community=one.community,
        serial_number="", organization=organization,
    )  # fmt: skip
    if method == "WEB":
        teach(printer)
    else:
        Printer.objects.filter(pk=printer.pk).update(polling_method=method)
    assert run_inventory_for_printer(printer.pk) == (True, "Polled."), method
    printer.refresh_from_db()
    return printer


def ends_of(printer: Printer) -> dict[str, int | None]:
    """Return what a printer has told at the end, by the month's names."""
    state = PrinterState.objects.get(printer=printer)
    return {kind: getattr(state, READ_AS[kind]) for kind in KINDS}


def lines_of(example: Example, whose: dict[str, Printer], misread: str = "") -> list[dict[str, Any]]:
    """Return the rows of an example for the month's file: starts as far below what was told as the example printed.

    What a device does not tell is filled in by the file, as a person would.
    """
    made = []
    for serial, _part, counters in example.devices:
        told = ends_of(whose[serial])
        row: dict[str, Any] = {"Серийный номер оборудования": whose[serial].serial_number}
        for kind in KINDS:
            start, end = counters[f"{kind}_start"], counters[f"{kind}_end"]
            if start is None or end is None:
                continue
            known = told[kind]
            last = 50_000 if known is None else known
            late = MISREAD if serial == misread and kind == "a4_bw" else 0
            row[f"{TITLES[kind]} начало"] = last + late - (end - start)
            if known is None:
                row[f"{TITLES[kind]} конец"] = last
        made.append({"Организация": example.name, **row})
    return made


def person(name: str) -> None:
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.set(Group.objects.filter(name__in=("MonthlyReport Managers", "Billing Manager", "Inventory Viewer")))
    user.user_permissions.add(Permission.objects.get(codename="override_auto_lock"))


def page_of(chromium: Browser, site: str, name: str) -> Page:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True).new_page()
    sign_in(page, site, name)
    return page


def imported(page: Page, site: str, file: Path, month: str) -> None:
    page.goto(f"{site}/monthly-report/import/")
    page.set_input_files("input[type=file]", file)
    page.fill("[name=month]", month)
    page.locator("form[enctype] .btn-primary").click()
    page.wait_for_url("**/monthly-report/import/*/")


def cell(page: Page, serial: str, field: str) -> Locator:
    return page.locator(".tabulator-row", has_text=serial).first.locator(f"[tabulator-field={field}]")


def test_a_month_is_lived(fleet: PrinterFleet, tmp_path: Path):
    bootstrap_roles()
    for name in ("anna", "boris"):
        person(name)
    one, two = examples()[:2]
    alpha, beta = (make_organization(example.name) for example in (one, two))
    for client, example in ((alpha, one), (beta, two)):
        make_tariff(client, example.prices)
    whole = [number for number in range(24) if is_whole(fleet, number)]
    page_read = next(number for number, printer in enumerate(fleet.printers) if "hp" in printer.vendor.lower())

    # One device breaks, and another takes its place in the contract; the printer at its address is read as the new one.
    old = make_device(organization=alpha, serial_number="BROKEN1", model=make_model())
    new = replace(
        old.pk,
        {"serial_number": fleet.printers[whole[0]].serial, "status_id": make_status("Written off").pk},
        old.version,
        None,
        timezone.now(),
    )
    whose = {
        "ALPHA-1": polled(fleet, whole[0], alpha),
        "BETA-1": polled(fleet, whole[1], beta, "GLPI" if AGENT else "SNMP"),
    }
    whose["BETA-2"] = polled(fleet, page_read, beta, "WEB")
    assert new.serial_number == whose["ALPHA-1"].serial_number

    month = this_month(timezone.now())
    rows = lines_of(one, whose) + lines_of(two, whose, misread="BETA-2")
    rows.append(
        {"Организация": one.name, "Серийный номер оборудования": "BROKEN1", "A4 ч/б начало": 70, "A4 ч/б конец": 70}
    )
    file = tmp_path / "month.xlsx"
    file.write_bytes(sheet(rows))
    # The browser comes after the polls: its event loop stays on this thread, where a poll tells its news by one of its own.
    with server() as site, browser() as chromium:
        anna = page_of(chromium, site, "anna")
        imported(anna, site, file, f"{month:%Y-%m}")
        anna.locator("form .btn-primary").first.click()
        expect(anna.get_by_text("BROKEN1").first).to_be_visible()
        MonthControl.objects.filter(month=month).update(is_published=True, edit_until=end_of(month))

        boris = page_of(chromium, site, "boris")
        for page in (anna, boris):
            page.goto(f"{site}/monthly-report/{month:%Y-%m}/")
            expect(page.locator(".tabulator-row")).to_have_count(len(rows))
        anna.locator("#sync").click()
        serial = whose["BETA-2"].serial_number
        told = ends_of(whose["BETA-2"])["a4_bw"] or 50_000
        expect(cell(boris, serial, "a4_bw_end")).to_have_text(f"{told:,}")
        correct_at_once(anna, boris, serial, told)

        nothing_differs(anna, f"{site}/monthly-report", f"{month:%Y-%m}", tmp_path, len(rows))
        MonthControl.objects.filter(month=month).update(edit_until=None)
        for client, example in ((alpha, one), (beta, two)):
            is_billed(boris, f"{site}/billing/{month:%Y-%m}/{client.pk}/", client, example)
        for page in (anna, boris):
            page.context.close()


def nothing_differs(anna: Page, pages: str, month: str, folder: Path, rows: int) -> None:
    """The month's own file, imported again, is every row as it is."""
    anna.goto(f"{pages}/{month}/")
    with anna.expect_download() as started:
        anna.evaluate("url => { location.href = url }", f"{pages}/{month}/export/")
    again = folder / "again.xlsx"
    started.value.save_as(again)
    imported(anna, pages.removesuffix("/monthly-report"), again, month)
    expect(anna.locator(".tabs")).to_contain_text(f"As it is {rows}")


def is_billed(boris: Page, address: str, client: Organization, example: Example) -> None:
    """The invoice of a worked example, issued on its page."""
    boris.goto(address)
    expect(boris.locator("#total")).to_contain_text(f"{example.total:,}")
    boris.locator("#issue").click()
    expect(boris.get_by_text("issued").first).to_be_visible()
    made = Invoice.objects.get(organization=client)
    assert (made.total, made.mono_clicks + made.color_clicks) == (example.total, example.clicks)


def is_whole(fleet: PrinterFleet, number: int) -> bool:
    """Say whether a printer of the fleet prints both papers in colour."""
    return all(fleet.truth(number)["counters"][word] for word in ("color_a3", "color_a4"))


def correct_at_once(anna: Page, boris: Page, serial: str, told: int) -> None:
    """Both open the same cell; anna's figure is first and stays, boris is told."""
    cell(boris, serial, "a4_bw_end").dblclick()
    cell(anna, serial, "a4_bw_end").click()
    anna.keyboard.type(str(told + MISREAD))
    anna.keyboard.press("Enter")
    expect(cell(anna, serial, "a4_bw_end")).to_have_text(f"{told + MISREAD:,}")
    boris.keyboard.press("Control+a")
    boris.keyboard.type(str(told + 99))
    boris.keyboard.press("Enter")
    expect(boris.get_by_text("Somebody else wrote here meanwhile")).to_be_visible()
    expect(cell(boris, serial, "a4_bw_end")).to_have_text(f"{told + MISREAD:,}")
    assert MonthlyReport.objects.get(serial_number=serial).a4_bw_end == told + MISREAD
