"""People of the tests: a row, a token, and requests in their name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import tokens
from shared.config.settings import Settings
from shared.database.models import User
from shared.database.words import UserRole


@dataclass
class Person:
    """Somebody signed in."""

    client: httpx2.AsyncClient
    user: User
    token: str

    async def ask(self, method: str, url: str, **more: Any) -> httpx2.Response:
        """Send a request as this person."""
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.client.request(method, url, headers=headers, **more)

    async def get(self, url: str, **more: Any) -> httpx2.Response:
        """GET."""
        return await self.ask("GET", url, **more)

    async def post(self, url: str, json: Any = None, **more: Any) -> httpx2.Response:
        """POST."""
        return await self.ask("POST", url, json=json, **more)

    async def patch(self, url: str, json: Any = None, **more: Any) -> httpx2.Response:
        """PATCH."""
        return await self.ask("PATCH", url, json=json, **more)

    async def delete(self, url: str, **more: Any) -> httpx2.Response:
        """DELETE."""
        return await self.ask("DELETE", url, **more)


async def make_person(
    client: httpx2.AsyncClient, session: AsyncSession, settings: Settings, name: str, role: UserRole
) -> Person:
    """Store a user (whose password fits nothing) and return them signed in."""
    user = User(username=name, email=f"{name}@example.com", hashed_password="none", role=role)
    session.add(user)
    await session.commit()
    token = tokens.issue(settings.signing_key, user.id, name, role, 1, datetime.now(UTC), 60)
    return Person(client, user, token)
