"""A person in a browser: logs in, runs a command by its form, watches, stops, sees why."""

from __future__ import annotations

import re
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect, sync_playwright

from eztaskmanager.models import AppCommand
from eztaskmanager.tests.site import Site, wait_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def address(sqlite_site: Site) -> str:
    """A running demo: web and worker, on SQLite."""
    AppCommand.objects.create(app_name="eztaskmanager", name="test_livelogging_command")
    User.objects.create_superuser("admin", password="secret")
    sqlite_site.worker()
    port = free_port()
    sqlite_site.start("runserver", "--noreload", f"127.0.0.1:{port}")
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(f"{url}/eztaskmanager/health/").status)
        return False

    wait_for(answers, 30)
    return url


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """A signed-in tab, whose console must stay silent."""
    complaints: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "favicon" not in str(message.location)
                else None
            ),
        )
        tab.goto(f"{address}/admin/")
        tab.fill("#id_username", "admin")
        tab.fill("#id_password", "secret")
        tab.click("[type=submit]")
        tab.wait_for_selector("#user-tools", state="attached")
        yield tab
        browser.close()
    assert complaints == []


def test_run_by_form_watch_stop_and_see_why(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/eztaskmanager/task/add/")
    page.fill("#id_name", "Watch me")
    page.select_option("#id_command", label="eztaskmanager: test_livelogging_command")
    page.fill("[name=arg__limit]", "500")
    page.select_option("[name=arg__verbosity]", "3")
    expect(page.locator("#ez-preview code")).to_have_text(
        "manage.py test_livelogging_command --limit 500 --verbosity 3"
    )
    page.click("[name='_run-now']")
    page.click("text=Watch the log")

    lines = page.locator(".ez-line")
    expect(lines.nth(3)).to_be_visible(timeout=15_000)
    before = lines.count()
    expect(lines.nth(before + 5)).to_be_attached(timeout=10_000)
    expect(page.locator("#ez-progress span")).to_contain_text("of 500 lines")
    overflow = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(overflow) <= 0

    page.click("#ez-stop")
    expect(page.locator("#ez-state")).to_contain_text("stopped", timeout=15_000)
    expect(page.locator("#ez-reason")).to_have_text("Stopped by admin.")
    expect(page.locator("#ez-stop")).to_be_hidden()
    expect(page.locator("#ez-live")).to_have_text("Ended")

    page.fill("#ez-search", "still going")
    expect(lines.first).to_contain_text(re.compile("still going"), timeout=10_000)
    for button in ("Errors", "All"):
        page.click(f".ez-chip:has-text('{button}')")
