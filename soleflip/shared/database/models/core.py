"""Master data: platforms and what they charge, suppliers, the business itself, settings, jobs."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, String, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Base, Money, Percent, Text20, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.words import JobState, TaxScheme
from shared.security.fields import EncryptedText

PLATFORMS = "core.platforms.id"


class Platform(Timestamped, Base):
    """A marketplace."""

    __tablename__ = "platforms"
    __table_args__ = ({"schema": "core"},)

    name: Mapped[Text100] = mapped_column(unique=True)
    slug: Mapped[Text100] = mapped_column(unique=True)
    fee_percentage: Mapped[Percent | None]
    supports_fees: Mapped[bool] = mapped_column(default=True, server_default="true")
    seller_level: Mapped[Text20] = mapped_column(default="", server_default="")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class FeeSchedule(Timestamped, Base):
    """What a marketplace charges from a day on; empty `seller_level`, `country`, `category` mean any.

    Percentages are per hundred of the sale price. `tiers` is a list of [from price, percent], marginal.
    """

    __tablename__ = "fee_schedules"
    __table_args__ = (
        Index(
            "uq_fee_schedules_scope",
            "platform_id",
            "currency",
            "seller_level",
            "country",
            "category",
            "valid_from",
            unique=True,
        ),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="dates"),
        {"schema": "core"},
    )

    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PLATFORMS, ondelete="CASCADE"))
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    seller_level: Mapped[Text20] = mapped_column(default="", server_default="")
    country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    category: Mapped[Text50] = mapped_column(default="", server_default="")
    percent: Mapped[Percent] = mapped_column(default=Decimal(0), server_default="0")
    minimum: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    maximum: Mapped[Money | None]
    fixed: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    payment_percent: Mapped[Percent] = mapped_column(default=Decimal(0), server_default="0")
    payment_fixed: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    shipping: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    cash_out_percent: Mapped[Percent] = mapped_column(default=Decimal(0), server_default="0")
    tiers: Mapped[list[Any] | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    source: Mapped[Text255 | None]


class ExchangeRate(Base):
    """How much of a currency one euro was worth on a day (ECB reference rates)."""

    __tablename__ = "exchange_rates"
    __table_args__ = (Index("uq_exchange_rates_day", "currency", "day", unique=True), {"schema": "core"})

    currency: Mapped[str] = mapped_column(String(3))
    day: Mapped[date]
    per_euro: Mapped[Decimal] = mapped_column(Numeric(14, 6))


class BusinessProfile(Timestamped, Base):
    """The seller whose books these are: one row."""

    __tablename__ = "business_profile"
    __table_args__ = (CheckConstraint("singleton", name="one"), {"schema": "core"})

    singleton: Mapped[bool] = mapped_column(default=True, server_default="true", unique=True)
    name: Mapped[Text255]
    country: Mapped[str] = mapped_column(String(2), default="DE", server_default="DE")
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    vat_id: Mapped[Text50 | None]
    vat_rate: Mapped[Percent] = mapped_column(default=Decimal(19), server_default="19")
    default_tax_scheme: Mapped[TaxScheme] = mapped_column(
        choice(TaxScheme), default=TaxScheme.STANDARD, server_default="standard"
    )
    capital_cost_percent: Mapped[Percent] = mapped_column(default=Decimal(8), server_default="8")
    storage_cost_per_month: Mapped[Money] = mapped_column(default=Decimal("0.50"), server_default="0.50")
    language: Mapped[str] = mapped_column(String(5), default="en", server_default="en")


class SystemConfig(Timestamped, Base):
    """A secret setting: `key` names it, the value is encrypted and never returned."""

    __tablename__ = "system_config"
    __table_args__ = ({"schema": "core"},)

    key: Mapped[Text100] = mapped_column(unique=True)
    value: Mapped[str] = mapped_column("value_encrypted", EncryptedText)
    description: Mapped[Text255 | None]


class Job(Timestamped, Base):
    """A background action from the moment it is asked for; the worker's queue only wakes somebody to look here."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state", "state", "created_at"),
        Index("uq_jobs_key", "kind", "idempotency_key", unique=True),
        {"schema": "core"},
    )

    kind: Mapped[Text50]
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED, server_default="queued")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int | None]
    text: Mapped[Text255] = mapped_column(default="", server_default="")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"), index=True)
    idempotency_key: Mapped[Text100 | None]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    lease_token: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]


class IdempotentAnswer(Base):
    """The answer once given to an `Idempotency-Key`, given again to the same key of the same user."""

    __tablename__ = "idempotent_answers"
    __table_args__ = (Index("uq_idempotent_answers_key", "user_id", "route", "key", unique=True), {"schema": "core"})

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(USERS, ondelete="CASCADE"))
    route: Mapped[Text255]
    key: Mapped[Text100]
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class SavedView(Timestamped, Base):
    """A list's filters under a name, each person's own."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("uq_saved_views_name", "user_id", "list_name", "name", unique=True), {"schema": "core"})

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(USERS, ondelete="CASCADE"))
    list_name: Mapped[Text50]
    name: Mapped[Text100]
    query: Mapped[str] = mapped_column(String(2000))
