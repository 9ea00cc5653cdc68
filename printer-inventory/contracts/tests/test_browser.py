"""An operator's day in a real browser, with a real server and a real worker: import from Excel, edit, replace, order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Page, expect
from sheets import write_table

from access.services.roles import bootstrap_roles
from contracts.models import Cartridge, CartridgeOrder, ContractDevice, DeviceModelCartridge
from contracts.tests.factories import make_device, make_model, make_provider, make_status
from contracts.tests.test_imports import HEAD
from inventory.models import Printer
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.stack import PASSWORD, Complaints, browser, server, sign_in
from inventory.tests.workers import worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def site() -> Iterator[str]:
    """The product with an operator and a viewer, one client with a device and its printer, a worker for imports and orders."""
    bootstrap_roles()
    for name, roles in (
        ("operator", ("Contracts Editor", "Inventory Operator")), ("viewer", ("Contracts Viewer", "Inventory Viewer")),
    ):  # fmt: skip
        user = User.objects.create_user(name, password=PASSWORD, email=f"{name}@example.org")
        user.groups.set(Group.objects.filter(name__in=roles))
    alpha, model = make_organization("Alpha"), make_model()
    make_status("Written off")
    cartridge = Cartridge.objects.create(name="TK-1170", color="black")
    DeviceModelCartridge.objects.create(device_model=model, cartridge=cartridge, is_primary=True)
    printer = make_printer(serial_number="BROKEN1", organization=alpha, is_active=True)
    make_device(organization=alpha, serial_number="BROKEN1", printer=printer, service_provider=make_provider())
    with server() as address, worker("low_priority", EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend"):
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    window = context.new_page()
    complaints = Complaints(window)
    sign_in(window, site, "operator")
    yield window
    context.close()
    assert [line for line in complaints.lines if "409" not in line] == []


def import_contracts(page: Page, site: str, folder: Path) -> None:
    """Bring two devices in from Excel; a third row names a client that does not exist and stays out."""
    path = folder / "contracts.xlsx"
    place = ("Alpha", "Irkutsk", "Lenina 1", "1", "Kyocera", "ECOSYS P2040dn")
    write_table(path, HEAD, [(*place, "NEW1", "03.2026"), (*place, "NEW2", ""), ("Nobody", *place[1:], "NEW3", "")])
    page.goto(f"{site}/contracts/import/")
    page.set_input_files("#id_files", str(path))
    page.select_option("#id_status", label="In service")
    page.click("#upload")
    expect(page.locator("#apply")).to_contain_text("Apply 2 rows", timeout=30_000)
    expect(page.locator("tbody")).to_contain_text("There is no organization 'Nobody'")
    page.click("#apply")
    expect(page.locator(".notice.s-ok")).to_contain_text("Devices added: 2", timeout=30_000)


def replace_the_broken_one(page: Page, site: str) -> None:
    """Put another device where the broken one stood, in the contract and in the inventory."""
    page.goto(f"{site}/contracts/?serial=BROKEN1")
    page.locator("tr[data-id] .cell-title a").click()
    page.click("#replace")
    page.fill("#id_serial_number", "SPARE9")
    page.select_option("#id_old_status", label="Written off")
    page.click("#replace")
    expect(page.locator(".toast-note")).to_contain_text("stands where")
    new = ContractDevice.objects.get(serial_number="SPARE9")
    assert new.printer is not None
    assert Printer.objects.get(serial_number="BROKEN1").replaced_by == new.printer


def order_a_cartridge(page: Page, reply_to: str) -> None:
    """From the device's page, by e-mail; answers go to who ordered."""
    page.click("#order")
    page.locator("input.pieces").fill("3")
    page.click("#send-order")
    expect(page.locator("#orders")).to_contain_text("TK-1170")
    for _ in range(30):
        page.wait_for_timeout(500)
        page.reload()
        if "sent" in page.locator("#orders").inner_text():
            break
    order = CartridgeOrder.objects.get()
    assert (order.delivery.state, order.lines[0]["quantity"], order.reply_to) == ("done", 3, reply_to)


def test_an_operators_day(page: Page, site: str, tmp_path: Path):
    import_contracts(page, site, tmp_path)

    page.goto(f"{site}/contracts/?serial=NEW1")
    row = page.locator("tr[data-id]")
    row.locator("[data-edit]").click()
    row.locator("[name=room_number]").fill("42")
    page.keyboard.press("Enter")
    expect(row.locator("[data-field=room_number]")).to_have_text("42")
    assert ContractDevice.objects.get(serial_number="NEW1").room_number == "42"

    # Somebody else is faster: both values stay in sight, nothing is lost.
    page.keyboard.press("j")
    page.keyboard.press("e")
    row.locator("[name=room_number]").fill("43")
    ContractDevice.objects.filter(serial_number="NEW1").update(room_number="44", version=9)
    page.keyboard.press("Enter")
    expect(page.locator(".edit-conflict")).to_be_visible()
    expect(row).to_contain_text("Now: 44")
    page.locator("[data-keep-mine]").click()
    expect(row.locator("[data-field=room_number]")).to_have_text("43")

    replace_the_broken_one(page, site)
    order_a_cartridge(page, "operator@example.org")


def test_columns_filter_and_a_viewer_is_offered_nothing_that_would_be_refused(chromium: Browser, site: str):
    make_device(serial_number="INREPAIR", status=make_status("In repair"))
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    window = context.new_page()
    complaints = Complaints(window)
    sign_in(window, site, "viewer")
    window.goto(f"{site}/contracts/")
    assert window.locator("[data-edit], #import, #add-device, .bulk-bar").count() == 0
    window.click("#filter-status")
    window.get_by_label("In repair").check()
    window.locator('[data-filter="status"] .btn-primary').click()
    expect(window.locator("tr[data-id]")).to_have_count(1)
    expect(window.locator(".chip.active")).to_contain_text("Status: In repair")
    context.close()
    assert complaints.lines == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways_on_a_phone(chromium: Browser, site: str, theme: Any):
    device = ContractDevice.objects.get()
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=theme)
    window = context.new_page()
    complaints = Complaints(window)
    sign_in(window, site, "operator")
    paths = [
        "",
        "?q=nowhere",
        "new/",
        "import/",
        "orders/",
        f"{device.pk}/",
        f"{device.pk}/order/",
        f"{device.pk}/replace/",
    ]
    for path in paths:
        window.goto(f"{site}/contracts/{path}")
        width = window.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{path} is {width} px wide"
    context.close()
    assert complaints.lines == []
