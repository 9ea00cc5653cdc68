"""The comma syntax of `Task.arguments`, and lists of arguments for a command line.

Stored texts are users' data, so their reading stays as the original's: commas separate
arguments, a value is everything after the first blank or `=`, and quotes mean nothing.
What a form stores is a list, which has none of these limits.
"""

from __future__ import annotations

import re
import shlex

_COMMA = re.compile(r"\s*,\s*")
_BLANK_OR_EQUALS = re.compile(r"\s*=\s*|\s+")


def read_pairs(text: str) -> dict[str, str | None]:
    """Return `{argument: value or None}` in order; empty pieces are passed over."""
    pairs: dict[str, str | None] = {}
    for piece in _COMMA.split(text.strip()):
        words = [word for word in _BLANK_OR_EQUALS.split(piece) if word]
        if words:
            pairs[words[0]] = " ".join(words[1:]) or None
    return pairs


def flatten(pairs: dict[str, str | None]) -> list[str]:
    """Return arguments and values as one list, without the missing values."""
    return [word for pair in pairs.items() for word in pair if word is not None]


def option_name(argument: str) -> str:
    """Return `--a-b` as `a_b`."""
    return argument.strip("-").replace("-", "_")


def as_text(argv: list[str]) -> str:
    """Return a list in the comma syntax where that reads back the same, else quoted."""
    pieces: list[str] = []
    for word in argv:
        if word.startswith("-") or not pieces or " " in pieces[-1]:
            pieces.append(word)
        else:
            pieces[-1] += f" {word}"
    text = ", ".join(pieces)
    return text if flatten(read_pairs(text)) == argv else shlex.join(argv)
