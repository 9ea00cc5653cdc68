"""Pairs change hands: ours become consigned, theirs are bought by us; both can be taken back while nothing rests on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from domains.consignment.repositories.consignor_repository import ConsignorRepository
from domains.consignment.services.consignor_service import ConsignorService, today
from domains.consignment.services.pair_service import TERMS
from shared.auth.principal import Principal
from shared.database.models import ConsignedPair, ConsignmentAdjustment, Consignor, InventoryItem
from shared.database.words import DetailedStatus, StatementLineKind, TaxScheme
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.events.event_bus import publish
from shared.repositories import audit, stock_ledger
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import changing_hands, consignment
from shared.rules.changing_hands import Move, Standing
from shared.translation import phrase

KEPT: Final[dict[str, Callable[[str], Any]]] = {
    "purchase_price": Decimal, "gross_purchase_price": Decimal, "vat_amount": Decimal, "vat_rate": Decimal,
    "landed_costs": Decimal, "tax_scheme": TaxScheme, "supplier": str, "supplier_id": uuid.UUID,
    "purchase_line_id": uuid.UUID, "purchase_date": date.fromisoformat, "delivery_date": date.fromisoformat,
    "evidence": str, "detailed_status": DetailedStatus,
}  # fmt: skip
"""What an item says of its cost and VAT, and how it is read back from JSON: kept with the pair, so that a step can be undone."""
NOTHING: Final = dict.fromkeys(KEPT) | {"vat_rate": Decimal(19), "landed_costs": Decimal(0)}


class OwnershipService:
    """Whose pairs are, within one unit of work. The owner is held first, then the pair, as everywhere."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, ConsignorRepository(session)
        self.consignors, self.catalogue = ConsignorService(session), CatalogueLookup(session)

    async def consign(
        self, actor: Principal, item_id: uuid.UUID, consignor_id: uuid.UUID, terms: Mapping[str, Any],
        received_on: date | None, *, give_up_cost: bool = False,
    ) -> None:  # fmt: skip
        """Say that a pair in our stock belongs to an owner. What it cost is kept beside it and counts no more.

        Raises BusinessRuleViolation when it is consigned already, reserved, offered or sold, or when it has a cost that
        nobody agreed to give up.
        """
        owner = await self._owner(consignor_id)
        day = received_on or today()
        if day > today():
            raise ValidationException(phrase("This day is not here yet"), field_errors={"received_on": "lies ahead"})
        item = await self._item(item_id)
        await self._free_of_owners(item)
        await self._refuse(Move.CONSIGN, item)
        if item.purchase_price is not None and not give_up_cost:
            raise BusinessRuleViolation(
                phrase(
                    "Item %(number)s has a purchase price of %(price)s; confirm that it was not bought by us",
                    number=item.number, price=item.purchase_price,
                )
            )  # fmt: skip
        business, days = await self.catalogue.business(), owner.return_after_days
        before = packed(item)
        for name, value in NOTHING.items():
            setattr(item, name, value)
        item.consignor_id, item.delivery_date, item.detailed_status = owner.id, day, DetailedStatus.CONSIGNED
        item.tax_scheme = consignment.scheme_for(owner.kind, business.default_tax_scheme)
        back = terms.get("return_by") or (day + timedelta(days=days) if days else None)
        agreed = {name: getattr(owner, name) if terms.get(name) is None else terms[name] for name in TERMS}
        pair = ConsignedPair(
            item_id=item.id, consignor_id=owner.id, received_on=day, return_by=back, before=before, **agreed
        )
        self.session.add(pair)
        await self._remember(actor, item, owner, "consign", f"belongs to {owner.name}", before)

    async def take_consignment_back(self, actor: Principal, item_id: uuid.UUID) -> uuid.UUID:
        """Say that a pair is ours after all, with the cost it had; return whose it was."""
        pair, owner = await self._agreed(item_id)
        item = await self._item(item_id)
        told = {"number": item.number, "owner": owner.name}
        if pair.before is None or pair.bought_on is not None or item.consignor_id is None:
            raise BusinessRuleViolation(
                phrase("Item %(number)s was brought in by %(owner)s; buy it to make it ours", **told)
            )
        if await self.stored.sold_for_owner(item_id):
            raise BusinessRuleViolation(
                phrase("Item %(number)s was sold for %(owner)s before; buy it to make it ours", **told)
            )
        await self._refuse(Move.BUY, item)
        before = packed(item)
        item.consignor_id = None
        await self.session.delete(pair)
        unpack(item, pair.before)
        await self._remember(actor, item, owner, "unconsign", "ours after all", before)
        return owner.id

    async def buy(
        self, actor: Principal, item_id: uuid.UUID, price: Decimal, bought_on: date | None = None, *,
        paid: bool = False, reference: str | None = None,
    ) -> uuid.UUID:  # fmt: skip
        """Buy a consigned pair of its owner for a price per piece; return whose it was.

        It is ours from then on, at that cost. The price stands on the owner's next statement, and against it the payment
        where it was `paid` at once. Raises BusinessRuleViolation when it is given back, reserved, offered or sold.
        """
        pair, owner = await self._agreed(item_id)
        item = await self._item(item_id)
        day = bought_on or today()
        if day > today() or day < pair.received_on:
            raise ValidationException(
                phrase("A pair is bought between the day it came in and today"), field_errors={"bought_on": "is not possible"}
            )  # fmt: skip
        _theirs(item, pair)
        await self._refuse(Move.BUY, item)
        business = await self.catalogue.business()
        scheme = consignment.scheme_for(owner.kind, business.default_tax_scheme)
        cost = changing_hands.cost(price, scheme, business.vat_rate)
        before = packed(item)
        await self._on_account(actor, item, owner, price * item.quantity, day, paid=paid, reference=reference)
        item.consignor_id, pair.bought_on, pair.before = None, day, before
        item.purchase_price, item.gross_purchase_price, item.vat_amount = cost.net, cost.gross, cost.vat
        item.vat_rate, item.tax_scheme, item.purchase_date = cost.rate, scheme, day
        item.supplier, item.detailed_status = owner.name, DetailedStatus.AVAILABLE
        item.evidence = f"Bought of its consignor on {day}"
        await self._remember(actor, item, owner, "buy", f"bought of {owner.name} for {cost.gross}", before)
        return owner.id

    async def take_purchase_back(self, actor: Principal, item_id: uuid.UUID) -> uuid.UUID:
        """Say that a pair was not bought after all: it is its owner's again; return whose.

        Not once a statement tells of the purchase, nor while it is reserved, offered or sold.
        """
        pair, owner = await self._agreed(item_id)
        item = await self._item(item_id)
        if pair.bought_on is None or pair.before is None:
            raise BusinessRuleViolation(phrase("Item %(number)s was not bought of a consignor", number=item.number))
        lines = await self.stored.purchase_of(item_id)
        if any(line.statement_id is not None for line in lines):
            raise BusinessRuleViolation(
                phrase(
                    "A statement of %(owner)s tells of this purchase; enter the opposite amount and bring the pair in again",
                    owner=owner.name,
                )
            )
        await self._refuse(Move.BUY, item)
        before = packed(item)
        for line in lines:
            await self.session.delete(line)
        unpack(item, pair.before)
        item.consignor_id, pair.bought_on, pair.before = owner.id, None, None
        await self._remember(actor, item, owner, "unbuy", f"not bought after all, of {owner.name}", before)
        return owner.id

    async def _owner(self, consignor_id: uuid.UUID) -> Consignor:
        owner = await self.consignors.held(consignor_id)
        if owner.archived_at is not None:
            raise BusinessRuleViolation(phrase("%(owner)s is put away; bring them back first", owner=owner.name))
        return owner

    async def _agreed(self, item_id: uuid.UUID) -> tuple[ConsignedPair, Consignor]:
        """Return what was agreed for an item with its owner held; the item is held afterwards."""
        pair = await self.stored.pair_of(item_id)
        owner = await self._owner(pair.consignor_id) if pair is not None else None
        pair = await self.stored.pair_of(item_id)  # as it stands now that its owner is held
        if pair is None or owner is None:
            raise ResourceNotFoundException(
                phrase("No consigned pair %(item_id)s", item_id=item_id), details={"item_id": str(item_id)}
            )
        return pair, owner

    async def _item(self, item_id: uuid.UUID) -> InventoryItem:
        item = await self.stored.item_held(item_id)
        if item is None:
            raise ResourceNotFoundException(
                phrase("Item %(item_id)s not found", item_id=item_id), details={"item_id": str(item_id)}
            )
        await self.stored.pair_of(item_id)  # read anew: it is changed only by who holds the item
        return item

    async def _free_of_owners(self, item: InventoryItem) -> None:
        known = await self.stored.pair_of(item.id)
        if known is None:
            return
        owner = await self.stored.get_by_id(known.consignor_id)
        told = {"number": item.number, "owner": owner.name if owner else "?"}
        if known.bought_on is not None:
            raise BusinessRuleViolation(
                phrase("Item %(number)s was bought of %(owner)s; take that purchase back instead", **told)
            )
        if known.given_back_on is not None:
            raise BusinessRuleViolation(
                phrase("Item %(number)s was given back to %(owner)s; take it in again there", **told)
            )
        raise BusinessRuleViolation(phrase("Item %(number)s belongs to %(owner)s already", **told))

    async def _refuse(self, move: Move, item: InventoryItem) -> None:
        standing = Standing(
            item.number, item.status, item.reserved_quantity, await self.stored.offered(item.id),
            await self.stored.sold_at_all(item.id),
        )  # fmt: skip
        if (why := changing_hands.refusal(move, standing)) is not None:
            raise BusinessRuleViolation(why)

    async def _on_account(
        self, actor: Principal, item: InventoryItem, owner: Consignor, amount: Decimal, day: date, *,
        paid: bool, reference: str | None,
    ) -> None:  # fmt: skip
        """Write a purchase onto the owner's account, and against it what was paid at once."""
        product = await self.catalogue.product(item.product_id)
        what = f"{product.name}, {item.number}"
        template = changing_hands.PAID_AT_ONCE_AS if reference else changing_hands.PAID_AT_ONCE
        lines = [(StatementLineKind.PURCHASE, amount, phrase(changing_hands.BOUGHT, what=what))]
        if paid:
            lines.append((StatementLineKind.PAYOUT, -amount, phrase(template, what=what, reference=reference)))
        self.session.add_all(
            ConsignmentAdjustment(
                consignor_id=owner.id, happened_on=day, amount=each, text=text[:255], kind=kind, item_id=item.id,
                by_id=actor.user_id,
            )
            for kind, each, text in lines
        )  # fmt: skip

    async def _remember(
        self, actor: Principal, item: InventoryItem, owner: Consignor, action: str, why: str, before: dict[str, Any]
    ) -> None:
        """Write a change of hands into the pair's history and both audit trails."""
        item.version += 1
        await self.session.flush()
        after = packed(item)
        stock_ledger.remember(self.session, item.id, item.status, item.status, actor, why, "consignment")
        audit.record(
            self.session, actor, f"consignor.{action}", "consignor", owner.id, after={"item": item.number}, reason=""
        )
        audit.record(self.session, actor, f"item.{action}", "item", item.id, before, after, why)
        publish(self.session, "inventory.inventory_updated", item.id, {"new_quantity": item.quantity, "reason": why})


def _theirs(item: InventoryItem, pair: ConsignedPair) -> None:
    """Raise BusinessRuleViolation unless a pair is here for its owner."""
    told = {"number": item.number, "day": pair.bought_on or pair.given_back_on}
    if pair.bought_on is not None:
        raise BusinessRuleViolation(phrase("Item %(number)s was bought on %(day)s already; it is ours", **told))
    if pair.given_back_on is not None:
        raise BusinessRuleViolation(phrase("Item %(number)s was given back on %(day)s; take it in again first", **told))


def packed(item: InventoryItem) -> dict[str, Any]:
    """Return what an item says of its cost and VAT, fit for JSON."""
    found = {name: getattr(item, name) for name in KEPT}
    return {name: None if value is None else str(getattr(value, "value", value)) for name, value in found.items()}


def unpack(item: InventoryItem, kept: Mapping[str, Any]) -> None:
    """Write what was kept back into an item."""
    for name, read in KEPT.items():
        value = kept.get(name)
        if value is not None or name not in ("vat_rate", "landed_costs", "tax_scheme"):
            setattr(item, name, None if value is None else read(value))
