"""The client: one request a second and 25,000 a day over all workers, 401 refreshes once, 429 and 5xx are waited out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

import structlog
from pydantic import TypeAdapter, ValidationError
from safehttp import BadResponse, SafeHttpError, TimedOut, Unreachable

from shared.config.settings import Settings
from shared.database.connection import Database
from shared.error_handling.exceptions import (
    ExternalServiceException,
    ResourceNotFoundException,
    ServiceUnavailableException,
    ValidationException,
)
from shared.repositories.marketplace_access import MarketplaceAccess
from shared.stockx.models import Listing, MarketData, Operation, Order, Product, Tolerant, Variant
from shared.stockx.session import StockXSession
from shared.translation import gettext_noop, phrase

logger = structlog.get_logger(__name__)
T = TypeVar("T")
M = TypeVar("M", bound=Tolerant)
TRIES = 4
LARGEST_DOCUMENT = 5 * 2**20
REPEATABLE = frozenset({429, 500, 502, 503, 504})


class StockX:
    """StockX's API. Errors are ours: not found, refused, unavailable (with Retry-After), or an answer without sense."""

    def __init__(self, settings: Settings, database: Database, session: StockXSession | None = None) -> None:
        """Take settings and database; nothing is asked yet."""
        self.settings, self.database = settings, database
        self.session = session or StockXSession(settings, database)
        self.pace = timedelta(seconds=1 / settings.stockx_requests_per_second)

    async def _slot(self) -> None:
        """Wait for our turn; raises ServiceUnavailableException when it is too far off or the day's budget is used."""
        async with self.database.unit() as session:
            taken = await MarketplaceAccess(session).take_slot(self.pace, self.settings.stockx_daily_requests)
        if taken is None:
            raise ServiceUnavailableException(
                phrase(
                    "Today's %(stockx_daily_requests)s requests to StockX are used; they start anew at 00:00 UTC",
                    stockx_daily_requests=self.settings.stockx_daily_requests,
                )
            )
        wait = taken[0]
        if wait > self.settings.stockx_timeout:
            error = ServiceUnavailableException(phrase("StockX may be asked again in %(wait)s s", wait=f"{wait:.0f}"))
            error.headers["Retry-After"] = str(int(wait) + 1)
            raise error
        await asyncio.sleep(wait)

    async def ask(
        self, method: str, path: str, params: dict[str, Any] | None = None, body: Any = None,
        accept: str = "application/json",
    ) -> Any:  # fmt: skip
        """Ask once or, where that is safe, a few times; return the JSON, or bytes of a document.

        A write is repeated only when StockX says it was not looked at (429, 401): a lost answer is left to the caller.
        """
        known = await self.session.credentials()
        stale: int | None = None
        trouble = ""
        for tried in range(TRIES):
            access = await self.session.access(stale)
            await self._slot()
            headers = {
                "authorization": f"Bearer {access.token}",
                "x-api-key": known.api_key,
                "accept": accept,
            }
            more: dict[str, Any] = {"json": body} if body is not None else {}
            asked = {name: str(value) for name, value in (params or {}).items() if value is not None}
            try:
                answer = await self.session.http.request(
                    method, f"{self.settings.stockx_api_base_url}{path}", headers=headers, params=asked or None, **more
                )
            except (BadResponse, TimedOut, Unreachable) as error:
                trouble = f"StockX cannot be reached: {error}"
                if method != "GET":
                    break
                await self._pause(tried)
                continue
            except SafeHttpError as error:
                raise ExternalServiceException(phrase("StockX cannot be asked: %(error)s", error=error)) from None
            if answer.ok:
                return self._content(answer)
            trouble = f"StockX answered {answer.status}"
            if answer.status == 401 and stale is None:
                stale = access.generation
            elif answer.status == 429:
                await self._hold_back(answer.headers.get("retry-after", ""))
            elif answer.status in REPEATABLE and method == "GET":
                await self._pause(tried)
            else:
                raise self._refused(answer)
        raise ExternalServiceException(
            phrase("%(trouble)s; try again later", trouble=trouble), details={"service": "stockx"}
        )

    @staticmethod
    def _content(answer: Any) -> Any:
        if answer.content_type == "application/pdf":
            return answer.content
        try:
            return answer.json()
        except BadResponse:
            raise ExternalServiceException(
                gettext_noop("StockX answered with something that is no JSON; try again later")
            ) from None

    @staticmethod
    def _refused(answer: Any) -> Exception:
        try:
            message = str(answer.json().get("message", ""))[:200]
        except (BadResponse, AttributeError):
            message = ""
        if answer.status == 404:
            return ResourceNotFoundException(phrase("StockX does not know it: %(message)s", message=message))
        if answer.status in (400, 413, 415):
            return ValidationException(phrase("StockX refused it: %(message)s", message=message))
        return ExternalServiceException(
            f"StockX answered {answer.status} {message}".strip(), details={"service": "stockx"}
        )

    async def _hold_back(self, told: str) -> None:
        """Let all workers wait as long as StockX asks, at most the whole day's rest."""
        seconds = min(float(told), 86_400) if told.isascii() and told.isdigit() else 2.0
        logger.warning("stockx_held_back", seconds=seconds)
        async with self.database.unit() as session:
            await MarketplaceAccess(session).hold_back(seconds)

    async def _pause(self, tried: int) -> None:
        await asyncio.sleep(min(8.0, self.pace.total_seconds() * 2**tried) * random.uniform(0.5, 1))  # noqa: S311 -- jitter

    @staticmethod
    def _read(kind: type[T] | Any, body: Any) -> T:
        try:
            found: T = TypeAdapter(kind).validate_python(body)
        except ValidationError as error:
            raise ExternalServiceException(
                phrase("StockX answered in an unknown form (%(error_count)s fields)", error_count=error.error_count())
            ) from None
        return found

    async def page(
        self,
        path: str,
        name: str,
        kind: type[M],
        params: dict[str, Any] | None = None,
        number: int = 1,
        size: int = 100,
    ) -> tuple[list[M], bool]:
        """Return one page of a list and whether there is another; a page of another number is asked for again."""
        for _ in range(TRIES):
            body = await self.ask("GET", path, {**(params or {}), "pageNumber": number, "pageSize": size})
            if not isinstance(body, dict):
                raise ExternalServiceException(phrase("StockX answered with no page"))
            if body.get("pageNumber", number) == number:
                rows: list[M] = self._read(list[kind], body.get(name) or [])  # type: ignore[valid-type]  # a type made here
                return rows, bool(rows and body.get("hasNextPage"))
        raise ExternalServiceException(phrase("StockX gives the same page again and again"))

    async def pages(
        self, path: str, name: str, kind: type[M], params: dict[str, Any] | None = None, size: int = 100
    ) -> AsyncIterator[M]:
        """Yield everything of a paged list, page by page."""
        number, more = 1, True
        while more:
            rows, more = await self.page(path, name, kind, params, number, size)
            for row in rows:
                yield row
            number += 1

    async def search(self, query: str, page: int = 1, size: int = 20) -> dict[str, Any]:
        """Search the catalogue by words, style code or GTIN; return {count, hasNextPage, products}."""
        body = await self.ask("GET", "/catalog/search", {"query": query[:100], "pageNumber": page, "pageSize": size})
        products: list[Product] = self._read(list[Product], body.get("products") or [])
        return {
            "count": body.get("count", len(products)),
            "hasNextPage": bool(body.get("hasNextPage")),
            "products": products,
        }

    async def product(self, product_id: str) -> Product:
        """Return one product; raises ResourceNotFoundException."""
        return self._read(Product, await self.ask("GET", f"/catalog/products/{quote(product_id, safe='')}"))

    async def variants(self, product_id: str) -> list[Variant]:
        """Return a product's sizes."""
        return self._read(
            list[Variant], await self.ask("GET", f"/catalog/products/{quote(product_id, safe='')}/variants")
        )

    async def variant_by_gtin(self, gtin: str) -> Variant:
        """Return the size with a bar code; raises ResourceNotFoundException."""
        return self._read(Variant, await self.ask("GET", f"/catalog/products/variants/gtins/{quote(gtin, safe='')}"))

    async def market(self, product_id: str, currency: str = "EUR") -> list[MarketData]:
        """Return the market of every size of a product."""
        path = f"/catalog/products/{quote(product_id, safe='')}/market-data"
        return self._read(list[MarketData], await self.ask("GET", path, {"currencyCode": currency}))

    async def variant_market(self, product_id: str, variant_id: str, currency: str = "EUR") -> MarketData:
        """Return the market of one size."""
        path = f"/catalog/products/{quote(product_id, safe='')}/variants/{quote(variant_id, safe='')}/market-data"
        return self._read(MarketData, await self.ask("GET", path, {"currencyCode": currency}))

    def listings(self, statuses: str | None = None, variant_ids: str | None = None) -> AsyncIterator[Listing]:
        """Yield our listings."""
        return self.pages(
            "/selling/listings", "listings", Listing, {"listingStatuses": statuses, "variantIds": variant_ids}
        )

    async def create_listing(
        self, variant_id: str, amount: Decimal, currency: str, inventory_type: str = "STANDARD",
        until: datetime | None = None,
    ) -> Operation:  # fmt: skip
        """Ask for a listing, at most until a moment; asks are whole numbers. Poll `operation` until it is not PENDING."""
        body = {
            "variantId": variant_id,
            "amount": _whole(amount),
            "currencyCode": currency,
            "active": True,
            "inventoryType": inventory_type,
            **_expiry(until),
        }
        return self._read(Operation, await self.ask("POST", "/selling/listings", body=body))

    async def change_price(
        self, listing_id: str, amount: Decimal, currency: str, until: datetime | None = None
    ) -> Operation:
        """Ask for another price, or (with `until`) another end."""
        body = {"amount": _whole(amount), "currencyCode": currency, **_expiry(until)}
        return self._read(
            Operation, await self.ask("PATCH", f"/selling/listings/{quote(listing_id, safe='')}", body=body)
        )

    async def delete_listing(self, listing_id: str) -> Operation:
        """Ask to take a listing down."""
        return self._read(Operation, await self.ask("DELETE", f"/selling/listings/{quote(listing_id, safe='')}"))

    async def operation(self, listing_id: str, operation_id: str) -> Operation:
        """Return how far a change is."""
        path = f"/selling/listings/{quote(listing_id, safe='')}/operations/{quote(operation_id, safe='')}"
        return self._read(Operation, await self.ask("GET", path))

    async def listing(self, listing_id: str) -> Listing:
        """Return one listing; raises ResourceNotFoundException."""
        return self._read(Listing, await self.ask("GET", f"/selling/listings/{quote(listing_id, safe='')}"))

    async def switch(self, listing_id: str, *, active: bool) -> Operation:
        """Ask to offer a listing again, or to pause it."""
        path = f"/selling/listings/{quote(listing_id, safe='')}/{'activate' if active else 'deactivate'}"
        return self._read(Operation, await self.ask("PUT", path))

    async def listing_page(self, number: int) -> tuple[list[Listing], bool]:
        """Return one page of our listings and whether there is another."""
        return await self.page("/selling/listings", "listings", Listing, number=number)

    async def order(self, number: str) -> Order:
        """Return one order; raises ResourceNotFoundException."""
        return self._read(Order, await self.ask("GET", f"/selling/orders/{quote(number, safe='')}"))

    async def order_page(
        self, part: str, number: int, params: dict[str, Any] | None = None
    ) -> tuple[list[Order], bool]:
        """Return one page of the orders under way (`active`) or ended (`history`), and whether there is another."""
        return await self.page(f"/selling/orders/{part}", "orders", Order, params, number)

    async def shipping_document(self, number: str, shipping_id: str) -> bytes:
        """Return the PDF to print for an order; raises ExternalServiceException when it is something else."""
        path = f"/selling/orders/{quote(number, safe='')}/shipping-document/{quote(shipping_id, safe='')}"
        found = await self.ask("GET", path, accept="application/pdf")
        if not isinstance(found, bytes) or not found.startswith(b"%PDF-") or b"%%EOF" not in found[-1024:]:
            raise ExternalServiceException(gettext_noop("StockX's shipping document is no whole PDF; try again later"))
        if len(found) > LARGEST_DOCUMENT:
            raise ExternalServiceException(
                phrase(
                    "StockX's shipping document is larger than %(largest_document)s MB; fetch it at StockX",
                    largest_document=LARGEST_DOCUMENT // 2**20,
                )
            )
        return found

    def active_orders(self, **chosen: Any) -> AsyncIterator[Order]:
        """Yield the orders under way."""
        return self.pages("/selling/orders/active", "orders", Order, chosen)

    def past_orders(self, start: date, end: date, **chosen: Any) -> AsyncIterator[Order]:
        """Yield the orders that ended, made between two days."""
        return self.pages("/selling/orders/history", "orders", Order, {"fromDate": start, "toDate": end, **chosen})


def _expiry(until: datetime | None) -> dict[str, str]:
    return {"expiresAt": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"} if until else {}


def _whole(amount: Decimal) -> str:
    if amount != amount.to_integral_value() or amount < 1:
        raise ValidationException(phrase("StockX takes whole amounts only, not %(amount)s", amount=amount))
    return str(int(amount))
