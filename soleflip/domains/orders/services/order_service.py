"""Orders: made by hand or by an import, moved through their life, matched to pairs, explained to the cent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.orders.repositories.order_repository import OrderFilter, OrderRepository, as_dict
from shared.auth.principal import Principal
from shared.database.models import InventoryItem, MatchCandidate, Order, OrderFee, OrderReturn, OrderStatusChange
from shared.database.words import FeeKind, FeeSource, ItemStatus, MatchState, OrderStatus, ReturnKind
from shared.error_handling.exceptions import (
    BusinessRuleViolation,
    DuplicateResourceException,
    InvalidStateTransition,
    ResourceNotFoundException,
)
from shared.events.event_bus import publish
from shared.repositories import audit, consignment_desk, listing_desk, stock_ledger, stock_locks
from shared.repositories.base_repository import check_version
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import consignment, fees, orders, sizes, stock, vat
from shared.rules.money import ZERO
from shared.translation import gettext_noop as _
from shared.translation import phrase

ITEM_STATUS = {
    OrderStatus.SHIPPED: ItemStatus.SHIPPED,
    OrderStatus.COMPLETED: ItemStatus.COMPLETED,
    OrderStatus.CANCELLED: ItemStatus.IN_STOCK,
    OrderStatus.RETURNED: ItemStatus.RETURNED,
    OrderStatus.FAILED_AUTHENTICATION: ItemStatus.RETURNED,
}
"""What an order's step means for its pair."""


