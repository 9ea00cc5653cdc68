"""Art Factory in a real browser, on a site that was started as the README says."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from main.tests.site import Site

# Three processes and a browser start before the first test; a loaded machine needs its time for that.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SECONDS = 30


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests of this file."""
    found = Site(tmp_path_factory.mktemp("site"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose console has to stay silent."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    found = context.new_page()
    said: list[str] = []
    found.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    found.on("pageerror", lambda error: said.append(str(error)))
    yield found
    context.close()
    assert not said


def place(page: Page, site: Site, prompt: str) -> None:
    """Write a prompt into the order page, see what it makes, order it."""
    page.goto(f"{site.url}/order/")
    page.fill("#prompt", prompt)
    expect(page.locator("[data-preview-products]")).to_have_text("4", timeout=10_000)
    expect(page.locator("[data-preview-cost]")).to_have_text("free")
    page.click("#place")
    page.wait_for_url("**/orders/*/")


def test_two_times_two_are_four_products_within_30_seconds_seen_live(page: Page, site: Site) -> None:
    """The gate: nothing but migrate, load_seed_data and runserver; the page is never loaded again."""
    begun = time.monotonic()
    place(page, site, "[red,blue] [cat,dog]")
    page.evaluate("window.stayed = true")
    expect(page.locator("[data-order-gallery] img")).to_have_count(4, timeout=SECONDS * 1000)
    expect(page.locator("[data-order-state=done]")).to_be_visible(timeout=10_000)
    assert time.monotonic() - begun < SECONDS
    assert page.evaluate("window.stayed") is True
    sizes = page.eval_on_selector_all("[data-order-gallery] img", "all => all.map(one => one.naturalWidth)")
    assert sizes == [320] * 4


def test_without_a_stream_the_page_asks(page: Page, site: Site) -> None:
    page.add_init_script("delete window.EventSource")
    place(page, site, "[green,gold] [owl,fox]")
    expect(page.locator("[data-order-gallery] img")).to_have_count(4, timeout=SECONDS * 1000)


def test_what_was_confirmed_is_done_though_the_page_changes_meanwhile(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/order/")
    page.fill("#prompt", f"[{','.join(f'w{number}' for number in range(60))}]")
    page.fill("#p-size", "1024x1024")
    page.click("#place")
    page.wait_for_url("**/orders/*/")
    expect(page.locator("[data-order-gallery] img").first).to_be_visible(timeout=SECONDS * 1000)
    page.get_by_role("button", name="Cancel order").click()
    page.evaluate("document.querySelector('[data-live]').replaceChildren()")
    page.click("[data-confirm-yes]")
    expect(page.locator(".toast-note")).to_contain_text("stopped")
    expect(page.locator("[data-order-state=running]")).to_have_count(0, timeout=SECONDS * 1000)
    expect(page.locator("tbody")).to_contain_text("cancelled")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "a prompt without a blank is broken somewhere"


def test_a_product_can_be_looked_at_rated_and_taken_back_from_the_trash(page: Page, site: Site) -> None:
    place(page, site, "[pink,teal] [bee,ant]")
    expect(page.locator("[data-order-gallery] img")).to_have_count(4, timeout=SECONDS * 1000)
    page.goto(f"{site.url}/inventory/?q=pink+bee")
    expect(page.locator(".card-title")).to_have_text(["pink bee"])
    page.click(".card-picture")
    page.wait_for_url("**/products/*/", wait_until="load")
    expect(page.locator("h1")).to_have_text("pink bee")
    page.keyboard.press("4")
    expect(page.locator(".stars .bi-star-fill")).to_have_count(4)
    page.wait_for_load_state("load")
    page.keyboard.press("f")
    expect(page.locator(".page-actions .bi-heart-fill")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("x")
    page.wait_for_url("**/inventory/")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(500)
    page.goto(f"{site.url}/inventory/?q=rating:>=4+fav:yes")
    expect(page.locator(".card-product")).to_have_count(1)


def test_a_picture_that_is_dropped_orders_itself_again_and_its_family_is_walked_by_keys(page: Page, site: Site) -> None:
    """Order, vary, download, drop, collect: what was curated by hand, in one go."""
    place(page, site, "[ink,ash] [wolf,hare]")
    expect(page.locator("[data-order-gallery] img")).to_have_count(4, timeout=SECONDS * 1000)
    page.goto(f"{site.url}/inventory/?q=ink+wolf")
    page.click(".card-picture")
    page.wait_for_url("**/products/*/", wait_until="load")
    here = page.url
    with page.expect_download() as taken:
        page.keyboard.press("d")
    data = base64.b64encode(taken.value.path().read_bytes()).decode()
    page.goto(f"{site.url}/order/")
    with page.expect_navigation():
        page.evaluate(
            """data => {
              const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
              const moved = new DataTransfer();
              moved.items.add(new File([bytes], "wolf.png", { type: "image/png" }));
              const drop = new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true });
              document.getElementById("prompt").dispatchEvent(drop);
            }""",
            data,
        )
    expect(page.locator(".notice")).to_contain_text("Filled in from wolf.png, written by Art Factory.")
    expect(page.locator("#prompt")).to_have_value("ink wolf")
    assert page.input_value("#p-seed").isdigit()
    page.goto(here)
    page.get_by_role("link", name="Variation").click()
    page.wait_for_load_state("load")
    expect(page.locator("#prompt")).to_have_value("ink wolf")
    page.click("#place")
    page.wait_for_url("**/orders/*/")
    expect(page.locator("[data-order-gallery] img")).to_have_count(1, timeout=SECONDS * 1000)
    page.goto(f"{here}lineage/")
    expect(page.locator("svg.lineage a")).to_have_count(2)
    page.locator(".lineage-wrap").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/") and "lineage" not in url and url != here)
    expect(page.locator("h1")).to_have_text("ink wolf")


@pytest.mark.parametrize(
    "path",
    [
        "/projects/", "/order/", "/production/", "/inventory/", "/inventory/?q=nowhere", "/models/", "/collections/",
        "/duplicates/", "/settings/", "/products/1/", "/products/1/lineage/", "/orders/1/",
    ],
)  # fmt: skip
def test_no_page_scrolls_sideways_on_a_phone(page: Page, site: Site, path: str) -> None:
    if "/1/" in path:
        place(page, site, "[red,blue] [cat,dog]")
        expect(page.locator("[data-order-gallery] img")).to_have_count(4, timeout=SECONDS * 1000)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
