"""The id of the request under way: in every answer, log line and error."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")

ALLOWED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def accept_or_make(told: str) -> str:
    """Return the id a caller gave when it is harmless, else a new one."""
    return told if ALLOWED.fullmatch(told) else uuid.uuid4().hex
