"""The base of every repository: one model, one session, the common queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.base import Base
from shared.error_handling.exceptions import VersionConflict
from shared.translation import gettext_noop as _

Model = TypeVar("Model", bound=Base)

__all__ = ["HELD", "BaseRepository"]
HELD: dict[str, Any] = {"key_share": True}
"""How a row is held whose id stays: FOR NO KEY UPDATE."""


class BaseRepository(Generic[Model]):
    """CRUD over one model. Nothing is committed here: the unit of work does that."""

    def __init__(self, model: type[Model], session: AsyncSession) -> None:
        """Take the model and the unit's session."""
        self.model = model
        self.session = session

    async def get_by_id(self, id: UUID, *options: Any) -> Model | None:  # noqa: A002 -- the documented name
        """Return a row, or None."""
        return await self.session.get(self.model, id, options=options or None)

    async def get_for_update(self, id: UUID) -> Model | None:  # noqa: A002 -- as above
        """Return a row held until the unit ends, or None. Rows that only refer to it may be written meanwhile."""
        return await self.session.get(self.model, id, with_for_update=HELD, populate_existing=True)

    async def find(self, *conditions: Any, order_by: Any = None, limit: int | None = None) -> Sequence[Model]:
        """Return the rows that fulfil every condition."""
        statement = select(self.model).where(*conditions).limit(limit)
        if order_by is not None:
            statement = statement.order_by(*order_by) if isinstance(order_by, tuple) else statement.order_by(order_by)
        return (await self.session.scalars(statement)).all()

    async def find_one(self, *conditions: Any) -> Model | None:
        """Return the first row that fulfils every condition, or None."""
        return (await self.session.scalars(select(self.model).where(*conditions).limit(1))).first()

    async def count(self, *conditions: Any) -> int:
        """Return how many rows fulfil every condition."""
        return await self.session.scalar(select(func.count()).select_from(self.model).where(*conditions)) or 0

    async def create(self, **values: Any) -> Model:
        """Add a row; its defaults are filled in."""
        row = self.model(**values)
        self.session.add(row)
        await self.session.flush()
        await self.session.refresh(row)
        return row

    async def update(self, row: Model, **values: Any) -> Model:
        """Change a row; a model with a version counts it up."""
        for name, value in values.items():
            setattr(row, name, value)
        if hasattr(row, "version"):
            row.version += 1
        await self.session.flush()
        await self.session.refresh(row)
        return row

    async def delete(self, row: Model) -> None:
        """Remove a row."""
        await self.session.delete(row)
        await self.session.flush()


def check_version(row: Any, told: int | None) -> None:
    """Raise VersionConflict when the caller edited another version than the stored one."""
    if told is not None and row.version != told:
        raise VersionConflict(
            _("Somebody changed this meanwhile; load it again and repeat your change"),
            details={"your_version": told, "version": row.version},
        )
