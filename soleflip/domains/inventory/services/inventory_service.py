"""Items: make, change, move through their life, reserve, release; every change in the history and the audit log."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.inventory_repository import (
    NAMES,
    InventoryRepository,
    ItemFilter,
    LocationRepository,
)
from shared.auth.principal import Principal
from shared.database.models import InventoryItem, Location, Reservation
from shared.database.words import ItemStatus, TaxScheme
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.events.event_bus import publish
from shared.repositories import audit, stock_ledger
from shared.repositories.base_repository import check_version
from shared.repositories.catalogue import CatalogueLookup
from shared.rules import sizes
from shared.rules.money import cents, net_of
from shared.translation import gettext_noop as _
from shared.translation import phrase

ALIASES = {"listed": ItemStatus.LISTED, "cancelled": ItemStatus.CANCELED}
LOW = 10
NOT_OURS = ("purchase_price", "gross_purchase_price", "landed_costs", "tax_scheme")
"""What a consigned item cannot be told: its cost and its VAT scheme follow from its owner's terms."""
NEVER_EMPTY = frozenset(column.key for column in InventoryItem.__table__.columns if not column.nullable)


class InventoryService:
    """Everything a person does with items."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session = session
        self.items, self.places = InventoryRepository(session), LocationRepository(session)
        self.catalogue = CatalogueLookup(session)

    async def list(
        self, chosen: ItemFilter, skip: int, limit: int, cursor: str | None
    ) -> tuple[list[dict[str, Any]], int, str | None]:
        """Return a page of items, how many fit, and the next page's cursor."""
        found = await self.items.page(chosen, skip, limit, cursor)
        return [dict(zip(NAMES, row, strict=True)) for row in found.rows], found.total, found.next_cursor

    async def get(self, item_id: uuid.UUID) -> dict[str, Any]:
        """Return one item; raises ResourceNotFoundException."""
        row = await self.items.row(item_id)
        if row is None:
            raise ResourceNotFoundException(
                phrase("Item %(item_id)s not found", item_id=item_id), details={"item_id": str(item_id)}
            )
        return dict(zip(NAMES, row, strict=True))

    async def held(self, item_id: uuid.UUID) -> InventoryItem:
        """Return one item held for a change; raises ResourceNotFoundException."""
        item = await self.items.get_for_update(item_id)
        if item is None:
            raise ResourceNotFoundException(
                phrase("Item %(item_id)s not found", item_id=item_id), details={"item_id": str(item_id)}
            )
        return item

    async def create(self, actor: Principal, values: Mapping[str, Any]) -> uuid.UUID:
        """Make an item of a product (by id, SKU, style code or EAN) in a size."""
        told = dict(values)
        product_id, code, size = told.pop("product_id", None), told.pop("sku", None), told.pop("size")
        if product_id is None:
            product = await self.catalogue.product_by_code(code or "")
            if product is None:
                raise ResourceNotFoundException(
                    phrase("No product has the code %(code)s; make it first", code=code), details={"sku": code}
                )
        else:
            product = await self.catalogue.product(product_id)
        told |= await self._place(told) | _prices(told)
        status = told.get("status") or ItemStatus.IN_STOCK
        size_id = await self.catalogue.size(sizes.parse(size, told.pop("size_region", None) or "US"))
        item = await self.items.create(product_id=product.id, size_id=size_id, **told)
        stock_ledger.remember(self.session, item.id, None, status, actor, "made", "person")
        audit.record(self.session, actor, "item.create", "item", item.id, after={"number": item.number})
        publish(self.session, "inventory.inventory_updated", item.id, {"new_quantity": item.quantity, "reason": "made"})
        return item.id

    async def change(
        self, actor: Principal, item_id: uuid.UUID, values: Mapping[str, Any], version: int | None
    ) -> None:
        """Change fields of an item; a status among them is a step of its life. Raises VersionConflict and others."""
        told = dict(values)
        reason = told.pop("reason", None) or ""
        status = told.pop("status", None)
        if (size := told.pop("size", None)) is not None:
            told["size_id"] = await self.catalogue.size(sizes.parse(size))
        item = await self.held(item_id)
        check_version(item, version)
        if item.consignor_id is not None and any(told.get(name) is not None for name in NOT_OURS):
            raise BusinessRuleViolation(
                phrase(
                    "Item %(number)s is consigned: it has no purchase price, its owner gets a share when it sells",
                    number=item.number,
                )
            )
        if empty := sorted(name for name, value in told.items() if value is None and name in NEVER_EMPTY):
            raise ValidationException(
                phrase("Leave out what is to stay"), field_errors=dict.fromkeys(empty, "cannot be empty")
            )
        told |= await self._place(told) | _prices({"vat_rate": item.vat_rate, "tax_scheme": item.tax_scheme, **told})
        quantity = told.get("quantity", item.quantity)
        if quantity < item.reserved_quantity:
            raise BusinessRuleViolation(
                phrase(
                    "%(reserved_quantity)s are reserved; release them first", reserved_quantity=item.reserved_quantity
                )
            )
        before = {name: getattr(item, name) for name in told if getattr(item, name) != told[name]}
        had = item.quantity
        if before:
            await self.items.update(item, **told)
            after = {name: told[name] for name in before}
            audit.record(self.session, actor, "item.change", "item", item.id, _plain(before), _plain(after), reason)
        if status is not None:
            stock_ledger.move(self.session, item, ItemStatus(status), actor, reason)
        if had != quantity:
            self._tell_quantity(item, had, quantity, reason)
        await self.session.flush()

    def _tell_quantity(self, item: InventoryItem, before: int, after: int, reason: str) -> None:
        data = {"previous_quantity": before, "new_quantity": after, "reason": reason}
        publish(self.session, "inventory.inventory_updated", item.id, data)
        if after < LOW <= before:
            publish(self.session, "inventory.low_stock_alert", item.id, {"current": after, "threshold": LOW})

    async def _place(self, told: dict[str, Any]) -> dict[str, Any]:
        """Replace a location's code by its id."""
        if "location" not in told:
            return {}
        code = told.pop("location")
        if code is None:
            return {"location_id": None}
        place = await self.places.find_one(Location.code == code)
        if place is None:
            raise ValidationException(
                phrase("There is no location %(code)s", code=code), field_errors={"location": "is not known"}
            )
        return {"location_id": place.id}

    async def reserve(
        self, actor: Principal, item_id: uuid.UUID, quantity: int, reason: str, hours: int | None
    ) -> dict[str, Any]:
        """Hold some back; raises BusinessRuleViolation when fewer are free."""
        item = await self.held(item_id)
        free = item.quantity - item.reserved_quantity
        if quantity > free:
            raise BusinessRuleViolation(
                phrase("Only %(free)s of item %(number)s are free", free=free, number=item.number),
                details={"available": free},
            )
        expires = datetime.now(UTC) + timedelta(hours=hours) if hours else None
        self.session.add(
            Reservation(item_id=item.id, quantity=quantity, reason=reason, by_id=actor.user_id, expires_at=expires)
        )
        await self.items.update(item, reserved_quantity=item.reserved_quantity + quantity)
        audit.record(self.session, actor, "item.reserve", "item", item.id, after={"quantity": quantity}, reason=reason)
        return {"item_id": item.id, "reserved_quantity": quantity, "available": free - quantity, "reason": reason}

    async def release(self, actor: Principal, item_id: uuid.UUID, quantity: int, reason: str) -> dict[str, Any]:
        """Let some go again, the oldest reservation first."""
        item = await self.held(item_id)
        if quantity > item.reserved_quantity:
            raise BusinessRuleViolation(
                phrase(
                    "Only %(reserved_quantity)s of item %(number)s are reserved",
                    reserved_quantity=item.reserved_quantity,
                    number=item.number,
                )
            )
        left = quantity
        for row in await self.items.open_reservations(item_id):
            taken = min(left, row.quantity)
            left -= taken
            if taken == row.quantity:
                row.released_at = datetime.now(UTC)
            elif taken:
                row.quantity -= taken
        await self.items.update(item, reserved_quantity=item.reserved_quantity - quantity)
        audit.record(self.session, actor, "item.release", "item", item.id, after={"quantity": quantity}, reason=reason)
        return {"item_id": item.id, "released_quantity": quantity, "reason": reason}

    async def release_all(self, actor: Principal, item_id: uuid.UUID) -> None:
        """Let everything go that is held back of an item; one that is only called reserved is in stock again."""
        item = await self.held(item_id)
        if item.reserved_quantity:
            await self.release(actor, item_id, item.reserved_quantity, "released on its page")
        if item.status is ItemStatus.RESERVED:
            stock_ledger.move(self.session, item, ItemStatus.IN_STOCK, actor, "released on its page")

    async def archive(self, actor: Principal, item_id: uuid.UUID, archived: bool) -> None:
        """Put an item away, or bring it back; nothing is ever removed."""
        item = await self.held(item_id)
        if archived and item.reserved_quantity:
            raise BusinessRuleViolation(_("It is reserved; release it first"))
        await self.items.update(item, archived_at=datetime.now(UTC) if archived else None)
        audit.record(self.session, actor, "item.archive" if archived else "item.restore", "item", item.id)

    async def summary(self) -> dict[str, Any]:
        """Return the figures of the whole stock."""
        figures = await self.items.figures()
        average = figures["average_purchase_price"]
        recent = [
            {"at": at, "item": number, "product_name": name, "from": before, "to": after}
            for at, number, name, before, after in await self.items.recent()
        ]
        return {
            **figures,
            "average_purchase_price": cents(average) if average is not None else None,
            "top_brands": await self.items.top_brands(),
            "recent_activity": recent,
        }


def _prices(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return net, gross and VAT of a purchase from whichever of the two was told."""
    rate, scheme = told.get("vat_rate") or Decimal(19), told.get("tax_scheme") or TaxScheme.STANDARD
    if scheme is not TaxScheme.STANDARD:
        rate = Decimal(0)  # bought without VAT shown: gross is what it cost
    net, gross = told.get("purchase_price"), told.get("gross_purchase_price")
    if net is None and gross is None:
        return {}
    if net is None:
        net = net_of(Decimal(gross or 0), rate)
    if gross is None:
        gross = cents(net * (1 + rate / 100))
    return {"purchase_price": net, "gross_purchase_price": gross, "vat_amount": gross - net}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make values fit for JSON."""
    return {name: value if isinstance(value, int | bool | type(None)) else str(value) for name, value in values.items()}
