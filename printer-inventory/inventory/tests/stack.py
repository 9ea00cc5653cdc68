"""The whole product for browser tests: web server, workers and a browser, on the test's database and Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from inventory.tests.workers import SYSTEM, kill, wait_until

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a-password-for-tests"


def free_port() -> int:
    """Return a TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(port: int | str = 0, **environment: str) -> Iterator[str]:
    """Run daphne on the test's database, at a port of its own when none is given; yield its address."""
    port = int(port) or free_port()
    address = f"http://127.0.0.1:{port}"
    values = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings",
        "DB_NAME": str(connection.settings_dict["NAME"]),
        "CSRF_TRUSTED_ORIGINS": address,
        **environment,
    }
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "printer_inventory.asgi:application"]
    process = subprocess.Popen(command, cwd=SYSTEM, env=values, start_new_session=True, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{address}/health/", timeout=5) as answer:  # noqa: S310 - loopback, our own server
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    try:
        wait_until(answers, "the web server")
        yield address
    finally:
        kill(process)


@contextmanager
def browser() -> Iterator[Browser]:
    """Run an installed Chromium.

    Playwright's blocking API keeps an event loop on the test's thread, which Django would take for asynchronous code.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        try:
            yield running
        finally:
            # While the loop runs, Django keeps the thread's connections apart from those that the end of a test closes.
            connections.close_all()
            running.close()
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Complaints:
    """What the browser's console says; a page of ours says nothing."""

    def __init__(self, page: Page) -> None:
        """Listen to a page."""
        self.lines: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.lines.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.lines.append(message.text)


def sign_in(page: Page, address: str, user: str) -> None:
    """Go through the login page."""
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_username", user)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inventory/**")
