"""Access tokens: JWT (RFC 7519) signed with HS256, an hour long, each with an id (jti) by which it can be revoked."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from shared.error_handling.error_codes import ErrorCode
from shared.error_handling.exceptions import AuthenticationException
from shared.translation import phrase

ALGORITHM = "HS256"
ISSUER = "soleflip"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token says once its signature is found good."""

    jti: uuid.UUID
    user_id: uuid.UUID
    version: int
    expires_at: datetime


def issue(key: str, user_id: uuid.UUID, username: str, role: str, version: int, now: datetime, minutes: int) -> str:
    """Return a signed token. Role and name are in it for the client's sake; the server asks its database."""
    claims = {
        "iss": ISSUER,
        "sub": str(user_id),
        "user_id": str(user_id),
        "username": username,
        "role": role,
        "ver": version,
        "type": "access",
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + timedelta(minutes=minutes),
    }
    return jwt.encode(claims, key, ALGORITHM)


def read(key: str, token: str) -> AccessToken:
    """Return what a token says; raises AuthenticationException for a forged, expired or foreign one."""
    try:
        claims = jwt.decode(
            token, key, [ALGORITHM], issuer=ISSUER, options={"require": ["exp", "iat", "jti", "sub", "iss"]}
        )
        if claims.get("type") != "access":
            claims = {}
        return AccessToken(
            uuid.UUID(claims["jti"]),
            uuid.UUID(claims["sub"]),
            int(claims["ver"]),
            datetime.fromtimestamp(claims["exp"], tz=UTC),
        )
    except jwt.ExpiredSignatureError:
        raise AuthenticationException(phrase("Your session has ended; sign in again"), ErrorCode.UNAUTHORIZED) from None
    except (jwt.InvalidTokenError, ValueError, KeyError, TypeError):
        raise AuthenticationException(
            phrase("This token is not valid here; sign in again"), ErrorCode.UNAUTHORIZED
        ) from None


def random_token(prefix: str = "") -> str:
    """Return a random secret of 256 bits."""
    return prefix + secrets.token_urlsafe(32)
