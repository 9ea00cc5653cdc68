"""The whole system as it runs: a database of its own, seeded; StockX's stand-in; uvicorn in a process."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from typing import TypeVar

import psycopg
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import StockX as StandIn

from cli.sample import COLUMNS, stockx_rows
from domains.consignment.services.consignor_service import ConsignorService
from domains.consignment.services.pair_service import PairService
from domains.consignment.services.statement_service import StatementService
from domains.integration.services.import_service import ImportService
from domains.inventory.services.listing_service import ListingService
from domains.inventory.services.photo_service import PhotoService
from domains.orders.services.money_service import MoneyService
from shared.auth import tokens
from shared.auth.principal import Principal
from shared.config.settings import Settings
from shared.database.connection import Database, create_database
from shared.database.migrating import migrate
from shared.database.models import Listing, MarketPrice, PriceSource, Supplier, SupplierAccount, User, WebhookEndpoint
from shared.database.words import ListingStatus, PriceSourceType, PriceType, UserRole
from shared.media.pictures import redraw
from shared.repositories.catalogue import CatalogueLookup
from shared.stockx.client import StockX
from tests.makers import make_item, make_order, make_product
from tests.stockx import connect, settings_for

T = TypeVar("T")
IDS = {
    "job_id": "SELECT id FROM core.jobs LIMIT 1",
    "user_id": "SELECT id FROM auth.users WHERE username = 'somebody'",
    "batch_id": "SELECT id FROM integration.import_batches LIMIT 1",
    "item_id": "SELECT id FROM inventory.items ORDER BY number LIMIT 1",
    "listing_id": "SELECT id FROM platforms.listings LIMIT 1",
    "operation_id": "SELECT id FROM platforms.listing_operations LIMIT 1",
    "product_id": "SELECT product_id FROM inventory.items ORDER BY number LIMIT 1",
    "payout_id": "SELECT id FROM transactions.payouts ORDER BY external_id DESC LIMIT 1",
    "order_id": "SELECT id FROM transactions.orders ORDER BY sold_at DESC LIMIT 1",
    "brand_id": "SELECT id FROM core.brands ORDER BY slug LIMIT 1",
    "row_number": "SELECT 3",
    "stockx_id": "",
    "variant_id": "",
    "supplier_id": "SELECT id FROM core.suppliers LIMIT 1",
    "account_id": "SELECT id FROM core.supplier_accounts LIMIT 1",
    "source_id": "SELECT id FROM integration.price_sources LIMIT 1",
    "source_type": "SELECT 'stockx'",
    "ean": "SELECT '4000000000006'",
    "name": "SELECT 'sales'",
    "kind": "SELECT 'n8n'",
    "report": "SELECT 'sales'",
    "source": "SELECT 'awin'",
    "category": "SELECT 'general_retail'",
    "consignor_id": "SELECT id FROM transactions.consignors LIMIT 1",
    "consigned_item_id": "SELECT item_id FROM transactions.consigned_pairs WHERE given_back_on IS NULL LIMIT 1",
    "statement_id": "SELECT id FROM transactions.consignment_statements LIMIT 1",
    "adjustment_id": "SELECT id FROM transactions.consignment_adjustments LIMIT 1",
    "photo_id": "SELECT id FROM inventory.photos WHERE removed_at IS NULL LIMIT 1",
    "webhook_id": "SELECT id FROM integration.webhook_endpoints LIMIT 1",
}
"""How a path's parameter finds something that is there."""


@dataclass
class Served:
    """A running system; `known` are ids of things that are there, by the names of path parameters."""

    url: str
    settings: Settings
    user: User
    standin: StandIn
    known: dict[str, str] = field(default_factory=dict)

    def reconnect(self) -> None:
        """Connect StockX again, whatever a request has done to the connection and its credentials."""
        with psycopg.connect(self.settings.libpq_url) as held:
            held.execute("DELETE FROM core.system_config")
        asyncio.run(_with(self.settings, lambda database: connect(StockX(self.settings, database), self.standin)))

    def headers(self) -> dict[str, str]:
        """Return headers of an administrator, with a token nobody has used (and revoked) yet."""
        token = tokens.issue(
            self.settings.signing_key, self.user.id, self.user.username, UserRole.ADMIN, 1, datetime.now(UTC), 600
        )
        return {"Authorization": f"Bearer {token}"}


