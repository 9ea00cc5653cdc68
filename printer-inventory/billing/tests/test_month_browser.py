"""A month is lived: polled three ways, a device replaced, imported, taken over, corrected by two at once, exported, billed.

The rows are those of the worked examples of docs/billing.md: their starts are laid so that the fleet's own counters end
where the examples do, and the invoices have to be theirs to the cent.
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
from billing.models import Invoice, InvoiceDevice
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
from monthly_report.rules.figures import kinds_of
from monthly_report.rules.taking_over import READ_AS
from monthly_report.services.months import this_month
from monthly_report.tests.factories import sheet

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(420)]
AGENT = shutil.which("glpi-netinventory") or shutil.which("fusioninventory-netinventory")
AS_AGENT = "GLPI" if AGENT else "SNMP"
"""A machine without an agent still lives the month; `test_glpi_live` is what it skips, with the reason."""
POLLED = {
    "ALPHA-1": ("canon-ir-adv-c5540", "SNMP"),
    "BETA-1": ("kyocera-taskalfa-4053ci", "SNMP"),
    "BETA-2": ("hp-laserjet-m507", "WEB"),
    "GAMMA-1": ("brother-hl-l6400dw", AS_AGENT),
    "GAMMA-2": ("canon-mf543x", "SNMP"),
    "GAMMA-4": ("hp-color-laserjet-m578", "SNMP"),
}
"""How the devices of the examples are read: those that bill A3 or colour apart are of models that tell them apart."""
TITLES = {"a4_bw": "A4 ч/б", "a4_color": "A4 цвет", "a3_bw": "A3 ч/б", "a3_color": "A3 цвет"}
CORRECTED = "BETA-2"
MISREAD = 10
"""Pages by which a device was read too low; a person corrects it."""


@pytest.fixture(scope="module")
def fleet() -> Iterator[PrinterFleet]:
    with PrinterFleet(count=24, speed=0) as running:
        yield running


def polled(fleet: PrinterFleet, device: str, method: str, organization: Organization) -> Printer:
    """Add a printer of the fleet by its address, and poll it in a way."""
    one = next(printer for printer in fleet.printers if printer.device == device)
    printer = make_printer(
        ip_address=one.address, snmp_port=one.snmp_port, web_port=one.web_port, snmp_community=one.community,
        serial_number="", organization=organization,
    )  # fmt: skip
    if method == "WEB":
        teach(printer)
    else:
        Printer.objects.filter(pk=printer.pk).update(polling_method=method)
    assert run_inventory_for_printer(printer.pk) == (True, "Polled."), (device, method)
    printer.refresh_from_db()
    return printer


def lines_of(example: Example, whose: dict[str, Printer]) -> list[dict[str, Any]]:
    """Return the rows of an example for the month's file: only starts, as far below what was told as the example printed.

    A counter that a device tells and the example does not name starts where it stands. A device that is never read has the
    example's own start.
    """
    made = []
    for serial, part, counters in example.devices:
        state = PrinterState.objects.get(printer=whose[serial]) if serial in whose else None
        row: dict[str, Any] = {"Организация": example.name}
        row["Серийный номер оборудования"] = whose[serial].serial_number if state else serial
        for kind in kinds_of(part):
            start, end = counters[f"{kind}_start"], counters[f"{kind}_end"]
            told = getattr(state, READ_AS[kind]) if state else start
            printed = end - start if state and start is not None and end is not None else 0
            late = MISREAD if serial == CORRECTED and kind == "a4_bw" else 0
            row[f"{TITLES[kind]} начало"] = None if told is None else told + late - printed
        made.append(row)
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


def replaced(fleet: PrinterFleet, organization: Organization) -> str:
    """Let a device under contract break and the first of the fleet's that prints all take its place; return its number."""
    old = make_device(organization=organization, serial_number="BROKEN1", model=make_model())
    successor = next(one.serial for one in fleet.printers if one.device == POLLED["ALPHA-1"][0])
    facts = {"serial_number": successor, "status_id": make_status("Written off").pk}
    return replace(old.pk, facts, old.version, None, timezone.now()).serial_number


