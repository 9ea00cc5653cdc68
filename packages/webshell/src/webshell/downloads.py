"""Files that are sent while they are being made, under WSGI and ASGI alike, never whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.http import content_disposition_header


def download(
    request: HttpRequest, pieces: Iterable[bytes], name: str, content_type: str, *, size: int | None = None
) -> StreamingHttpResponse:
    """Return an answer that sends `pieces` as a file called `name`; they are made in the language that is active now.

    Under ASGI the pieces are made in the request's own thread, one at a time: Django itself would first collect all of them.
    """
    spoken = _in_language(pieces, translation.get_language())
    content: Iterable[bytes] | AsyncIterator[bytes] = (
        _from_thread(spoken) if isinstance(request, ASGIRequest) else spoken
    )
    answer = StreamingHttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    answer["Cache-Control"] = "private, no-store"
    if size is not None:
        answer["Content-Length"] = str(size)
    return answer


def _in_language(pieces: Iterable[bytes], language: str | None) -> Iterator[bytes]:
    """Make each piece in this language; between two pieces the language is whoever's turn it is."""
    iterator = iter(pieces)
    while True:
        with translation.override(language):
            piece = next(iterator, None)
        if piece is None:
            return
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def _from_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await sync_to_async(_next)(pieces)) is not None:
        yield piece
