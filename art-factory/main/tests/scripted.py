"""A provider that does what a test tells it, for what no stand-in can be brought to do at the right moment.

The true protocols are tested against the stand-ins; here only production's own rules are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal

from main.providers import CallState, CallStatus, Output, ProviderRequest, Traits
from main.providers.protocol import JsonReference

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


class Scripted:
    """Counts its POSTs by idempotency key; `on_submit` and `on_poll` may raise or answer instead."""

    name = "fal"

    def __init__(self, traits: Traits | None = None) -> None:
        self.traits = traits or Traits(poll_first=0, poll_most=0)
        self.posts: list[ProviderRequest] = []
        self.cancelled: list[JsonReference] = []
        self.on_submit: Callable[[ProviderRequest], None] = lambda _request: None
        self.on_poll: Callable[[JsonReference], CallStatus | None] = lambda _reference: None
        self.found: JsonReference | None = None
        self.cost: Decimal | None = None
        self._lock = threading.Lock()

    def submit(self, request: ProviderRequest) -> JsonReference:
        with self._lock:
            self.posts.append(request)
            number = len(self.posts)
        self.on_submit(request)
        return {"id": number}

    def poll(self, reference: JsonReference) -> CallStatus:
        if answer := self.on_poll(reference):
            return answer
        outputs = (Output(data=PNG, seed=7),)
        return CallStatus(CallState.DONE, 1.0, outputs=outputs, returned={"seed": 7}, cost=self.cost)

    def cancel(self, reference: JsonReference) -> None:
        self.cancelled.append(reference)

    def fetch(self, output: Output) -> bytes:
        return output.data

    def find(self, request: ProviderRequest) -> JsonReference | None:
        return self.found

    def test(self) -> str:
        return "yes"
