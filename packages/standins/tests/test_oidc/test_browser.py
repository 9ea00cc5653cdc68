"""The login form in a real browser: its policy lets the form lead back to the client, a phone has no sideways scroll."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import sync_playwright

from standins.oidc import Client, OidcProvider, RealmData, demo_data
from standins.oidc.tokens import challenge_of

from .client import VERIFIER

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium; apt install chromium"),
]


class _Callback(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'<!doctype html><title>came back</title><link rel="icon" href="data:,">'
        self.send_response_only(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Nothing on stderr."""


@pytest.fixture
def callback() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Callback) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/callback"
        server.shutdown()
        thread.join()


def test_signing_in_on_a_phone(callback: str) -> None:
    data = RealmData("test", demo_data().users, (Client("app", None, (callback,)),))
    request = {
        "client_id": "app",
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": callback,
        "state": "s",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    with OidcProvider(data) as provider, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 700}, color_scheme="dark")
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{provider.issuer}/protocol/openid-connect/auth?{urlencode(request)}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_label("User name").fill("viewer")
        page.get_by_label("Password").fill("viewer")
        assert complaints == []
        page.get_by_label("Password").press("Enter")
        page.wait_for_url(f"{callback}?*")
        assert page.title() == "came back"
        assert complaints == []
        browser.close()
