"""Signing in and out, refreshing, users and API keys."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domains.auth.repositories.user_repository import ApiKeyRepository, TokenRepository, UserRepository
from shared.auth import passwords, tokens
from shared.auth.principal import Need, Principal
from shared.config.settings import Settings
from shared.database.models import ApiKey, User
from shared.database.words import UserRole
from shared.error_handling.error_codes import ErrorCode
from shared.error_handling.exceptions import (
    AuthenticationException,
    BusinessRuleViolation,
    ForbiddenException,
    ResourceNotFoundException,
    ValidationException,
)
from shared.repositories import audit
from shared.repositories.token_blacklist import revoke
from shared.security.encryption import digest
from shared.translation import gettext_noop, phrase

WRONG = gettext_noop("Invalid username or password")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What signing in or refreshing gives."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User


class AuthService:
    """Everything about who is who."""

    def __init__(self, session: AsyncSession, settings: Settings) -> None:
        """Work within one unit of work."""
        self.session, self.settings = session, settings
        self.users, self.tokens = UserRepository(session), TokenRepository(session)

    async def login(self, name: str, password: str) -> SignedIn:
        """Sign in; raises AuthenticationException with the same words whoever or whatever is wrong."""
        user = await self.users.by_login(name)
        fits, better = await passwords.verify(password, user.hashed_password if user else None)
        if user is None or not fits:
            raise AuthenticationException(WRONG, ErrorCode.INVALID_CREDENTIALS)
        if not user.is_active:
            raise AuthenticationException(gettext_noop("Account is inactive"), ErrorCode.INVALID_CREDENTIALS)
        user.last_login = datetime.now(UTC)
        if better:
            user.hashed_password = better
        return await self._give(user, uuid.uuid4())

    async def refresh(self, token: str) -> SignedIn | None:
        """Exchange a refresh token; None when it was used before: then its whole family has been ended."""
        row = await self.tokens.by_hash(digest(token))
        now = datetime.now(UTC)
        if row is None or row.revoked_at is not None or row.expires_at < now:
            raise AuthenticationException(phrase("This refresh token is not valid any more; sign in again"))
        if row.used_at is not None:
            await self.tokens.end_family(row.family_id, now)
            return None
        user = await self.users.get_by_id(row.user_id)
        if user is None or not user.is_active:
            raise AuthenticationException(gettext_noop("Account is inactive"))
        row.used_at = now
        return await self._give(user, row.family_id)

    async def _give(self, user: User, family: uuid.UUID) -> SignedIn:
        now, minutes = datetime.now(UTC), self.settings.access_token_minutes
        refresh = tokens.random_token()
        await self.tokens.create(
            user_id=user.id,
            family_id=family,
            token_hash=digest(refresh),
            expires_at=now + timedelta(days=self.settings.refresh_token_days),
        )
        access = tokens.issue(
            self.settings.signing_key, user.id, user.username, user.role, user.token_version, now, minutes
        )
        return SignedIn(access, refresh, minutes * 60, user)

    async def logout(self, principal: Principal, refresh_token: str | None) -> None:
        """End the token that asks and, when its refresh token is given, the whole sign-in."""
        if principal.jti is not None and principal.expires_at is not None:
            await revoke(self.session, principal.jti, principal.user_id, principal.expires_at, "logout")
        if refresh_token:
            row = await self.tokens.by_hash(digest(refresh_token))
            if row is not None and row.user_id == principal.user_id:
                await self.tokens.end_family(row.family_id, datetime.now(UTC))

    async def register(self, actor: Principal | None, email: str, username: str, password: str, role: UserRole) -> User:
        """Make a user: the first of all becomes administrator, later ones are made by an administrator."""
        await self.users.hold_bootstrap()
        if await self.users.count() == 0:
            role = UserRole.ADMIN
        elif actor is None:
            raise AuthenticationException(phrase("Only an administrator can make users; sign in first"))
        elif not actor.may(Need.ADMIN):
            raise ForbiddenException(phrase("Only an administrator can make users"))
        match await self.users.taken(email, username):
            case "email":
                raise ValidationException(
                    phrase("Email already registered"), field_errors={"email": "already registered"}
                )
            case "username":
                raise ValidationException(phrase("Username already taken"), field_errors={"username": "already taken"})
        user = await self.users.create(
            email=email.lower(), username=username, hashed_password=await passwords.make_hash(password), role=role
        )
        audit.record(self.session, actor, "user.create", "user", user.id, after={"username": username, "role": role})
        return user

    async def me(self, principal: Principal) -> User:
        """Return the caller's own row."""
        return await self._user(principal.user_id)

    async def _user(self, user_id: uuid.UUID) -> User:
        user = await self.users.get_for_update(user_id)
        if user is None:
            raise ResourceNotFoundException(phrase("User not found"), details={"user_id": str(user_id)})
        return user

    async def change_password(self, principal: Principal, old: str, new: str) -> None:
        """Change one's own password; every other session of theirs ends."""
        user = await self._user(principal.user_id)
        fits, _ = await passwords.verify(old, user.hashed_password)
        if not fits:
            raise ValidationException(
                phrase("The present password is wrong"), field_errors={"old_password": "is wrong"}
            )
        user.hashed_password = await passwords.make_hash(new)
        user.must_change_password = False
        await self._end_sessions(user)
        audit.record(self.session, principal, "user.password", "user", user.id)

    async def set_active(self, actor: Principal, user_id: uuid.UUID, active: bool) -> User:
        """Switch a user on or off; the last administrator stays."""
        user = await self._user(user_id)
        if not active and user.role is UserRole.ADMIN and not await self.users.other_admins(user_id):
            raise BusinessRuleViolation(phrase("This is the last administrator; make another one first"))
        user.is_active = active
        if not active:
            await self._end_sessions(user)
        audit.record(self.session, actor, "user.activate" if active else "user.deactivate", "user", user.id)
        return user

    async def set_role(self, actor: Principal, user_id: uuid.UUID, role: UserRole) -> User:
        """Give a user another role; their sessions end, so that it counts at once."""
        user = await self._user(user_id)
        if user.role is UserRole.ADMIN and role is not UserRole.ADMIN and not await self.users.other_admins(user_id):
            raise BusinessRuleViolation(phrase("This is the last administrator; make another one first"))
        before, user.role = user.role, role
        await self._end_sessions(user)
        audit.record(self.session, actor, "user.role", "user", user.id, {"role": before}, {"role": role})
        return user

    async def _end_sessions(self, user: User) -> None:
        user.token_version += 1
        await self.tokens.end_all(user.id, datetime.now(UTC))

    async def list_users(self, skip: int, limit: int) -> tuple[Sequence[User], int]:
        """Return a page of users and how many there are."""
        return await self.users.everybody(skip, limit), await self.users.count()


