"""Signing in through the provider with a real browser against a real server; what each role is then offered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Browser, Page, expect
from standins.oidc import KeyRing, OidcProvider

from access.models import AllowedUser
from access.services import whitelist
from access.services.audit import Actor
from access.services.roles import bootstrap_roles
from access.tests.provider import SECRET, realm
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.stack import Complaints, browser, free_port, server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def site(keys: KeyRing) -> Iterator[str]:
    """The product beside a provider; operator and viewer are on its list."""
    bootstrap_roles()
    for name, role in (("operator", "Inventory Operator"), ("viewer", "Inventory Viewer")):
        AllowedUser.objects.create(username=name).initial_groups.set(Group.objects.filter(name=role))
    make_printer(serial_number="SEEN-BY-ALL", organization=make_organization("Alpha"))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        OidcProvider(realm(address), keys=keys) as provider,
        server(
            port,
            KEYCLOAK_SERVER_URL=provider.issuer.partition("/realms/")[0],
            KEYCLOAK_REALM="tests",
            OIDC_CLIENT_ID="printer-inventory",
            OIDC_CLIENT_SECRET=SECRET,
            OIDC_PROVIDER_NAME="the company",
        ),
    ):
        yield address


def window(chromium: Browser, width: int = 1440) -> tuple[Page, Complaints]:
    """Return a window of a browser that has seen nothing yet."""
    page = chromium.new_context(viewport={"width": width, "height": 900}).new_page()
    return page, Complaints(page)


def through_the_provider(page: Page, address: str, name: str) -> None:
    """Go to the fleet and sign in on the way."""
    page.goto(f"{address}/inventory/")
    page.click("#provider-sign-in")
    page.fill("#username", name)
    page.fill("#password", f"pw-{name}")
    page.keyboard.press("Enter")


def test_an_operator_signs_in_and_another_user_sees_only_what_the_role_allows(chromium: Browser, site: str):
    page, complaints = window(chromium)
    through_the_provider(page, site, "operator")
    page.wait_for_url(f"{site}/inventory/")
    expect(page.locator("body")).to_contain_text("SEEN-BY-ALL")
    expect(page.locator("#poll-all")).to_be_visible()
    assert page.locator("#add-printer").count() == 0
    page.context.close()
    other, more = window(chromium)
    through_the_provider(other, site, "viewer")
    other.wait_for_url(f"{site}/inventory/")
    expect(other.locator("body")).to_contain_text("SEEN-BY-ALL")
    assert other.locator("#poll-all, #add-printer, [data-poll]").count() == 0
    refused = other.goto(f"{site}/inventory/add/")
    assert refused is not None
    assert refused.status == 403
    assert other.locator("a.rail-item", has_text="Administration").count() == 0
    other.context.close()
    assert complaints.lines == []
    assert [line for line in more.lines if "403" not in line] == []


def test_a_stranger_waits_and_comes_in_once_let_in(chromium: Browser, site: str):
    page, _complaints = window(chromium, 390)
    through_the_provider(page, site, "stranger")
    expect(page.locator("h1")).to_have_text("Waiting for approval")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    whitelist.decide(AllowedUser.objects.get(username="stranger"), Actor(name="console"), allow=True)
    page.click("#try-again")
    page.wait_for_url(f"{site}/inventory/")
    page.context.close()


def test_signing_out_reaches_the_provider(chromium: Browser, site: str):
    page, complaints = window(chromium)
    through_the_provider(page, site, "viewer")
    page.wait_for_url(f"{site}/inventory/")
    page.locator(".topbar .dropdown .btn", has_text="viewer").click()
    page.locator(".dropdown-menu form[action='/accounts/logout/'] button").click()
    page.wait_for_url("**/accounts/login/**")
    page.click("#provider-sign-in")
    expect(page.locator("#password")).to_be_visible()
    page.context.close()
    assert complaints.lines == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sign_in_page_fits_a_phone(chromium: Browser, site: str, theme: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    complaints = Complaints(page)
    for path in ("/accounts/login/", "/accounts/django-login/"):
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.locator("#id_username")).to_be_visible()
    context.close()
    assert complaints.lines == []
