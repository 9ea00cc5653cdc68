"""How listings, operations and orders are written in answers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from standins.stockx.world import Listing, Operation, Order, World, stamp

CENT = Decimal("0.01")


def shipping_document(number: str) -> bytes:
    """Return a label as a PDF of one page (ISO 32000-1, 7.5) that names its order."""
    words = b"BT /F1 18 Tf 40 360 Td (StockX shipping label) Tj 0 -30 Td (Order %s) Tj ET" % number.encode("ascii")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for place, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (place, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + end % (len(parts) + 1, table, len(parts) + 1, len(body))


def listing_json(world: World, listing: Listing) -> dict[str, Any]:
    """Return a listing."""
    product, variant = world.variants[listing.variant_id]
    last = world.operations[listing.operations[-1]] if listing.operations else None
    order = next((each for each in world.orders.values() if each.listing_id == listing.id), None)
    return {
        "listingId": listing.id,
        "status": listing.status,
        "amount": listing.amount,
        "currencyCode": listing.currency,
        "inventoryType": listing.inventory_type,
        "createdAt": stamp(listing.created),
        "updatedAt": stamp(listing.updated),
        "product": {"productId": product.id, "productName": product.title, "styleId": product.style},
        "variant": {
            "variantId": variant.id,
            "variantName": f"{product.title}:{variant.size}",
            "variantValue": variant.size,
        },
        "ask": {"askId": listing.id, "askExpiresAt": listing.expires} if listing.status == "ACTIVE" else None,
        "order": {"orderNumber": order.number, "orderStatus": order.status} if order else None,
        "lastOperation": operation_json(last) if last else None,
        "batch": None,
        "initiatedShipments": None,
    }


def operation_json(operation: Operation) -> dict[str, Any]:
    """Return an operation."""
    changed = dict(operation.changes)
    return {
        "listingId": operation.listing_id,
        "operationId": operation.id,
        "operationType": operation.kind,
        "operationStatus": operation.status,
        "operationUrl": f"/selling/listings/{operation.listing_id}/operations/{operation.id}",
        "operationInitiatedBy": "USER",
        "operationInitiatedVia": "PUBLIC-API",
        "createdAt": stamp(operation.created),
        "updatedAt": stamp(operation.due if operation.status != "PENDING" else operation.created),
        "changes": {
            "additions": changed if operation.kind == "CREATE" else {},
            "updates": changed if operation.kind == "UPDATE" else {},
            "removals": {},
        },
        "error": operation.error,
    }


def payout(amount: int) -> tuple[Decimal, list[dict[str, Any]]]:
    """Return what a sale pays out and its adjustments: 9 % but at least 5, 3 % for payment, 4.50 for shipping."""
    price = Decimal(amount)
    fee = max(price * 9 / 100, Decimal(5)).quantize(CENT, ROUND_HALF_UP)
    payment = (price * 3 / 100).quantize(CENT, ROUND_HALF_UP)
    shipping = Decimal("4.50")
    lines = [
        {"adjustmentType": "Transaction Fee", "amount": str(-fee), "percentage": "0.09"},
        {"adjustmentType": "Payment Proc. (3%)", "amount": str(-payment), "percentage": "0.03"},
        {"adjustmentType": "Shipping", "amount": str(-shipping), "percentage": "0"},
    ]
    return price - fee - payment - shipping, lines


def order_json(world: World, order: Order) -> dict[str, Any]:
    """Return an order; `payout` adds up to the cent."""
    product, variant = world.variants[order.variant_id]
    total, lines = payout(order.amount)
    return {
        "askId": order.ask_id,
        "orderNumber": order.number,
        "listingId": order.listing_id,
        "createdAt": stamp(order.created),
        "updatedAt": stamp(order.updated),
        "amount": str(order.amount),
        "currencyCode": order.currency,
        "status": order.status,
        "inventoryType": "STANDARD",
        "product": {"productId": product.id, "productName": product.title, "styleId": product.style},
        "variant": {
            "variantId": variant.id,
            "variantName": f"{product.title}:{variant.size}",
            "variantValue": variant.size,
        },
        "shipment": {
            "shipByDate": stamp(order.created + 3 * 86_400),
            "trackingNumber": f"1Z{order.number[:8]}" if order.shipping_id else None,
            "trackingUrl": None,
            "carrierCode": "UPS",
            "shippingLabelUrl": None,
            "shippingDocumentUrl": f"https://api.stockx.com/v2/selling/orders/{order.number}/shipping-document/{order.shipping_id}"
            if order.shipping_id
            else None,
        },
        "payout": {
            "totalPayout": str(total),
            "salePrice": str(order.amount),
            "totalAdjustments": str(total - order.amount),
            "currencyCode": order.currency,
            "adjustments": lines,
        },
    }
