"""Queries over logins at suppliers and what was bought with them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import AccountPurchase, Product, Supplier, SupplierAccount
from shared.repositories.base_repository import BaseRepository
from shared.repositories.rows import AnyRow

SHOWN = (
    "id", "supplier_id", "email", "first_name", "last_name", "city", "country_code", "list_name", "account_status",
    "is_verified", "payment_method_brand", "payment_method_last4", "last_used_at", "total_purchases", "total_spent",
    "success_rate", "average_order_value",
)  # fmt: skip
COUNT_AGAIN = """
UPDATE core.supplier_accounts a SET total_purchases = s.done, total_spent = s.spent, success_rate = s.rate,
    average_order_value = s.average, last_used_at = s.latest, updated_at = now()
FROM (SELECT x.id, count(p.id) FILTER (WHERE p.success) AS done, coalesce(sum(p.purchase_amount) FILTER (WHERE p.success), 0)
    AS spent, round(100.0 * count(p.id) FILTER (WHERE p.success) / nullif(count(p.id), 0), 3) AS rate,
    round(avg(p.purchase_amount) FILTER (WHERE p.success), 2) AS average, max(p.purchase_date) AS latest
    FROM core.supplier_accounts x LEFT JOIN core.account_purchase_history p ON p.account_id = x.id
    WHERE x.id = CAST(:account AS uuid) OR x.supplier_id = CAST(:supplier AS uuid)
    OR (CAST(:account AS uuid) IS NULL AND CAST(:supplier AS uuid) IS NULL) GROUP BY x.id) s WHERE s.id = a.id
"""


class AccountRepository(BaseRepository[SupplierAccount]):
    """Accounts."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(SupplierAccount, session)

    async def suppliers(self) -> dict[str, uuid.UUID]:
        """Return suppliers by name and slug in lower case."""
        rows = (await self.session.execute(select(Supplier.id, Supplier.name, Supplier.slug))).all()
        return {word.lower(): key for key, name, slug in rows for word in (name, slug)}

    async def supplier(self, supplier_id: uuid.UUID) -> Supplier | None:
        """Return a supplier."""
        return await self.session.get(Supplier, supplier_id)

    async def product(self, product_id: uuid.UUID) -> Product | None:
        """Return a product."""
        return await self.session.get(Product, product_id)

    async def add(self, values: dict[str, Any]) -> bool:
        """Store an account; False when the supplier has one with this address already."""
        password = values.pop("password", None)
        made = await self.session.scalar(
            insert(SupplierAccount)
            .values(id=uuid.uuid4(), password=password, **values)
            .on_conflict_do_nothing(index_elements=["supplier_id", "email"])
            .returning(SupplierAccount.id)
        )
        return made is not None

    async def page(
        self, supplier_id: uuid.UUID, status: str | None, skip: int, limit: int, *, verified: bool
    ) -> Sequence[SupplierAccount]:
        """Return a supplier's accounts, most spent first."""
        statement = select(SupplierAccount).where(SupplierAccount.supplier_id == supplier_id)
        if status:
            statement = statement.where(SupplierAccount.account_status == status)
        if verified:
            statement = statement.where(SupplierAccount.is_verified)
        ordered = statement.order_by(SupplierAccount.total_spent.desc(), SupplierAccount.id)
        return (await self.session.scalars(ordered.offset(skip).limit(limit))).all()

    async def count_again(self, account: uuid.UUID | None = None, supplier: uuid.UUID | None = None) -> int:
        """Count statistics from the purchases: of one account, of a supplier's, or of all; return how many."""
        found = await self.session.execute(
            text(COUNT_AGAIN + " RETURNING a.id"),
            {"account": str(account) if account else None, "supplier": str(supplier) if supplier else None},
        )
        return len(found.all())

    async def figures(self, supplier_id: uuid.UUID) -> AnyRow:
        """Return accounts, active ones, verified ones, purchases, money spent and share of successes of a supplier."""
        account = SupplierAccount
        return (
            await self.session.execute(
                select(
                    func.count(), func.count().filter(account.account_status == "active"),
                    func.count().filter(account.is_verified), func.coalesce(func.sum(account.total_purchases), 0),
                    func.coalesce(func.sum(account.total_spent), 0), func.avg(account.success_rate),
                ).where(account.supplier_id == supplier_id)
            )
        ).one()  # fmt: skip

    async def statuses(self, supplier_id: uuid.UUID | None = None) -> dict[str, int]:
        """Count accounts by status."""
        statement = select(SupplierAccount.account_status, func.count()).group_by(SupplierAccount.account_status)
        if supplier_id:
            statement = statement.where(SupplierAccount.supplier_id == supplier_id)
        return {row[0]: row[1] for row in await self.session.execute(statement)}

    async def months(self, supplier_id: uuid.UUID) -> list[dict[str, Any]]:
        """Return a supplier's purchases of the last six months with some, latest first."""
        month = func.date_trunc("month", AccountPurchase.purchase_date)
        statement = (
            select(month, func.count(), func.sum(AccountPurchase.purchase_amount))
            .where(AccountPurchase.supplier_id == supplier_id, AccountPurchase.success)
            .group_by(month)
            .order_by(month.desc())
            .limit(6)
        )
        return [
            {"month": at.date(), "purchases": count, "spent": spent}
            for at, count, spent in await self.session.execute(statement)
        ]

    async def purchases(self, condition: Any, limit: int) -> list[dict[str, Any]]:
        """Return purchases, latest first."""
        names = ("id", "account_id", "order_reference", "purchase_amount", "currency", "purchase_date",
                 "purchase_status", "success", "failure_reason")  # fmt: skip
        rows = await self.session.scalars(
            select(AccountPurchase).where(condition).order_by(AccountPurchase.purchase_date.desc()).limit(limit)
        )
        return [{name: getattr(row, name) for name in names} for row in rows]
