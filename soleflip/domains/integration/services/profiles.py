"""The files we can read: which columns tell them, and what a row of theirs means. No database, no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from shared.rules import sizes
from shared.rules.import_values import BadValue, amount, moment, word
from shared.rules.money import ZERO, cents


class Values(Protocol):
    """A row by the names of its columns."""

    def get(self, name: str, /) -> Any:
        """Return a cell, None for a column that is not there."""

    def __iter__(self) -> Iterator[str]:
        """Yield the columns' names."""


Judge = Callable[[Values], dict[str, Any]]
CARD_COLUMNS = frozenset({"CC_NUMBER", "CVV", "CVC", "CARD_NUMBER", "PAN"})


class RowRefused(ValueError):  # noqa: N818 -- the word is the verdict
    """Why a row cannot be imported, in lines for people."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Take every problem at once, so that a person mends a row once."""
        super().__init__("; ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Profile:
    """A kind of file: `required` columns tell it, `judge` reads a row (raises RowRefused), `kind` is what it makes."""

    name: str
    title: str
    required: tuple[str, ...]
    judge: Judge
    kind: str = "sales"


class _Reader:
    """Reads a row's cells and collects what is wrong with them."""

    __slots__ = ("get", "problems")

    def __init__(self, row: Values) -> None:
        self.get, self.problems = row.get, list[str]()

    def word(self, *names: str) -> str | None:
        for name in names:
            if (found := word(self.get(name))) is not None:
                return found
        return None

    def needed(self, *names: str, longest: int = 255) -> str:
        found = self.word(*names)
        if found is None:
            self.problems.append(f"Missing required field: {names[0]}")
        elif len(found) > longest:
            self.problems.append(f"{names[0]} is longer than {longest} characters")
        return found or ""

    def amount(self, *names: str, needed: bool = False) -> Decimal | None:
        for name in names:
            try:
                found = amount(self.get(name))
            except BadValue as error:
                self.problems.append(f"{name}: {error}")
                return None
            if found is not None:
                return found
        if needed:
            self.problems.append(f"Missing required field: {names[0]}")
        return None

    def moment(self, *names: str, needed: bool = False) -> str | None:
        for name in names:
            try:
                found = moment(self.get(name))
            except BadValue as error:
                self.problems.append(f"{name}: {error}")
                return None
            if found is not None:
                return found.isoformat()
        if needed:
            self.problems.append(f"Missing required field: {names[0]}")
        return None

    def done(self) -> None:
        if self.problems:
            raise RowRefused(self.problems)


@lru_cache(maxsize=4096)
def size_of(text: str | None, region: str = "US") -> tuple[str, str, str | None]:
    """Return a size's value, region and place on the EU scale."""
    found = sizes.parse(text, region)
    return found.value[:20], found.region[:10], None if found.standardized is None else str(found.standardized)


@lru_cache(maxsize=16_384)
def figures(gross: Decimal, fees: tuple[Decimal | None, ...], net: Decimal | None) -> dict[str, str]:
    """Return a sale's amounts in cents; a shop sells at the same prices again and again, so they are remembered."""
    gross = cents(gross)
    transaction, payment, shipping = (ZERO if fee is None else cents(abs(fee)) for fee in fees)
    kept_back = transaction + payment + shipping
    net = gross - kept_back if net is None else cents(net)
    told = {"gross": gross, "fee": transaction, "payment": payment, "shipping": shipping,
            "other": gross - kept_back - net, "net": net}  # fmt: skip
    return {name: str(value) for name, value in told.items()}


def product_fields(name: str, sku: str | None) -> tuple[str, str | None, str]:
    """Return a product's name, SKU and the code it is known by, which a product without SKU gets from its name."""
    code = (sku or f"AUTO-{hashlib.sha256(name.lower().encode()).hexdigest()[:12].upper()}")[:100]
    return name[:255], (sku or "")[:100] or None, code


def _sale(
    platform: str, number: str, name: str, sku: str | None, size: tuple[str, str, str | None], gross: Decimal | None,
    fees: tuple[Decimal | None, ...], net: Decimal | None, sold_at: str | None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Return a sale in the form that is applied; what fees do not explain of the payout is `other`."""
    shown, told, code = product_fields(name, sku)
    return {
        "platform": platform, "number": number, "name": shown, "sku": told, "code": code,
        "size": size[0], "region": size[1], "eu": size[2], "sold": sold_at, "currency": "EUR", "quantity": "1",
        **figures(gross or ZERO, fees, net), **more,
    }  # fmt: skip


def judge_stockx(row: Values) -> dict[str, Any]:
    """Read a line of StockX's historical sales report (44 columns)."""
    read = _Reader(row)
    number = read.needed("Order Number", longest=100)
    name = read.needed("Item", longest=500)
    sold = read.moment("Sale Date", needed=True)
    gross = read.amount("Listing Price", needed=True)
    if gross is not None and gross <= 0:
        read.problems.append("Listing Price is not above 0")
    fees = (read.amount("Seller Fee"), read.amount("Payment Processing"), read.amount("Shipping Fee"))
    net = read.amount("Total Gross Amount (Total Payout)", "Total Payout")
    paid = read.moment("Payout date")
    pieces = read.amount("Quantity") or Decimal(1)
    if pieces != int(pieces) or not 1 <= pieces <= 1000:
        read.problems.append("Quantity is no whole number above 0")
    read.done()
    currency = (read.word("Listing Price Currency") or "EUR").upper()[:3]
    payout = read.word("Payout ID")
    return _sale(
        "stockx", number, name, read.word("Style", "SKU"), size_of(read.word("Sku Size", "Size") or "N/A"), gross, fees,
        net, sold,
        currency=currency, quantity=str(int(pieces)), paid=paid, payout=None if payout in (None, "0") else payout[:100],
        country=(read.word("Buyer Destination Country") or "")[:50] or None,
        city=(read.word("Buyer Destination City") or "")[:100] or None,
        invoice=(read.word("Invoice Number") or "")[:100] or None,
        tracking=(read.word("Seller Tracking Number") or "")[:100] or None,
    )  # fmt: skip


def judge_alias(row: Values) -> dict[str, Any]:
    """Read a line of Alias's (GOAT's) sales export; prices are US dollars in spite of the column's name."""
    read = _Reader(row)
    number = read.needed("ORDER_NUMBER", longest=100)
    name = read.needed("NAME", longest=500)
    gross = read.amount("PRODUCT_PRICE_CENTS_SALE_PRICE", needed=True)
    paid = read.moment("CREDIT_DATE", needed=True)
    bought = read.moment("PURCHASED_DATE")
    read.done()
    size = read.word("SIZE")
    return _sale(
        "alias", f"alias_{number}", name, read.word("SKU"), size_of(size or "N/A"), gross, (None, None, None), None,
        bought or paid,
        currency="USD", paid=paid, notes=read.word("USERNAME"),
    )  # fmt: skip


def judge_sales_sheet(row: Values) -> dict[str, Any]:
    """Read a line of a seller's own sales sheet."""
    read = _Reader(row)
    sku = read.needed("SKU", longest=100)
    sold = read.moment("Sale Date", needed=True)
    read.needed("Status")
    gross = read.amount("Gross Sale", "Net Sale", needed=True)
    net = read.amount("Net Sale")
    name = read.word("Product Name", "Brand") or sku
    read.done()
    platform = (read.word("Platform") or "manual").lower()[:50]
    number = read.word("Order Number", "Order", "ID")
    if number is None:
        shown = f"{sku}|{row.get('Size')}|{sold}|{gross}"
        number = f"sheet-{hashlib.sha256(shown.encode()).hexdigest()[:16]}"
    return _sale(
        platform, number[:200], name, sku, size_of(read.word("Size") or "N/A"), gross, (None, None, None), net, sold
    )


def judge_awin_sales(row: Values) -> dict[str, Any]:
    """Read a line of an affiliate sales export."""
    read = _Reader(row)
    number = read.needed("TransactionID", longest=100)
    sku = read.needed("SKU", longest=100)
    gross = read.amount("SaleAmount", needed=True)
    sold = read.moment("TransactionDate", "Date", "SaleDate", needed=True)
    read.done()
    return _sale(
        "manual",
        f"awin_{number}",
        read.word("ProductName") or sku,
        sku,
        size_of("N/A"),
        gross,
        (None, None, None),
        None,
        sold,
    )


def judge_awin_feed(row: Values) -> dict[str, Any]:
    """Read a product of an Awin data feed; prices become cents, rounded half up."""
    read = _Reader(row)
    number = read.needed("aw_product_id", longest=100)
    name = read.needed("product_name", longest=500)
    merchant = read.needed("merchant_id", longest=12)
    if merchant and not (merchant.isascii() and merchant.isdigit()):
        read.problems.append("merchant_id is no number")
    prices = [read.amount(column) for column in ("search_price", "store_price", "rrp_price")]
    stock = read.amount("stock_quantity")
    read.done()
    in_cents = [None if price is None else int(cents(price) * 100) for price in prices]
    images = [found for column in row if str(column).startswith("alternate_image") and (found := read.word(column))]
    return {
        "awin_product_id": number, "merchant_product_id": read.word("merchant_product_id"), "merchant_id": int(merchant),
        "merchant_name": read.word("merchant_name"), "product_name": name, "brand_name": read.word("brand_name"),
        "ean": (read.word("ean") or "")[:20] or None, "product_gtin": (read.word("product_GTIN") or "")[:20] or None,
        "mpn": read.word("mpn"), "retail_price_cents": in_cents[0], "store_price_cents": in_cents[1],
        "rrp_price_cents": in_cents[2], "currency": (read.word("currency") or "EUR").upper()[:3],
        "colour": read.word("colour"), "size": (read.word("Fashion:size", "size") or "")[:50] or None,
        "in_stock": read.word("in_stock") == "1", "stock_quantity": None if stock is None else int(stock),
        "delivery_time": read.word("delivery_time"), "image_url": read.word("large_image", "aw_image_url"),
        "alternate_images": images or None, "affiliate_link": read.word("aw_deep_link"),
        "merchant_link": read.word("merchant_deep_link"),
    }  # fmt: skip


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("stockx", "StockX sales report", ("Order Number", "Sale Date", "Item", "Listing Price"), judge_stockx),
        Profile(
            "alias",
            "Alias sales",
            ("ORDER_NUMBER", "NAME", "PRODUCT_PRICE_CENTS_SALE_PRICE", "CREDIT_DATE"),
            judge_alias,
        ),
        Profile("awin_sales", "Awin sales", ("TransactionID", "SaleAmount", "SKU"), judge_awin_sales),
        Profile(
            "awin",
            "Awin product feed",
            ("aw_product_id", "product_name", "merchant_id", "search_price"),
            judge_awin_feed,
            "feed",
        ),
        Profile("sales", "Sales sheet", ("SKU", "Sale Date", "Status"), judge_sales_sheet),
    )
}


def detect(header: Sequence[str]) -> Profile | None:
    """Return the profile of a header: the one with the most required columns, all of them there; None for a stranger."""
    there = set(header)
    fitting = [profile for profile in PROFILES.values() if set(profile.required) <= there]
    return max(fitting, key=lambda profile: len(profile.required), default=None)
