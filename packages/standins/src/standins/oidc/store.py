"""What the provider remembers: logins under way, sessions, codes, refresh tokens. All in memory, all bounded."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

_MAX_ENTRIES: Final = 10_000


class _Expiring(Protocol):
    @property
    def expires(self) -> float:
        """Seconds since the epoch."""


E = TypeVar("E", bound=_Expiring)


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """A checked authorization request."""

    client_id: str
    redirect_uri: str
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    challenge: str
    login_hint: str = ""


@dataclass(slots=True)
class Login:
    """A login form that was shown: bound to one browser by its cookie, answered with its own CSRF token."""

    request: AuthRequest
    browser: str
    expires: float
    csrf: str = field(default_factory=new_secret)
    failures: int = 0


@dataclass(slots=True)
class Session:
    """A person signed in with a browser. `alive` ends by logout, by revocation, or when a stolen token shows up."""

    username: str
    auth_time: float
    expires: float
    identity: str = field(default_factory=new_secret)
    alive: bool = True


@dataclass(slots=True)
class Code:
    """An authorization code; kept after its use, so that a second use is noticed."""

    request: AuthRequest
    session: str
    expires: float
    used: bool = False


@dataclass(slots=True)
class Refresh:
    """A refresh token; kept after its use, so that a second use is noticed."""

    client_id: str
    scope: tuple[str, ...]
    session: str
    expires: float
    used: bool = False


class Shelf(Generic[E]):
    """Entries by an unguessable key; expired ones go, and the oldest when there are too many."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Use `clock` (seconds since the epoch) to tell what has expired."""
        self._clock = clock
        self._entries: dict[str, E] = {}

    def put(self, entry: E, key: str | None = None) -> str:
        """Keep an entry and return its key."""
        now = self._clock()
        if len(self._entries) >= _MAX_ENTRIES:
            self._entries = {name: kept for name, kept in self._entries.items() if kept.expires > now}
        if len(self._entries) >= _MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        key = key or new_secret()
        self._entries[key] = entry
        return key

    def get(self, key: str) -> E | None:
        """Return an entry that has not expired."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.expires > self._clock() else None

    def drop(self, key: str) -> None:
        """Forget an entry."""
        self._entries.pop(key, None)

    def all(self) -> list[E]:
        """Return every entry that is still kept."""
        return list(self._entries.values())
