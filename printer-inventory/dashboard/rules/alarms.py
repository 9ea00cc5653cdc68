"""What changes between two looks of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SLACK: Final = 3
"""Per cent, or days, above the threshold that a supply has to reach before its alarm is over: levels flutter."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rule found: `wrong` by key (with its text), and `nearly`, keys that keep an open alarm open but raise none."""

    wrong: Mapping[str, str]
    nearly: frozenset[str] = frozenset()


def changes(open_now: frozenset[str], standing: Standing) -> tuple[list[str], list[str]]:
    """Return (keys to open, keys to close), each in order."""
    opened = [key for key in standing.wrong if key not in open_now]
    closed = sorted(key for key in open_now if key not in standing.wrong and key not in standing.nearly)
    return opened, closed
