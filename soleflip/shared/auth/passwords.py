"""Passwords: Argon2id with OWASP's minimum (19 MiB, two passes, one lane), in a thread, at most two at a time."""

from __future__ import annotations

import asyncio
import secrets

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

_hash = PasswordHash((Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),))
_gate = asyncio.Semaphore(2)
_NOBODY = _hash.hash(secrets.token_urlsafe(16))

MIN_LENGTH = 8
MAX_LENGTH = 200


async def make_hash(password: str) -> str:
    """Return a hash to store."""
    async with _gate:
        return await asyncio.to_thread(_hash.hash, password)


async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Say whether a password fits, and return a better hash to store when the stored one is outdated.

    Without a stored hash as much work is done, so that the time does not tell who exists.
    """
    async with _gate:
        if stored is None:
            await asyncio.to_thread(_hash.verify, password, _NOBODY)
            return False, None
        try:
            return await asyncio.to_thread(_hash.verify_and_update, password, stored)
        except UnknownHashError:  # a user whose password was never set
            return False, None
