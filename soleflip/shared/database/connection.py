"""The engine: one per process, sized by the settings, over psycopg 3."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from shared.config.settings import Settings


class Database:
    """An engine and its sessions; `unit` is the one place in SoleFlip that commits."""

    def __init__(self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession] | None = None) -> None:
        """Take an engine; `sessions` replaces how sessions are made (tests bind them to one connection)."""
        self.engine = engine
        self.sessions = sessions or async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[AsyncSession]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        async with self.sessions() as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes, if any, are thrown away."""
        async with self.sessions() as session:
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def create_database(settings: Settings) -> Database:
    """Return the database the settings name; nothing is connected yet."""
    return Database(
        create_async_engine(
            settings.sqlalchemy_url,
            echo=settings.sql_echo,
            pool_size=settings.db_pool_size,
            max_overflow=settings.db_max_overflow,
            pool_timeout=settings.db_pool_timeout,
            pool_recycle=settings.db_pool_recycle,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": settings.db_connect_timeout,
                "application_name": "soleflip",
                "options": "-c timezone=UTC",
            },
        )
    )
