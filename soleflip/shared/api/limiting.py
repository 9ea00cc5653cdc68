"""Limits on requests by user or address, shared by every worker over Redis; while Redis is away each counts alone."""

from __future__ import annotations

import ipaddress
import math
import time
from typing import Any

import structlog
from fastapi import Request
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

from shared.config.settings import Settings
from shared.error_handling.exceptions import RateLimitException
from shared.translation import phrase

logger = structlog.get_logger(__name__)


class Limiter:
    """Counts in fixed windows."""

    def __init__(self, settings: Settings) -> None:
        """Prepare the stores; nothing is connected yet."""
        self.enabled = settings.rate_limit_enabled
        self.every = RateLimitItemPerSecond(settings.rate_limit_requests, settings.rate_limit_period, "all")
        self.login = RateLimitItemPerSecond(settings.login_limit_requests, 60, "login")
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._shared: FixedWindowRateLimiter | None = None
        if settings.redis_enabled:
            store: Storage = RedisStorage(
                f"async+{settings.redis_address}", wrap_exceptions=True, implementation="redispy", key_prefix="sf-limit"
            )
            self._shared = FixedWindowRateLimiter(store)
        self._retry_at = 0.0

    async def close(self) -> None:
        """Close the connections to Redis."""
        storage: Any = self._shared.storage if self._shared is not None else None
        if storage is not None:
            await storage.bridge.storage.aclose()

    async def hit(self, item: RateLimitItemPerSecond, who: str) -> None:
        """Count one request; raises RateLimitException when it is one too many."""
        if not self.enabled:
            return
        counter = self._shared if self._shared and time.monotonic() >= self._retry_at else self._own
        try:
            allowed = await counter.hit(item, who)
        except (TimeoutError, StorageError, OSError) as error:
            logger.warning("limits_without_redis", error=type(error).__name__)
            self._retry_at = time.monotonic() + 10
            counter = self._own
            allowed = await counter.hit(item, who)
        if not allowed:
            window = await counter.get_window_stats(item, who)
            wait = max(1, math.ceil(window.reset_time - time.time()))
            raise RateLimitException(phrase("Too many requests; try again in %(wait)s s", wait=wait), wait)


async def limit(request: Request, who: str) -> None:
    """Count a request of somebody."""
    limiter: Limiter = request.app.state.limiter
    await limiter.hit(limiter.every, who)


async def limit_login(request: Request, name: str) -> None:
    """Count a try to sign in, by address and by the name tried."""
    limiter: Limiter = request.app.state.limiter
    await limiter.hit(limiter.login, f"address:{client_address(request)}")
    await limiter.hit(limiter.login, f"name:{name.lower()[:100]}")


def client_address(request: Request) -> str:
    """Return who is at the other end; what a proxy says counts only from one of TRUSTED_PROXIES, from the right."""
    peer = request.client.host if request.client else "unknown"
    trusted = [ipaddress.ip_network(each, strict=False) for each in request.app.state.settings.trusted_proxies]
    hops = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    while hops and _inside(peer, trusted):
        peer = hops.pop()
    return peer[:45]


def _inside(address: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in networks)
