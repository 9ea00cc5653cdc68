"""A seller's way in a real browser, with a real server, a real worker and StockX's stand-in, to the tax report."""

from __future__ import annotations

import asyncio
import csv
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from standins.stockx import StockX as StandIn

from cli.sample import COLUMNS, stockx_rows
from shared.auth import passwords
from shared.config.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]
ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SKU, NAME, SIZE = "DD1391-100", "Nike Dunk Low Retro White Black Panda", "9"
PASSWORD = "a long password of the seller"
SALES = 120
WAIT = 90_000


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process(environment: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a part of SoleFlip for the block."""
    running = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30)


def until(holds: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until something outside of the page holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:  # noqa: S310 -- our own loopback address
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def environment(settings: Settings, standin: StandIn) -> Iterator[dict[str, str]]:
    """A migrated database of its own with one administrator, and what processes need to know of it."""
    server = settings.libpq_url.rpartition("/")[0]
    name = f"soleflip_story_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    port = free_port()
    told = {
        **os.environ, "ENVIRONMENT": "testing", "DATABASE_URL": f"{server}/{name}", "BASE_URL": f"http://127.0.0.1:{port}",
        "STOCKX_API_BASE_URL": standin.api, "STOCKX_AUTH_URL": standin.auth, "STOCKX_REQUESTS_PER_SECOND": "50",
        "STOCKX_CLIENT_ID": standin.accounts.client_id, "STOCKX_CLIENT_SECRET": standin.accounts.client_secret,
        "STOCKX_API_KEY": standin.accounts.api_key, "PROVIDER_NETWORKS": "127.0.0.0/8", "RATE_LIMIT_ENABLED": "false",
        "LOG_LEVEL": "WARNING", "PORT": str(port),
    }  # fmt: skip
    subprocess.run([sys.executable, "-m", "cli", "db", "upgrade"], cwd=ROOT, env=told, check=True)
    with psycopg.connect(f"{server}/{name}", autocommit=True) as shop:
        shop.execute(
            "INSERT INTO auth.users (email, username, hashed_password, role) VALUES ('s@example.com', 'seller', %s, 'admin')",
            (asyncio.run(passwords.make_hash(PASSWORD)),),
        )
    yield told
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def site(environment: dict[str, str]) -> Iterator[str]:
    """The shop: web and worker."""
    address = environment["BASE_URL"]
    web = ("uvicorn", "main:app", "--port", environment["PORT"], "--no-access-log", "--log-level", "warning")
    with process(environment, *web), process(environment, "cli", "work"):
        until(lambda: answers(f"{address}/health/live"))
        yield address


@pytest.fixture
def page(site: str) -> Iterator[Page]:
    """A phone in the seller's hand; nothing is complained about in the console, no page is wider than it."""
    with sync_playwright() as running:
        browser: Browser = running.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        context = browser.new_context(viewport={"width": 390, "height": 844}, accept_downloads=True)
        context.set_default_timeout(WAIT)
        window = context.new_page()
        complaints: list[str] = []

        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and message.location["url"].startswith(site):
                complaints.append(message.text)

        window.on("console", heard)
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.goto(f"{site}/login")
        window.get_by_label("Name or e-mail").fill("seller")
        window.get_by_label("Password").fill(PASSWORD)
        window.get_by_role("button", name="Sign in").click()
        expect(window.get_by_role("heading", name="Dashboard")).to_be_visible(timeout=WAIT)
        yield window
        context.close()
        browser.close()
    assert [line for line in complaints if "400" not in line] == []  # one price is refused on purpose


def report(path: Path) -> None:
    """Write a year's report with two cells nobody can read; one sale is of the pair whose purchase we know."""
    rows = list(stockx_rows(SALES))
    first = datetime.now(UTC) - timedelta(days=365)
    for place, row in enumerate(rows):
        sold = first + timedelta(days=place * 365 / SALES)
        row[9] = row[10] = f"{sold + timedelta(days=6):%Y-%m-%d %H:%M:%S} +00"
        row[17] = f"{sold:%Y-%m-%d %H:%M:%S} +00"
        row[34] = str(200 + place)
    rows[SALES - 1][12], rows[SALES - 1][14], rows[SALES - 1][15] = NAME, SIZE, SKU
    rows[4][17] = "31/31/2025"
    rows[9][34] = "abc"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url


def look_again(page: Page, words: str) -> None:
    """Load the page until some words stand on it, as a seller who waits does."""
    deadline = time.monotonic() + WAIT / 1000
    while words not in page.inner_text("main"):
        assert time.monotonic() < deadline, page.inner_text("main")[:2000]
        page.wait_for_timeout(400)
        page.reload()


def add_pair(page: Page, site: str, paid: str) -> None:
    page.goto(f"{site}/inventory")
    page.get_by_label("SKU or barcode").fill(SKU)
    page.get_by_label("Size", exact=True).fill(f"US {SIZE}")
    page.get_by_label("Paid, with VAT").fill(paid)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("Dunk")


def test_from_connecting_stockx_to_the_tax_report(page: Page, site: str, standin: StandIn, tmp_path: Path) -> None:
    connect(page, site)
    sell_last_year(page, site, tmp_path)
    listing_id = list_and_reprice(page, site, standin)
    number = sell_and_be_paid(page, site, standin, listing_id)
    page.goto(f"{site}/money")
    fits(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Tax report as Excel").click()
    kept = tmp_path / "report.xlsx"
    waiting.value.save_as(kept)
    rows = list(load_workbook(kept).worksheets[0].values)
    lines = {row[3]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert float(lines[number]["sale_gross"]) == 139
    assert lines[number]["tax_scheme"] == "standard"
    # 139 less 9 % and 3 % and 4.50, and 80 that the pair cost
    assert round(float(lines[number]["profit"]), 2) == 37.82


def connect(page: Page, site: str) -> None:
    page.goto(f"{site}/settings")
    page.get_by_role("button", name="Connect StockX").click()
    page.get_by_role("link", name="Continue at StockX").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("main")).to_contain_text("connected")
    expect(page.get_by_role("button", name="Connect again")).to_be_visible()
    fits(page)


def sell_last_year(page: Page, site: str, folder: Path) -> None:
    """Import the report, mend its rows, add the pair one sale is of, and see what it earned."""
    report(folder / "year.csv")
    page.goto(f"{site}/imports")
    page.get_by_label("File").set_input_files(folder / "year.csv")
    page.get_by_role("button", name="Check the rows").click()
    expect(page.locator("main")).to_contain_text("Invalid date format")
    expect(page.locator("main")).to_contain_text("Invalid currency format")
    fits(page)
    for words, column, value in (("date", "Sale Date", "2026-02-03"), ("currency", "Listing Price", "209")):
        row = page.locator("tbody tr", has_text=f"Invalid {words} format")
        row.get_by_label("Column").select_option(column)
        row.get_by_label("Value").fill(value)
        row.get_by_role("button", name="Mend").click()
        expect(page.locator("tbody tr", has_text=f"Invalid {words} format")).to_have_count(0)
    page.get_by_role("button", name=f"Apply {SALES} rows").click()
    look_again(page, "done")
    add_pair(page, site, "119,00 €")
    page.goto(f"{site}/orders")
    page.get_by_role("button", name="Look for pairs").click()
    page.goto(f"{site}/orders?q={SKU}")
    expect(page.locator("tbody tr").first).to_contain_text("matched")
    fits(page)
    page.goto(site)
    profit = page.locator(".stat", has_text="Profit of matched sales")
    expect(profit).not_to_contain_text(" 0.00")
    expect(profit).to_contain_text("€")
    fits(page)


def list_and_reprice(page: Page, site: str, standin: StandIn) -> str:
    """Add a pair, list it at 150, let the market fall to 140 and reprice it; return StockX's number of the listing."""
    add_pair(page, site, "95,20 €")
    page.locator("tbody tr", has_text="in stock").get_by_role("link", name="Dunk").first.click()
    expect(page.get_by_role("heading", name="Ask a price")).to_be_visible()
    fits(page)
    page.get_by_label("Whole euros at StockX").fill("149.5")
    page.get_by_role("button", name="List it").click()
    expect(page.locator("main")).to_contain_text("StockX takes whole euros")
    page.get_by_label("Whole euros at StockX").fill("150")
    page.get_by_role("button", name="List it").click()
    until(lambda: any(each.status == "ACTIVE" for each in standin.world.listings.values()))
    [variant] = [each for product, each in standin.world.variants.values() if (product.style, each.size) == (SKU, SIZE)]
    variant.lowest_ask, variant.highest_bid = 140, 120
    page.goto(f"{site}/pricing")
    page.get_by_role("button", name="Fetch market").click()
    look_again(page, "List at 1")
    page.goto(f"{site}/listings")
    look_again(page, "active")
    page.goto(f"{site}/pricing")
    page.get_by_role("button", name="Try repricing").click()
    expect(page.locator("tbody tr").first).to_contain_text("139.00")
    fits(page)
    page.get_by_role("button", name="Change 1 prices").click()
    [(listing_id, _)] = standin.world.listings.items()
    until(lambda: standin.world.listings[listing_id].amount == "139")
    return listing_id


def sell_and_be_paid(page: Page, site: str, standin: StandIn, listing_id: str) -> str:
    """A buyer takes it, StockX pays; return the order's number."""
    number = standin.world.sell(listing_id).number
    pull(page, site)
    page.goto(f"{site}/orders?q={number}")
    look_again(page, "matched")
    page.goto(f"{site}/inventory?status=sold")
    expect(page.locator("tbody tr", has_text="Dunk").first).to_be_visible()
    standin.world.advance(number, "PAYOUTCOMPLETED")
    pull(page, site)
    page.goto(f"{site}/orders?q={number}&paid=true")
    look_again(page, number)
    expect(page.locator("tbody tr").first).to_contain_text("paid")
    return number


def pull(page: Page, site: str) -> None:
    page.goto(f"{site}/settings")
    page.get_by_role("button", name="Pull orders and listings now").click()