class ApiKeyService:
    """Keys for programs. A key can do no more than its owner."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.keys = session, ApiKeyRepository(session)

    async def create(self, principal: Principal, name: str, scopes: list[Need], days: int | None) -> tuple[ApiKey, str]:
        """Return a new key and, this once, its text."""
        if refused := [scope.value for scope in scopes if not principal.may(scope)]:
            raise ForbiddenException(
                phrase("Your role does not allow the scope %(refused)s", refused=", ".join(refused))
            )
        key = tokens.random_token("sf_")
        row = await self.keys.create(
            user_id=principal.user_id,
            name=name,
            prefix=key[:12],
            key_hash=digest(key),
            scopes=sorted({scope.value for scope in scopes}),
            expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
        )
        audit.record(self.session, principal, "api_key.create", "api_key", row.id, after={"name": name})
        return row, key

    async def mine(self, principal: Principal) -> Sequence[ApiKey]:
        """Return the caller's keys."""
        return await self.keys.of_user(principal.user_id)

    async def revoke(self, principal: Principal, key_id: uuid.UUID) -> None:
        """End a key of one's own (an administrator: of anybody)."""
        row = await self.keys.get_for_update(key_id)
        principal.owns(row.user_id if row else None, gettext_noop("API key"))
        if row is None:
            raise ResourceNotFoundException(phrase("API key not found"))
        row.revoked_at = row.revoked_at or datetime.now(UTC)
        audit.record(self.session, principal, "api_key.revoke", "api_key", row.id)
