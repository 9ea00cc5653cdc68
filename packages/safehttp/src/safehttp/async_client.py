"""The asynchronous client; the same rules as the blocking one, for asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

import httpcore2
import httpx2

from safehttp.client import DEFAULT_LIMITS, USER_AGENT
from safehttp.exchange import Answer, Ask, Call, first_call, next_call, read_head, too_many_redirects
from safehttp.guard import Resolver, judge_in_background, system_resolver
from safehttp.limits import Deadline, Limits
from safehttp.policy import Policy
from safehttp.response import Response
from safehttp.wire import AsyncPinnedBackend, HeaderBudget, translated, unsent


class AsyncClient:
    """`Client` for asyncio: the same arguments, answers and errors. Cancelling a call closes its connection."""

    def __init__(
        self,
        policy: Policy,
        limits: Limits = DEFAULT_LIMITS,
        *,
        resolver: Resolver = system_resolver,
        keep_cookies: bool = False,
        user_agent: str = USER_AGENT,
    ) -> None:
        """`resolver` replaces the operating system's name lookup; it runs on a thread."""
        self._policy, self._limits, self._resolver, self._user_agent = policy, limits, resolver, user_agent
        self._cookies = httpx2.Cookies() if keep_cookies else None

    async def get(self, url: str, **ask: Any) -> Response:
        """Ask with GET; see `Client.request`."""
        return await self.request("GET", url, **ask)

    async def post(self, url: str, **ask: Any) -> Response:
        """Ask with POST; see `Client.request`."""
        return await self.request("POST", url, **ask)

    async def request(self, method: str, url: str, **ask: Any) -> Response:
        """Ask and return the whole answer, whatever its status; arguments and errors as in `Client.request`."""
        wanted = Ask(**ask)
        call = first_call(method, url, wanted, self._user_agent)
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                for _hop in range(self._limits.max_redirects + 1):
                    outcome = await self._send(call, wanted)
                    if isinstance(outcome, Response):
                        return outcome
                    call = outcome
        except TimeoutError:
            raise Deadline(self._limits.total_seconds).passed() from None
        raise too_many_redirects(call, self._limits)

    async def _send(self, call: Call, ask: Ask) -> Response | Call:
        """Send one request; return the answer, or the request its redirect asks for."""
        with unsent():
            addresses = await asyncio.wrap_future(judge_in_background(self._policy, call.target, self._resolver))
        budget = HeaderBudget(self._limits)
        connection = httpcore2.AsyncHTTPConnection(
            call.origin,
            ssl_context=self._policy.tls_context() if call.target.scheme == "https" else None,
            network_backend=AsyncPinnedBackend(addresses, self._limits, budget),
        )
        with translated(call.target.origin):
            async with connection:
                response = await connection.handle_async_request(call.wire(self._cookies))
                budget.complete = True
                headers = read_head(response, call, self._cookies)
                following = next_call(call, response.status, headers) if ask.follow_redirects else None
                if following is not None:
                    return following
                answer = Answer(call, response.status, headers, ask, self._limits)
                async for piece in response.aiter_stream():
                    answer.feed(piece)
                return answer.finish()
