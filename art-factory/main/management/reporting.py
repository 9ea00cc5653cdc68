"""How commands speak: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core.management.base import OutputWrapper


def show(out: OutputWrapper, found: Any, lines: Sequence[str], *, as_json: bool) -> None:
    """Print the facts as one JSON document, or the lines."""
    out.write(json.dumps(found, default=str) if as_json else "\n".join(lines) or "nothing")


def as_line(facts: dict[str, Any]) -> str:
    """Return facts as `name value, name value`."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())
