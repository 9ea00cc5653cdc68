"""Who works here: users, their refresh tokens, revoked tokens and API keys."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.database.base import Base, Text50, Text100, Text255, Timestamped, choice
from shared.database.words import UserRole

USERS = "auth.users.id"


class User(Timestamped, Base):
    """A person; `token_version` goes up when every token of theirs has to end (password, role, deactivation)."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", func.lower(text("email")), unique=True),
        Index("uq_users_username_lower", func.lower(text("username")), unique=True),
        {"schema": "auth"},
    )

    email: Mapped[Text255]
    username: Mapped[Text100]
    hashed_password: Mapped[Text255]
    role: Mapped[UserRole] = mapped_column(choice(UserRole), default=UserRole.USER, server_default="user")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default="false")
    last_login: Mapped[datetime | None]
    token_version: Mapped[int] = mapped_column(default=1, server_default="1")
    language: Mapped[str] = mapped_column(String(5), default="auto", server_default="auto")
    time_zone: Mapped[Text50] = mapped_column(default="Europe/Berlin", server_default="Europe/Berlin")


class RefreshToken(Base):
    """One use of a refresh token; a second use of the same one ends its whole family."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_family", "family_id"), {"schema": "auth"})

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(USERS, ondelete="CASCADE"), index=True)
    family_id: Mapped[uuid.UUID]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="raise")


class RevokedToken(Base):
    """The token blacklist: `id` is the token's jti; rows past `expires_at` may go."""

    __tablename__ = "token_blacklist"
    __table_args__ = ({"schema": "auth"},)

    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[Text50]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiKey(Timestamped, Base):
    """A key for programs: only its hash is kept; `scopes` are `read`, `write`, `admin`."""

    __tablename__ = "api_keys"
    __table_args__ = ({"schema": "auth"},)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(USERS, ondelete="CASCADE"), index=True)
    name: Mapped[Text100]
    prefix: Mapped[str] = mapped_column(String(12), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(default=lambda: ["read"])
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="raise")
