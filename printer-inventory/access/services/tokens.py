"""Making, checking and revoking API tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q

from access.models import ApiToken
from access.scopes import SCOPES
from access.services import whitelist

MARK: Final = "pit_"
"""Printer Inventory token: a scanner for leaked secrets can know it by this."""
SHOWN: Final = 12
USED_STEP: Final = timedelta(minutes=1)
LONGEST: Final = 100


class UnknownScopeError(ValueError):
    """A scope that does not exist, or no scope at all."""


def create(
    user: User, name: str, scopes: Iterable[str], now: datetime, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token; return its row and the token itself, which cannot be had again. Raise UnknownScopeError."""
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise UnknownScopeError(", ".join(unknown) or "-")
    text = MARK + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=text[:SHOWN],
        digest=digest_of(text),
        scopes=wanted,
        created_at=now,
        expires_at=expires_at,
    )
    return row, text


def authenticate(text: str, now: datetime) -> ApiToken | None:
    """Return the working token with this text, with its owner, and note that it was used (to the minute); else None.

    32 random bytes need no slow hash (they cannot be guessed from the digest), and an index over digests leaks no timing of them.
    """
    if not text.startswith(MARK) or len(text) > LONGEST:
        return None
    usable = Q(user__identity=None) | whitelist.listed("user__identity__username")
    token = ApiToken.objects.select_related("user").filter(usable, digest=digest_of(text)).first()
    if token is None or not token.works(now):
        return None
    if token.last_used_at is None or now - token.last_used_at >= USED_STEP:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_STEP)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: ApiToken, now: datetime) -> bool:
    """Make a token useless for ever; return whether it was not so already."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))


def digest_of(text: str) -> str:
    """Return the SHA-256 of a token, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
