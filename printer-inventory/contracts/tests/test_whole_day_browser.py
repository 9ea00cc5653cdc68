"""One operator, one day, every part: in through the provider, contracts, a web page taught, a replacement, an order.

Beside it a colleague who sees only what the role allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, expect
from standins.oidc import KeyRing, OidcProvider, new_key
from standins.printers import PrinterFleet

from access.models import AllowedUser, OrganizationLimit
from access.services.roles import bootstrap_roles
from access.tests.provider import SECRET, realm
from access.tests.test_sign_in_browser import through_the_provider, window
from contracts.models import Cartridge, DeviceModelCartridge
from contracts.tests.factories import make_device, make_model, make_provider, make_status
from contracts.tests.test_browser import import_contracts, order_a_cartridge, replace_the_broken_one
from inventory.models import InventoryTask, PrinterState
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.stack import browser, free_port, server
from inventory.tests.test_web_browser import row_for, teach
from inventory.tests.workers import wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

ROLES = {
    "operator": ("Contracts Editor", "Inventory Admin"),
    "viewer": ("Contracts Viewer", "Inventory Viewer"),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def fleet() -> Iterator[PrinterFleet]:
    with PrinterFleet(count=24, speed=0) as running:
        yield running


@pytest.fixture
def site() -> Iterator[str]:
    """The product beside a provider, with one broken device under contract and a worker for all that is asked for."""
    bootstrap_roles()
    for name, roles in ROLES.items():
        AllowedUser.objects.create(username=name).initial_groups.set(Group.objects.filter(name__in=roles))
    alpha, model = make_organization("Alpha"), make_model()
    make_status("Written off")
    cartridge = Cartridge.objects.create(name="TK-1170", color="black")
    DeviceModelCartridge.objects.create(device_model=model, cartridge=cartridge, is_primary=True)
    printer = make_printer(serial_number="BROKEN1", organization=alpha)
    make_device(organization=alpha, serial_number="BROKEN1", printer=printer, service_provider=make_provider())
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        OidcProvider(realm(address), keys=KeyRing(new_key())) as provider,
        server(
            port,
            KEYCLOAK_SERVER_URL=provider.issuer.partition("/realms/")[0],
            KEYCLOAK_REALM="tests",
            OIDC_CLIENT_ID="printer-inventory",
            OIDC_CLIENT_SECRET=SECRET,
        ),
        worker("low_priority,high_priority", EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend"),
    ):
        yield address


def test_an_operators_whole_day_and_a_colleague_who_only_looks(
    chromium: Browser, site: str, fleet: PrinterFleet, tmp_path: Path
):
    page, complaints = window(chromium)
    through_the_provider(page, site, "operator")
    page.wait_for_url(f"{site}/inventory/")

    import_contracts(page, site, tmp_path)

    number, printer = row_for(fleet, "HP")
    page.goto(f"{site}/inventory/{printer.pk}/web-parser/")
    teach(page, "serial_number", "/status", "Serial number")
    teach(page, "counter", "/counters", "Total impressions")
    page.select_option("#polling-method", "WEB")
    expect(page.locator(".toast-note").last).to_contain_text("Polling method")
    page.click("#poll-now")
    page.wait_for_url(f"{site}/inventory/{printer.pk}/")
    wait_until(lambda: InventoryTask.objects.filter(printer=printer, state="done", engine="web").exists(), "the poll")
    assert PrinterState.objects.get(pk=printer.pk).total_pages == fleet.truth(number)["counters"]["total"]

    replace_the_broken_one(page, site)
    order_a_cartridge(page, "operator@example.test")
    page.context.close()
    assert complaints.lines == []

    colleague, more = window(chromium)
    through_the_provider(colleague, site, "viewer")
    colleague.wait_for_url(f"{site}/inventory/")
    colleague.goto(f"{site}/contracts/")
    expect(colleague.locator("body")).to_contain_text("SPARE9")
    assert colleague.locator("[data-edit], #import, #add-device, .bulk-bar").count() == 0
    for refused in (f"/inventory/{printer.pk}/edit/", "/contracts/import/", "/contracts/new/", "/monthly-report/"):
        answer = colleague.goto(f"{site}{refused}")
        assert answer is not None
        assert answer.status == 403, refused
    # The same colleague, limited to another client: neither device nor figure of Alpha is left.
    limit = OrganizationLimit.objects.create(user=User.objects.get(username="viewer"))
    limit.organizations.set([make_organization("Beta")])
    for seen, word in (("/contracts/", "SPARE9"), ("/inventory/", printer.ip_address), ("/dashboard/", "Alpha")):
        answer = colleague.goto(f"{site}{seen}")
        assert answer is not None
        assert answer.status == 200
        expect(colleague.locator("main")).not_to_contain_text(word)
    assert colleague.locator("main a[href='/dashboard/alarms/']").count() == 0
    colleague.context.close()
    assert [line for line in more.lines if "403" not in line] == []
