"""Deciding about doubtful readings in a real browser, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from standins.printers import PrinterFleet

from access.services.roles import bootstrap_roles
from inventory.models import PollSchedule, Quarantine
from inventory.services.sweeping import Sweep
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.stack import PASSWORD, Complaints, browser, server, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


def poll() -> None:
    """Poll every printer now; on a thread of its own, because the browser's event loop lives on the test's."""

    def sweep() -> None:
        try:
            PollSchedule.objects.update(due_at=timezone.now())
            Sweep().run()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(sweep).result()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser that is there before the first query: Django keeps one connection per context, and it brings its own."""
    with browser() as running:
        yield running


@pytest.fixture
def site(chromium: Browser) -> Iterator[str]:
    """The product with a reset, a replaced device, a swapped board and a jump in doubt."""
    bootstrap_roles()
    editor = User.objects.create_user("editor", password=PASSWORD)
    editor.groups.set(Group.objects.filter(name="Inventory Editor"))
    clients = [make_organization("Alpha"), make_organization("Beta")]
    with PrinterFleet(count=8, speed=0) as fleet:
        for place, one in enumerate(fleet.printers):
            make_printer(
                ip_address=one.address, snmp_port=one.snmp_port, serial_number="", organization=clients[place % 2]
            )
        poll()
        fleet.reset_counters(0)
        fleet.replace_device(1)
        fleet.swap_board(2, serial=True, mac=False)
        fleet.print_pages(3, 9000)
        for _ in range(3):
            poll()
    with server() as address:
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A desktop window of an editor on the quarantine; its console must stay silent."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    window = context.new_page()
    complaints = Complaints(window)
    sign_in(window, site, "editor")
    window.goto(f"{site}/inventory/quarantine/")
    yield window
    context.close()
    assert complaints.lines == []


def test_the_suggestion_is_one_press_away_and_can_be_undone(page: Page):
    expect(page.locator("tr[data-id]")).to_have_count(4)
    expect(page.locator(".rail-badge")).to_have_text("4")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".toast-note")).to_be_visible()
    expect(page.locator("tr[data-id]")).to_have_count(3)
    assert Quarantine.objects.filter(resolved_at=None).count() == 3
    page.click(".toast-undo")
    expect(page.locator("tr[data-id]")).to_have_count(4)
    assert Quarantine.objects.filter(resolved_at=None).count() == 4


def test_selected_doubts_are_rejected_together(page: Page):
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.click("#reject-selected")
    expect(page.locator("tr[data-id]")).to_have_count(2)
    assert Quarantine.objects.filter(resolution="rejected").count() == 2


def test_one_doubt_is_compared_side_by_side_and_fits_a_phone(page: Page):
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/quarantine/*/")
    expect(page.locator(".diff del").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (page.url, page.url.rsplit("/", 2)[0] + "/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
