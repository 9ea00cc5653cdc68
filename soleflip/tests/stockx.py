"""StockX in tests: the stand-in, settings that lead to it, and a connected account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text
from standins.stockx import StockX as StandIn

from shared.config.settings import Settings
from shared.database.connection import Database, create_database
from shared.repositories.marketplace_access import MarketplaceAccess
from shared.stockx.client import StockX


def settings_for(settings: Settings, standin: StandIn, **more: object) -> Settings:
    """Return settings whose StockX is the stand-in, asked as fast as we can."""
    return settings.model_copy(
        update={
            "stockx_api_base_url": standin.api,
            "stockx_auth_url": standin.auth,
            "stockx_client_id": standin.accounts.client_id,
            "stockx_client_secret": type(settings.stockx_client_secret)(standin.accounts.client_secret),
            "stockx_api_key": type(settings.stockx_api_key)(standin.accounts.api_key),
            "provider_networks": ["127.0.0.0/8"],
            "stockx_requests_per_second": 1000.0,
            "stockx_timeout": 3.0,
            **more,
        }
    )


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """StockX's stand-in."""
    with StandIn(operation_seconds=0.02) as running:
        yield running


async def connect(client: StockX, standin: StandIn) -> None:
    """Put a sign-in that happened earlier into the database."""
    standin.accounts.refresh_tokens.add("long-lived")
    async with client.database.unit() as session:
        (await MarketplaceAccess(session).held_token()).refresh_token = "long-lived"


@pytest_asyncio.fixture
async def stockx(settings: Settings, database: Database, standin: StandIn) -> StockX:
    """A client of a connected account."""
    client = StockX(settings_for(settings, standin), database)
    await connect(client, standin)
    return client


@pytest_asyncio.fixture
async def own_database(settings: Settings) -> AsyncIterator[Database]:
    """A database with connections of its own, for what several workers do; emptied of StockX afterwards."""
    database = create_database(settings)
    yield database
    async with database.unit() as session:
        for table in ("marketplace_tokens", "request_budgets", "oauth_states"):
            await session.execute(text(f"DELETE FROM integration.{table}"))  # noqa: S608 -- names from this list
    await database.close()


async def follow_sign_in(standin: StandIn, url: str) -> str:
    """Do what the seller's browser does at StockX; return the address it is sent back to."""
    async with httpx2.AsyncClient() as browser:
        page = await browser.get(url)
        assert page.status_code == 200, page.text
        accepted = await browser.get(url.replace("/authorize?", "/authorize/approve?"))
    assert accepted.status_code == 302
    return accepted.headers["location"]
