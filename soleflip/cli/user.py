"""`user`: who may sign in."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from cli.running import in_unit
from domains.auth.repositories.user_repository import UserRepository
from shared.auth import passwords
from shared.config.settings import get_settings
from shared.database.words import UserRole

app = typer.Typer(no_args_is_help=True, help="Users")


async def ensure_user(
    session: AsyncSession, username: str, email: str, password: str, role: UserRole, *, must_change: bool
) -> bool:
    """Make a user unless there is one of that name; True when made."""
    users = UserRepository(session)
    if await users.by_login(username):
        return False
    await users.create(
        username=username,
        email=email.lower(),
        hashed_password=await passwords.make_hash(password),
        role=role,
        must_change_password=must_change,
    )
    return True


@app.command()
def create(
    username: str,
    email: str,
    role: UserRole = UserRole.USER,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Make a user."""
    made = in_unit(lambda session: ensure_user(session, username, email, password, role, must_change=False))
    typer.echo(f"{username} made." if made else f"There is a {username} already; nothing was changed.")


@app.command()
def bootstrap() -> None:
    """Make the first administrator: ADMIN_PASSWORD, or a password printed here, once, that has to be changed."""
    settings = get_settings()
    told = settings.admin_password.get_secret_value()
    password = told or secrets.token_urlsafe(12)
    made = in_unit(
        lambda session: ensure_user(
            session, settings.admin_username, settings.admin_email, password, UserRole.ADMIN, must_change=not told
        )
    )
    if made and not told:
        typer.echo(f"{settings.admin_username} signs in with {password} once and then has to change it.")
    elif not made:
        typer.echo(f"There is a {settings.admin_username} already.")
