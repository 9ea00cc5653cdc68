"""What routes ask for: a session, who is asking, what they may do, and a page of a list.

    async def list_items(session: SessionDep, principal: Reader, page: PageDep) -> ...

`Reader`, `Writer` and `Admin` are the permissions of a route; every route takes one (a test walks them all).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.api import idempotency
from shared.api.limiting import limit
from shared.auth import tokens
from shared.auth.principal import Need, Principal
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.error_handling.exceptions import AuthenticationException, ForbiddenException
from shared.repositories.token_blacklist import principal_of, principal_of_key
from shared.translation import phrase

COOKIE = "soleflip_session"
KEY_PREFIX = "sf_"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def get_settings_of(request: Request) -> Settings:
    """Return the app's settings."""
    settings: Settings = request.app.state.settings
    return settings


def get_database(request: Request) -> Database:
    """Return the app's database."""
    database: Database = request.app.state.database
    return database


async def get_session(database: Annotated[Database, Depends(get_database)]) -> AsyncIterator[AsyncSession]:
    """Give a unit of work: committed before the answer is sent, rolled back when the route raises."""
    async with database.unit() as session:
        yield session


SettingsDep = Annotated[Settings, Depends(get_settings_of)]
DatabaseDep = Annotated[Database, Depends(get_database)]
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_principal(request: Request, session: SessionDep, settings: SettingsDep) -> Principal:
    """Return who is asking: by Bearer token, API key or the pages' cookie; raises AuthenticationException.

    A cookie is sent by the browser for any site, so a change by cookie has to come from one of our own pages.
    """
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-api-key", "")
    principal: Principal | None = None
    if scheme.lower() == "bearer" and credential.startswith(KEY_PREFIX):
        key = credential
    if key:
        principal = await principal_of_key(session, key, datetime.now(UTC))
    elif scheme.lower() == "bearer":
        principal = await principal_of(session, tokens.read(settings.signing_key, credential))
    elif cookie := request.cookies.get(COOKIE):
        if request.method not in SAFE and not _from_our_page(request):
            raise ForbiddenException(phrase("This request does not come from one of our pages"))
        principal = await principal_of(session, tokens.read(settings.signing_key, cookie))
    else:
        raise AuthenticationException(phrase("Sign in first"))
    if principal is None:
        raise AuthenticationException(phrase("This session or key is not valid any more; sign in again"))
    await limit(request, f"user:{principal.user_id}")
    request.state.principal = principal
    return principal


def _from_our_page(request: Request) -> bool:
    """Say whether the browser vouches that one of our own pages sends this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return origin == f"{request.url.scheme}://{request.headers.get('host', '')}"


PrincipalDep = Annotated[Principal, Depends(get_principal, scope="function")]


def needs(need: Need) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets through who may do something; an `Idempotency-Key` is looked at after that."""

    @idempotency.claims
    async def check(principal: PrincipalDep, request: Request, session: SessionDep) -> Principal:
        if principal.must_change_password:
            raise ForbiddenException(phrase("Change your password first (POST /auth/change-password)"))
        principal.require(need)
        await idempotency.claim(request, session, principal)
        return principal

    return check


Reader = Annotated[Principal, Depends(needs(Need.READ), scope="function")]
Writer = Annotated[Principal, Depends(needs(Need.WRITE), scope="function")]
Admin = Annotated[Principal, Depends(needs(Need.ADMIN), scope="function")]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: by `skip`, or by `cursor`, which costs the same however deep."""

    skip: int
    limit: int
    cursor: str | None


def get_page(
    skip: Annotated[int, Query(ge=0, le=10_000_000, description="Rows to leave out")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Rows to give")] = 100,
    cursor: Annotated[str | None, Query(max_length=200, description="next_cursor of the page before")] = None,
) -> Page:
    """Read the paging parameters."""
    return Page(skip, limit, cursor)


PageDep = Annotated[Page, Depends(get_page)]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=40, description="The version you edited")]


def version_told(if_match: str | None, in_body: int | None = None) -> int | None:
    """Return the version a caller edited, from the body or from `If-Match: "3"`."""
    if in_body is not None:
        return in_body
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
