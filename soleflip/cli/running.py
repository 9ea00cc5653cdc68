"""Runs a coroutine in a unit of work, for commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from shared.config.settings import get_settings
from shared.database.connection import create_database
from shared.logging.setup import set_up

T = TypeVar("T")


def in_unit(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run `work` in a unit of work on the configured database and return what it returns."""

    async def run() -> T:
        database = create_database(get_settings())
        try:
            async with database.unit() as session:
                return await work(session)
        finally:
            await database.close()

    set_up(get_settings())
    return asyncio.run(run())
