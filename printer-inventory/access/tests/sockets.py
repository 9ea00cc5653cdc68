"""WebSockets as a browser opens them: with the session's cookie, from our own origin."""

from __future__ import annotations

from channels.testing import WebsocketCommunicator
from django.test import Client


def socket(client: Client, path: str) -> WebsocketCommunicator:
    """Open a WebSocket as the browser of a test client would."""
    from printer_inventory.asgi import application

    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    headers = [(b"cookie", cookies.encode()), (b"origin", b"http://testserver"), (b"host", b"testserver")]
    return WebsocketCommunicator(application, path, headers=headers)
