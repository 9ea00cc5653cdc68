"""An operator teaches the system a printer's page by clicking on it; hostile pages do nothing in the preview."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Page, expect
from standins.printers import PrinterFleet

from access.services.roles import bootstrap_roles
from inventory.models import InventoryTask, Printer, PrinterState, WebParsingTemplate
from inventory.services.identity import find_device_model
from inventory.tests.factories import make_printer
from inventory.tests.stack import PASSWORD, Complaints, browser, server, sign_in
from inventory.tests.workers import wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def site(db: None) -> Iterator[str]:
    bootstrap_roles()
    user = User.objects.create_user("teacher", password=PASSWORD)
    user.groups.set(Group.objects.filter(name="Inventory Admin"))
    with server() as address:
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A desktop window; its console must stay silent."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    window = context.new_page()
    complaints = Complaints(window)
    sign_in(window, site, "teacher")
    yield window
    context.close()
    assert complaints.lines == []


def row_for(fleet: PrinterFleet, vendor: str) -> tuple[int, Printer]:
    """Return the number and a row of the first printer of a vendor."""
    number = next(place for place, one in enumerate(fleet.printers) if vendor in one.vendor.upper())
    far = fleet.printers[number]
    model = find_device_model(far.vendor, far.model)
    return number, make_printer(
        ip_address=far.address, snmp_port=far.snmp_port, web_port=far.web_port, serial_number="", device_model_id=model
    )


def teach(page: Page, field: str, path: str, selector: str) -> None:
    """Load a path, click on an element, save the rule."""
    if page.locator("#page-path").input_value() != path or not page.locator("#page-frame iframe").count():
        page.fill("#page-path", path)
        page.click("#page-load")
    frame = page.frame_locator("#page-frame iframe")
    expect(frame.locator("[data-pick]").first).to_be_visible(timeout=30_000)
    page.select_option("#rule-field", field)
    frame.get_by_text(selector, exact=True).locator("xpath=following-sibling::*[1]").click()
    expect(page.locator("#result strong")).to_be_visible(timeout=20_000)
    page.click("#rule-save")
    expect(page.locator(f"#rules tr[data-field={field}]")).to_be_visible()


def test_an_operator_teaches_a_page_by_clicking_tests_keeps_a_template_and_polls(
    page: Page, site: str, fleet: PrinterFleet
):
    number, printer = row_for(fleet, "HP")
    twin = make_printer(device_model=printer.device_model)
    page.goto(f"{site}/inventory/{printer.pk}/web-parser/")
    teach(page, "serial_number", "/status", "Serial number")
    teach(page, "mac_address", "/status", "MAC address")
    teach(page, "counter", "/counters", "Total impressions")
    page.click("#try-all")
    total = fleet.truth(number)["counters"]["total"]
    expect(page.locator("#rules tr[data-field=counter]")).to_contain_text(f"{total:,}", timeout=30_000)
    page.fill("#template-name", "HP status page")
    page.click("#template-save")
    expect(page.locator("#templates")).to_contain_text("HP status page")
    page.select_option("#polling-method", "WEB")
    expect(page.locator(".toast-note").last).to_contain_text("Polling method")
    with worker("high_priority"):
        page.click("#poll-now")
        page.wait_for_url(f"**{printer.get_absolute_url()}")
        wait_until(
            lambda: InventoryTask.objects.filter(printer=printer, state="done", engine="web").exists(), "the poll"
        )
    assert PrinterState.objects.get(pk=printer.pk).total_pages == total
    page.goto(f"{site}/inventory/{twin.pk}/web-parser/")
    page.locator("#templates button", has_text="Apply").click()
    expect(page.locator("#rules tr[data-field=counter]")).to_be_visible()
    assert WebParsingTemplate.objects.get().usage_count == 1
    page.locator(".toast-undo").last.click()
    expect(page.locator("#no-rules")).to_be_visible()


def test_values_behind_a_click_are_read_through_the_browser(page: Page, site: str, fleet: PrinterFleet):
    number, printer = row_for(fleet, "KONICA")
    page.goto(f"{site}/inventory/{printer.pk}/web-parser/")
    page.locator(".web-browser summary").click()
    page.click("#step-add")
    page.fill("#steps .selector", "#show")
    page.fill("#page-path", "/counters")
    page.click("#page-load")
    frame = page.frame_locator("#page-frame iframe")
    total = fleet.truth(number)["counters"]["total"]
    page.select_option("#rule-field", "counter")
    frame.get_by_text(str(total), exact=True).first.click(timeout=60_000)
    expect(page.locator("#result strong")).to_have_text(f"{total:,}", timeout=20_000)
    page.click("#rule-save")
    expect(page.locator("#rules tr[data-field=counter]")).to_be_visible()


def test_the_editor_fits_a_phone(chromium: Browser, site: str, fleet: PrinterFleet):
    _, printer = row_for(fleet, "HP")
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    window = context.new_page()
    sign_in(window, site, "teacher")
    for path in (f"/inventory/{printer.pk}/web-parser/", "/inventory/web-parser/"):
        window.goto(f"{site}{path}")
        assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
