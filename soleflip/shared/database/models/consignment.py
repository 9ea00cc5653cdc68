"""Goods of others: consignors, their pairs with the terms agreed, and statements of what they get."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.database.base import Base, Money, Percent, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.models.inventory import ITEMS
from shared.database.models.orders import ORDERS
from shared.database.words import Bearer, ConsignorKind, StatementLineKind
from shared.security.fields import EncryptedText

CONSIGNORS = "transactions.consignors.id"
STATEMENTS = "transactions.consignment_statements.id"


class AgreedTerms:
    """What an owner gets of a sale (`shared/rules/consignment.py` says how they are applied); amounts are per piece."""

    share_percent: Mapped[Percent] = mapped_column(default=Decimal(80), server_default="80")
    fixed_fee: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    minimum_payout: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    storage_free_days: Mapped[int] = mapped_column(default=90, server_default="90")
    storage_fee_per_day: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")

    @declared_attr
    def fees_by(self) -> Mapped[Bearer]:
        """Return who bears what marketplaces charge."""
        return mapped_column(choice(Bearer, "fees_by"), default=Bearer.BOTH, server_default="both")

    @declared_attr
    def shipping_by(self) -> Mapped[Bearer]:
        """Return who bears shipping."""
        return mapped_column(choice(Bearer, "shipping_by"), default=Bearer.SHOP, server_default="shop")


class Consignor(AgreedTerms, Timestamped, Base):
    """Somebody who leaves goods to be sold; the terms here are what new pairs start with.

    A statement is to be paid `payout_after_days` after it was issued. What has not sold after `return_after_days` goes back.
    """

    __tablename__ = "consignors"
    __table_args__ = (
        CheckConstraint("share_percent BETWEEN 0 AND 100", name="share"),
        {"schema": "transactions"},
    )

    name: Mapped[Text255]
    kind: Mapped[ConsignorKind] = mapped_column(
        choice(ConsignorKind), default=ConsignorKind.PRIVATE, server_default="private"
    )
    contact: Mapped[Text255 | None]
    email: Mapped[Text255 | None]
    phone: Mapped[Text50 | None]
    address: Mapped[str | None] = mapped_column(String(500))
    vat_number: Mapped[Text50 | None]
    iban: Mapped[str | None] = mapped_column("iban_encrypted", EncryptedText)
    iban_shown: Mapped[Text50 | None]
    payout_after_days: Mapped[int] = mapped_column(default=14, server_default="14")
    return_after_days: Mapped[int | None]
    notes: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class ConsignedPair(AgreedTerms, Timestamped, Base):
    """An item of somebody else, with the terms agreed when it was brought in.

    It ends by `given_back_on`, by `bought_on` (it is ours then), or by a sale. `before` is what the item said of its cost and
    VAT before it changed hands last (from ours to theirs, or from theirs to ours), so that the step can be taken back.
    """

    __tablename__ = "consigned_pairs"
    __table_args__ = (
        CheckConstraint("share_percent BETWEEN 0 AND 100", name="share"),
        Index("ix_consigned_pairs_consignor", "consignor_id", "received_on"),
        {"schema": "transactions"},
    )

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="RESTRICT"), unique=True)
    consignor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(CONSIGNORS, ondelete="RESTRICT"))
    received_on: Mapped[date]
    return_by: Mapped[date | None]
    given_back_on: Mapped[date | None]
    bought_on: Mapped[date | None]
    before: Mapped[dict[str, Any] | None]


class ConsignmentAdjustment(Timestamped, Base):
    """What is added to or taken off an owner's account by hand; free to be removed until a statement has it.

    With an `item_id` it belongs to our purchase of that pair (`kind` is purchase, or payout when it was paid at once), and
    is removed with it only.
    """

    __tablename__ = "consignment_adjustments"
    __table_args__ = ({"schema": "transactions"},)

    consignor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(CONSIGNORS, ondelete="RESTRICT"), index=True)
    happened_on: Mapped[date]
    amount: Mapped[Money]
    text: Mapped[Text255]
    kind: Mapped[StatementLineKind] = mapped_column(
        choice(StatementLineKind), default=StatementLineKind.ADJUSTMENT, server_default="adjustment"
    )
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ITEMS, ondelete="RESTRICT"), index=True)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    statement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(STATEMENTS, ondelete="RESTRICT"), index=True)
    removed_at: Mapped[datetime | None]


class ConsignmentStatement(Timestamped, Base):
    """An owner's account for a period. Once issued only its payment may change (a trigger of the database sees to it).

    `closing` is `opening` and the amounts of its lines; `party` keeps both sides as they were on that day.
    """

    __tablename__ = "consignment_statements"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("consignor_id", "period_until"),
        CheckConstraint("period_from <= period_until", name="period"),
        Index("ix_consignment_statements_issued", "issued_at", "id"),
        {"schema": "transactions"},
    )

    consignor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(CONSIGNORS, ondelete="RESTRICT"))
    number: Mapped[Text50]
    period_from: Mapped[date]
    period_until: Mapped[date]
    opening: Mapped[Money]
    closing: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    vat_rate: Mapped[Percent] = mapped_column(default=Decimal(19), server_default="19")
    party: Mapped[dict[str, Any]]
    due_on: Mapped[date]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    issued_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    paid_on: Mapped[date | None]
    paid_amount: Mapped[Money | None]
    payment_reference: Mapped[Text100 | None]
    paid_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))


class ConsignmentLine(Base):
    """A line of a statement. `amount` is owed to the owner (positive) or taken off; a sale tells how it came about."""

    __tablename__ = "consignment_lines"
    __table_args__ = (UniqueConstraint("statement_id", "position"), {"schema": "transactions"})

    statement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(STATEMENTS, ondelete="RESTRICT"))
    position: Mapped[int]
    kind: Mapped[StatementLineKind] = mapped_column(choice(StatementLineKind))
    day: Mapped[date]
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ORDERS, ondelete="RESTRICT"), index=True)
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ITEMS, ondelete="RESTRICT"), index=True)
    reference: Mapped[str] = mapped_column(String(200), default="", server_default="")
    text: Mapped[Text255]
    gross: Mapped[Money | None]
    fees: Mapped[Money | None]
    shipping: Mapped[Money | None]
    split: Mapped[Money | None]
    deductions: Mapped[Money | None]
    lifted: Mapped[Money | None]
    amount: Mapped[Money]


class NumberRange(Base):
    """The last number given of a series; the row is held while one is given, so that a series has no gap."""

    __tablename__ = "number_ranges"
    __table_args__ = ({"schema": "transactions"},)

    name: Mapped[Text50] = mapped_column(unique=True)
    last: Mapped[int] = mapped_column(default=0, server_default="0")
