"""Queries behind tax reports: every sale of a period with what a tax adviser asks for, and the expenses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import ConsignedPair, Consignor, Expense, InventoryItem, Order, Platform
from shared.database.words import TaxScheme
from shared.repositories.figures import ENDED
from shared.repositories.rows import AnyRow, AnySelect

SALE = (
    "sold_on", "paid_on", "marketplace", "order", "invoice", "product", "sku", "size", "country", "buyer_vat_number",
    "tax_scheme", "bought_on", "supplier", "purchase_gross", "sale_gross", "fees", "shipping", "payout", "cost", "vat_due",
    "profit",
)  # fmt: skip


class TaxRepository:
    """Reports within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    def _sales(self, start: datetime, end: datetime) -> AnySelect:
        item, rate = InventoryItem, Order.exchange_rate
        # A consigned pair is bought of its owner when it sells, for the owner's share (3 Abs. 3 UStG).
        bought = case((Order.consignor_share.is_not(None), cast(Order.sold_at, Date)), else_=item.purchase_date)
        return (
            select(
                cast(Order.sold_at, Date), cast(Order.payout_date, Date), Platform.name, Order.external_id,
                Order.invoice_number, Order.product_name, Order.sku, Order.size_label, Order.buyer_destination_country,
                Order.buyer_vat_number, Order.tax_scheme, bought, func.coalesce(Consignor.name, item.supplier),
                func.coalesce(Order.consignor_share, item.gross_purchase_price * Order.quantity),
                func.round(Order.gross_sale / rate, 2),
                func.round((Order.platform_fee + Order.payment_fee + Order.other_fees) / rate, 2),
                func.round(Order.shipping_cost / rate, 2), func.round(Order.net_proceeds / rate, 2), Order.cost_of_goods,
                func.round(Order.vat_due, 2), Order.net_profit,
            )
            .join(Platform, Platform.id == Order.platform_id)
            .outerjoin(item, item.id == Order.inventory_item_id)
            .outerjoin(ConsignedPair, and_(ConsignedPair.item_id == item.id, Order.consignor_share.is_not(None)))
            .outerjoin(Consignor, Consignor.id == ConsignedPair.consignor_id)
            .where(Order.sold_at >= start, Order.sold_at < end, Order.status.not_in(ENDED))
            .order_by(Order.sold_at, Order.id)
        )  # fmt: skip

    async def sales(self, start: datetime, end: datetime) -> Sequence[AnyRow]:
        """Return rows of `SALE`, in euros, oldest first; a sale without its pair has no cost, VAT scheme or profit yet."""
        return (await self.session.execute(self._sales(start, end))).all()

    async def margin_book(self, start: datetime, end: datetime) -> Sequence[AnyRow]:
        """Return the sales under the margin scheme (25a UStG): the records that law asks for, per item."""
        statement = self._sales(start, end).where(Order.tax_scheme == TaxScheme.MARGIN)
        return (await self.session.execute(statement)).all()

    async def expenses(self, start: date, end: date) -> Sequence[Expense]:
        """Return the expenses from one day to another, both included."""
        statement = select(Expense).where(Expense.spent_on.between(start, end)).order_by(Expense.spent_on, Expense.id)
        return (await self.session.scalars(statement)).all()

    async def totals(self, start: datetime, end: datetime) -> dict[str, Any]:
        """Return a period's income statement lines, in euros: what came in, what it cost, what is owed."""
        rate = Order.exchange_rate
        names = ("orders", "unmatched", "sales", "fees", "shipping", "cost", "vat_due", "profit")
        statement: AnySelect = select(
            func.count(), func.count().filter(Order.cost_of_goods.is_(None)), func.sum(Order.gross_sale / rate),
            func.sum((Order.platform_fee + Order.payment_fee + Order.other_fees) / rate),
            func.sum(Order.shipping_cost / rate), func.sum(Order.cost_of_goods), func.sum(Order.vat_due),
            func.sum(Order.net_profit),
        ).where(Order.sold_at >= start, Order.sold_at < end, Order.status.not_in(ENDED))  # fmt: skip
        row = (await self.session.execute(statement)).one()
        return {name: value if value is not None else Decimal(0) for name, value in zip(names, row, strict=True)}
