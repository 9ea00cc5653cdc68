"""The id of the request under way: on the response, in every log line, and on an error page as the problem id."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Final

ACCEPTED: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
current: ContextVar[str] = ContextVar("request_id", default="-")


def choose(offered: str | None) -> str:
    """Return the id a proxy offered if it is harmless, else a new one."""
    if offered and ACCEPTED.fullmatch(offered):
        return offered
    return secrets.token_hex(8)
