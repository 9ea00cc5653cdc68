"""The shipping label of an order: asked of StockX when somebody wants to print it, looked through, never kept."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from domains.orders.services.order_service import OrderService
from shared.auth.principal import Principal
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException
from shared.repositories import audit
from shared.stockx.client import StockX
from shared.stockx.models import Shipment
from shared.translation import phrase

STRANGE = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Label:
    """A label: the name we give its file, and the PDF."""

    file_name: str
    pdf: bytes


class ShippingLabels:
    """Labels of StockX (developer.stockx.com, Orders: GET .../shipping-document/{shippingId})."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Take settings and database; no transaction is open while StockX is asked."""
        self.database, self.client = database, StockX(settings, database)

    async def fetch(self, actor: Principal, order_id: uuid.UUID) -> Label:
        """Return an order's label.

        Raises BusinessRuleViolation for other marketplaces' orders, ResourceNotFoundException while StockX has none.
        """
        async with self.database.reading() as session:
            order = await OrderService(session).get(order_id)
        number = order["external_id"]
        if order["platform"] != "stockx":
            raise BusinessRuleViolation(
                phrase(
                    "Only StockX gives labels; print the one of order %(number)s at %(platform)s",
                    number=number,
                    platform=order["platform"].capitalize(),
                )
            )
        told = (await self.client.order(number)).shipment or Shipment()
        if told.document_id is None:
            raise _none_yet(number)
        try:
            pdf = await self.client.shipping_document(number, told.document_id)
        except ResourceNotFoundException:
            raise _none_yet(number) from None
        async with self.database.unit() as session:
            held = await OrderService(session).held(order_id)
            held.ship_by = told.ship_by or held.ship_by
            held.tracking_number = (told.tracking_number or "")[:100] or held.tracking_number
            audit.record(session, actor, "order.label", "order", order_id, after={"bytes": len(pdf)})
        return Label(f"label-{STRANGE.sub('-', number)[:60]}.pdf", pdf)


def _none_yet(number: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(
        phrase(
            "StockX has no shipping label for order %(number)s yet; it makes one some minutes after the sale. Try again then",
            number=number,
        )
    )
