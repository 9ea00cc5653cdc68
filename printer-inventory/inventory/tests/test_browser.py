"""The main paths in a real browser, on a real server with real workers and a stand-in fleet."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from standins.printers import PrinterFleet

from access.services.roles import bootstrap_roles
from inventory.models import InventoryTask, PollSchedule, Printer
from inventory.services.sweeping import Sweep
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.stack import PASSWORD, Complaints, browser, server, sign_in
from inventory.tests.workers import worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


def poll_once() -> None:
    """Poll what is due, on this thread's own connection."""
    try:
        Sweep().run()
    finally:
        connection.close()


@pytest.fixture
def site(fleet: PrinterFleet) -> Iterator[str]:
    """The product with one account per role and the fleet polled once."""
    bootstrap_roles()
    for name, role in (("editor", "Inventory Editor"), ("viewer", "Inventory Viewer")):
        user = User.objects.create_user(name, password=PASSWORD)
        user.groups.set(Group.objects.filter(name=role))
    clients = [make_organization("Alpha"), make_organization("Beta")]
    for place, one in enumerate(fleet.printers[:-1]):
        make_printer(ip_address=one.address, snmp_port=one.snmp_port, serial_number="", organization=clients[place % 2])
    # On a thread of its own: the browser's event loop lives on this one, and a sweep sends hints through another.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(poll_once).result()
    PollSchedule.objects.update(due_at=timezone.now() + timedelta(hours=1))
    with server() as address:
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A desktop window signed in as editor; its console must stay silent."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    window = context.new_page()
    complaints = Complaints(window)
    sign_in(window, site, "editor")
    yield window
    context.close()
    assert complaints.lines == []


def row(page: Page, place: int = 0) -> Any:
    """Return a row of the list."""
    return page.locator("tr[data-id]").nth(place)


def test_one_click_polls_a_printer_and_its_row_comes_alive(page: Page, fleet: PrinterFleet):
    with worker("high_priority"):
        before = row(page).locator("[data-column=polled] time").get_attribute("datetime")
        row(page).locator("[data-poll]").click()
        expect(row(page).locator("[data-column=polled] time")).not_to_have_attribute(
            "datetime", str(before), timeout=20_000
        )
        expect(row(page).locator("[data-column=state]")).to_contain_text("answering")
    assert InventoryTask.objects.filter(trigger="manual", state="done").count() == 1


def test_poll_all_shows_its_progress_and_ends(page: Page, fleet: PrinterFleet):
    page.click("#poll-all")
    expect(page.locator("#job-dock")).to_be_visible()
    page.click("#poll-all")
    assert InventoryTask.objects.filter(trigger="manual").count() == len(fleet.printers) - 1
    with worker("daemon"):
        expect(page.locator(".toast-note").last).to_contain_text(f"{len(fleet.printers) - 1} of", timeout=30_000)
    assert not InventoryTask.objects.exclude(state="done").exists()


def test_a_printer_is_added_after_asking_the_device(page: Page, fleet: PrinterFleet):
    newcomer = fleet.printers[-1]
    page.click("#add-printer")
    page.fill("#id_ip_address", newcomer.address)
    page.fill("#id_snmp_port", str(newcomer.snmp_port))
    page.click("#probe-button")
    expect(page.locator("#probe-result")).to_contain_text(newcomer.serial, timeout=15_000)
    expect(page.locator("#id_serial_number")).to_have_value(newcomer.serial)
    page.click("#save")
    page.wait_for_url("**/inventory/*/")
    expect(page.locator("body")).to_contain_text(newcomer.serial)
    assert Printer.objects.filter(serial_number=newcomer.serial).count() == 1


def test_retiring_is_undone_from_the_toast(page: Page):
    printer = Printer.objects.order_by("pk").first()
    assert printer is not None
    page.goto(page.url.split("/inventory/")[0] + printer.get_absolute_url())
    page.click("#retire")
    page.wait_for_url("**/inventory/")
    page.locator(".toast-undo").click()
    page.wait_for_url(f"**{printer.get_absolute_url()}")
    printer.refresh_from_db()
    assert printer.is_active


def test_rows_are_walked_selected_and_opened_by_keyboard(page: Page):
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".bulk-bar")).to_contain_text("1 selected")
    page.keyboard.press("Escape")
    expect(page.locator(".bulk-bar")).to_be_hidden()
    target = row(page, 1).get_attribute("data-href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")
    page.keyboard.press("/")
    page.keyboard.type("Kyocera")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=Kyocera**")
    expect(row(page)).to_contain_text("Kyocera")


def test_the_palette_finds_pages(page: Page):
    page.keyboard.press("Control+k")
    page.keyboard.type("print")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inventory/")


def test_the_history_is_a_plot_and_a_table(page: Page):
    page.goto(page.url.split("/inventory/")[0] + str(row(page).get_attribute("data-href")) + "#history")
    expect(page.locator(".chart-plot canvas")).to_be_visible()
    page.click("[data-as-table]")
    expect(page.locator(".chart-table table tbody tr")).not_to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways_on_a_phone(chromium: Browser, site: str, theme: Any):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=theme)
    window = context.new_page()
    complaints = Complaints(window)
    sign_in(window, site, "editor")
    paths = ["/inventory/", "/inventory/?q=nowhere", "/inventory/add/", str(row(window).get_attribute("data-href"))]
    for path in paths:
        window.goto(site + path)
        width = window.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{path} is {width} px wide"
    assert window.evaluate("document.documentElement.dataset.bsTheme") == theme
    context.close()
    assert complaints.lines == []


def test_a_viewer_is_offered_nothing_that_would_be_refused(chromium: Browser, site: str):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    window = context.new_page()
    sign_in(window, site, "viewer")
    assert window.locator("[data-poll], #poll-all, #add-printer").count() == 0
    window.goto(site + str(row(window).get_attribute("data-href")))
    assert window.locator("#poll-now, #retire").count() == 0
    context.close()