def test_a_month_is_lived(fleet: PrinterFleet, tmp_path: Path):
    bootstrap_roles()
    for name in ("anna", "boris"):
        person(name)
    told = examples()[:3]
    clients = {example.name: make_organization(example.name[:100]) for example in told}
    for example in told:
        make_tariff(clients[example.name], example.prices)
    new = replaced(fleet, clients[told[0].name])
    whose = {
        serial: polled(fleet, *POLLED[serial], clients[example.name])
        for example in told
        for serial in dict.fromkeys(serial for serial, _part, _counters in example.devices)
        if serial in POLLED
    }
    assert whose["ALPHA-1"].serial_number == new
    month = this_month(timezone.now())
    rows = [row for example in told for row in lines_of(example, whose)]
    broken = {"Серийный номер оборудования": "BROKEN1", "A4 ч/б начало": 70, "A4 ч/б конец": 70}
    rows.append({"Организация": told[0].name, **broken})
    file = tmp_path / "month.xlsx"
    file.write_bytes(sheet(rows))
    # The browser comes after the polls: its event loop stays on this thread, where a poll tells its news by one of its own.
    with server() as site, browser() as chromium:
        anna, boris = (page_of(chromium, site, name) for name in ("anna", "boris"))
        begun(anna, site, file, f"{month:%Y-%m}", len(rows))
        for page in (anna, boris):
            page.goto(f"{site}/monthly-report/{month:%Y-%m}/")
            expect(page.locator(".tabulator-row")).to_have_count(len(rows))
        anna.locator("#sync").click()
        state = PrinterState.objects.get(printer=whose[CORRECTED])
        assert state.bw_a4 is not None
        serial = whose[CORRECTED].serial_number
        expect(cell(boris, serial, "a4_bw_end")).to_have_text(f"{state.bw_a4:,}")
        correct_at_once(anna, boris, serial, state.bw_a4)

        nothing_differs(anna, f"{site}/monthly-report", f"{month:%Y-%m}", tmp_path, len(rows))
        closed(anna, f"{site}/monthly-report/{month:%Y-%m}/")
        for example in told:
            is_billed(boris, f"{site}/billing/{month:%Y-%m}/{clients[example.name].pk}/", example)
        for page in (anna, boris):
            page.context.close()
    rests_on_what_was_read(whose)


def begun(anna: Page, site: str, file: Path, month: str, rows: int) -> None:
    """The month's file is looked through and applied, and the month is shown to everybody."""
    imported(anna, site, file, month)
    expect(anna.locator("#apply")).to_contain_text(f"{rows} rows")
    anna.locator("#apply").click()
    expect(anna.locator(".notice.s-ok")).to_contain_text(f"Rows added: {rows}")
    anna.goto(f"{site}/monthly-report/{month}/")
    anna.locator("#month-menu").click()
    anna.get_by_role("button", name="Publish the month").click()
    anna.wait_for_load_state()
    assert MonthControl.objects.get().is_published


def closed(anna: Page, address: str) -> None:
    """The month is closed on its page; until then nothing can be issued."""
    anna.goto(address)
    anna.locator("#month-menu").click()
    anna.get_by_role("button", name="Close for editing").click()
    expect(anna.get_by_text("The month is closed.").first).to_be_visible()


def nothing_differs(anna: Page, pages: str, month: str, folder: Path, rows: int) -> None:
    """The month's own file, imported again, is every row as it is."""
    anna.goto(f"{pages}/{month}/")
    with anna.expect_download() as started:
        anna.evaluate("url => { location.href = url }", f"{pages}/{month}/export/")
    again = folder / "again.xlsx"
    started.value.save_as(again)
    imported(anna, pages.removesuffix("/monthly-report"), again, month)
    expect(anna.locator(".tabs")).to_contain_text(f"As it is {rows}")


def is_billed(boris: Page, address: str, example: Example) -> None:
    """The invoice of a worked example, issued on its page; doubts have to be accepted first."""
    boris.goto(address)
    expect(boris.locator("#total")).to_contain_text(f"{example.total:,}")
    if boris.locator("#accept").count():
        boris.locator("#accept").check()
    boris.locator("#issue").click()
    expect(boris.locator(".identity .state", has_text="issued")).to_be_visible()
    made = Invoice.objects.get(organization__name=example.name[:100])
    lines = tuple((one.kind, one.clicks, one.price if one.clicks else None, one.amount) for one in made.lines.all())
    assert lines == example.lines
    assert (made.total, made.currency) == (example.total, example.prices.currency)
    assert made.mono_clicks + made.color_clicks == example.clicks


def rests_on_what_was_read(whose: dict[str, Printer]) -> None:
    """Every billed device that was polled names the reading it rests on, and how it was made; who corrected is on record."""
    engines = {"SNMP": "snmp", "WEB": "web", "GLPI": "glpi"}
    billed = {one.serial_number: one for one in InvoiceDevice.objects.order_by("part")}
    for serial, printer in whose.items():
        reading = billed[printer.serial_number].evidence["reading"]
        assert reading is not None, serial
        assert reading["engine"] == engines[POLLED[serial][1]], serial
    (change,) = billed[whose[CORRECTED].serial_number].evidence["changes"]
    assert change["by"] == "anna"
    assert billed["GAMMA-3"].doubts == ["unknown"]


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
    (row,) = MonthlyReport.objects.filter(serial_number=serial)
    assert (row.a4_bw_end, row.a4_bw_end_manual) == (told + MISREAD, True)
