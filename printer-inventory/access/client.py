"""Who a request comes from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from access.services.audit import Actor


def client_ip(request: HttpRequest) -> str | None:
    """Return the visitor's address: the peer's, or what a proxy of TRUSTED_PROXY_IPS wrote last into X-Forwarded-For.

    What a visitor writes there themselves is further left and is never read.
    """
    peer = _address(str(request.META.get("REMOTE_ADDR") or ""))
    if peer is None or peer not in settings.TRUSTED_PROXY_IPS:
        return peer
    for part in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        hop = _address(part.strip())
        if hop is None:
            return peer
        if hop not in settings.TRUSTED_PROXY_IPS:
            return hop
    return peer


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person of a request, with address and browser."""
    return Actor.of(request.user, client_ip(request), request.headers.get("User-Agent", ""))


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