async def seed(database: Database, settings: Settings, standin: StandIn) -> User:
    """Make a little of everything; return its administrator."""
    async with database.unit() as session:
        user = User(username="walker", email="walker@example.com", hashed_password="none", role=UserRole.ADMIN)
        other = User(username="somebody", email="somebody@example.com", hashed_password="none", role=UserRole.USER)
        session.add_all([user, other])
    await connect(StockX(settings, database), standin)
    actor = Principal(user.id, user.username, user.role)
    report = io.StringIO(newline="")
    csv_rows(report)
    service = ImportService(database)
    batch = await service.stage(actor, io.BytesIO(report.getvalue().encode()), "report.csv")
    async with database.unit() as session:
        stockx = await CatalogueLookup(session).platform("stockx")
        product = await make_product(session, sku="DD1391-100", style_code="DD1391-100")
        items = [await make_item(session, product, size) for size in ("US 9", "US 10", "US 11")]
        listing = Listing(
            item_id=items[1].id, platform_id=stockx.id, external_id="seed-1", ask_price=Decimal(150), status=ListingStatus.ACTIVE
        )  # fmt: skip
        session.add(listing)
        await session.flush()
        await ListingService(session).change_price(actor, listing.id, Decimal(140))
        at_stockx = standin.world.put_order(next(iter(standin.world.variants)), 150, label=True)
        order = await make_order(
            session, external_id=at_stockx.number, sku="DD1391-100", size_label="9", product_id=product.id
        )
        lines = [{"order": order.external_id, "amount": Decimal(130)}]
        await MoneyService(session).record_payout(actor, "stockx", "PO-1", datetime.now(UTC), Decimal(130), lines)
        session.add(WebhookEndpoint(user_id=user.id, url="https://example.com/", host="example.com", secret="s"))
        session.add(
            MarketPrice(
                product_id=product.id, platform_name="stockx", price_date=datetime.now(UTC).date(),
                lowest_ask=Decimal(150), highest_bid=Decimal(130), last_sale=Decimal(140),
            )
        )  # fmt: skip
        supplier = Supplier(name="Solebox", slug="solebox", supplier_type="retail")
        session.add(supplier)
        await session.flush()
        session.add(SupplierAccount(supplier_id=supplier.id, email="a@example.com"))
        session.add(
            PriceSource(
                product_id=product.id, source_type=PriceSourceType.STOCKX, source_product_id="v", price_cents=100,
                price_type=PriceType.RESALE,
            )
        )  # fmt: skip
        await consign(session, actor)
        buffer = io.BytesIO()
        Image.new("RGB", (60, 40), "red").save(buffer, "PNG")
        await PhotoService(session, settings.media_root).add(actor, items[0].id, [redraw(buffer.getvalue())])
    await service.ask_apply(actor, batch.id)
    return user


async def consign(session: AsyncSession, actor: Principal) -> None:
    """Make an owner with a pair, an amount and a statement, and something for the next one."""
    owners = ConsignorService(session)
    owner = await owners.create(actor, {"name": "Mia Berger", "iban": "DE89370400440532013000"})
    day = datetime.now(UTC).date()
    await PairService(session).bring_in(
        actor, owner, [{"sku": "DD1391-100", "size": "US 8", "list_price": Decimal(180)}], day
    )
    await owners.adjust(actor, owner, day - timedelta(days=1), Decimal(20), "advance")
    await StatementService(session).issue(actor, owner, day - timedelta(days=1))
    await owners.adjust(actor, owner, day, Decimal(-5), "laces")


def csv_rows(buffer: io.StringIO) -> None:
    """Write a small report with a wrong row."""
    import csv

    rows = list(stockx_rows(20))
    rows[1][17] = "never"
    csv.writer(buffer).writerows([COLUMNS, *rows])


def environment(chosen: Settings) -> dict[str, str]:
    """Return what a process of its own needs to know of database and stand-in."""
    return {
        **os.environ, "DATABASE_URL": chosen.database_url,
        "MEDIA_ROOT": str(chosen.media_root), "PYTHONPATH": ".", "PROVIDER_NETWORKS": "127.0.0.0/8",
        "STOCKX_API_BASE_URL": chosen.stockx_api_base_url, "STOCKX_AUTH_URL": chosen.stockx_auth_url,
        "STOCKX_CLIENT_ID": chosen.stockx_client_id, "STOCKX_REQUESTS_PER_SECOND": "1000",
        "STOCKX_CLIENT_SECRET": chosen.stockx_client_secret.get_secret_value(), "STOCKX_DAILY_REQUESTS": "25000",
        "STOCKX_API_KEY": chosen.stockx_api_key.get_secret_value(), "RATE_LIMIT_ENABLED": "false",
        "LOG_LEVEL": "ERROR",
    }  # fmt: skip


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def serving(settings: Settings, name: str) -> Iterator[Served]:
    """Serve a seeded system for the block, in a database of its own that is removed afterwards."""
    server = settings.libpq_url.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
    own = settings.model_copy(update={"db_name": name, "database_url": f"{server}/{name}"})
    migrate(own)
    with StandIn(operation_seconds=0.02) as standin:
        chosen = settings_for(own, standin)
        user = asyncio.run(_with(chosen, lambda database: seed(database, chosen, standin)))
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port), "--no-access-log"]
        with subprocess.Popen(command, env=environment(chosen)) as process:
            try:
                _wait(port)
                with psycopg.connect(chosen.libpq_url) as held:
                    known = {each: str(held.execute(query).fetchone()[0]) for each, query in IDS.items() if query}  # type: ignore[index]  # seeded
                product = next(iter(standin.world.products.values()))
                known |= {"stockx_id": product.id, "variant_id": next(iter(product.variants))}
                yield Served(f"http://127.0.0.1:{port}", chosen, user, standin, known)
            finally:
                process.terminate()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def _with(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    database = create_database(settings)
    try:
        return await work(database)
    finally:
        await database.close()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as link:
                link.request("GET", "/health/live")
                if link.getresponse().status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the server did not come up")
