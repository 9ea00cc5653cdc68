"""What happened: events with their outbox, the audit log, the system's log."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Base, Text20, Text50, Text100, Text255
from shared.database.models.auth import USERS


class StoredEvent(Base):
    """An event, written in the transaction that caused it. Unpublished ones (`published_at` empty) are the outbox.

    `position` is the order they are published in; a trigger notifies the channel `soleflip_events`.
    """

    __tablename__ = "event_store"
    __table_args__ = (
        Index("ix_event_store_outbox", "position", postgresql_where=text("published_at IS NULL")),
        Index("ix_event_store_aggregate", "aggregate_id", "position"),
        {"schema": "logging"},
    )

    position: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    event_type: Mapped[Text100] = mapped_column(index=True)
    domain: Mapped[Text50]
    aggregate_id: Mapped[uuid.UUID]
    event_data: Mapped[dict[str, Any]]
    correlation_id: Mapped[Text100 | None]
    causation_id: Mapped[uuid.UUID | None]
    timestamp: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    published_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did what to what, with the values before and after; secrets never stand here."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_object", "object_type", "object_id", "at"),
        Index("ix_audit_log_at", text("at DESC")),
        {"schema": "logging"},
    )

    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"), index=True)
    actor_name: Mapped[Text100]
    action: Mapped[Text100]
    object_type: Mapped[Text50]
    object_id: Mapped[Text100]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[Text255] = mapped_column(default="", server_default="")
    request_id: Mapped[Text100 | None]
    address: Mapped[str | None] = mapped_column(String(45))


class SystemLog(Base):
    """A log line worth keeping in the database."""

    __tablename__ = "system_logs"
    __table_args__ = (Index("ix_system_logs_at", text("at DESC")), {"schema": "logging"})

    at: Mapped[datetime] = mapped_column(server_default=func.now())
    level: Mapped[Text20]
    component: Mapped[Text100]
    message: Mapped[str]
    details: Mapped[dict[str, Any] | None]
    request_id: Mapped[Text100 | None]
