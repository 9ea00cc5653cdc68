"""Stock: each pair with its costs and its history, where it lies, what is reserved of it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.database.base import Base, Money, Percent, Text20, Text50, Text100, Text255, Timestamped, choice
from shared.database.models.auth import USERS
from shared.database.models.catalogue import PRODUCTS, Product, Size
from shared.database.models.suppliers import SUPPLIERS, Supplier
from shared.database.words import BoxCondition, Condition, DetailedStatus, ItemStatus, TaxScheme

ITEMS = "inventory.items.id"


class Location(Timestamped, Base):
    """A place goods lie at: a shelf, a box, a warehouse; a tree."""

    __tablename__ = "locations"
    __table_args__ = ({"schema": "inventory"},)

    code: Mapped[Text50] = mapped_column(unique=True)
    name: Mapped[Text100]
    kind: Mapped[Text20] = mapped_column(default="shelf", server_default="shelf")
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("inventory.locations.id", ondelete="RESTRICT"), index=True
    )


class InventoryItem(Timestamped, Base):
    """A pair (or several alike). Prices are per piece; `purchase_price` is net and without landed costs.

    With a `consignor_id` it is not ours: it has no purchase price, and counts in no figure of our capital.

    `number` is the short number on its label. Free to sell is `quantity - reserved_quantity`. Listings only point here.
    """

    __tablename__ = "items"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("reserved_quantity BETWEEN 0 AND quantity", name="reserved"),
        CheckConstraint("purchase_price >= 0", name="purchase_price"),
        CheckConstraint("floor_price <= ceiling_price", name="band"),
        CheckConstraint("consignor_id IS NULL OR purchase_price IS NULL", name="not_ours"),
        Index("ix_items_newest", text("created_at DESC"), text("id DESC")),
        Index("ix_items_status", "status", text("created_at DESC"), text("id DESC")),
        Index("ix_items_product", "product_id", "size_id"),
        Index(
            "ix_items_external",
            "external_ids",
            postgresql_using="gin",
            postgresql_ops={"external_ids": "jsonb_path_ops"},
        ),
        Index("ix_items_barcode", "barcode"),
        {"schema": "inventory"},
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(start=1000), unique=True)
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PRODUCTS, ondelete="RESTRICT"))
    size_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("core.sizes.id", ondelete="RESTRICT"), index=True)
    supplier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(SUPPLIERS, ondelete="SET NULL"), index=True)
    purchase_line_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("transactions.purchase_lines.id", ondelete="SET NULL"), index=True
    )
    location_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("inventory.locations.id", ondelete="SET NULL"), index=True
    )
    consignor_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("transactions.consignors.id", ondelete="RESTRICT"), index=True
    )
    quantity: Mapped[int] = mapped_column(default=1, server_default="1")
    reserved_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    status: Mapped[ItemStatus] = mapped_column(
        choice(ItemStatus), default=ItemStatus.IN_STOCK, server_default="in_stock"
    )
    detailed_status: Mapped[DetailedStatus | None] = mapped_column(choice(DetailedStatus))
    condition: Mapped[Condition] = mapped_column(choice(Condition), default=Condition.NEW, server_default="new")
    box_condition: Mapped[BoxCondition] = mapped_column(
        choice(BoxCondition), default=BoxCondition.GOOD, server_default="good"
    )
    defects: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    barcode: Mapped[Text50 | None]
    serial: Mapped[Text100 | None]

    purchase_price: Mapped[Money | None]
    gross_purchase_price: Mapped[Money | None]
    vat_amount: Mapped[Money | None]
    vat_rate: Mapped[Percent] = mapped_column(default=Decimal(19), server_default="19")
    landed_costs: Mapped[Money] = mapped_column(default=Decimal(0), server_default="0")
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    tax_scheme: Mapped[TaxScheme] = mapped_column(
        choice(TaxScheme), default=TaxScheme.STANDARD, server_default="standard"
    )
    evidence: Mapped[Text255 | None]

    list_price: Mapped[Money | None]
    floor_price: Mapped[Money | None]
    ceiling_price: Mapped[Money | None]

    purchase_date: Mapped[date | None] = mapped_column(index=True)
    delivery_date: Mapped[date | None]
    listed_at: Mapped[datetime | None]
    sold_at: Mapped[datetime | None] = mapped_column(index=True)

    supplier: Mapped[Text255 | None]
    notes: Mapped[str | None]
    external_ids: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    is_placeholder: Mapped[bool] = mapped_column(default=False, server_default="false")
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    product: Mapped[Product] = relationship(lazy="raise")
    size: Mapped[Size] = relationship(lazy="raise")
    supplier_row: Mapped[Supplier | None] = relationship(lazy="raise")
    location: Mapped[Location | None] = relationship(lazy="raise")


class StatusChange(Base):
    """One step of an item's life; never changed afterwards."""

    __tablename__ = "status_history"
    __table_args__ = (Index("ix_status_history_item", "item_id", "at"), {"schema": "inventory"})

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"))
    from_status: Mapped[ItemStatus | None] = mapped_column(choice(ItemStatus, "from_status"))
    to_status: Mapped[ItemStatus] = mapped_column(choice(ItemStatus, "to_status"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    reason: Mapped[Text255] = mapped_column(default="", server_default="")
    source: Mapped[Text50] = mapped_column(default="person", server_default="person")


class Reservation(Timestamped, Base):
    """Pieces held back: for a buyer, for an order. Open while `released_at` is empty."""

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        Index("ix_reservations_open", "item_id", postgresql_where=text("released_at IS NULL")),
        {"schema": "inventory"},
    )

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"))
    order_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("transactions.orders.id", ondelete="SET NULL"), index=True
    )
    quantity: Mapped[int]
    reason: Mapped[Text255]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    expires_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]


class ItemPhoto(Timestamped, Base):
    """A picture of this very pair; the file lies below the media folder under its digest. The first one is the cover.

    A removed one can be put back until the sweep takes it.
    """

    __tablename__ = "photos"
    __table_args__ = (Index("ix_photos_item", "item_id", "position"), {"schema": "inventory"})

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ITEMS, ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[Text50]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    caption: Mapped[Text255 | None]
    removed_at: Mapped[datetime | None]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))


class StockCount(Timestamped, Base):
    """What a person counted at a location: item numbers scanned, and what was missing or too much."""

    __tablename__ = "stock_counts"
    __table_args__ = ({"schema": "inventory"},)

    location_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("inventory.locations.id", ondelete="SET NULL"))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(USERS, ondelete="SET NULL"))
    scanned: Mapped[list[Any]] = mapped_column(default=list)
    finished_at: Mapped[datetime | None]
