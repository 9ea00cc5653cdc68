"""The demo's consignor: a collector whose pairs are sold. One came back after her statement was paid, one lies too long."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.consignment.services.consignor_service import ConsignorService
from domains.consignment.services.pair_service import PairService
from domains.consignment.services.statement_service import StatementService
from domains.orders.services.order_service import OrderService
from domains.products.services.product_service import ProductService
from shared.auth.principal import Principal
from shared.database.models import Order
from shared.database.words import OrderStatus, ReturnKind

OWNER: dict[str, Any] = {
    "name": "Lena Vogt", "email": "lena@example.com", "phone": "+49 30 000000", "address": "Musterstraße 5\n10115 Berlin",
    "iban": "DE89370400440532013000", "share_percent": Decimal(80), "minimum_payout": Decimal(120), "return_after_days": 120,
    "notes": "Collector. Wants a call before a price is lowered.",
}  # fmt: skip
# SKU, name, size, asking price, brought in days ago, sold days ago and for how much
PAIRS = (
    ("DM7866-162", "Jordan 1 Low Travis Scott Reverse Mocha", "US 9", "980", 150, 95, "940"),
    ("DN3707-100", "Jordan 3 Retro White Cement Reimagined", "US 10", "240", 150, 80, "235"),
    ("FD8776-800", "Nike SB Dunk Low Jarritos", "US 9.5", "420", 150, 60, "405"),
    ("DZ4137-106", "Jordan 1 Low Travis Scott Olive", "US 8.5", "520", 90, 9, "498"),
    ("BQ6817-100", "Nike SB Dunk Low Orange Lobster", "US 10", "890", 150, 0, ""),
    ("FQ6891-600", "Nike SB Dunk Low Big Money Savings", "US 9", "150", 30, 0, ""),
)  # fmt: skip


async def tell(session: AsyncSession, actor: Principal, today: datetime) -> None:
    """Bring pairs in, sell some, state and pay; then one comes back, laces are bought, and the next statement is open."""
    owners, pairs, statements = ConsignorService(session), PairService(session), StatementService(session)
    owner = await owners.create(actor, OWNER)
    await owners.create(
        actor, {"name": "Kicks & Co. OHG", "kind": "business", "vat_number": "DE000000000", "share_percent": 85}
    )
    sold: list[Order] = []
    for sku, name, size, asked, days, days_ago, price in PAIRS:
        await ProductService(session).create(actor, {"sku": sku, "name": name, "retail_price": Decimal(150)})
        pair = {"sku": sku, "size": size, "list_price": Decimal(asked), "location": "B-1"}
        await pairs.bring_in(actor, owner, [pair], (today - timedelta(days=days)).date())
        if price:
            sold.append(await _sale(session, actor, (sku, name, size, price), today - timedelta(days=days_ago)))
    await _statement(statements, actor, owner, today - timedelta(days=45))
    for order in sold[:3]:
        await OrderService(session).move(order, OrderStatus.SHIPPED, actor)
    await OrderService(session).open_return(
        actor, sold[1].id, ReturnKind.CUSTOMER, "too small", Decimal(235), Decimal("4.90")
    )
    await owners.adjust(
        actor, owner, (today - timedelta(days=12)).date(), Decimal("-9.90"), "New laces for the Jarritos"
    )
    await statements.issue(actor, owner, today.date(), today)


async def _sale(session: AsyncSession, actor: Principal, pair: tuple[str, str, str, str], sold_at: datetime) -> Order:
    sku, name, size, price = pair
    service = OrderService(session)
    told = {
        "platform": "stockx", "external_id": f"6{sold_at:%y%m%d}-{sku[:4]}", "product_name": name, "sku": sku, "size": size,
        "gross_sale": Decimal(price), "buyer_destination_country": "Germany", "sold_at": sold_at,
    }  # fmt: skip
    return await service.held(await service.create(actor, told))


async def _statement(service: StatementService, actor: Principal, owner: uuid.UUID, until: datetime) -> None:
    made = await service.issue(actor, owner, until.date(), until + timedelta(days=1))
    await service.pay(actor, made.id, (until + timedelta(days=8)).date(), f"SEPA {made.number}")
