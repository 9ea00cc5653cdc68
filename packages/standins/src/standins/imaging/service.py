"""What the four have in common: keys, faults, files of results."""

from __future__ import annotations

import hmac
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final

from standins.imaging.book import Book, Call
from standins.imaging.faults import Fault, Faults
from standins.imaging.files import film, png, sound
from standins.imaging.message import Dropped, Reply, Request

MOST_SIDE: Final = 4096
TYPES: Final = {"png": "image/png", "wav": "audio/wav", "mp4": "video/mp4"}


class Service(ABC):
    """One provider. `base` is its own address, without a slash at the end."""

    name = ""
    scheme = "Bearer"

    def __init__(
        self, book: Book, faults: Faults, key: str, base: str = "", wait: Callable[[float], Any] = time.sleep
    ) -> None:
        """Keep book and faults, which all share; `wait` is how a slow answer waits."""
        self.book, self.faults, self.key, self.base, self.wait = book, faults, key, base, wait

    def answer(self, request: Request) -> Reply:
        """Answer one request. Raises Dropped when the line is to break."""
        if request.method == "GET" and request.path.startswith("/files/"):
            return self._file(request)
        if refused := self._unauthorized(request):
            return refused
        where = self.step(request)
        fault = self.faults.take(self.name, where, ("status", "lost", "reset", "slow"))
        if fault is None:
            return self.route(request)
        if fault.kind == "status":
            return self.refusal(fault)
        if fault.kind == "reset":
            raise Dropped
        if fault.kind == "slow":
            self.wait(fault.seconds)
            return self.route(request)
        self.route(request)
        raise Dropped

    @abstractmethod
    def step(self, request: Request) -> str:
        """Return submit, poll, result, cancel or other."""

    @abstractmethod
    def route(self, request: Request) -> Reply:
        """Answer a request whose key is right."""

    @abstractmethod
    def refusal(self, fault: Fault) -> Reply:
        """Return the provider's words for a status that was asked for."""

    @abstractmethod
    def unauthorized(self) -> Reply:
        """Return the provider's words for a wrong key."""

    def outcome(self) -> str:
        """Return what shall become of a call that is being made."""
        fault = self.faults.take(self.name, "submit", ("fails", "policy", "flagged", "never", "aborted"))
        return fault.kind if fault else ""

    def addresses(self, call: Call, number: int, extension: str) -> list[str]:
        """Return fresh addresses of a call's results."""
        call.serial += 1
        return [f"{self.base}/files/{call.id}/{call.serial}/{index}.{extension}" for index in range(number)]

    @abstractmethod
    def size(self, call: Call) -> tuple[int, int]:
        """Return width and height of a call's pictures."""

    def _unauthorized(self, request: Request) -> Reply | None:
        given = request.headers.get("authorization", "")
        right = f"{self.scheme} {self.key}"
        if not self.key or hmac.compare_digest(given.encode("utf-8", "replace"), right.encode()):
            return None
        return self.unauthorized()

    def _file(self, request: Request) -> Reply:
        parts = request.path.split("/")[2:]
        call = self.book.calls.get(parts[0]) if len(parts) == 3 and parts[1].isdigit() else None
        if call is None:
            return Reply(404, b"not found", "text/plain")
        fault = self.faults.take(self.name, "file")
        if fault is not None and fault.kind == "expired":
            call.gone = call.serial
        if fault is not None and fault.kind == "reset":
            raise Dropped
        if int(parts[1]) <= call.gone:
            return Reply(410, b"<Error><Code>Gone</Code></Error>", "application/xml")
        if fault is not None and fault.kind == "status":
            return Reply(fault.status, b"error", "text/plain")
        if fault is not None and fault.kind == "garbage":
            return Reply(200, b"<html><script>alert(1)</script></html>", "text/html")
        data, kind = self._bytes(call, parts[2])
        half = fault is not None and fault.kind == "truncated"
        return Reply(200, data[: len(data) // 2] if half else data, kind)

    def _bytes(self, call: Call, name: str) -> tuple[bytes, str]:
        extension = name.rpartition(".")[2]
        text = f"{call.id}/{name}"
        if extension == "wav":
            return sound(float(call.arguments.get("seconds_total", 3)), text), TYPES["wav"]
        if extension == "mp4":
            return film(text), TYPES["mp4"]
        width, height = (min(MOST_SIDE, max(1, side)) for side in self.size(call))
        return png(width, height, text, black=call.outcome == "flagged"), TYPES["png"]


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy without what is None."""
    return {name: value for name, value in fields.items() if value is not None}
