"""The query behind every request: is this token's user active, and is the token not revoked."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Need, Principal
from shared.auth.tokens import AccessToken
from shared.database.models import ApiKey, RevokedToken, User
from shared.security.encryption import digest


async def principal_of(session: AsyncSession, token: AccessToken) -> Principal | None:
    """Return the person of a token, or None when it no longer counts."""
    row = (
        await session.execute(
            select(User.username, User.role, User.must_change_password, User.language, User.time_zone).where(
                User.id == token.user_id,
                User.is_active,
                User.token_version == token.version,
                ~exists().where(RevokedToken.id == token.jti),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    name, role, must_change, language, zone = row
    return Principal(
        token.user_id,
        name,
        role,
        jti=token.jti,
        expires_at=token.expires_at,
        must_change_password=must_change,
        language=language,
        time_zone=zone,
    )


async def principal_of_key(session: AsyncSession, key: str, now: datetime) -> Principal | None:
    """Return the person behind an API key, with the key's scopes, or None."""
    row = (
        await session.execute(
            select(User.id, User.username, User.role, ApiKey.scopes, ApiKey.id, ApiKey.last_used_at)
            .join(User, User.id == ApiKey.user_id)
            .where(
                ApiKey.key_hash == digest(key),
                ApiKey.revoked_at.is_(None),
                and_(User.is_active, (ApiKey.expires_at.is_(None)) | (ApiKey.expires_at > now)),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    user_id, name, role, scopes, key_id, last_used = row
    if last_used is None or (now - last_used).total_seconds() > 60:
        await session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))
    return Principal(user_id, name, role, via="api_key", scopes=frozenset(Need(scope) for scope in scopes))


async def revoke(session: AsyncSession, jti: uuid.UUID, user_id: uuid.UUID, expires_at: datetime, reason: str) -> None:
    """Put a token on the blacklist; twice is as good as once."""
    await session.merge(RevokedToken(id=jti, user_id=user_id, expires_at=expires_at, reason=reason))