class OrderService:
    """Everything about orders."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.orders, self.catalogue = session, OrderRepository(session), CatalogueLookup(session)

    async def list(
        self, chosen: OrderFilter, skip: int, limit: int, cursor: str | None
    ) -> tuple[list[dict[str, Any]], int, str | None]:
        """Return a page of orders, how many fit, and the next page's cursor."""
        found = await self.orders.page(chosen, skip, limit, cursor)
        return [as_dict(row) for row in found.rows], found.total, found.next_cursor

    async def to_ship(self, chosen: OrderFilter, skip: int, limit: int) -> tuple[Sequence[dict[str, Any]], int]:
        """Return a page of what is to be shipped, the nearest deadline first, and how many there are."""
        rows, total = await self.orders.to_ship(chosen, skip, limit)
        return [as_dict(row) for row in rows], total

    async def get(self, order_id: uuid.UUID) -> dict[str, Any]:
        """Return one order; raises ResourceNotFoundException."""
        row = await self.orders.row(order_id)
        if row is None:
            raise ResourceNotFoundException(
                phrase("Order %(order_id)s not found", order_id=order_id), details={"order_id": str(order_id)}
            )
        return as_dict(row)

    async def held(self, order_id: uuid.UUID) -> Order:
        """Return one order held for a change; raises ResourceNotFoundException."""
        order = await self.orders.get_for_update(order_id)
        if order is None:
            raise ResourceNotFoundException(
                phrase("Order %(order_id)s not found", order_id=order_id), details={"order_id": str(order_id)}
            )
        return order

    async def create(
        self, actor: Principal | None, values: Mapping[str, Any], source: str = "person",
        fees_from: FeeSource = FeeSource.MANUAL,
    ) -> uuid.UUID:  # fmt: skip
        """Make an order; fees that are not told follow from the schedule of its day.

        Its pair is looked for, unless the order has ended already or a match state is told.
        """
        told = dict(values)
        await stock_locks.several(self.session)
        platform = await self.catalogue.platform(told.pop("platform"))
        if await self.orders.known(platform.id, told["external_id"]):
            raise DuplicateResourceException(
                phrase(
                    "%(platform)s order %(external_id)s is here already",
                    platform=platform.name,
                    external_id=told["external_id"],
                )
            )
        size_told = told.pop("size", None)
        size = sizes.parse(size_told) if size_told else None
        if told.get("product_id") is None and told.get("sku"):
            product = await self.catalogue.product_by_code(told["sku"])
            told["product_id"] = product.id if product else None
        lines, source_of = self._told_fees(told), fees_from
        quoted = await self._quote(
            platform.id, told["gross_sale"], told.get("currency", "EUR"), told["sold_at"], platform.seller_level
        )
        if lines is None and quoted is not None:
            lines, source_of = quoted_lines(quoted), FeeSource.SCHEDULE
        lines = lines or {}
        order = await self.orders.create(
            platform_id=platform.id,
            size_label=size.value if size else None,
            size_id=await self.catalogue.size(size) if size else None,
            platform_fee=lines.get(FeeKind.TRANSACTION, ZERO),
            payment_fee=lines.get(FeeKind.PAYMENT, ZERO),
            shipping_cost=lines.get(FeeKind.SHIPPING, ZERO),
            other_fees=lines.get(FeeKind.CASH_OUT, ZERO) + lines.get(FeeKind.ADJUSTMENT, ZERO),
            net_proceeds=told["gross_sale"] - sum(lines.values(), ZERO),
            expected_payout=quoted.payout if quoted else None,
            **told,
        )
        for kind, amount in lines.items():
            self.session.add(
                OrderFee(order_id=order.id, kind=kind, source=source_of, amount=amount, currency=order.currency)
            )
        self._remember(order, None, order.status, actor, source, "")
        publish(
            self.session,
            "orders.order_created",
            order.id,
            {"platform": platform.slug, "external_id": order.external_id},
        )
        if order.status not in orders.ENDED and told.get("match_state") is None:
            await self.match(order, actor)
        return order.id

    def _told_fees(self, told: dict[str, Any]) -> dict[FeeKind, Decimal] | None:
        names = {"platform_fee": FeeKind.TRANSACTION, "payment_fee": FeeKind.PAYMENT, "shipping_cost": FeeKind.SHIPPING,
                 "other_fees": FeeKind.ADJUSTMENT}  # fmt: skip
        found = {kind: told.pop(name) for name, kind in names.items() if told.get(name) is not None}
        for name in names:
            told.pop(name, None)
        return found or None

    async def _quote(
        self, platform_id: uuid.UUID, price: Decimal, currency: str, sold_at: datetime, level: str
    ) -> fees.Quote | None:
        schedule = fees.choose(await self.catalogue.schedules(platform_id, currency), sold_at.date(), level)
        return fees.quote(price, schedule) if schedule else None

    def _remember(
        self,
        order: Order,
        before: OrderStatus | None,
        after: OrderStatus,
        actor: Principal | None,
        source: str,
        reason: str,
    ) -> None:
        self.session.add(
            OrderStatusChange(
                order_id=order.id,
                from_status=before,
                to_status=after,
                at=datetime.now(UTC),
                by_id=actor.user_id if actor else None,
                source=source,
                reason=reason[:255],
            )
        )

    async def change(
        self, actor: Principal, order_id: uuid.UUID, values: Mapping[str, Any], version: int | None
    ) -> None:
        """Change an order; a status among the values is a step of its life."""
        order = await self.held(order_id)
        check_version(order, version)
        told = dict(values)
        status, reason = told.pop("status", None), told.pop("reason", None) or ""
        if told:
            before = {name: str(getattr(order, name)) for name in told}
            await self.orders.update(order, **told)
            audit.record(
                self.session,
                actor,
                "order.change",
                "order",
                order.id,
                before,
                {k: str(v) for k, v in told.items()},
                reason,
            )
        if status is not None:
            await self.move(order, OrderStatus(status), actor, reason)

    async def move(
        self, order: Order, to: OrderStatus, actor: Principal | None, reason: str = "", source: str = "person",
        at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Bring an order (held) to a status, its pair with it; raises InvalidStateTransition. Staying writes nothing.

        `at` is when it came about, if that was not now.
        """
        before = order.status
        if before == to:
            return
        if not orders.may_follow(before, to):
            raise InvalidStateTransition(
                phrase(
                    "Order %(external_id)s is %(before)s; it cannot become %(to)s",
                    external_id=order.external_id,
                    before=before,
                    to=to,
                ),
                details={"from": before, "to": to},
            )
        now = at or datetime.now(UTC)
        order.status = to
        order.version += 1
        if to is OrderStatus.SHIPPED:
            order.shipped_at = now
        if to is OrderStatus.COMPLETED:
            order.completed_at = now
        self._remember(order, before, to, actor, source, reason)
        item = await self.orders.item_for_update(order.inventory_item_id) if order.inventory_item_id else None
        wanted = ITEM_STATUS.get(to)
        if item is not None and wanted is not None:
            await self._move_item(order, item, wanted, actor, source)
        publish(self.session, "orders.order_updated", order.id, {"previous_status": before, "new_status": to})
        await self.session.flush()

    async def _move_item(
        self, order: Order, item: InventoryItem, wanted: ItemStatus, actor: Principal | None, source: str
    ) -> None:
        """Let an item follow its order. An order of some of several pieces moves no item; ended, it gives its pieces back."""
        why = f"order {order.external_id} is {order.status}"
        if await self.orders.sold_out_by(item.id, f"order {order.external_id}"):
            if item.status not in stock.SOLD:  # pieces came back from another order meanwhile
                return
            if wanted is ItemStatus.COMPLETED and item.status is ItemStatus.SOLD:
                stock_ledger.move(self.session, item, ItemStatus.SHIPPED, actor, why, source)
            stock_ledger.move(self.session, item, wanted, actor, why, source)
        elif order.status in orders.ENDED:
            if item.status in stock.SOLD:
                item.quantity = order.quantity
                stock_ledger.move(self.session, item, ItemStatus.IN_STOCK, actor, f"{why}: pieces back", source)
            else:
                item.quantity, item.version = item.quantity + order.quantity, item.version + 1
                stock_ledger.remember(
                    self.session, item.id, item.status, item.status, actor, f"{why}: {order.quantity} back", source
                )

    async def match(self, order: Order, actor: Principal | None) -> MatchState:
        """Look for the pair an order sold: take it when it is sure, else put what could fit into the review queue."""
        if order.match_state is MatchState.MATCHED:
            return order.match_state
        sale = orders.Sale(
            order.product_id,
            order.sku,
            order.size_label,
            order.sold_at.date(),
            await self.orders.listed_item(order.listing_id),
        )
        refused = {each.item_id for each in await self.orders.candidates(order.id) if each.refused}
        ranked = [each for each in orders.rank(sale, await self.orders.pairs(order)) if each.item_id not in refused]
        if ranked and ranked[0].score >= orders.SURE:
            item = await self.orders.item_for_update(ranked[0].item_id)
            if item is not None and item.sold_at is None and has_cost(item):
                await self.attach(order, item, actor)
                return order.match_state
        known = {each.item_id for each in await self.orders.candidates(order.id)}
        for each in ranked[:5]:
            if each.item_id not in known:
                self.session.add(
                    MatchCandidate(
                        order_id=order.id, item_id=each.item_id, score=each.score, reasons=list(each.reasons)
                    )
                )
        order.match_state = MatchState.SUGGESTED if ranked else MatchState.UNMATCHED
        await self.session.flush()
        return order.match_state

    async def attach(self, order: Order, item: InventoryItem, actor: Principal | None) -> None:
        """Say that an order sold a pair: the pair is sold, and profit and VAT are counted and kept with the order."""
        if not has_cost(item):
            raise BusinessRuleViolation(
                phrase("Item %(number)s has no purchase price; enter it first", number=item.number)
            )
        await self._count(order, item)
        await self.orders.update(
            order,
            inventory_item_id=item.id,
            product_id=order.product_id or item.product_id,
            match_state=MatchState.MATCHED,
        )
        left = item.quantity - order.quantity
        if left > 0:
            item.quantity, item.version = left, item.version + 1
        else:
            stock_ledger.move(self.session, item, ItemStatus.SOLD, actor, f"order {order.external_id}", "order")
            await listing_desk.take_down_others(
                self.session, item.id, order.listing_id, f"sold: order {order.external_id}"
            )
        publish(self.session, "orders.order_matched", order.id, {"item_id": item.id})

    async def _count(self, order: Order, item: InventoryItem) -> None:
        """Write what a pair cost, the VAT and what is left into an order. A consigned pair costs what its owner gets."""
        business = await self.catalogue.business()
        slug = next((each.slug for each in await self.catalogue.platforms() if each.id == order.platform_id), "")
        # What was sold for its owner stays so, also where the pair came back and was bought by us since.
        for_owner = item.consignor_id is not None or order.consignor_share is not None
        share = await consignment_desk.share_of(self.session, order, item) if for_owner else None
        scheme = item.tax_scheme
        if share is not None:
            scheme = order.tax_scheme or item.tax_scheme
            gross_cost = share.amount
            cost = consignment.purchase(share.amount, scheme, business.vat_rate)
        else:
            net, gross = item.purchase_price or ZERO, item.gross_purchase_price
            gross_cost = (gross or net) * order.quantity
            cost = (vat.purchase_cost(scheme, net, gross) + item.landed_costs) * order.quantity
        due = vat.vat_due(
            scheme,
            order.gross_sale / order.exchange_rate,
            gross_cost,
            business.vat_rate,
            business_buyer=slug in vat.BUSINESS_BUYERS,
        )
        order.consignor_share = share.amount if share else None
        order.tax_scheme = scheme
        order.vat_due = due
        order.cost_of_goods = cost
        self._count_profit(order, cost)

    @staticmethod
    def _count_profit(order: Order, cost: Decimal) -> None:
        found = vat.profit(order.net_proceeds / order.exchange_rate, cost, order.vat_due)
        order.cost_of_goods, order.gross_profit = found.cost, found.gross_profit
        order.net_profit, order.roi = found.net_profit, found.roi

    async def count_again(self, order: Order) -> None:
        """Count the profit of a matched order again, after its proceeds have changed; an owner's share follows its fees."""
        if order.cost_of_goods is None:
            return
        item = await self.orders.sold_item(order.inventory_item_id) if order.consignor_share is not None else None
        if item is not None:
            await self._count(order, item)
        else:
            self._count_profit(order, order.cost_of_goods)

    async def decide(self, actor: Principal, order_id: uuid.UUID, item_id: uuid.UUID | None) -> None:
        """A person's decision in the review queue: this pair, or (None) no pair of ours."""
        order = await self.held(order_id)
        if order.match_state is MatchState.MATCHED:
            raise BusinessRuleViolation(_("This order is matched already"))
        if item_id is None:
            await self.orders.update(order, match_state=MatchState.IGNORED)
        else:
            item = await self.orders.item_for_update(item_id)
            if item is None:
                raise ResourceNotFoundException(phrase("Item %(item_id)s not found", item_id=item_id))
            await self.attach(order, item, actor)
        audit.record(self.session, actor, "order.match", "order", order.id, after={"item_id": str(item_id)})

    async def match_all(self, actor: Principal, limit: int) -> dict[str, int]:
        """Look for the pairs of orders that have none."""
        counted = {state.value: 0 for state in MatchState}
        await stock_locks.several(self.session)
        for order in await self.orders.unmatched(limit):
            counted[await self.match(order, actor)] += 1
        return counted

    async def open_return(
        self, actor: Principal, order_id: uuid.UUID, kind: ReturnKind, reason: str, refund: Decimal, cost: Decimal
    ) -> uuid.UUID:
        """A sale comes back: the order ends, the pair returns (or is lost), the loss is kept."""
        order = await self.held(order_id)
        ended = OrderStatus.FAILED_AUTHENTICATION if kind is ReturnKind.FAILED_AUTHENTICATION else OrderStatus.RETURNED
        await self.move(order, ended, actor, reason)
        row = OrderReturn(
            order_id=order.id, kind=kind, reason=reason, refund_amount=refund, cost=cost, currency=order.currency
        )
        self.session.add(row)
        await self.session.flush()
        audit.record(self.session, actor, "order.return", "order", order.id, after={"kind": kind.value}, reason=reason)
        return row.id


def has_cost(item: InventoryItem) -> bool:
    """Say whether a sale of this pair can be booked: its price is known, or its owner gets a share."""
    return item.purchase_price is not None or item.consignor_id is not None


def quoted_lines(quoted: fees.Quote) -> dict[FeeKind, Decimal]:
    """Return the lines of a quote that are not nothing."""
    lines = {
        FeeKind.TRANSACTION: quoted.transaction,
        FeeKind.PAYMENT: quoted.payment,
        FeeKind.SHIPPING: quoted.shipping,
        FeeKind.CASH_OUT: quoted.cash_out,
    }
    return {kind: amount for kind, amount in lines.items() if amount}
