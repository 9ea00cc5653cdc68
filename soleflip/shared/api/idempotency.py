"""`Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header): a POST sent twice with one key is carried out once.

One mechanism for every POST of the API that asks who is there: `include_domains` puts `keep_answers` around it, the permission
(`needs`) calls `claim`. The key is held by the request's own unit of work and its answer is stored there, so that both are there
or neither is, whenever a process dies. Refusals are not stored: they have changed nothing. Another body under the same key is
422, one that is still under way 409; the key is a person's, for one route, for a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile

from shared.auth.principal import Principal
from shared.error_handling.error_codes import ErrorCode
from shared.error_handling.exceptions import DuplicateResourceException, ValidationException
from shared.repositories.idempotent_answers import Answer, IdempotentAnswers, Slot
from shared.translation import phrase

HEADER = "Idempotency-Key"
LONGEST = 100
PIECE = 2**20
DOCUMENTED = {
    "parameters": [
        {
            "name": HEADER, "in": "header", "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
            "description": "Any text of yours that names this request, best a UUID. Sent again with the same key and body within"
            " 24 hours, the request is not carried out again: the first answer is given, with `Idempotency-Replayed: true`."
            " With another body it is 422, while the first is under way 409.",
        }
    ],
    "responses": {"409": {"description": "It contradicts what is stored, or a request with this key is still under way"}},
}  # fmt: skip
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Replayed(Exception):  # noqa: N818 -- a way out of the dependencies, not a failure
    """The request was answered before."""

    def __init__(self, answer: Answer) -> None:
        """Take the answer."""
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class _Claim:
    """A key this request holds."""

    answers: IdempotentAnswers
    slot: Slot
    request_hash: str


async def claim(request: Request, session: AsyncSession, principal: Principal) -> None:
    """Hold the request's key, if it has one, until its unit ends; raises Replayed when it was answered before.

    Raises ValidationException for a key that is none (400) or that was used for something else (422), and
    DuplicateResourceException (409) while another request with the key is under way.
    """
    key = request.headers.get(HEADER)
    if key is None or not getattr(request.state, "keeps_answers", False):
        return
    if not 1 <= len(key) <= LONGEST or not all("!" <= each <= "~" for each in key):
        words = f"1 to {LONGEST} visible ASCII characters"
        raise ValidationException(
            phrase("%(header)s: %(words)s", header=HEADER, words=words), field_errors={HEADER: words}
        )
    slot = Slot(principal.user_id, f"POST {request.scope['route'].path_format}"[:255], key)
    answers = IdempotentAnswers(session)
    request_hash = await _hash(request)
    if not await answers.claim(slot):
        raise DuplicateResourceException(
            phrase("A request with this Idempotency-Key is under way; ask again in a moment"),
            ErrorCode.IDEMPOTENCY_KEY_IN_FLIGHT,
        )
    found = await answers.find(slot)
    if found is not None and found.request_hash != request_hash:
        raise ValidationException(
            phrase("This Idempotency-Key was used for another request; take a new one"),
            ErrorCode.IDEMPOTENCY_KEY_REUSED,
        )
    if found is not None:
        raise Replayed(found)
    request.state.idempotency = _Claim(answers, slot, request_hash)


async def _hash(request: Request) -> str:
    """Return what tells a request from others: where it goes and what it carries; a form by its parts, not its boundaries."""
    found = hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode())
    if request.headers.get("content-type", "").startswith(("multipart/", "application/x-www-form-urlencoded")):
        for name, value in (await request.form()).multi_items():
            if isinstance(value, UploadFile):
                found.update(f"{name}\0{value.filename}\0".encode())
                await value.seek(0)
                while piece := await value.read(PIECE):
                    found.update(piece)
                await value.seek(0)
            else:
                found.update(f"{name}\0{value}\0".encode())
    else:
        found.update(await request.body())
    return found.hexdigest()


def takes_keys(route: APIRoute) -> bool:
    """Say whether a route is a POST of the API that knows who asks."""
    return "POST" in (route.methods or ()) and route.include_in_schema and _asks_who(route.dependant)


def _asks_who(found: Dependant) -> bool:
    return any(getattr(each.call, "claims", False) or _asks_who(each) for each in found.dependencies)


def keep_answers(route: APIRoute) -> None:
    """Let a route know `Idempotency-Key`, and its documentation say so."""
    inner = route.get_route_handler
    if getattr(inner, "keeps_answers", False):  # another app of this process has mounted it
        return

    def outer() -> Handler:
        return _keeping(inner())

    outer.keeps_answers = True  # type: ignore[attr-defined]
    route.get_route_handler = outer  # type: ignore[method-assign]  # called at every inclusion, as FastAPI offers it
    route.openapi_extra = {**DOCUMENTED, **(route.openapi_extra or {})}


def _keeping(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        request.state.keeps_answers = True
        try:
            response = await handler(request)
        except Replayed as found:
            told = found.answer
            return Response(told.body, told.status, {**told.headers, "Idempotency-Replayed": "true"})
        held: _Claim | None = getattr(request.state, "idempotency", None)
        body = getattr(response, "body", None)  # what is streamed is not kept
        if held is not None and response.status_code < 400 and isinstance(body, bytes):
            answer = Answer(held.request_hash, response.status_code, dict(response.headers), body)
            await held.answers.keep(held.slot, answer)
        return response

    return handle


def claims(check: Callable[..., Awaitable[Principal]]) -> Callable[..., Awaitable[Principal]]:
    """Mark a dependency that calls `claim`."""
    check.claims = True  # type: ignore[attr-defined]
    return check
