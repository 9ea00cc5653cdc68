"""Pictures of every page: `make shots` writes shots/SYSTEM/NAME-WIDTH-THEME.png, outside git.

The demo is started if it does not run. With `--docs` the pages that ask for it are also written to docs/ as WebP, 1440 px, light.
Each system lists its pages in `<system>/shots.toml`, and in `[[step]]` what is done before them, once; `{first}` is the number in
the first row of the page that tells it is ready.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
WIDTHS = {1440: 900, 390: 844}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PATIENCE = 120
LARGEST_PICTURE = 200_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def answers(url: str) -> bool:
    """Return whether a URL on this machine answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback, from our own run.toml
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def demo(system: str, health: str) -> Iterator[None]:
    """Have the demo running: the one that runs already, or one of our own for as long as it is needed."""
    if answers(health):
        yield
        return
    command = [sys.executable, "-m", "localservices", "run", system]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(health):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"shots: `make run SYSTEM={system}` does not start; run it by hand to see why")
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(30)


def sign_in(page: Page, base: str, plan: dict[str, Any]) -> None:
    """Sign in with the demo account, where there is a way to."""
    if "login" not in plan:
        return
    name, password = plan.get("fields", ("#id_username", "#id_password"))
    page.goto(base + plan["login"])
    page.fill(name, plan["user"])
    page.fill(password, (ROOT / ".local" / "demo-password").read_text().strip())
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: plan["login"] not in url)


def prepare(page: Page, base: str, plan: dict[str, Any]) -> None:
    """Do what must have happened before the pictures: open a page, fill a field, click, wait for what comes."""
    for step in plan.get("step", ()):
        if "path" in step:
            page.goto(base + step["path"])
        for selector, value in step.get("fill", {}).items():
            page.fill(selector, value)
        if "click" in step:
            page.click(step["click"])
        if "wait" in step:
            page.wait_for_selector(step["wait"], timeout=PATIENCE * 1000)


def first_row(page: Page, base: str, plan: dict[str, Any]) -> str:
    """Wait until the page `ready` has its rows; return the third one's number."""
    deadline = time.monotonic() + PATIENCE
    while True:
        page.goto(base + plan["ready"])
        rows = page.locator(plan.get("row", "tr[data-id]"))
        if rows.count() >= plan["rows"]:
            return rows.nth(min(2, plan["rows"] - 1)).get_attribute("data-id") or ""
        if time.monotonic() > deadline:
            raise SystemExit(f"shots: {plan['ready']} never showed {plan['rows']} rows")
        time.sleep(1)


def take(browser: Browser, base: str, plan: dict[str, Any], folder: Path, *, docs: bool) -> int:
    """Take every picture of one system; return how many."""
    taken = 0
    for width, height in WIDTHS.items():
        for theme in THEMES:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            page = context.new_page()
            sign_in(page, base, plan)
            if not taken:
                prepare(page, base, plan)
            first = first_row(page, base, plan)
            for entry in plan["page"]:
                page.goto("about:blank")
                page.goto(base + entry["path"].format(first=first))
                page.wait_for_timeout(900)
                page.screenshot(path=folder / f"{entry['name']}-{width}-{theme}.png")
                taken += 1
                if docs and "docs" in entry and (width, theme) == (1440, "light"):
                    write_webp(page, ROOT / "docs" / f"{entry['docs']}.webp")
            context.close()
    return taken


def write_webp(page: Page, target: Path) -> None:
    """Write what the page shows as WebP, with less quality until it is small enough for git."""
    session = page.context.new_cdp_session(page)
    for quality in (85, 70, 55, 40):
        shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
        data = base64.b64decode(shot["data"])
        if len(data) <= LARGEST_PICTURE:
            break
    target.write_bytes(data)


def main() -> None:
    """Take pictures of the named systems, or of all that have a shots.toml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("systems", nargs="*")
    parser.add_argument("--docs", action="store_true", help="also write the documents' pictures")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("shots: no Chromium found; install it (Debian: apt-get install chromium)")
    for plan_file in sorted(ROOT.glob("*/shots.toml")):
        system = plan_file.parent
        if options.systems and system.name not in options.systems:
            continue
        run = tomllib.loads((system / "run.toml").read_text())
        port = next(process["port"] for process in run["process"] if process["name"] == "web")
        base = f"http://127.0.0.1:{port}"
        folder = ROOT / "shots" / system.name
        folder.mkdir(parents=True, exist_ok=True)
        with demo(system.name, run["health"].replace("{port:web}", str(port))), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            taken = take(browser, base, tomllib.loads(plan_file.read_text()), folder, docs=options.docs)
            browser.close()
        print(f"{taken} pictures in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
