"""Statements: drawn up from what is known, issued once with a number, paid once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.consignment.repositories.statement_repository import StatementRepository
from domains.consignment.services.consignor_service import ConsignorService, today
from shared.auth.principal import Principal
from shared.database.models import (
    ConsignedPair,
    ConsignmentAdjustment,
    ConsignmentLine,
    ConsignmentStatement,
    Consignor,
    Order,
)
from shared.database.words import ConsignorKind, OrderStatus, StatementLineKind
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.events.event_bus import publish
from shared.repositories import audit, consignment_desk
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.figures import ENDED
from shared.rules import changing_hands, consignment
from shared.rules.money import ZERO, cents
from shared.translation import phrase

SERIES = "consignment-{year}"
NUMBER = "C-{year}-{number:04d}"
EXPORT = (
    "number", "position", "kind", "day", "reference", "text", "gross", "fees", "shipping", "split", "deductions", "lifted",
    "amount", "balance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as it would be issued now."""

    consignor: Consignor
    period_from: date
    period_until: date
    opening: Decimal
    closing: Decimal
    lines: list[ConsignmentLine]
    adjustments: list[ConsignmentAdjustment]


class StatementService:
    """Statements within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, StatementRepository(session)
        self.consignors, self.catalogue = ConsignorService(session), CatalogueLookup(session)

    async def draft(self, consignor_id: uuid.UUID, until: date | None = None, *, hold: bool = False) -> Draft:
        """Draw up an owner's next statement, up to a day; what was found out after that day about a sale before it counts too."""
        found = self.consignors
        row = await found.held(consignor_id) if hold else await found.stored.get_by_id(consignor_id)
        if row is None:
            raise ResourceNotFoundException(phrase("Consignor %(consignor_id)s not found", consignor_id=consignor_id))
        last = await self.stored.latest(consignor_id)
        first = await self.stored.first_day(consignor_id) or today()
        start, usual = consignment.next_period(last.period_until if last else None, first, today())
        end = until or usual
        if end > today():
            raise ValidationException(
                phrase("A statement cannot end after today"), field_errors={"until": "lies ahead"}
            )
        if last is not None and end <= last.period_until:
            raise BusinessRuleViolation(
                phrase(
                    "Statement %(number)s goes up to %(period_until)s; the next one ends later",
                    number=last.number, period_until=last.period_until,
                ),
                details={"statement": str(last.id)},
            )  # fmt: skip
        lines, adjustments = await self._lines(consignor_id, end, last)
        opening = last.closing if last else ZERO
        closing = consignment.closing(opening, [line.amount for line in lines])
        return Draft(row, min(start, end), end, opening, closing, lines, adjustments)

    async def _lines(
        self, consignor_id: uuid.UUID, until: date, last: ConsignmentStatement | None
    ) -> tuple[list[ConsignmentLine], list[ConsignmentAdjustment]]:
        lines: list[ConsignmentLine] = []
        if last is not None and last.paid_on is not None and last.paid_amount:
            told = {"number": last.number, "reference": last.payment_reference}
            text = phrase(changing_hands.PAID_OUT_AS if last.payment_reference else changing_hands.PAID_OUT, **told)
            lines.append(
                ConsignmentLine(
                    kind=StatementLineKind.PAYOUT, day=last.paid_on, reference=last.number, text=text[:255],
                    amount=-last.paid_amount,
                )
            )  # fmt: skip
        for order, pair, market, stated, ended in await self.stored.sales(consignor_id, until):
            lines += _about(order, pair, market, stated, ended)
        adjustments = list(await self.stored.adjustments(consignor_id, until))
        lines += [
            ConsignmentLine(
                kind=each.kind, day=each.happened_on, text=each.text, amount=each.amount, reference="", item_id=each.item_id
            )
            for each in adjustments
        ]  # fmt: skip
        lines.sort(key=lambda line: line.day)
        for position, line in enumerate(lines, 1):
            line.position = position
        return lines, adjustments

    async def issue(
        self, actor: Principal, consignor_id: uuid.UUID, until: date | None = None, at: datetime | None = None
    ) -> ConsignmentStatement:
        """Issue an owner's statement up to a day. Asked twice for the same day it is issued once. `at` is when, if not now.

        Raises BusinessRuleViolation when there is nothing to state.
        """
        await self.consignors.held(consignor_id)
        if until is not None and (known := await self.stored.of_day(consignor_id, until)) is not None:
            return known
        draft = await self.draft(consignor_id, until, hold=True)
        if not draft.lines:
            raise BusinessRuleViolation(
                phrase(
                    "Nothing happened on %(consignor)s's account up to %(period_until)s",
                    consignor=draft.consignor.name,
                    period_until=draft.period_until,
                )
            )
        business = await self.catalogue.business()
        moment = at or datetime.now(UTC)
        day = moment.date()
        number = await self.stored.take_number(SERIES.format(year=day.year))
        made = await self.stored.create(
            consignor_id=consignor_id, number=NUMBER.format(year=day.year, number=number), period_from=draft.period_from,
            period_until=draft.period_until, opening=draft.opening, closing=draft.closing, vat_rate=business.vat_rate,
            party=party_of(draft.consignor, business.name, business.vat_id),
            due_on=day + timedelta(days=draft.consignor.payout_after_days), issued_at=moment,
            issued_by_id=actor.user_id,
        )  # fmt: skip
        for line in draft.lines:
            line.statement_id = made.id
        self.session.add_all(draft.lines)
        for adjustment in draft.adjustments:
            adjustment.statement_id = made.id
        after = {"number": made.number, "closing": str(made.closing)}
        audit.record(self.session, actor, "consignor.statement", "consignor", consignor_id, after=after)
        publish(self.session, "consignment.statement_issued", made.id, {"consignor_id": consignor_id, **after})
        await self.session.flush()
        return made

    async def get(self, statement_id: uuid.UUID) -> dict[str, Any]:
        """Return a statement with its lines, each with the balance after it; raises ResourceNotFoundException."""
        row = await self.stored.get_by_id(statement_id)
        if row is None:
            raise ResourceNotFoundException(phrase("Statement %(statement_id)s not found", statement_id=statement_id))
        last = await self.stored.latest(row.consignor_id)
        later = last is not None and last.id != row.id
        return {
            "row": row,
            "lines": with_balance(row.opening, await self.stored.lines(row.id)),
            "state": state_of(row, later=later),
        }

    async def pay(
        self, actor: Principal, statement_id: uuid.UUID, paid_on: date, reference: str | None
    ) -> ConsignmentStatement:
        """Note that a statement was paid, as a whole; noted again it stays as it was noted first.

        Raises BusinessRuleViolation when a later statement has taken its balance over, or nothing is owed.
        """
        row, later = await self._held(statement_id)
        if row.paid_on is not None:
            return row
        if later is not None:
            raise BusinessRuleViolation(
                phrase("Its balance went over to statement %(number)s; pay that one", number=later.number)
            )
        if row.closing <= 0:
            raise BusinessRuleViolation(phrase("Statement %(number)s leaves nothing to pay", number=row.number))
        if paid_on > today():
            raise ValidationException(phrase("This day is not here yet"), field_errors={"paid_on": "lies ahead"})
        await self.stored.update(
            row, paid_on=paid_on, paid_amount=row.closing, payment_reference=reference or None, paid_by_id=actor.user_id
        )
        after = {"number": row.number, "amount": str(row.closing)}
        audit.record(self.session, actor, "consignor.pay", "consignor", row.consignor_id, after=after)
        publish(self.session, "consignment.statement_paid", row.id, {"consignor_id": row.consignor_id, **after})
        return row

    async def take_payment_back(self, actor: Principal, statement_id: uuid.UUID) -> ConsignmentStatement:
        """Say that a statement was not paid after all; not once a later statement tells of the payment."""
        row, later = await self._held(statement_id)
        if row.paid_on is None:
            return row
        if later is not None:
            raise BusinessRuleViolation(
                phrase("Statement %(number)s tells of this payment; enter an adjustment instead", number=later.number)
            )
        before = {"number": row.number, "amount": str(row.paid_amount)}
        await self.stored.update(row, paid_on=None, paid_amount=None, payment_reference=None, paid_by_id=None)
        audit.record(self.session, actor, "consignor.unpay", "consignor", row.consignor_id, before)
        return row

    async def _held(self, statement_id: uuid.UUID) -> tuple[ConsignmentStatement, ConsignmentStatement | None]:
        """Return a statement with its owner held, and the later one if there is any."""
        row = await self.stored.get_by_id(statement_id)
        if row is None:
            raise ResourceNotFoundException(phrase("Statement %(statement_id)s not found", statement_id=statement_id))
        await self.consignors.held(row.consignor_id)
        await self.session.refresh(row)
        last = await self.stored.latest(row.consignor_id)
        return row, last if last is not None and last.id != row.id else None

    def export(self, found: dict[str, Any]) -> list[list[Any]]:
        """Return a statement's rows of `EXPORT`: its opening balance, its lines, its closing balance."""
        row: ConsignmentStatement = found["row"]
        ends = {
            "opening": (0, row.period_from, row.opening),
            "closing": (len(found["lines"]) + 1, row.period_until, row.closing),
        }
        edge = {
            kind: [row.number, place, f"{kind} balance", day, *[None] * (len(EXPORT) - 5), balance]
            for kind, (place, day, balance) in ends.items()
        }
        lines = [
            [
                row.number,
                line.position,
                line.kind.value,
                line.day,
                *(getattr(line, name) for name in EXPORT[4:-1]),
                balance,
            ]
            for line, balance in found["lines"]
        ]
        return [edge["opening"], *lines, edge["closing"]]


