"""Pairs of owners: brought in, given back, their terms; what the owner would get of a price."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.consignment.repositories.consignor_repository import ConsignorRepository
from domains.consignment.services.consignor_service import ConsignorService, today
from shared.auth.principal import Principal
from shared.database.models import ConsignedPair, Consignor, InventoryItem, Product
from shared.database.words import DetailedStatus, ItemStatus
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.events.event_bus import publish
from shared.repositories import audit, consignment_desk, stock_ledger
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import changing_hands, consignment, sizes
from shared.rules.changing_hands import Move, Standing
from shared.translation import phrase

TERMS = (
    "share_percent", "fixed_fee", "minimum_payout", "fees_by", "shipping_by", "storage_free_days", "storage_fee_per_day",
)  # fmt: skip
AS_BROUGHT_IN = ("list_price", "floor_price", "condition", "box_condition", "barcode", "notes")


class PairService:
    """Consigned pairs within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, ConsignorRepository(session)
        self.consignors, self.catalogue = ConsignorService(session), CatalogueLookup(session)

    async def bring_in(
        self, actor: Principal, consignor_id: uuid.UUID, pairs: Sequence[Mapping[str, Any]], received_on: date
    ) -> list[uuid.UUID]:
        """Take pairs into the stock, with the owner's terms where none are told for one; all of them or none."""
        owner = await self.consignors.held(consignor_id)
        if owner.archived_at is not None:
            raise BusinessRuleViolation(phrase("%(owner)s is put away; bring them back first", owner=owner.name))
        if received_on > today():
            raise ValidationException(phrase("This day is not here yet"), field_errors={"received_on": "lies ahead"})
        made = [await self._one(actor, owner, pair, received_on) for pair in pairs]
        after = {"pairs": [item.number for item in made]}
        audit.record(self.session, actor, "consignor.bring_in", "consignor", owner.id, after=after)
        return [item.id for item in made]

    async def _one(
        self, actor: Principal, owner: Consignor, told: Mapping[str, Any], received_on: date
    ) -> InventoryItem:
        product = await self._product(told)
        place = told.get("location")
        location = await self.stored.location(place) if place else None
        if place and location is None:
            raise ValidationException(
                phrase("There is no location %(place)s", place=place), field_errors={"location": "is not known"}
            )
        business = await self.catalogue.business()
        item = InventoryItem(
            product_id=product.id, size_id=await self.catalogue.size(sizes.parse(told["size"])), consignor_id=owner.id,
            location_id=location, quantity=told.get("quantity") or 1, detailed_status=DetailedStatus.CONSIGNED,
            tax_scheme=consignment.scheme_for(owner.kind, business.default_tax_scheme), delivery_date=received_on,
            **{name: told[name] for name in AS_BROUGHT_IN if told.get(name) is not None},
        )  # fmt: skip
        self.session.add(item)
        await self.session.flush()
        days = owner.return_after_days
        self.session.add(
            ConsignedPair(
                item_id=item.id, consignor_id=owner.id, received_on=received_on,
                return_by=told.get("return_by") or (received_on + timedelta(days=days) if days else None),
                **{name: getattr(owner, name) if told.get(name) is None else told[name] for name in TERMS},
            )
        )  # fmt: skip
        await self.session.refresh(item)
        stock_ledger.remember(
            self.session, item.id, None, item.status, actor, f"brought in by {owner.name}", "consignment"
        )
        publish(
            self.session,
            "inventory.inventory_updated",
            item.id,
            {"new_quantity": item.quantity, "reason": "brought in"},
        )
        return item

    async def _product(self, told: Mapping[str, Any]) -> Product:
        if told.get("product_id"):
            return await self.catalogue.product(told["product_id"])
        code = str(told.get("sku") or "")
        product = await self.catalogue.product_by_code(code)
        if product is None:
            raise ResourceNotFoundException(
                phrase("No product has the code %(code)s; make it first", code=code), details={"sku": code}
            )
        return product

    async def _held(self, item_id: uuid.UUID) -> tuple[ConsignedPair, InventoryItem]:
        found = await self.stored.pair_held(item_id)
        if found is None:
            raise ResourceNotFoundException(
                phrase("No consigned pair %(item_id)s", item_id=item_id), details={"item_id": str(item_id)}
            )
        return found

    async def change(self, actor: Principal, item_id: uuid.UUID, values: Mapping[str, Any]) -> None:
        """Agree on other terms, or on another day to go back; not once the pair is sold."""
        pair, item = await self._held(item_id)
        self._still_theirs(pair, item)
        if await self.stored.sold_at_all(item_id):
            raise BusinessRuleViolation(
                phrase("Item %(number)s is sold; its terms stay as they were", number=item.number)
            )
        before = {name: str(getattr(pair, name)) for name in values if getattr(pair, name) != values[name]}
        for name in before:
            setattr(pair, name, values[name])
        after = {name: str(values[name]) for name in before}
        audit.record(self.session, actor, "consignor.terms", "item", item_id, before, after)
        await self.session.flush()

    async def give_back(self, actor: Principal, item_id: uuid.UUID, reason: str = "") -> uuid.UUID:
        """Give a pair back to its owner, out of the stock; return whose it is.

        Not while it is reserved or offered (it would be sold when it has left), sold, or bought by us.
        """
        pair, item = await self._held(item_id)
        if pair.given_back_on is not None:
            return pair.consignor_id
        self._still_theirs(pair, item)
        standing = Standing(item.number, item.status, item.reserved_quantity, await self.stored.offered(item_id))
        if (refused := changing_hands.refusal(Move.GIVE_BACK, standing)) is not None:
            raise BusinessRuleViolation(refused)
        pair.given_back_on = today()
        why = f"given back to its owner{f': {reason}' if reason else ''}"
        for step in changing_hands.way_out(item.status):
            stock_ledger.move(self.session, item, step, actor, why, "consignment")
        after = {"item": item.number}
        audit.record(
            self.session, actor, "consignor.give_back", "consignor", pair.consignor_id, after=after, reason=reason
        )
        return pair.consignor_id

    @staticmethod
    def _still_theirs(pair: ConsignedPair, item: InventoryItem) -> None:
        if pair.bought_on is not None:
            raise BusinessRuleViolation(
                phrase("Item %(number)s was bought on %(day)s; it is ours", number=item.number, day=pair.bought_on)
            )

    async def take_back(self, actor: Principal, item_id: uuid.UUID) -> uuid.UUID:
        """Take a pair in again that was given back (or said to be); return whose it is."""
        pair, item = await self._held(item_id)
        self._still_theirs(pair, item)
        if pair.given_back_on is None:
            return pair.consignor_id
        pair.given_back_on = None
        stock_ledger.move(self.session, item, ItemStatus.IN_STOCK, actor, "brought in again", "consignment")
        after = {"item": item.number}
        audit.record(self.session, actor, "consignor.take_back", "consignor", pair.consignor_id, after=after)
        return pair.consignor_id

    async def quote(self, item_id: uuid.UUID, price: Decimal, platform: str) -> dict[str, Any]:
        """Return what the owner would get and the shop keep if a pair sold today at a price on a marketplace."""
        found = await consignment_desk.shown(self.session, item_id)
        if found is None:
            raise ResourceNotFoundException(
                phrase("No consigned pair %(item_id)s", item_id=item_id), details={"item_id": str(item_id)}
            )
        sale, share = await consignment_desk.quote(self.session, found[1], price, platform, today())
        return {
            "price": price, "platform": platform, "fees": sale.fees, "shipping": sale.shipping, "split": share.split,
            "deductions": share.deductions, "lifted": share.lifted, "share": share.amount, "kept": share.kept,
        }  # fmt: skip
