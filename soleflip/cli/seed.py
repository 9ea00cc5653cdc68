"""`seed`: demo data."""

from __future__ import annotations

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from cli.running import in_unit
from cli.story import JOB, tell
from cli.user import ensure_user
from shared.config.settings import get_settings
from shared.database.words import UserRole
from shared.repositories.jobs import JobRepository

app = typer.Typer(no_args_is_help=True, help="Demo data")

LOGINS = (("admin", UserRole.ADMIN), ("worker", UserRole.USER), ("viewer", UserRole.READONLY))


@app.command()
def demo() -> None:
    """Make the demo's logins and ask the worker for its seller's year; run twice it changes nothing."""
    password = get_settings().demo_password.get_secret_value()
    if not password:
        typer.echo("Set DEMO_PASSWORD; `make run` does.", err=True)
        raise typer.Exit(2)

    async def work(session: AsyncSession) -> None:
        for name, role in LOGINS:
            await ensure_user(session, name, f"{name}@example.com", password, role, must_change=False)
        await JobRepository(session).ask(JOB, {}, key="demo")

    in_unit(work)
    typer.echo("The demo is ready.")


@app.command()
def story() -> None:
    """Write the demo seller's year into an empty shop now, without the worker; twice changes nothing."""
    typer.echo("The year is written." if in_unit(tell) else "Run `seed demo` first, on a shop without products.")


@app.callback()
def group() -> None:
    """Demo data."""
