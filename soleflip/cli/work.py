"""`work`: the worker that does what was asked for in the background."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

import cli.story  # noqa: F401 -- registers the demo's job
from shared.config.settings import get_settings
from shared.database.connection import create_database
from shared.jobs.worker import work
from shared.logging.setup import set_up

app = typer.Typer(help="Background work")


@app.callback(invoke_without_command=True)
def run(concurrency: Annotated[int, typer.Option(min=1, max=16)] = 2) -> None:
    """Work until told to stop."""

    async def until_stopped() -> None:
        settings = get_settings()
        database = create_database(settings)
        try:
            await work(settings, database, concurrency)
        finally:
            await database.close()

    set_up(get_settings())
    asyncio.run(until_stopped())
