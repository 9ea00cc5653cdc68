"""Suppliers: who earns what, who is quick, and who should be bought from."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.suppliers.repositories.supplier_repository import NAMES, SupplierRepository
from shared.auth.principal import Principal
from shared.database.models import Supplier
from shared.error_handling.exceptions import DuplicateResourceException, ResourceNotFoundException
from shared.repositories import audit
from shared.repositories.base_repository import BaseRepository
from shared.rules import suppliers
from shared.rules.money import ZERO, cents, ratio_percent
from shared.translation import phrase


class SupplierService:
    """Suppliers within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, SupplierRepository(session)

    async def performers(self) -> list[dict[str, Any]]:
        """Return every supplier goods were bought of, the most profitable first, with a score."""
        found = []
        for row in await self.stored.bought():
            told = dict(zip(NAMES, row, strict=True))
            roi = ratio_percent(told["profit"] or ZERO, told["cost_of_sold"] or ZERO)
            category = told["category"] or suppliers.category_of(told["name"])
            days = None if told["delivery_days"] is None else float(told["delivery_days"])
            points = suppliers.score(None if roi is None else float(roi), days, 0.0, category)
            found.append(
                {**told, "category": category, "roi": roi, "score": points, "advice": suppliers.words(points),
                 "spent": cents(told["spent"] or ZERO), "profit": cents(told["profit"] or ZERO),
                 "sell_through": ratio_percent(Decimal(told["sold"]), Decimal(told["pieces"])),
                 "unsold_value": cents(told["unsold_value"] or ZERO)}
            )  # fmt: skip
        return found

    async def dashboard(self, today: date) -> dict[str, Any]:
        """Return the documents' overview."""
        every, best = await self.stored.every(), await self.performers()
        kinds = Counter(each.supplier_category or suppliers.category_of(each.name) for each in every)
        return {
            "summary": {"total_suppliers": len(every), "total_categories": len(kinds), "bought_from": len(best)},
            "category_distribution": dict(kinds),
            "country_distribution": dict(Counter(each.country for each in every)),
            "top_performers": sorted(best, key=lambda each: -(each["roi"] or ZERO))[:10],
            "analysis_date": today,
        }

    async def make(self, actor: Principal, told: Mapping[str, Any]) -> Supplier:
        """Make a supplier; raises DuplicateResourceException for a known name."""
        slug = re.sub(r"[^a-z0-9]+", "-", told["name"].lower()).strip("-") or "supplier"
        if await self.stored.by_slug(slug) is not None:
            raise DuplicateResourceException(phrase("There is a supplier %(name)s already", name=told["name"]))
        row = await BaseRepository(Supplier, self.session).create(
            slug=slug, supplier_category=suppliers.category_of(told["name"]), **told
        )
        audit.record(self.session, actor, "supplier.create", "supplier", row.id, after={"name": row.name})
        return row

    async def held(self, supplier_id: uuid.UUID) -> Supplier:
        """Return a supplier; raises ResourceNotFoundException."""
        found = await BaseRepository(Supplier, self.session).get_by_id(supplier_id)
        if found is None:
            raise ResourceNotFoundException(
                phrase("Supplier %(supplier_id)s not found", supplier_id=supplier_id),
                details={"supplier_id": str(supplier_id)},
            )
        return found

    async def calculate(self, supplier_id: uuid.UUID, month: date) -> dict[str, Any]:
        """Count a month of purchases and keep it: delivery by dates, returns by return records."""
        supplier = await self.held(supplier_id)
        first = month.replace(day=1)
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        pieces, days, returned, roi = await self.stored.month(supplier_id, first, after)
        rate = ratio_percent(Decimal(returned), Decimal(pieces)) or ZERO
        category = supplier.supplier_category or suppliers.category_of(supplier.name)
        points = suppliers.score(
            None if roi is None else float(roi), None if days is None else float(days), float(rate), category
        )
        values = {
            "supplier_id": supplier_id, "month_year": first, "total_orders": pieces, "avg_roi": roi, "return_rate": rate,
            "avg_delivery_time": None if days is None else round(Decimal(days), 1), "score": points,
        }  # fmt: skip
        await self.stored.keep_month(values)
        return {**values, "advice": suppliers.words(points)}
