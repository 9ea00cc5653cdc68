"""The blocking client."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import httpcore2
import httpx2

from safehttp.exchange import Answer, Ask, Call, first_call, next_call, read_head, too_many_redirects
from safehttp.guard import Resolver, judge_in_background, system_resolver
from safehttp.limits import Deadline, Limits
from safehttp.policy import Policy
from safehttp.response import Response
from safehttp.wire import HeaderBudget, PinnedBackend, translated, unsent

DEFAULT_LIMITS = Limits()
USER_AGENT = "safehttp"


class Client:
    """Asks under one policy. Holds no connection and no thread between calls; safe to share unless it keeps cookies.

    Each request judges its host anew and goes out on a connection of its own to the address that was judged. Nothing is
    tried twice, environment proxies are not used, and cookies are forgotten unless `keep_cookies` is set.
    """

    def __init__(
        self,
        policy: Policy,
        limits: Limits = DEFAULT_LIMITS,
        *,
        resolver: Resolver = system_resolver,
        keep_cookies: bool = False,
        user_agent: str = USER_AGENT,
    ) -> None:
        """`resolver` replaces the operating system's name lookup."""
        self._policy, self._limits, self._resolver, self._user_agent = policy, limits, resolver, user_agent
        self._cookies = httpx2.Cookies() if keep_cookies else None

    def get(self, url: str, **ask: Any) -> Response:
        """Ask with GET; see `request`."""
        return self.request("GET", url, **ask)

    def post(self, url: str, **ask: Any) -> Response:
        """Ask with POST; see `request`."""
        return self.request("POST", url, **ask)

    def request(self, method: str, url: str, **ask: Any) -> Response:
        """Ask and return the whole answer, whatever its status.

        `ask` are the fields of `exchange.Ask`: headers, params, content, data, json, files, auth (user, password for
        Basic), allowed_types, follow_redirects. Raises `Refused`, `TooLarge`, `TimedOut`, `Unreachable` or
        `BadResponse`; `ValueError` for headers that the client sets itself.
        """
        wanted, deadline = Ask(**ask), Deadline(self._limits.total_seconds)
        call = first_call(method, url, wanted, self._user_agent)
        for _hop in range(self._limits.max_redirects + 1):
            outcome = self._send(call, wanted, deadline)
            if isinstance(outcome, Response):
                return outcome
            call = outcome
        raise too_many_redirects(call, self._limits)

    def _send(self, call: Call, ask: Ask, deadline: Deadline) -> Response | Call:
        """Send one request; return the answer, or the request its redirect asks for."""
        judging = judge_in_background(self._policy, call.target, self._resolver)
        with unsent():
            try:
                addresses = judging.result(deadline.remaining())
            except concurrent.futures.TimeoutError:
                raise deadline.passed() from None
        budget = HeaderBudget(self._limits)
        connection = httpcore2.HTTPConnection(
            call.origin,
            ssl_context=self._policy.tls_context() if call.target.scheme == "https" else None,
            network_backend=PinnedBackend(addresses, deadline, self._limits, budget),
        )
        with translated(call.target.origin, deadline), connection:
            response = connection.handle_request(call.wire(self._cookies))
            budget.complete = True
            headers = read_head(response, call, self._cookies)
            following = next_call(call, response.status, headers) if ask.follow_redirects else None
            if following is not None:
                return following
            answer = Answer(call, response.status, headers, ask, self._limits)
            for piece in response.iter_stream():
                answer.feed(piece)
            return answer.finish()
