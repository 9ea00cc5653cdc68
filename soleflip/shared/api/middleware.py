"""One plain ASGI middleware around everything: request id, size limit, security headers, times, and the last net."""

from __future__ import annotations

import time
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.error_handling.error_codes import ErrorCode
from shared.error_handling.handlers import problem, unexpected
from shared.logging.context import accept_or_make, request_id
from shared.monitoring.metrics import Metrics

logger = structlog.get_logger(__name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
}
HTML_ONLY = frozenset({"Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy"})
SECONDS_SLOW = 1.0


class TooLarge(Exception):  # noqa: N818 -- a signal between the two halves of this file
    """The body went on past the limit."""


class Frame:
    """The middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics, max_bytes: int, secure: bool) -> None:
        """Wrap an app."""
        self.app, self.metrics, self.max_bytes, self.secure = app, metrics, max_bytes, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Exchange(self, scope, receive, send).serve()


class _Exchange:
    """One request and its answer."""

    def __init__(self, frame: Frame, scope: Scope, receive: Receive, send: Send) -> None:
        self.frame, self.scope, self._receive, self._send = frame, scope, receive, send
        told = dict(scope["headers"])
        self.number = accept_or_make(told.get(b"x-request-id", b"").decode("latin-1"))
        self.announced = told.get(b"content-length", b"")
        self.status = 500
        self.started = False
        self.received = 0

    async def serve(self) -> None:
        """Run the app inside the frame."""
        mark = request_id.set(self.number)
        begun = time.perf_counter()
        try:
            self.check_announced()
            await self.frame.app(self.scope, self.receive, self.send)
        except TooLarge:
            limit = self.frame.max_bytes // 2**20
            await self.answer(413, ErrorCode.REQUEST_TOO_LARGE, f"A request may have {limit} MB at most")
        except Exception:
            logger.exception("request_broke", method=self.scope["method"], path=self.scope["path"])
            if not self.started:
                await unexpected(self.scope["path"])(self.scope, self._receive, self.send)
        finally:
            seconds = time.perf_counter() - begun
            self.note(seconds)
            request_id.reset(mark)

    def check_announced(self) -> None:
        """Refuse a body that says itself that it is too large."""
        if self.announced.isdigit() and int(self.announced) > self.frame.max_bytes:
            raise TooLarge

    async def answer(self, status: int, code: ErrorCode, text: str) -> None:
        """Answer an error unless an answer has begun."""
        if not self.started:
            await problem(self.scope["path"], status, code, text)(self.scope, self._receive, self.send)

    def note(self, seconds: float) -> None:
        """Count the request under its route's pattern, never under its path."""
        route = self.scope.get("route")
        pattern = getattr(route, "path_format", None) or getattr(route, "path", None) or "unmatched"
        self.frame.metrics.observe(self.scope["method"], pattern, self.status, seconds)
        if seconds > SECONDS_SLOW:
            logger.warning("slow_request", route=pattern, status=self.status, seconds=round(seconds, 3))

    async def receive(self) -> Message:
        """Pass a piece of the body on; raises TooLarge."""
        message = await self._receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            if self.received > self.frame.max_bytes:
                raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        """Pass a piece of the answer on; headers are put on its start."""
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.number
            is_html = headers.get("content-type", "").startswith("text/html")
            for name, value in HEADERS.items():
                if is_html or name not in HTML_ONLY:
                    headers.setdefault(name, value)
            if self.frame.secure:
                headers["Strict-Transport-Security"] = "max-age=31536000"
            # What somebody signed in sees belongs to them; nobody in between may keep it.
            headers.setdefault("Cache-Control", "no-store" if self.status >= 400 else "private, no-cache")
            _vary(headers)
        await self._send(message)


def _vary(headers: Any) -> None:
    """Say that an answer depends on who asks."""
    told = headers.get("vary", "")
    missing = [name for name in ("Authorization", "Cookie") if name.lower() not in told.lower()]
    if missing:
        headers["Vary"] = ", ".join([*([told] if told else []), *missing])
