"""StockX's answers (developer.stockx.com), read tolerantly: unknown fields are kept out, missing ones are None."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _amount(value: Any) -> Decimal | None:
    """Read an amount as StockX gives it: a text, a number, {amount: ...}, or nothing."""
    if isinstance(value, dict):
        value = value.get("amount")
    if value in (None, ""):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _words(value: Any) -> str | None:
    return None if value is None else str(value)


DOCUMENT = re.compile(r"/shipping-document/([A-Za-z0-9_-]{1,100})$")
Amount = Annotated[Decimal | None, BeforeValidator(_amount)]
Words = Annotated[str | None, BeforeValidator(_words)]


class Tolerant(BaseModel):
    """An answer whose unknown fields do not matter."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Attributes(Tolerant):
    """What is known of a product."""

    gender: Words = None
    release_date: Words = Field(None, alias="releaseDate")
    retail_price: Amount = Field(None, alias="retailPrice")
    colorway: Words = None


class Product(Tolerant):
    """A product of the catalogue."""

    id: str = Field(alias="productId")
    brand: Words = None
    style_id: Words = Field(None, alias="styleId")
    url_key: Words = Field(None, alias="urlKey")
    title: str = ""
    attributes: Attributes = Field(default_factory=Attributes, alias="productAttributes")


class Gtin(Tolerant):
    """A bar code."""

    kind: Words = Field(None, alias="type")
    identifier: str = ""


class Variant(Tolerant):
    """A product in one size."""

    id: str = Field(alias="variantId")
    product_id: Words = Field(None, alias="productId")
    name: Words = Field(None, alias="variantName")
    value: Words = Field(None, alias="variantValue")
    gtins: list[Gtin] = Field(default_factory=list)


class MarketData(Tolerant):
    """The market of a size; amounts in major units."""

    product_id: Words = Field(None, alias="productId")
    variant_id: str = Field(alias="variantId")
    currency: str = Field("USD", alias="currencyCode")
    lowest_ask: Amount = Field(None, alias="lowestAskAmount")
    highest_bid: Amount = Field(None, alias="highestBidAmount")
    sell_faster: Amount = Field(None, alias="sellFasterAmount")
    earn_more: Amount = Field(None, alias="earnMoreAmount")
    flex_lowest_ask: Amount = Field(None, alias="flexLowestAskAmount")


class ProductRef(Tolerant):
    """A product as listings and orders name it."""

    id: Words = Field(None, alias="productId")
    name: str = Field("", alias="productName")
    style_id: Words = Field(None, alias="styleId")


class VariantRef(Tolerant):
    """A size as listings and orders name it."""

    id: Words = Field(None, alias="variantId")
    name: Words = Field(None, alias="variantName")
    value: Words = Field(None, alias="variantValue")


class Operation(Tolerant):
    """A change of a listing under way: PENDING, SUCCEEDED or FAILED."""

    id: str = Field(alias="operationId")
    listing_id: str = Field(alias="listingId")
    status: str = Field("PENDING", alias="operationStatus")
    error: Words = None


class Listing(Tolerant):
    """A managed ask."""

    id: str = Field(alias="listingId")
    status: str = ""
    amount: Amount = None
    currency: str = Field("USD", alias="currencyCode")
    inventory_type: str = Field("STANDARD", alias="inventoryType")
    created_at: datetime | None = Field(None, alias="createdAt")
    product: ProductRef = Field(default_factory=ProductRef)
    variant: VariantRef = Field(default_factory=VariantRef)


class Adjustment(Tolerant):
    """A line between sale price and payout; deductions are negative."""

    kind: str = Field("", alias="adjustmentType")
    amount: Amount = None


class Payout(Tolerant):
    """What a sale pays out."""

    total: Amount = Field(None, alias="totalPayout")
    sale_price: Amount = Field(None, alias="salePrice")
    currency: Words = Field(None, alias="currencyCode")
    adjustments: list[Adjustment] = Field(default_factory=list)


class Shipment(Tolerant):
    """How it is sent."""

    ship_by: datetime | None = Field(None, alias="shipByDate")
    tracking_number: Words = Field(None, alias="trackingNumber")
    document_url: Words = Field(None, alias="shippingDocumentUrl")

    @property
    def document_id(self) -> str | None:
        """Return what the shipping document is asked for by; the address itself is never followed."""
        found = DOCUMENT.search(self.document_url or "")
        return found[1] if found else None


class Order(Tolerant):
    """A sale."""

    number: str = Field(alias="orderNumber")
    listing_id: Words = Field(None, alias="listingId")
    status: str = ""
    amount: Amount = None
    currency: str = Field("USD", alias="currencyCode")
    inventory_type: Words = Field(None, alias="inventoryType")
    created_at: datetime = Field(alias="createdAt")
    updated_at: datetime | None = Field(None, alias="updatedAt")
    product: ProductRef = Field(default_factory=ProductRef)
    variant: VariantRef = Field(default_factory=VariantRef)
    shipment: Shipment | None = None
    payout: Payout | None = None
