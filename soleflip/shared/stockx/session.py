"""The sign-in at StockX: credentials, authorization, the token all workers share."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from safehttp import AsyncClient, BadResponse, Limits, Provider, SafeHttpError

from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import MarketplaceToken
from shared.error_handling.exceptions import BusinessRuleViolation, ExternalServiceException, ValidationException
from shared.repositories.marketplace_access import MarketplaceAccess
from shared.translation import gettext_noop as _
from shared.translation import phrase

AUDIENCE = "gateway.stockx.com"
NAMES = ("stockx_client_id", "stockx_client_secret", "stockx_api_key")
EARLY = timedelta(seconds=60)
"""A token this close to its end is refreshed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What StockX knows our application by."""

    client_id: str
    client_secret: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Access:
    """An access token and its generation, which counts up with every refresh."""

    token: str
    generation: int


def make_http(settings: Settings) -> AsyncClient:
    """Return a client that may ask StockX's two hosts and nobody else."""
    hosts = [
        f"{parts.scheme}://{parts.netloc}"
        for parts in map(urlsplit, (settings.stockx_api_base_url, settings.stockx_auth_url))
    ]
    limits = Limits(
        total_seconds=settings.stockx_timeout, read_seconds=min(10.0, settings.stockx_timeout), max_redirects=0
    )
    return AsyncClient(Provider(hosts, networks=settings.provider_networks), limits)


class StockXSession:
    """Who we are at StockX. Refreshing holds the token's row, so two workers never refresh at once."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Take settings and database; nothing is asked yet."""
        self.settings, self.database, self.http = settings, database, make_http(settings)

    async def credentials(self) -> Credentials:
        """Return the stored credentials, else those of the environment; raises BusinessRuleViolation without any."""
        async with self.database.reading() as session:
            stored = {name: row.value for name, row in (await MarketplaceAccess(session).secrets(NAMES)).items()}
        found = Credentials(
            stored.get("stockx_client_id") or self.settings.stockx_client_id,
            stored.get("stockx_client_secret") or self.settings.stockx_client_secret.get_secret_value(),
            stored.get("stockx_api_key") or self.settings.stockx_api_key.get_secret_value(),
        )
        if not (found.client_id and found.client_secret and found.api_key):
            raise BusinessRuleViolation(
                _("StockX's client id, client secret and API key are not set; enter them in the settings")
            )
        return found

    async def authorize_url(self, user_id: uuid.UUID, redirect_uri: str) -> str:
        """Begin a sign-in; return the address to send the seller's browser to."""
        known, state = await self.credentials(), secrets.token_urlsafe(32)
        async with self.database.unit() as session:
            MarketplaceAccess(session).begin_sign_in(state, user_id, redirect_uri)
        asked = {
            "response_type": "code",
            "client_id": known.client_id,
            "redirect_uri": redirect_uri,
            "scope": "offline_access openid",
            "audience": AUDIENCE,
            "state": state,
        }
        return f"{self.settings.stockx_auth_url}/authorize?{urlencode(asked)}"

    async def finish(self, state: str, code: str) -> uuid.UUID:
        """End a sign-in with the code StockX sent; return who began it. Raises ValidationException for a wrong state."""
        known = await self.credentials()
        async with self.database.unit() as session:
            begun = await MarketplaceAccess(session).end_sign_in(state)
        if begun is None:
            raise ValidationException(_("This sign-in is unknown, used or older than ten minutes; begin again"))
        answer = await self._ask_token(
            known, {"grant_type": "authorization_code", "code": code, "redirect_uri": begun.redirect_uri}
        )
        async with self.database.unit() as session:
            row = await MarketplaceAccess(session).held_token()
            self._store(row, answer)
            row.connected_by_id = begun.user_id
        return begun.user_id

    async def disconnect(self) -> None:
        """Forget the tokens."""
        async with self.database.unit() as session:
            row = await MarketplaceAccess(session).held_token()
            row.access_token = row.refresh_token = row.expires_at = None
            row.generation += 1

    async def access(self, stale: int | None = None) -> Access:
        """Return a token that holds; `stale` is the generation StockX just refused.

        Raises BusinessRuleViolation while nobody has connected StockX, or when StockX ended the connection.
        """
        async with self.database.reading() as session:
            row = await MarketplaceAccess(session).token()
            if row is not None and (good := _good(row, stale)):
                return good
        known, trouble = await self.credentials(), None
        async with self.database.unit() as session:
            row = await MarketplaceAccess(session).held_token()
            if good := _good(row, stale):
                return good
            if not row.refresh_token:
                raise BusinessRuleViolation(_("StockX is not connected; connect it in the settings"))
            try:
                answer = await self._ask_token(
                    known, {"grant_type": "refresh_token", "refresh_token": row.refresh_token, "audience": AUDIENCE}
                )
            except BusinessRuleViolation as error:
                row.last_error, row.access_token, trouble = error.message[:255], None, error
            else:
                self._store(row, answer)
                return Access(row.access_token or "", row.generation)
        raise trouble

    async def _ask_token(self, known: Credentials, asked: dict[str, str]) -> dict[str, Any]:
        form = {"client_id": known.client_id, "client_secret": known.client_secret, **asked}
        try:
            answer = await self.http.post(f"{self.settings.stockx_auth_url}/oauth/token", data=form)
            body = answer.json()
        except BadResponse:
            raise ExternalServiceException(_("StockX's sign-in did not answer sensibly; try again later")) from None
        except SafeHttpError as error:
            raise ExternalServiceException(
                phrase("StockX's sign-in cannot be reached: %(error)s", error=error)
            ) from None
        if answer.status in (400, 401, 403):
            reason = str(body.get("error_description", ""))[:150] if isinstance(body, dict) else ""
            raise BusinessRuleViolation(
                phrase(
                    "StockX refused the sign-in (%(reason)s); check the credentials and connect again", reason=reason
                )
            )
        if not answer.ok or not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            raise ExternalServiceException(
                phrase("StockX's sign-in answered %(status)s; try again later", status=answer.status)
            )
        return body

    @staticmethod
    def _store(row: MarketplaceToken, answer: dict[str, Any]) -> None:
        seconds = answer.get("expires_in")
        row.access_token = answer["access_token"]
        row.refresh_token = answer.get("refresh_token") or row.refresh_token
        row.expires_at = datetime.now(UTC) + timedelta(seconds=seconds if isinstance(seconds, int) else 3600)
        row.generation += 1
        row.last_error = None


def _good(row: MarketplaceToken, stale: int | None) -> Access | None:
    """Return the token of a row if it holds and is not the refused one."""
    holds = row.access_token and row.expires_at and row.expires_at > datetime.now(UTC) + EARLY
    return Access(row.access_token or "", row.generation) if holds and row.generation != stale else None
