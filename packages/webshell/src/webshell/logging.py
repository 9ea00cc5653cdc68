"""Log lines that name their request and cannot be forged by what they quote."""

from __future__ import annotations

import logging
from typing import Final

from webshell import requestid

ESCAPES: Final = {code: f"\\x{code:02x}" for code in [*range(32), *range(0x7F, 0xA0)] if code != 0x09} | {
    0x0A: "\\n",
    0x0D: "\\r",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to every record; `-` outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the id and let the record through."""
        record.request_id = requestid.current.get()
        return True


class OneLineFormatter(logging.Formatter):
    """Formats the message on one line: line breaks and control characters in it are written as escapes.

    A traceback still follows on lines of its own, since it is ours.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name logging gives it
        """Return the line without raw control characters."""
        record.message = record.message.translate(ESCAPES)
        return super().formatMessage(record)
