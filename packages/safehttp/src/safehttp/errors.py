"""What can go wrong with a request out: five cases, each with a sentence that says what to do.

A message names scheme, host and port at most. Paths and queries stay out of it: webhook addresses carry their secret
there.
"""

from __future__ import annotations


class SafeHttpError(Exception):
    """Base of every error this package raises for something that came from outside.

    `sent` is False when surely no byte of the request went out: a caller who must not repeat a request may repeat that one
    (with redirects followed, earlier ones did go out).
    """

    sent = True


class Refused(SafeHttpError):
    """The policy does not allow this address, port, scheme or redirect; nothing was sent there."""

    sent = False


class TooLarge(SafeHttpError):
    """The answer passed a size limit (headers, or body after decompression) and was cut off."""


class TimedOut(SafeHttpError):
    """Resolving, connecting, one read or the whole exchange took longer than its limit."""


class Unreachable(SafeHttpError):
    """The name has no address, nobody listens there, the line broke, or TLS could not be agreed on."""


class BadResponse(SafeHttpError):
    """Something answered, but not with the HTTP, the encoding or the content type that was asked for."""
