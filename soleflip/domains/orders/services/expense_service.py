"""Costs that belong to no item: packaging, postage, subscriptions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.orders.repositories.tax_repository import TaxRepository
from shared.auth.principal import Principal
from shared.database.models import Expense
from shared.repositories import audit
from shared.repositories.base_repository import BaseRepository
from shared.rules.money import net_of

NAMES = ("id", "spent_on", "category", "text", "net", "vat", "gross", "currency", "supplier", "evidence")


class ExpenseService:
    """Expenses within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session = session

    async def keep(
        self, actor: Principal, *, spent_on: date, category: str, text: str, gross: Decimal, vat_percent: Decimal,
        supplier: str | None = None, evidence: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Store an expense; its VAT is taken out of the gross amount."""
        net = net_of(gross, vat_percent)
        row = await BaseRepository(Expense, self.session).create(
            spent_on=spent_on, category=category, text=text, gross=gross, net=net, vat=gross - net, supplier=supplier,
            evidence=evidence, by_id=actor.user_id,
        )  # fmt: skip
        audit.record(self.session, actor, "expense.create", "expense", row.id, after={"gross": str(gross)})
        return _answer(row)

    async def list(self, start: date, end: date) -> list[dict[str, Any]]:
        """Return the expenses of a period, oldest first."""
        return [_answer(row) for row in await TaxRepository(self.session).expenses(start, end)]


def _answer(row: Expense) -> dict[str, Any]:
    return {name: getattr(row, name) for name in NAMES}
