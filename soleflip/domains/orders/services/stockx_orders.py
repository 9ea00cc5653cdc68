"""What an order of StockX is in our books: one order per number, its fees as paid out, its pair, its steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.orders.services.order_service import OrderService
from shared.database.models import Order, OrderFee
from shared.database.words import FeeKind, FeeSource, ListingStatus, MatchState, OrderStatus
from shared.error_handling.exceptions import BusinessRuleViolation, InvalidStateTransition
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import orders
from shared.rules.money import ZERO
from shared.stockx.models import Order as Told
from shared.translation import phrase

PAID_OUT = frozenset({"PAYOUTCOMPLETED", "COMPLETED"})
COLUMN = {
    FeeKind.TRANSACTION: "platform_fee",
    FeeKind.PAYMENT: "payment_fee",
    FeeKind.SHIPPING: "shipping_cost",
    FeeKind.ADJUSTMENT: "other_fees",
}


def fee_kind(words: str) -> FeeKind:
    """Return which of our fees one of StockX's adjustments is, by its name."""
    lowered = words.lower()
    if "transaction" in lowered or "seller fee" in lowered:
        return FeeKind.TRANSACTION
    if "payment" in lowered:
        return FeeKind.PAYMENT
    return FeeKind.SHIPPING if "shipping" in lowered else FeeKind.ADJUSTMENT


def payout_lines(told: Told, gross: Decimal) -> dict[FeeKind, Decimal] | None:
    """Return what was kept back from a sale, by kind, adding up to the payout to the cent; None while none is known."""
    if told.payout is None or told.payout.total is None:
        return None
    lines: dict[FeeKind, Decimal] = {}
    for each in told.payout.adjustments:
        kind = fee_kind(each.kind)
        lines[kind] = lines.get(kind, ZERO) - (each.amount or ZERO)
    unexplained = gross - sum(lines.values(), ZERO) - told.payout.total
    if unexplained:
        lines[FeeKind.ADJUSTMENT] = lines.get(FeeKind.ADJUSTMENT, ZERO) + unexplained
    return lines


class StockXOrders:
    """Stores orders as StockX tells them, within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session, self.service = session, OrderService(session)
        self.orders, self.catalogue = self.service.orders, CatalogueLookup(session)

    async def hold(self, told: Sequence[Told]) -> None:
        """Hold those of some orders that are here already, before any pair is."""
        platform = await self.catalogue.platform("stockx")
        await self.orders.hold_known(platform.id, [each.number for each in told])

    async def store(self, told: Told) -> str:
        """Store an order; return created, updated or skipped. Raises BusinessRuleViolation for what cannot be booked yet."""
        platform = await self.catalogue.platform("stockx")
        known = await self.orders.known(platform.id, told.number)
        if known is None:
            return await self._create(told, platform.id)
        order = await self.service.held(known.id)
        if order.platform_status == told.status and order.platform_updated_at == told.updated_at:
            return "skipped"
        await self._update(order, told)
        return "updated"

    async def _create(self, told: Told, platform_id: Any) -> str:
        gross = (told.payout.sale_price if told.payout else None) or told.amount
        if gross is None:
            raise BusinessRuleViolation(phrase("StockX says no price of order %(number)s", number=told.number))
        rate = await self.catalogue.rate(told.currency, told.created_at.date())
        if rate is None:
            raise BusinessRuleViolation(
                phrase("No exchange rate for %(currency)s is known; enter one", currency=told.currency)
            )
        listing = await self.orders.listing_sold(platform_id, told.listing_id) if told.listing_id else None
        status = orders.STOCKX.get(told.status, OrderStatus.CREATED)
        lines = payout_lines(told, gross)
        made = await self.service.create(
            None,
            {
                "platform": "stockx", "external_id": told.number, "stockx_order_number": told.number[:100],
                "product_name": (told.product.name or told.product.style_id or told.number)[:255],
                "sku": (told.product.style_id or "")[:100] or None, "size": (told.variant.value or "")[:20] or None,
                "gross_sale": gross, "currency": told.currency[:3], "exchange_rate": rate,
                "sold_at": told.created_at.astimezone(UTC), "listing_id": listing.id if listing else None,
                "inventory_type": (told.inventory_type or "")[:20] or None,
                "status": status if status in orders.ENDED else OrderStatus.CREATED,
                **({"match_state": MatchState.IGNORED} if status in orders.ENDED else {}),
                **{COLUMN[kind]: amount for kind, amount in (lines or {}).items()},
            },
            "stockx", FeeSource.PAYOUT,
        )  # fmt: skip
        order = await self.service.held(made)
        if listing is not None and status not in orders.ENDED:
            listing.status, listing.platform_status = ListingStatus.SOLD, "MATCHED"
            listing.version += 1
        await self._follow(order, told)
        return "created"

    async def _update(self, order: Order, told: Told) -> None:
        lines = payout_lines(told, order.gross_sale)
        if lines is not None and told.payout is not None and told.payout.total != order.net_proceeds:
            await self._pay_out(order, lines)
        await self._follow(order, told)

    async def _pay_out(self, order: Order, lines: dict[FeeKind, Decimal]) -> None:
        """Write the fees as they were paid out, instead of those the schedule foretold, and count the profit again."""
        await self.orders.write_fees_out(order)
        for source in (FeeSource.SCHEDULE, FeeSource.PAYOUT):
            await self.orders.drop_fees(order.id, source)
        for kind, amount in lines.items():
            self.session.add(
                OrderFee(order_id=order.id, kind=kind, source=FeeSource.PAYOUT, amount=amount, currency=order.currency)
            )
        net = order.gross_sale - sum(lines.values(), ZERO)
        columns = {name: lines.get(kind, ZERO) for kind, name in COLUMN.items()}
        await self.orders.update(order, net_proceeds=net, **columns)
        await self.service.count_again(order)

    async def _follow(self, order: Order, told: Told) -> None:
        """Bring status, shipping and payment up to what StockX tells."""
        order.platform_status, order.platform_updated_at = told.status[:50], told.updated_at
        order.raw_data = told.model_dump(mode="json", exclude={"product", "variant"})
        if told.shipment is not None:
            order.ship_by = told.shipment.ship_by or order.ship_by
            order.tracking_number = (told.shipment.tracking_number or "")[:100] or order.tracking_number
        moment = told.updated_at or datetime.now(UTC)
        status = orders.STOCKX.get(told.status)
        if status is not None:
            try:
                await self.service.move(order, status, None, f"StockX: {told.status}", "stockx", moment)
            except InvalidStateTransition:
                order.notes = f"{order.notes or ''}\nStockX says {told.status} at {moment:%Y-%m-%d}".strip()[:5000]
        if told.status in PAID_OUT and not order.payout_received:
            order.payout_received, order.payout_date = True, moment
        await self.session.flush()
