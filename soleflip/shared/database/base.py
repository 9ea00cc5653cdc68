"""The declarative base: naming, keys, time stamps and the column types every model uses."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import DateTime, Enum, MetaData, Numeric, String, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "SCHEMAS",
    "Base",
    "Cents",
    "Money",
    "Percent",
    "Text20",
    "Text50",
    "Text100",
    "Text255",
    "Timestamped",
    "choice",
]

SCHEMAS = (
    "core",
    "products",
    "inventory",
    "platforms",
    "transactions",
    "integration",
    "pricing",
    "analytics",
    "auth",
    "logging",
)
"""Every schema of the database, in the order they are made."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Money = Annotated[Decimal, mapped_column(Numeric(12, 2))]
"""Major units; the currency stands in a column beside it."""
Percent = Annotated[Decimal, mapped_column(Numeric(7, 3))]
"""Per hundred: 9.5 is 9.5 %."""
Cents = Annotated[int, mapped_column()]
"""Minor units, as feeds give them."""
Text20 = Annotated[str, mapped_column(String(20))]
Text50 = Annotated[str, mapped_column(String(50))]
Text100 = Annotated[str, mapped_column(String(100))]
Text255 = Annotated[str, mapped_column(String(255))]


class Base(DeclarativeBase):
    """Every table: a UUID key made here (so that rows can refer to each other before they are stored)."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        list[Any]: JSONB,
    }

    id: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, default=uuid.uuid4, server_default=func.gen_random_uuid(), sort_order=-1
    )


class Timestamped:
    """When a row was made and last changed, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=900)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now(), sort_order=901)


def choice(words: type[StrEnum], name: str = "") -> Enum:
    """Return the type of a column that holds one of some words: text with a CHECK, so that a word can be added easily.

    `name` tells the CHECK of a second column with the same words apart.
    """
    return Enum(
        words,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda found: [word.value for word in found],
        name=name or words.__name__.lower(),
    )
