"""The demo site in a real browser: keyboard, theme, live rows, a silent console, no sideways scroll on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium; apt install chromium"),
]

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve the demo site on a free loopback port; it needs no database."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Opener]:
    """Return a function that opens a path; at the end no console line and no policy violation may have appeared."""
    complaints: list[str] = []
    contexts = []

    def go(path: str, *, width: int = 1440, scheme: Any = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-US")
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(server + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("path", ["/", "/list/", "/detail/", "/form/", "/empty/", "/login/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_sideways_scroll_on_a_phone(visit: Opener, path: str, scheme: str) -> None:
    page = visit(path, width=390, scheme=scheme)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("html").get_attribute("data-bs-theme") == scheme


def test_rail_is_a_bottom_bar_and_rows_are_cards_on_a_phone(visit: Opener) -> None:
    page = visit("/list/", width=390)
    rail = page.locator(".rail").bounding_box()
    assert rail
    assert rail["y"] > 800
    assert rail["width"] == 390
    assert page.locator("tbody tr").first.evaluate("row => getComputedStyle(row).display") == "grid"


def test_keyboard_walks_selects_and_opens_rows(visit: Opener) -> None:
    page = visit("/list/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator("tr.at")).to_have_attribute("data-id", "2")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("1 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("[data-list-search]")).to_be_focused()
    page.keyboard.type("jx?")
    expect(page.locator("tr.at")).to_have_attribute("data-id", "2")
    page.keyboard.press("Tab")
    page.locator("body").click(position={"x": 700, "y": 5})
    page.keyboard.press("?")
    expect(page.locator("dialog[data-keys]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[data-keys]")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/detail/")


@pytest.mark.parametrize("opened", ["dialog[data-keys]", "dialog[data-palette]"])
def test_a_key_pressed_before_the_next_frame_of_a_closed_dialog_is_the_pages(visit: Opener, opened: str) -> None:
    page = visit("/list/")
    page.keyboard.press("j")
    page.keyboard.press("?" if "keys" in opened else "Control+k")
    expect(page.locator(opened)).to_be_visible()
    page.evaluate(  # in one task, so no frame is drawn between closing and the key
        """opened => {
            document.querySelector(opened).close();
            const key = { key: "Enter", bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", key));
        }""",
        opened,
    )
    page.wait_for_url("**/detail/")


def test_selecting_the_page_offers_all_that_match(visit: Opener) -> None:
    page = visit("/list/")
    page.check("[data-check-all]")
    expect(page.locator("[data-bulk-count]")).to_have_text("50 selected")
    page.click("[data-bulk-everything]")
    expect(page.locator("[data-bulk-count]")).to_have_text("All 240 selected")
    with page.expect_response("**/say/") as answer:
        page.click("#bulk-poll")
    assert answer.value.json() == {"received": ["csrfmiddlewaretoken", "scope"]}
    expect(page.locator("[data-bulk]")).to_be_hidden()


def test_theme_is_kept_and_follows_the_system_again(visit: Opener) -> None:
    page = visit("/")
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.click("[data-theme-switch]")
    page.click("[data-theme-switch]")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.click("[data-theme-switch]")
    expect(html).to_have_attribute("data-bs-theme", "light")


def test_rows_are_refreshed_in_place_and_only_changed_cells_flash(visit: Opener) -> None:
    page = visit("/list/")
    row = page.locator("tr[data-id='1']")
    before = row.bounding_box()
    page.locator("tr[data-id='1'] [data-check]").focus()
    page.evaluate("face.refreshRows([1])")
    expect(row.locator("[data-column=total]")).to_have_text("48,272")
    expect(row.locator("[data-column=total]")).to_have_class(re.compile("flash"))
    assert "flash" not in (row.locator("[data-column=model]").get_attribute("class") or "")
    assert row.bounding_box() == before
    expect(row.locator("[data-check]")).to_be_focused()


def test_palette_finds_pages_commands_and_things(visit: Opener) -> None:
    page = visit("/list/")
    page.keyboard.press("Control+k")
    options = page.locator(".palette-list li")
    expect(options.first).to_contain_text("Poll all devices")
    page.keyboard.type("10.4.0.2")
    expect(options).to_have_count(5)
    page.locator(".palette-input").fill("form")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/form/")


def test_columns_and_density_are_remembered_per_list(visit: Opener) -> None:
    page = visit("/list/")
    page.click("text=Columns")
    page.uncheck("[data-columns=devices] input[value=serial]")
    page.click("[data-density=devices]")
    page.reload()
    expect(page.locator("td[data-column=serial]").first).to_be_hidden()
    expect(page.locator("table")).to_have_class(re.compile("compact"))
    assert "serial" not in page.locator("[data-columns-value=devices]").input_value().split(",")


def test_saved_view_is_named_opened_deleted_and_undone(visit: Opener) -> None:
    page = visit("/list/?q=Kyocera&page=2")
    page.click("text=Views")
    page.fill(".view-form input", "Ours <b>")
    page.click(".view-form button")
    page.goto(page.url.split("?")[0])
    page.click("text=Views")
    page.click(".view-row a")
    page.wait_for_url("**/list/?q=Kyocera")
    page.click("text=Views")
    page.click(".view-row button")
    expect(page.locator(".view-row")).to_have_count(0)
    page.click(".toast-undo")
    expect(page.locator(".view-row")).to_have_count(1)


def test_typed_confirmation_holds_the_button_until_the_word_stands_there(visit: Opener) -> None:
    page = visit("/")
    page.click("#ask-typed")
    yes = page.locator("[data-confirm-yes]")
    expect(yes).to_be_disabled()
    page.keyboard.type("delet")
    expect(yes).to_be_disabled()
    page.keyboard.type("e")
    yes.click()
    expect(page.locator(".toast-note")).to_contain_text("retired")


def test_times_are_relative_with_the_exact_time_on_hover_and_the_zone_reaches_the_server(
    visit: Opener, server: str
) -> None:
    page = visit("/")
    first = page.locator("time[data-ago]").first
    expect(first).to_have_text(re.compile(r"\d min"))
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", first.get_attribute("title") or "")
    assert page.request.get(f"{server}/zone/").text() == page.evaluate(
        "Intl.DateTimeFormat().resolvedOptions().timeZone"
    )


def test_charts_draw_gaps_and_turn_into_tables(visit: Opener) -> None:
    page = visit("/")
    chart = page.locator("[data-source='#history-data']")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".chart-label")).to_have_count(2)
    plot = chart.locator(".u-over").bounding_box()
    assert plot
    page.mouse.move(plot["x"] + plot["width"] * 55 / 120, plot["y"] + 40)
    expect(chart.locator(".chart-tip")).to_contain_text("Black no data")
    chart.locator("[data-as-table]").click()
    expect(chart.locator("tbody tr")).to_have_count(120)
    expect(chart.locator("tbody td", has_text="–")).to_have_count(11)
    bars = page.locator("[data-source='#months-data']")
    bars.scroll_into_view_if_needed()
    expect(bars.locator("canvas")).to_be_visible()


def test_tabs_follow_the_arrow_keys_and_the_address(visit: Opener) -> None:
    page = visit("/detail/#polls")
    expect(page.locator("#polls")).to_be_visible()
    expect(page.locator("#now")).to_be_hidden()
    page.locator("a[href='#polls']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#audit")).to_be_visible()
    assert page.url.endswith("#audit")


def test_copy_button_copies(visit: Opener) -> None:
    page = visit("/list/")
    page.hover("tr[data-id='1'] .copy")
    page.click("tr[data-id='1'] [data-copy]")
    expect(page.locator(".toast-note")).to_have_text(re.compile("Copied"))
    assert page.evaluate("navigator.clipboard.readText()") == "VCF0007919"


def test_hints_reconnect_and_say_when_they_are_away(visit: Opener) -> None:
    page = visit("/empty/")
    tries: list[Any] = []

    def answer(socket: Any) -> None:
        tries.append(socket)
        if len(tries) < 3:
            socket.close(code=1011)
        else:
            socket.send("not json")
            socket.send('{"printer_id": 7}')

    page.route_web_socket("**/ws/", answer)
    page.clock.install()
    page.evaluate("window.seen = []; face.connectHints('/ws/', (hint) => seen.push(hint), () => seen.push('again'))")
    for _ in range(6):
        page.clock.run_for(1000)
        page.wait_for_timeout(50)
        if len(tries) == 2:
            expect(page.locator("[data-offline]")).to_be_visible()
    page.wait_for_function("seen.length === 2")
    assert page.evaluate("seen") == ["again", {"printer_id": 7}]
    expect(page.locator("[data-offline]")).to_be_hidden()
