"""A search as a person sees it, in a real browser with a real worker: estimate, live progress, found devices, adding them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from playwright.sync_api import expect
from standins.printers import PrinterFleet

from access.services.roles import bootstrap_roles
from inventory.models import Discovery, Printer
from inventory.tests.stack import PASSWORD, Complaints, browser, server, sign_in
from inventory.tests.workers import wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


def alone() -> bool:
    """Whether nobody else is connected to the test's database: it could not be dropped under a server just killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return bool(cursor.fetchone()[0] <= 1)


@pytest.fixture
def site() -> Iterator[str]:
    """The web server, a worker of the low-priority queue, and somebody who may add printers."""
    bootstrap_roles()
    user = User.objects.create_user("editor", password=PASSWORD)
    user.groups.set(Group.objects.filter(name="Inventory Editor"))
    with worker("low_priority"), server() as address:
        yield address
    wait_until(alone, "the connections of server and worker to end")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_search_watch_add(site, width, scheme):
    with (
        PrinterFleet(count=30, scatter=True, network="127.69.0.0/23", web=False, speed=0) as fleet,
        browser() as chromium,
    ):
        page = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme).new_page()
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)
        complaints = Complaints(page)
        sign_in(page, site, "editor")

        page.goto(f"{site}/inventory/discovery/new/")
        page.fill("#id_ports", str(fleet.printers[0].snmp_port))
        page.locator("#id_networks").press_sequentially("127.69.0.0/23")
        expect(page.locator("#estimate")).to_contain_text("510")
        page.click("#search")
        expect(page.locator("[data-job]")).to_contain_text("of 510 addresses")
        expect(page.locator("#add-all")).to_contain_text("Add 30 new printers")
        expect(page.locator("tbody tr")).to_have_count(30)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

        for box in page.locator("[data-check]").all()[:2]:
            box.check()
        page.click("#add-selected")
        expect(page.locator("[data-toasts]")).to_contain_text("2 printers added")
        page.click("#add-all")
        expect(page.locator("[data-toasts]")).to_contain_text("28 printers added")
        expect(page.locator("#add-all")).to_have_count(0)
        assert complaints.lines == []
    assert Printer.objects.count() == 30
    assert Discovery.objects.get().state == "done"
