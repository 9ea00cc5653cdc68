"""A template database per run, migrated once; each test works in a copy's transaction that is rolled back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import httpx2
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

os.environ["ENVIRONMENT"] = "testing"
os.environ["SECRET_KEY"] = "only-for-tests-" * 4
os.environ.pop("FIELD_ENCRYPTION_KEY", None)

from main import create_app
from shared.config.settings import Settings, get_settings
from shared.database.connection import Database
from shared.database.migrating import migrate
from shared.database.words import UserRole
from tests.people import Person, make_person
from tests.stockx import own_database, standin, stockx

__all__ = ["own_database", "standin", "stockx"]

get_settings.cache_clear()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings on a database of this run, at the head of the migrations."""
    found = Settings(rate_limit_enabled=False, log_level="WARNING")
    server = found.libpq_url.rpartition("/")[0]
    name = f"soleflip_{found.db_name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
    media = tmp_path_factory.mktemp("media")
    ready = found.model_copy(update={"db_name": name, "database_url": f"{server}/{name}", "media_root": media})
    migrate(ready)
    yield ready
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest_asyncio.fixture
async def connection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection inside a transaction that is rolled back after the test."""
    engine = create_async_engine(settings.sqlalchemy_url, poolclass=NullPool)
    async with engine.connect() as held:
        outer = await held.begin()
        yield held
        await outer.rollback()
    await engine.dispose()


@pytest.fixture
def database(connection: AsyncConnection) -> Database:
    """A database whose commits are savepoints of the test's transaction."""
    sessions = async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
    return Database(connection.engine, sessions)


@pytest_asyncio.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """A session to prepare and look at rows with; flush or commit as in production."""
    async with database.sessions() as opened:
        yield opened


@pytest.fixture(scope="session")
def app(settings: Settings) -> FastAPI:
    """The app, put together once; each test gives it its own database."""
    return create_app(settings)


@pytest_asyncio.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """The app over ASGI, nobody signed in."""
    app.state.database = database
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as opened:
            yield opened


@pytest_asyncio.fixture
async def admin(client: httpx2.AsyncClient, session: AsyncSession, settings: Settings) -> Person:
    """An administrator with a client of theirs."""
    return await make_person(client, session, settings, "ada", UserRole.ADMIN)


@pytest_asyncio.fixture
async def worker(client: httpx2.AsyncClient, session: AsyncSession, settings: Settings) -> Person:
    """A user who may change data."""
    return await make_person(client, session, settings, "willem", UserRole.USER)


@pytest_asyncio.fixture
async def viewer(client: httpx2.AsyncClient, session: AsyncSession, settings: Settings) -> Person:
    """A user who may look."""
    return await make_person(client, session, settings, "vera", UserRole.READONLY)
