"""A WebSocket that ends when its person may no longer listen."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.utils import timezone

from access import reach
from access.backends import CustomOIDCAuthenticationBackend
from access.middleware import SESSION_KEY
from access.services import provider_sessions

UNAUTHORIZED = 4401
FORBIDDEN = 4403


class WatchedConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """Forwards hints to one open page, and asks again and again whether its person may still listen.

    A request would be refused at once; an open WebSocket is no request, so the account, the session, the provider's sign-in and
    the permission are looked at every WEBSOCKET_RECHECK_SECONDS. Nothing a page sends is acted upon.
    """

    group = ""
    user: Any = None
    _watch: asyncio.Task[None] | None = None

    def refusal(self, user: Any) -> int:
        """Return the close code for somebody signed in who may not listen, or 0. Runs in a thread, for the database."""
        raise NotImplementedError

    async def listen(self, group: str) -> None:
        """Let the page in: it is in the group before it is told so, that no hint falls between."""
        self.group = group
        await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()
        self._watch = asyncio.create_task(self._watch_over())

    async def refuse(self, code: int) -> None:
        """Accept, so that the browser gets to see the code, and close."""
        await self.accept()
        await self.close(code)

    async def standing(self) -> int:
        """Return the close code of somebody who may not listen (any more), or 0."""
        user = await get_user(self.scope)  # loads session and account anew
        if user is None or not user.is_authenticated:
            return UNAUTHORIZED
        self.user = user
        code: int = await database_sync_to_async(self._still)(user)
        return code

    def _still(self, user: Any) -> int:
        session = self.scope["session"]
        if not session.exists(session.session_key):
            return UNAUTHORIZED
        pk = session.get(SESSION_KEY)
        if pk is not None:
            refresh = CustomOIDCAuthenticationBackend().refresh
            standing = provider_sessions.check(pk, user.pk, refresh, timezone.now())
            if standing is not provider_sessions.Standing.HOLDS:
                return UNAUTHORIZED
        return self.refusal(user)

    async def _watch_over(self) -> None:
        while True:
            await asyncio.sleep(settings.WEBSOCKET_RECHECK_SECONDS)
            code = await self.standing()
            if code:
                await self.close(code)
                return

    async def visible(self, model: Any, ids: Collection[int]) -> set[int]:
        """Return which of these rows the person may see."""
        seen: set[int] = await database_sync_to_async(self._visible)(model, ids)
        return seen

    def _visible(self, model: Any, ids: Collection[int]) -> set[int]:
        with reach.as_user(self.user):
            if reach.current() is None:
                return set(ids)
            return set(model.objects.filter(pk__in=ids).values_list("pk", flat=True))

    async def disconnect(self, code: int) -> None:
        """Leave the group, and stop watching."""
        if self._watch is not None and self._watch is not asyncio.current_task():
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Ignore what a page sends: a WebSocket asks for nothing here."""
