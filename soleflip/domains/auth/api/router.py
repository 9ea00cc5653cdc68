"""/auth: sign in and out, users, API keys."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, EmailStr, Field

from domains.auth.services.auth_service import ApiKeyService, AuthService, SignedIn
from shared.api.dependencies import (
    COOKIE,
    Admin,
    PageDep,
    PrincipalDep,
    Reader,
    SessionDep,
    SettingsDep,
    get_principal,
)
from shared.api.envelopes import Paginated, Success, paginated, pagination
from shared.api.limiting import limit_login
from shared.auth.passwords import MAX_LENGTH, MIN_LENGTH
from shared.auth.principal import Need
from shared.database.words import UserRole
from shared.error_handling.error_codes import ErrorCode
from shared.error_handling.handlers import problem

PREFIX = "/auth"
router = APIRouter(prefix=PREFIX, tags=["auth"])

Password = Annotated[str, Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]


class Strict(BaseModel):
    """A body whose unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class LoginIn(Strict):
    """Name or address, and password."""

    username: str = Field(min_length=1, max_length=255)
    password: str = Field(min_length=1, max_length=MAX_LENGTH)


class UserOut(BaseModel):
    """A user as others see them."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    email: str
    username: str
    role: UserRole
    is_active: bool
    must_change_password: bool
    last_login: datetime | None
    created_at: datetime


class TokenOut(BaseModel):
    """A signed-in session."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 -- the scheme's name
    expires_in: int
    user: UserOut


class RegisterIn(Strict):
    """A new user."""

    email: EmailStr
    username: str = Field(min_length=3, max_length=100, pattern=r"^[\w.@+-]+$")
    password: Password
    role: UserRole = UserRole.USER


class RefreshIn(Strict):
    """A refresh token."""

    refresh_token: str = Field(min_length=20, max_length=200)


class LogoutIn(Strict):
    """The refresh token to end too."""

    refresh_token: str | None = Field(None, max_length=200)


class PasswordIn(Strict):
    """The present password and the next one."""

    old_password: str = Field(min_length=1, max_length=MAX_LENGTH)
    new_password: Password


class RoleIn(Strict):
    """A role."""

    role: UserRole


class KeyIn(Strict):
    """A key for a program."""

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Need] = Field(default_factory=lambda: [Need.READ], min_length=1, max_length=3)
    days: int | None = Field(90, ge=1, le=3650)


class KeyOut(BaseModel):
    """A key without its text."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


class NewKeyOut(KeyOut):
    """A key with its text, shown this once."""

    key: str


def _token(found: SignedIn, response: Response, secure: bool) -> TokenOut:
    """Answer a sign-in and set the pages' cookie."""
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE, found.access_token, max_age=found.expires_in, httponly=True, samesite="lax", secure=secure, path="/"
    )
    return TokenOut(
        access_token=found.access_token,
        refresh_token=found.refresh_token,
        expires_in=found.expires_in,
        user=UserOut.model_validate(found.user),
    )


@router.post("/login")
async def login(
    body: LoginIn, request: Request, response: Response, session: SessionDep, settings: SettingsDep
) -> TokenOut:
    """Sign in."""
    await limit_login(request, body.username)
    found = await AuthService(session, settings).login(body.username, body.password)
    return _token(found, response, settings.is_production)


@router.post("/refresh", response_model=TokenOut)
async def refresh(
    body: RefreshIn, request: Request, response: Response, session: SessionDep, settings: SettingsDep
) -> TokenOut | Response:
    """Exchange a refresh token for a new pair. A token used twice ends every session that came from it."""
    await limit_login(request, body.refresh_token[:16])
    found = await AuthService(session, settings).refresh(body.refresh_token)
    if found is None:  # answered, not raised: that the family has ended has to be kept
        text = "This refresh token was used before; all its sessions are ended"
        return problem(request.url.path, 401, ErrorCode.UNAUTHORIZED, text)
    return _token(found, response, settings.is_production)


@router.post("/logout")
async def logout(
    response: Response,
    principal: PrincipalDep,
    session: SessionDep,
    settings: SettingsDep,
    body: LogoutIn | None = None,
) -> Success[None]:
    """End this session."""
    await AuthService(session, settings).logout(principal, body.refresh_token if body else None)
    response.delete_cookie(COOKIE, path="/")
    return Success(message="Signed out")


@router.post("/register", status_code=201)
async def register(body: RegisterIn, request: Request, session: SessionDep, settings: SettingsDep) -> UserOut:
    """Make a user: the first one becomes administrator; afterwards administrators make users."""
    signed = any(name in request.headers for name in ("authorization", "x-api-key")) or COOKIE in request.cookies
    await limit_login(request, body.username)
    actor = await get_principal(request, session, settings) if signed else None
    made = await AuthService(session, settings).register(actor, body.email, body.username, body.password, body.role)
    return UserOut.model_validate(made)


@router.get("/me")
async def me(principal: PrincipalDep, session: SessionDep, settings: SettingsDep) -> UserOut:
    """Who am I."""
    return UserOut.model_validate(await AuthService(session, settings).me(principal))


@router.post("/change-password")
async def change_password(
    body: PasswordIn, request: Request, principal: PrincipalDep, session: SessionDep, settings: SettingsDep
) -> Success[None]:
    """Change one's own password; every session ends."""
    await limit_login(request, principal.username)
    await AuthService(session, settings).change_password(principal, body.old_password, body.new_password)
    return Success(message="Password changed; sign in again")


@router.get("/users")
async def users(_admin: Admin, page: PageDep, session: SessionDep, settings: SettingsDep) -> Paginated[UserOut]:
    """Every user."""
    rows, total = await AuthService(session, settings).list_users(page.skip, page.limit)
    return paginated([UserOut.model_validate(row) for row in rows], pagination(page.skip, page.limit, total, len(rows)))


@router.patch("/users/{user_id}/activate")
async def activate(
    user_id: uuid.UUID, admin: Admin, session: SessionDep, settings: SettingsDep
) -> Success[dict[str, str]]:
    """Switch a user on."""
    await AuthService(session, settings).set_active(admin, user_id, active=True)
    return Success(message="User activated", data={"user_id": str(user_id)})


@router.patch("/users/{user_id}/deactivate")
async def deactivate(
    user_id: uuid.UUID, admin: Admin, session: SessionDep, settings: SettingsDep
) -> Success[dict[str, str]]:
    """Switch a user off; their sessions end."""
    await AuthService(session, settings).set_active(admin, user_id, active=False)
    return Success(message="User deactivated", data={"user_id": str(user_id)})


@router.patch("/users/{user_id}/role")
async def set_role(
    user_id: uuid.UUID, body: RoleIn, admin: Admin, session: SessionDep, settings: SettingsDep
) -> UserOut:
    """Give a user another role."""
    return UserOut.model_validate(await AuthService(session, settings).set_role(admin, user_id, body.role))


@router.get("/api-keys")
async def api_keys(principal: Reader, session: SessionDep) -> list[KeyOut]:
    """The caller's own keys."""
    return [KeyOut.model_validate(key) for key in await ApiKeyService(session).mine(principal)]


@router.post("/api-keys", status_code=201)
async def create_api_key(body: KeyIn, principal: Reader, session: SessionDep) -> NewKeyOut:
    """Make a key; its text is in this answer only."""
    row, key = await ApiKeyService(session).create(principal, body.name, body.scopes, body.days)
    return NewKeyOut(**KeyOut.model_validate(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(key_id: uuid.UUID, principal: Reader, session: SessionDep) -> None:
    """End a key."""
    await ApiKeyService(session).revoke(principal, key_id)
