"""Errors that operations raise."""

from __future__ import annotations

from typing import Any, Final

PROBLEMS: Final = frozenset({400, 401, 403, 404, 405, 409, 410, 412, 415, 422, 428})
"""Every operation may answer with these, as problem details."""


class InvalidError(Exception):
    """What was sent is well-formed and wrong: 422 with `errors`, each `{field, message}`."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        """Keep what is wrong."""
        super().__init__("invalid")
        self.errors = errors
