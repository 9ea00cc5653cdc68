"""Redis as Printer Inventory uses it: three caches whose keys have a prefix of ours, and the broker.

Whoever shares the server keeps what is theirs: only keys that a cache of ours would make are listed or deleted, found by SCAN,
which never blocks the server for long. Nothing here flushes a database.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import redis
from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.cache import caches
from redis.backoff import NoBackoff
from redis.retry import Retry

from inventory.services.operations import AwayError

CHUNK: Final = 1000
SECTIONS: Final = {
    "server": ("redis_version", "uptime_in_seconds", "tcp_port"),
    "clients": ("connected_clients", "blocked_clients"),
    "memory": ("used_memory_human", "used_memory_peak_human", "maxmemory_human", "maxmemory_policy"),
    "stats": ("total_commands_processed", "instantaneous_ops_per_sec", "keyspace_hits", "keyspace_misses",
              "expired_keys", "evicted_keys", "rejected_connections"),
    "persistence": ("rdb_last_bgsave_status", "aof_enabled"),
}  # fmt: skip
"""What of Redis' INFO is worth a look, by its sections (redis.io/commands/info)."""


def names() -> list[str]:
    """Return the caches that are ours, as the settings name them."""
    return sorted(settings.CACHES)


@contextmanager
def server(cache: str = "default") -> Iterator[redis.Redis]:
    """Yield a client of a cache's database that raises where the cache itself would hide errors; AwayError when it fails.

    Raises ValueError for a cache the settings do not name.
    """
    if cache not in settings.CACHES:
        raise ValueError(f"no cache {cache!r}; there are {', '.join(names())}")
    url = str(settings.CACHES[cache]["LOCATION"])
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=10, retry=Retry(NoBackoff(), 0))
    try:
        yield client
    except redis.RedisError as error:
        where = f"{settings.REDIS_HOST}:{settings.REDIS_PORT}"
        raise AwayError(
            f"Redis at {where} is away ({type(error).__name__}: {error}). Pages and polls go on without it. "
            "Is it running, and do REDIS_HOST, REDIS_PORT and REDIS_PASSWORD say where?"
        ) from error
    finally:
        client.close()


def pattern_of(cache: str, pattern: str = "*") -> str:
    """Return a pattern over a cache's keys as Redis has them; its prefix is taken by the letter, so it matches ours alone."""
    prefix = str(caches[cache].make_key(""))
    plain = "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in prefix)
    return plain + pattern


def keys(cache: str, pattern: str, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` keys: key, type, seconds to live (None: for ever) and bytes. Raises AwayError and ValueError."""
    with server(cache) as client:
        found = list(islice(client.scan_iter(match=pattern_of(cache, pattern), count=CHUNK), max(limit, 0)))
        rows = []
        for key in sorted(found):
            lives: Any = client.ttl(key)
            kind: Any = client.type(key)
            size: Any = client.memory_usage(key)
            rows.append(
                {
                    "key": _shown(cache, key),
                    "type": kind.decode(),
                    "seconds": lives if lives >= 0 else None,
                    "bytes": int(size or 0),
                }
            )
        return rows


def _shown(cache: str, key: Any) -> str:
    """Return a key for the eye; of a session's key, with which anybody could be that user, only its beginning."""
    name = key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
    if cache != settings.SESSION_CACHE_ALIAS:
        return name
    begin = len(str(caches[cache].make_key(SessionStore.cache_key_prefix))) + 4
    return name[:begin] + "…"


def count(cache: str, pattern: str = "*") -> int:
    """Return how many of a cache's keys match. Raises AwayError and ValueError."""
    with server(cache) as client:
        return sum(1 for _ in client.scan_iter(match=pattern_of(cache, pattern), count=CHUNK))


def clear(cache: str, pattern: str = "*") -> int:
    """Delete those keys of a cache that match; return how many were there. Raises AwayError and ValueError."""
    with server(cache) as client:
        found = client.scan_iter(match=pattern_of(cache, pattern), count=CHUNK)
        removed = 0
        while chunk := list(islice(found, CHUNK)):
            gone: Any = client.unlink(*chunk)
            removed += int(gone)
        return removed


def info(sections: Sequence[str] = tuple(SECTIONS)) -> dict[str, dict[str, Any]]:
    """Return the telling lines of Redis' INFO by section; raise AwayError."""
    found: dict[str, dict[str, Any]] = {}
    with server() as client:
        for section in sections:
            lines: Any = client.info(section)
            found[section] = {name: lines[name] for name in SECTIONS[section] if name in lines}
    return found


def ping() -> float:
    """Return how many milliseconds Redis takes to answer; raise AwayError."""
    with server() as client:
        client.ping()  # the first one connects
        started = time.perf_counter()
        client.ping()
        return (time.perf_counter() - started) * 1000


def round_trip(cache: str) -> float:
    """Write, read and delete a key as the cache would; return the milliseconds. Raises AwayError, ValueError, and RuntimeError
    when something else came back.
    """
    key = str(caches[cache].make_key(f"redis_management-{secrets.token_hex(8)}")) if cache in settings.CACHES else ""
    value = secrets.token_bytes(16)
    with server(cache) as client:
        started = time.perf_counter()
        client.set(key, value, ex=60)
        back = client.get(key)
        client.delete(key)
        if back != value:
            raise RuntimeError(f"Redis gave back something else than was written to cache {cache}.")
        return (time.perf_counter() - started) * 1000
