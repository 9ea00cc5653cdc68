"""Escaped signs: `\\[ \\] \\, \\: \\| \\( \\\\` stand for themselves. Between parsing and output they are Unicode non-characters,
which no text may hold, so every later step can look for plain signs alone."""

from __future__ import annotations

import re
from typing import Final

SIGNS: Final = "[],:|(\\"
FIRST: Final = 0xFDD0
SLOT: Final = "\ufdef"
"""Where a token stood, in a skeleton."""
_HIDE: Final = {sign: chr(FIRST + index) for index, sign in enumerate(SIGNS)}
_MEANT: Final = re.compile(r"\\|\[|\]|\|\||\(&\)|(?<=meta):|(?<=batch):|(?<=pipeline):", re.IGNORECASE)
_SHOW: Final = {ord(hidden): sign for sign, hidden in _HIDE.items()}
_NONE: Final = dict.fromkeys(range(0xFDD0, 0xFDF0))


def hide(text: str) -> str:
    """Return text with its escaped signs hidden; a backslash before any other sign stays what it is."""
    text = text.translate(_NONE)
    if "\\" not in text:
        return text
    parts, at = [], 0
    while (found := text.find("\\", at)) >= 0:
        parts.append(text[at:found])
        following = text[found + 1 : found + 2]
        parts.append(_HIDE.get(following, f"\\{following}") if following else "\\")
        at = found + 2
    return "".join([*parts, text[at:]])


def literal(text: str) -> str:
    """Return text in which every sign of the language is hidden: values of lookups mean nothing but themselves."""
    return "".join(_HIDE.get(sign, sign) for sign in text.translate(_NONE))


def show(text: str) -> str:
    """Return text with the hidden signs shown again."""
    return text.translate(_SHOW)


def escape(text: str) -> str:
    """Return text as one types it so that it means itself."""
    return "".join(f"\\{sign}" if sign in SIGNS else sign for sign in text)


def as_it_stands(text: str) -> str:
    """Return a prompt that the prompt language takes as it stands: only what would mean something is escaped."""
    return _MEANT.sub(lambda match: "".join(f"\\{sign}" if sign in "[]|(:\\" else sign for sign in match[0]), text)
