"""Tax reports: every sale, the margin book, the VAT summary and the income statement of a period, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from domains.orders.repositories.tax_repository import SALE, TaxRepository
from domains.orders.services.money_service import MoneyService, between
from shared.rules.money import ZERO, cents

Report = Literal["sales", "margin-book", "vat", "income"]
VAT = ("month", "tax_scheme", "country", "orders", "sales", "cost_of_goods", "vat_due")
INCOME = ("line", "amount")


class TaxService:
    """Reports within one unit of work. They are tables for a tax adviser, no advice."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, TaxRepository(session)

    async def table(self, report: Report, start: date, end: date) -> tuple[Sequence[str], list[list[Any]]]:
        """Return a report's columns and rows, amounts in euros; raises ValidationException when the dates are turned around."""
        first, after = between(start, end)
        match report:
            case "sales":
                return SALE, [_plain(row) for row in await self.stored.sales(first, after)]
            case "margin-book":
                return SALE, [_plain(row) for row in await self.stored.margin_book(first, after)]
            case "vat":
                rows = await MoneyService(self.session).vat_summary(start, end)
                return VAT, [_plain(row.values()) for row in rows]
            case "income":
                return INCOME, await self._income(start, end)

    async def _income(self, start: date, end: date) -> list[list[Any]]:
        found = await self.stored.totals(*between(start, end))
        spent: dict[str, Decimal] = {}
        for each in await self.stored.expenses(start, end):
            spent[each.category] = spent.get(each.category, ZERO) + each.net
        lines: list[tuple[str, Decimal]] = [
            ("Sales", cents(found["sales"])), ("Marketplace fees", -cents(found["fees"])),
            ("Shipping", -cents(found["shipping"])), ("Goods sold", -cents(found["cost"])),
            ("VAT owed on sales", -cents(found["vat_due"])),
            *((f"Expenses: {category}", -cents(amount)) for category, amount in sorted(spent.items())),
        ]  # fmt: skip
        result = sum((amount for _, amount in lines), ZERO)
        return [[name, amount] for name, amount in (*lines, ("Result", result))]

    async def unmatched(self, start: date, end: date) -> int:
        """Return how many sales of a period do not know their pair yet: their cost is missing in the reports."""
        return int((await self.stored.totals(*between(start, end)))["unmatched"])


def _plain(row: Any) -> list[Any]:
    return [getattr(value, "value", value) for value in row]
