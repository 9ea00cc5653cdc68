"""The start page in a real browser: live states, no sideways scroll, a silent console, both themes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from localservices.processes import free_port
from localservices.runfile import Login, System
from localservices.servers import Server
from localservices.startpage import PageServer, PageState, SystemView, serve_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ACCENTS = ("printers", "tasks", "soleflip", "art")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-sync"])
        yield chromium
        chromium.close()


def view(accent: str) -> SystemView:
    """Return a system with long words, as people write them."""
    system = System(
        name=accent,
        folder=Path(),
        title=f"A system called {accent}",
        summary="Polls a fleet of network printers, keeps its contracts and bills from a monthly report",
        order=1,
        accent=accent,
        url="",
        health="",
        logins=(Login("administrator", "may do everything"), Login("reader", "looks only")),
        links=(),
        databases=(),
        redis=False,
        environment={},
        prepare=(),
        processes=(),
    )
    return SystemView(system, "http://127.0.0.1:5000/", "", phase="running")


@pytest.fixture
def page_server(tmp_path: Path) -> Iterator[tuple[int, PageState, PageServer]]:
    why = "installed in /opt/homebrew/opt/postgresql@17/with-a-rather-long-folder-name/bin"
    servers = {"postgres": Server("postgres", "told", "17.2", why, "127.0.0.1", 54321, "u", "p")}
    state = PageState(tmp_path, [view(accent) for accent in ACCENTS], servers, "abcd-efgh-jkmn")
    port = free_port()
    server = serve_page(port, state)
    yield port, state, server
    server.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_says_nothing_on_the_console(
    browser: Browser, page_server: tuple[int, PageState, PageServer], width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    spoken: list[str] = []
    page.on("console", lambda message: spoken.append(message.text))
    page.on("pageerror", lambda error: spoken.append(str(error)))
    page.goto(f"http://127.0.0.1:{page_server[0]}/")
    expect(page.locator("#live")).to_have_text("live")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert spoken == []
    context.close()


def test_states_change_without_a_reload(browser: Browser, page_server: tuple[int, PageState, PageServer]) -> None:
    port, state, server = page_server
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    card = page.locator("[data-system=printers]")
    expect(card.locator(".head .state")).to_have_text("running")
    state.views[0].phase = "preparing: migrate"
    expect(card.locator(".head .state")).to_have_text("preparing")
    expect(card.locator(".note")).to_have_text("migrate")
    expect(card.locator(".note")).to_be_visible()
    server.close()
    expect(page.locator("#live")).to_have_text(re.compile("make run"))
    context.close()
