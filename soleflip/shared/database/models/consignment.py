"""Goods of others: consignors, what they get, and their statements."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Base, Money, Percent, Text50, Text100, Text255, Timestamped
from shared.database.models.inventory import ITEMS
from shared.database.models.orders import ORDERS

CONSIGNORS = "transactions.consignors.id"


class Consignor(Timestamped, Base):
    """An owner: gets `share_percent` of the payout less `fixed_fee`, never less than `minimum_payout` while it covers it."""

    __tablename__ = "consignors"
    __table_args__ = (CheckConstraint("share_percent BETWEEN 0 AND 100", name="share"), {"schema": "transactions"})

    name: Mapped[Text255]
    email: Mapped[Text255 | None]
    share_percent: Mapped[Percent] = mapped_column(default=Decimal(80), server_default="80")
    fixed_fee: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    minimum_payout: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    storage_free_days: Mapped[int] = mapped_column(default=90, server_default="90")
    storage_fee_per_day: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    payout_after_days: Mapped[int] = mapped_column(default=14, server_default="14")
    portal_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    notes: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class ConsignmentStatement(Timestamped, Base):
    """What is paid to an owner for a period; its lines are fixed once it is issued."""

    __tablename__ = "consignment_statements"
    __table_args__ = (UniqueConstraint("number"), {"schema": "transactions"})

    consignor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(CONSIGNORS, ondelete="RESTRICT"), index=True)
    number: Mapped[Text50]
    period_from: Mapped[date]
    period_until: Mapped[date]
    total: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    issued_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]


class ConsignmentLine(Base):
    """One sold pair of an owner."""

    __tablename__ = "consignment_lines"
    __table_args__ = (UniqueConstraint("order_id"), {"schema": "transactions"})

    statement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("transactions.consignment_statements.id", ondelete="CASCADE"), index=True
    )
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ORDERS, ondelete="RESTRICT"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="RESTRICT"), index=True)
    text: Mapped[Text255]
    net_proceeds: Mapped[Money]
    storage_fee: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    amount: Mapped[Money]
    note: Mapped[Text100 | None]
