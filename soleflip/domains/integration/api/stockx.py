"""/api/v1/integration/stockx: credentials, sign-in, how the connection stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from domains.integration.services.stockx_service import StockXService
from shared.api.dependencies import Admin, DatabaseDep, Reader, SettingsDep
from shared.api.envelopes import Success
from shared.error_handling.exceptions import SoleFlipException

PREFIX = "/api/v1/integration/stockx"
router = APIRouter(prefix=PREFIX, tags=["integration"])


class CredentialsIn(BaseModel):
    """What StockX's developer portal shows; what is left out stays as it is. None of it is ever given back."""

    model_config = ConfigDict(extra="forbid")

    client_id: str | None = Field(None, min_length=1, max_length=200)
    client_secret: SecretStr | None = Field(None, min_length=1, max_length=500)
    api_key: SecretStr | None = Field(None, min_length=1, max_length=500)


class CredentialOut(BaseModel):
    """Whether a credential is stored, never which."""

    key: str
    has_value: bool
    created_at: datetime | None = None
    updated_at: datetime | None = None


class AuthorizeOut(BaseModel):
    """Where to send the seller's browser."""

    authorize_url: str


@router.get("/credentials/status")
async def credentials_status(_admin: Admin, database: DatabaseDep, settings: SettingsDep) -> list[CredentialOut]:
    """Which credentials are stored."""
    return [CredentialOut(**row) for row in await StockXService(settings, database).credentials()]


@router.put("/credentials")
async def keep_credentials(
    body: CredentialsIn, admin: Admin, database: DatabaseDep, settings: SettingsDep
) -> Success[None]:
    """Store credentials, encrypted."""
    told = {
        "stockx_client_id": body.client_id,
        "stockx_client_secret": body.client_secret.get_secret_value() if body.client_secret else None,
        "stockx_api_key": body.api_key.get_secret_value() if body.api_key else None,
    }
    await StockXService(settings, database).keep_credentials(admin, {k: v for k, v in told.items() if v})
    return Success(message="Stored")


def callback_uri(base_url: str) -> str:
    """Return the address StockX sends the browser back to; register it in StockX's developer portal."""
    return f"{base_url.rstrip('/')}{PREFIX}/callback"


@router.post("/authorize")
async def authorize(admin: Admin, database: DatabaseDep, settings: SettingsDep) -> AuthorizeOut:
    """Begin the sign-in: send the browser to `authorize_url`."""
    url = await StockXService(settings, database).session.authorize_url(admin.user_id, callback_uri(settings.base_url))
    return AuthorizeOut(authorize_url=url)


@router.get("/callback", status_code=303, response_class=RedirectResponse)
async def callback(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    state: Annotated[str, Query(min_length=1, max_length=200)],
    code: Annotated[str | None, Query(max_length=2000)] = None,
) -> RedirectResponse:
    """Where StockX sends the browser back to; `state` proves that one of our administrators began this."""
    outcome = "refused"
    if code:
        try:
            await StockXService(settings, database).finish(state, code)
            outcome = "connected"
        except SoleFlipException:
            outcome = "failed"
    return RedirectResponse(f"{request.scope.get('root_path', '')}/settings?stockx={outcome}", 303)


@router.post("/disconnect")
async def disconnect(admin: Admin, database: DatabaseDep, settings: SettingsDep) -> Success[None]:
    """Forget StockX's tokens."""
    await StockXService(settings, database).disconnect(admin)
    return Success(message="Disconnected")


@router.get("/status")
async def status(_reader: Reader, database: DatabaseDep, settings: SettingsDep) -> dict[str, Any]:
    """Whether StockX is connected, what went wrong last, and how much of today's budget is used."""
    return await StockXService(settings, database).status(datetime.now(UTC))


@router.post("/test-connection")
async def try_connection(_admin: Admin, database: DatabaseDep, settings: SettingsDep) -> Success[dict[str, Any]]:
    """Ask StockX one question."""
    found = await StockXService(settings, database).client.search("dunk", 1, 1)
    return Success(message="StockX answers", data={"products_found": found["count"]})
