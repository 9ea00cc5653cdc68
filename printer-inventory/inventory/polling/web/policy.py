"""The one place where web polling, previews and the browser learn whom they may ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import safehttp

from inventory.polling.web.pages import WebTarget

PAGE_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebRules:
    """What the settings say: the printers' networks, our own services, and how long and how much at most."""

    networks: Sequence[str]
    own_services: Sequence[tuple[str, int]] = ()
    seconds: float = 15.0
    page_bytes: int = PAGE_BYTES

    def policy(self, target: WebTarget) -> safehttp.Device:
        """Return the device policy for exactly this printer; safehttp.Refused when its address is none."""
        return safehttp.Device(
            target.address,
            networks=self.networks,
            ports=target.ports,
            own_services=self.own_services,
            verify_tls=target.verify_tls,
            # Unverified is asked for per printer; the same old devices speak nothing newer than TLS 1.0.
            legacy_tls=not target.verify_tls,
        )

    def limits(self) -> safehttp.Limits:
        """Return the limits of one plain request."""
        return safehttp.Limits(
            total_seconds=self.seconds,
            connect_seconds=min(5.0, self.seconds),
            read_seconds=min(10.0, self.seconds),
            max_body_bytes=self.page_bytes,
            max_redirects=4,
        )
