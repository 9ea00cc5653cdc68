"""Money: payouts reconciled to the cent, profit and loss, tax reports, fee quotes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from domains.orders.repositories.money_repository import PayoutRepository
from domains.orders.repositories.order_repository import OrderRepository
from shared.auth.principal import Principal
from shared.database.models import Order, OrderStatusChange, Payout, PayoutLine
from shared.database.words import OrderStatus
from shared.error_handling.exceptions import DuplicateResourceException, ResourceNotFoundException, ValidationException
from shared.events.event_bus import publish
from shared.repositories import audit
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import fees
from shared.rules.money import ZERO, cents, ratio_percent
from shared.translation import phrase

DAC7_SALES, DAC7_TURNOVER = 30, Decimal(2000)
"""From 30 sales or 2,000 EUR a year platforms report a seller (Directive (EU) 2021/514)."""
WAITING = (
    OrderStatus.CANCELLED,
    OrderStatus.RETURNED,
    OrderStatus.FAILED_AUTHENTICATION,
    OrderStatus.COMPLETED,
    OrderStatus.PAID,
)


class MoneyService:
    """Everything about money."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.catalogue = session, CatalogueLookup(session)
        self.payouts, self.orders = PayoutRepository(session), OrderRepository(session)

    async def record_payout(
        self,
        actor: Principal,
        platform_slug: str,
        number: str,
        paid_at: datetime,
        amount: Decimal,
        lines: Sequence[dict[str, Any]],
    ) -> Payout:
        """Store a payout and explain it: each line against its order's expected proceeds, the sum against the amount."""
        platform = await self.catalogue.platform(platform_slug)
        if await self.payouts.find_one(Payout.platform_id == platform.id, Payout.external_id == number):
            raise DuplicateResourceException(
                phrase("%(platform)s payout %(number)s is here already", platform=platform.name, number=number)
            )
        numbers = [line["order"] for line in lines if line.get("order")]
        if len(set(numbers)) != len(numbers):
            raise ValidationException(phrase("An order stands twice in this payout"))
        known = await self.payouts.orders_by_number(platform.id, numbers)
        payout = await self.payouts.create(platform_id=platform.id, external_id=number, paid_at=paid_at, amount=amount)
        explained = ZERO
        for line in lines:
            order = known.get(line.get("order") or "")
            explained += line["amount"]
            self.session.add(
                PayoutLine(
                    payout_id=payout.id,
                    order_id=order.id if order else None,
                    kind="sale" if line.get("order") else "adjustment",
                    external_order_id=line.get("order"),
                    amount=line["amount"],
                    expected=order.net_proceeds if order else None,
                    text=line.get("text") or "",
                )
            )
            if order is not None:
                self.payouts.write_line_out(order)
                order.payout_received, order.payout_date, order.payout_id = True, paid_at, payout.id
                if order.status not in WAITING:
                    before, order.status = order.status, OrderStatus.PAID
                    self._remember(order, before, actor, paid_at, number)
                order.version += 1
        payout.difference = amount - explained
        exact = all(
            (order := known.get(line["order"])) is not None and order.net_proceeds == line["amount"]
            for line in lines
            if line.get("order")
        )
        payout.reconciled = payout.difference == 0 and exact
        await self.session.flush()
        audit.record(self.session, actor, "payout.record", "payout", payout.id, after={"amount": str(amount)})
        return payout

    def _remember(self, order: Order, before: OrderStatus, actor: Principal, paid_at: datetime, number: str) -> None:
        """Write the step to paid into the order's history, and tell it."""
        self.session.add(
            OrderStatusChange(
                order_id=order.id,
                from_status=before,
                to_status=order.status,
                at=paid_at,
                by_id=actor.user_id,
                source="payout",
                reason=f"payout {number}"[:255],
            )
        )
        told = {"previous_status": before, "new_status": order.status}
        publish(self.session, "orders.order_updated", order.id, told)

    async def quote(
        self, slug: str, price: Decimal | None, payout: Decimal | None, currency: str, day: date
    ) -> dict[str, Any]:
        """Return what a price pays out, or which price pays out so much, by the schedule of a day."""
        platform = await self.catalogue.platform(slug)
        schedule = fees.choose(await self.catalogue.schedules(platform.id, currency), day, platform.seller_level)
        if schedule is None:
            raise ResourceNotFoundException(
                phrase(
                    "No fees of %(platform)s in %(currency)s are known for %(day)s",
                    platform=platform.name,
                    currency=currency,
                    day=day,
                )
            )
        if price is None:
            try:
                price = fees.price_for(payout or ZERO, schedule)
            except ValueError as error:
                raise ValidationException(str(error)) from None
        found = fees.quote(price, schedule)
        return {
            "platform": slug,
            "currency": currency,
            "price": found.price,
            "transaction": found.transaction,
            "payment": found.payment,
            "shipping": found.shipping,
            "cash_out": found.cash_out,
            "payout": found.payout,
            "valid_from": schedule.valid_from,
        }

    async def profit_and_loss(
        self, unit: Literal["day", "week", "month", "year"], start: date, end: date
    ) -> dict[str, Any]:
        """Return sales by period and marketplace, in euros, with totals; orders without a pair count as sales only."""
        names = ("revenue", "fees", "shipping", "proceeds", "cost_of_goods", "vat_due", "net_profit")
        lines = []
        totals: dict[str, Decimal] = dict.fromkeys(names, ZERO)
        orders = matched = 0
        for period, platform, count, with_pair, *sums in await self.orders.profit_by(unit, *between(start, end)):
            figures = {name: cents(amount or ZERO) for name, amount in zip(names, sums, strict=True)}
            lines.append(
                {"period": period.date(), "platform": platform, "orders": count, "matched": with_pair, **figures}
            )
            totals = {name: totals[name] + figures[name] for name in names}
            orders, matched = orders + count, matched + with_pair
        margin = ratio_percent(totals["net_profit"], totals["revenue"])
        return {
            "from": start,
            "until": end,
            "currency": "EUR",
            "lines": lines,
            "totals": {"orders": orders, "matched": matched, **totals, "margin_percent": margin,
                       "roi_percent": ratio_percent(totals["net_profit"], totals["cost_of_goods"])},
        }  # fmt: skip

    async def vat_summary(self, start: date, end: date) -> list[dict[str, Any]]:
        """Return sales by month, VAT scheme and country of the buyer."""
        names = ("month", "tax_scheme", "country", "orders", "sales", "cost_of_goods", "vat_due")
        return [
            dict(zip(names, (month.date(), scheme, country, count, cents(sales), cents(cost), cents(due)), strict=True))
            for month, scheme, country, count, sales, cost, due in await self.orders.vat_by(*between(start, end))
        ]

    async def dac7(self, year: int) -> list[dict[str, Any]]:
        """Return what each marketplace will have reported for a year, to compare."""
        return [
            {
                "platform": name,
                "sales": count,
                "turnover": cents(turnover or ZERO),
                "reported": count >= DAC7_SALES or (turnover or ZERO) > DAC7_TURNOVER,
            }
            for name, count, turnover in await self.orders.platform_year(year)
        ]


def between(start: date, end: date) -> tuple[datetime, datetime]:
    """Return the first moment of `start` and the first moment after `end`; raises ValidationException when turned around."""
    if end < start:
        raise ValidationException(phrase("The end lies before the start"), field_errors={"until": "lies before from"})
    return datetime.combine(start, time.min, UTC), datetime.combine(end, time.min, UTC) + timedelta(days=1)
