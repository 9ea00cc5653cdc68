"""Queries over users, refresh tokens and API keys."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import ApiKey, RefreshToken, RevokedToken, User
from shared.database.words import UserRole
from shared.repositories.base_repository import BaseRepository


class UserRepository(BaseRepository[User]):
    """Users."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(User, session)

    async def keep_language(self, user_id: uuid.UUID, language: str) -> None:
        """Store the language of a person's pages."""
        await self.session.execute(update(User).where(User.id == user_id).values(language=language))

    async def by_login(self, name: str) -> User | None:
        """Return who signs in under a name or an address, in any case."""
        lowered = name.lower()
        return await self.find_one(or_(func.lower(User.username) == lowered, func.lower(User.email) == lowered))

    async def taken(self, email: str, username: str) -> str | None:
        """Return which of the two is taken: "email", "username" or None."""
        if await self.find_one(func.lower(User.email) == email.lower()):
            return "email"
        if await self.find_one(func.lower(User.username) == username.lower()):
            return "username"
        return None

    async def everybody(self, skip: int, limit: int) -> Sequence[User]:
        """Return users by name."""
        statement = select(User).order_by(func.lower(User.username)).offset(skip).limit(limit)
        return (await self.session.scalars(statement)).all()

    async def hold_bootstrap(self) -> None:
        """Let only one transaction at a time decide who is the first user."""
        await self.session.execute(text("SELECT pg_advisory_xact_lock(22041)"))

    async def other_admins(self, user_id: uuid.UUID) -> int:
        """Return how many active administrators there are besides one; their rows are held."""
        statement = (
            select(User.id).where(User.role == UserRole.ADMIN, User.is_active, User.id != user_id).with_for_update()
        )
        return len((await self.session.scalars(statement)).all())


class TokenRepository(BaseRepository[RefreshToken]):
    """Refresh tokens and the blacklist."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(RefreshToken, session)

    async def by_hash(self, digest: str) -> RefreshToken | None:
        """Return a refresh token, held until the unit ends."""
        statement = select(RefreshToken).where(RefreshToken.token_hash == digest).with_for_update()
        return (await self.session.scalars(statement)).one_or_none()

    async def end_family(self, family_id: uuid.UUID, now: datetime) -> None:
        """Revoke every refresh token that came from one sign-in."""
        await self.session.execute(
            update(RefreshToken)
            .where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def end_all(self, user_id: uuid.UUID, now: datetime) -> None:
        """Revoke every refresh token of a user."""
        await self.session.execute(
            update(RefreshToken)
            .where(RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def sweep(self, now: datetime) -> int:
        """Forget tokens that have run out anyway."""
        gone = await self.session.execute(delete(RevokedToken).where(RevokedToken.expires_at < now))
        gone_too = await self.session.execute(delete(RefreshToken).where(RefreshToken.expires_at < now))
        return int(getattr(gone, "rowcount", 0)) + int(getattr(gone_too, "rowcount", 0))


class ApiKeyRepository(BaseRepository[ApiKey]):
    """API keys."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(ApiKey, session)

    async def of_user(self, user_id: uuid.UUID) -> Sequence[ApiKey]:
        """Return a user's keys, newest first."""
        return await self.find(ApiKey.user_id == user_id, order_by=ApiKey.created_at.desc())
