"""Reads a body piece by piece, undoing gzip or deflate, and stops at the first byte too many.

Decompression is asked for at most what is still allowed, so a bomb of a thousand to one costs no more than the limit.
"""

from __future__ import annotations

import zlib

from safehttp.errors import BadResponse, TooLarge

ACCEPT_ENCODING = "gzip, deflate"

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_OVERHEAD = 64 * 1024  # headers, checksums and incompressible blocks of a body that fits when unpacked
_RAW_DEFLATE = -zlib.MAX_WBITS


class BodyReader:
    """Collects one body. Feed it the pieces from the line, then call `finish`."""

    def __init__(self, origin: str, encoding: str, max_bytes: int) -> None:
        """`encoding` is the Content-Encoding header or empty. Raises `BadResponse` for one that was not asked for."""
        self._origin = origin
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = self._came = 0
        self._decoder = _decoder(origin, encoding)
        self._started = False

    def feed(self, piece: bytes) -> None:
        """Take bytes as they came. Raises `TooLarge` over the limit and `BadResponse` for damaged compression.

        What came is limited as well as what it unpacks to: compressed data may go on for ever and mean nothing.
        """
        self._came += len(piece)
        if self._came > self._max_bytes + _OVERHEAD:
            raise self._too_large()
        if self._decoder is None:
            self._keep(piece)
            return
        try:
            self._inflate(piece)
        except zlib.error:
            raise BadResponse(f"{self._origin} sent a body whose compression is damaged.") from None

    def finish(self) -> bytes:
        """Return the whole body. Raises `BadResponse` when compressed data stops in the middle."""
        if self._decoder is not None and self._started and not self._decoder.eof:
            raise BadResponse(f"{self._origin} sent a compressed body that stops in the middle.")
        return b"".join(self._parts)

    def _inflate(self, piece: bytes) -> None:
        assert self._decoder is not None  # noqa: S101 - tells mypy what `feed` has checked
        while piece:
            if self._decoder.eof:
                self._decoder = zlib.decompressobj(_GZIP_OR_ZLIB)  # gzip members may follow each other (RFC 1952, 2.2)
            first, self._started = not self._started, True
            try:
                out = self._decoder.decompress(piece, self._max_bytes - self._size + 1)
            except zlib.error:
                if not first:
                    raise
                self._decoder = zlib.decompressobj(_RAW_DEFLATE)  # "deflate" without the zlib header, as some send it
                out = self._decoder.decompress(piece, self._max_bytes - self._size + 1)
            self._keep(out)
            piece = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise self._too_large()
        self._parts.append(piece)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"{self._origin} sends more than {self._max_bytes} bytes; the rest was not read.")


def _decoder(origin: str, encoding: str) -> zlib._Decompress | None:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    raise BadResponse(f"{origin} answers in an encoding that was not asked for; only {ACCEPT_ENCODING} are read.")
