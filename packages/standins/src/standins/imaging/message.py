"""What comes in and goes out, without sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Dropped(Exception):  # noqa: N818 -- no error of ours: the client is to see a broken line
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case, `query` with single values."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as JSON; None when it is none."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def say(status: int, data: Any, content_type: str = "application/json", **headers: str) -> Reply:
    """Answer with JSON; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(data).encode(), content_type, named)
