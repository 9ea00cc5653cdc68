"""The connection to StockX: credentials kept, sign-in begun and ended, how it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.auth.principal import Principal
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.repositories import audit
from shared.repositories.marketplace_access import MarketplaceAccess
from shared.stockx.client import StockX
from shared.stockx.session import NAMES, StockXSession


class StockXService:
    """The connection."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Take settings and database."""
        self.settings, self.database = settings, database
        self.session = StockXSession(settings, database)
        self.client = StockX(settings, database, self.session)

    async def credentials(self) -> list[dict[str, Any]]:
        """Return which credentials are there; the environment counts too."""
        async with self.database.reading() as session:
            stored = await MarketplaceAccess(session).secrets(NAMES)
            token = await MarketplaceAccess(session).token()
        told = {
            "stockx_client_id": self.settings.stockx_client_id,
            "stockx_client_secret": self.settings.stockx_client_secret.get_secret_value(),
            "stockx_api_key": self.settings.stockx_api_key.get_secret_value(),
        }
        found = [
            {
                "key": name,
                "has_value": name in stored or bool(told[name]),
                "created_at": stored[name].created_at if name in stored else None,
                "updated_at": stored[name].updated_at if name in stored else None,
            }
            for name in NAMES
        ]
        connected = token is not None and token.refresh_token is not None
        found.append(
            {
                "key": "stockx_refresh_token",
                "has_value": connected,
                "created_at": token.created_at if token else None,
                "updated_at": token.updated_at if token else None,
            }
        )
        return found

    async def keep_credentials(self, actor: Principal, told: dict[str, str]) -> None:
        """Store credentials; the audit log says which, never what."""
        async with self.database.unit() as session:
            for name, value in told.items():
                await MarketplaceAccess(session).keep_secret(name, value, "StockX, entered in the settings")
            audit.record(
                session, actor, "stockx.credentials", "system_config", "stockx", after={"changed": sorted(told)}
            )

    async def finish(self, state: str, code: str) -> None:
        """End a sign-in."""
        user_id = await self.session.finish(state, code)
        async with self.database.unit() as session:
            audit.record(session, None, "stockx.connect", "marketplace", "stockx", after={"by": str(user_id)})

    async def disconnect(self, actor: Principal) -> None:
        """Forget the tokens."""
        await self.session.disconnect()
        async with self.database.unit() as session:
            audit.record(session, actor, "stockx.disconnect", "marketplace", "stockx")

    async def status(self, now: datetime) -> dict[str, Any]:
        """Return how the connection stands."""
        async with self.database.reading() as session:
            access = MarketplaceAccess(session)
            token, used = await access.token(), await access.used_today()
        connected = token is not None and token.refresh_token is not None
        expires = token.expires_at if token else None
        return {
            "connected": connected,
            "token_valid": bool(connected and expires and expires > now),
            "expires_at": expires,
            "last_error": token.last_error if token else None,
            "requests_today": used,
            "daily_requests": self.settings.stockx_daily_requests,
        }
