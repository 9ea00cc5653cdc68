"""Which brand made a product, read from its name: the patterns of the catalogue, longest hit first within a priority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import regex

SECONDS = 0.05
"""How long one user-written pattern may look at one name."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way to recognise a brand; a lower priority goes first."""

    brand_id: UUID
    kind: str
    text: str
    priority: int = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A brand found in a name, and by what."""

    brand_id: UUID
    pattern: str
    matched: str


def check_pattern(kind: str, text: str) -> None:
    """Raise ValueError for a pattern that cannot be used."""
    if not text.strip():
        raise ValueError("the pattern is empty")
    if kind == "regex":
        try:
            compiled = regex.compile(text, regex.IGNORECASE)
        except regex.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if compiled.fullmatch(""):
            raise ValueError("the pattern fits everything")


def find(name: str, patterns: Sequence[Pattern]) -> Hit | None:
    """Return the brand of a name; a keyword has to stand as whole words. None when nothing fits."""
    best: tuple[int, int, Hit] | None = None
    for pattern in patterns:
        matched = _matched(name, pattern)
        if matched and (best is None or (pattern.priority, -len(matched)) < best[:2]):
            best = (pattern.priority, -len(matched), Hit(pattern.brand_id, pattern.text, matched))
    return best[2] if best else None


def find_all(name: str, patterns: Sequence[Pattern]) -> list[Hit]:
    """Return the brands of "A x B": the one named first leads, the others worked with it."""
    parts = [part.strip() for part in regex.split(r"\s+[x×]\s+", name, flags=regex.IGNORECASE) if part.strip()]
    hits = {hit.brand_id: hit for part in reversed(parts) if (hit := find(part, patterns))}
    return list(reversed(hits.values()))


@lru_cache(maxsize=2048)
def _compiled(kind: str, text: str) -> regex.Pattern[str]:
    return regex.compile(text if kind == "regex" else rf"(?<!\w){regex.escape(text)}(?!\w)", regex.IGNORECASE)


def _matched(name: str, pattern: Pattern) -> str:
    try:
        found = _compiled(pattern.kind, pattern.text).search(name, timeout=SECONDS)
    except (regex.error, TimeoutError):
        return ""
    return found[0] if found else ""