def _about(
    order: Order, pair: ConsignedPair, market: str, stated: Decimal | None, ended: datetime | None
) -> list[ConsignmentLine]:
    """Return what a statement has to say about an order; a sale tells how its share came about."""
    sale = consignment_desk.sale_of(order, pair)
    told = consignment.share(sale, consignment_desk.as_terms(pair))
    returned = order.status is OrderStatus.RETURNED
    share = order.consignor_share or ZERO
    found = []
    for kind, amount in consignment.lines_of(consignment.Known(share, order.status not in ENDED, returned, stated)):
        is_sale = kind is StatementLineKind.SALE
        size = f", {order.size_label}" if order.size_label else ""
        what = f"{order.product_name}{size} ({market})"
        words = {
            StatementLineKind.RETURN: changing_hands.CAME_BACK,
            StatementLineKind.CORRECTION: changing_hands.SETTLED_ANEW,
        }
        parts = (
            {"gross": cents(sale.gross), "fees": cents(sale.fees), "shipping": cents(sale.shipping), "split": told.split,
             "deductions": told.deductions, "lifted": told.lifted}
            if is_sale
            else {}
        )  # fmt: skip
        at = order.sold_at if is_sale else ended or order.updated_at
        found.append(
            ConsignmentLine(
                kind=kind, day=at.astimezone(UTC).date(), order_id=order.id, item_id=order.inventory_item_id,
                reference=order.external_id, text=(phrase(words[kind], what=what) if kind in words else what)[:255],
                amount=amount,
                **parts,
            )
        )  # fmt: skip
    return found


def with_balance(opening: Decimal, lines: Any) -> list[tuple[ConsignmentLine, Decimal]]:
    """Return lines with the balance after each."""
    found, balance = [], opening
    for line in lines:
        balance += line.amount
        found.append((line, balance))
    return found


def state_of(row: ConsignmentStatement, *, later: bool) -> str:
    """Return where a statement stands: paid, open, settled (nothing is owed), or carried (a later one took its balance over)."""
    if row.paid_on is not None:
        return "paid"
    if later:
        return "carried"
    return "open" if row.closing > 0 else "settled"


def party_of(row: Consignor, shop: str, shop_vat_id: str | None) -> dict[str, Any]:
    """Return both sides as a statement keeps them; of the account number its ends only."""
    return {
        "name": row.name, "kind": row.kind.value, "contact": row.contact, "address": row.address, "vat_number": row.vat_number,
        "iban": row.iban_shown, "shop": shop, "shop_vat_id": shop_vat_id, "shows_vat": row.kind is ConsignorKind.BUSINESS,
        "terms": {
            "share_percent": str(row.share_percent), "fees_by": row.fees_by.value, "shipping_by": row.shipping_by.value,
            "payout_after_days": row.payout_after_days,
        },
    }  # fmt: skip
