"""Find the tokens `[...]` of a text in one pass: no backtracking, linear in the text's length."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_COUNT: Final = re.compile(r"^(.*):([0-9]{1,4})$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """`[a,b:1]`: options as written, and how many of them are drawn (None is all)."""

    body: str
    options: tuple[str, ...]
    draw: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """`[=color]`: the value that another token has taken."""

    name: str


Piece = str | Token | Reference


def parse(text: str) -> list[Piece]:
    """Return a hidden text's (`escapes.hide`) pieces. Only innermost brackets are tokens; all others stay text."""
    pieces: list[Piece] = []
    plain: list[str] = []
    opened: int | None = None
    start = 0
    for at, sign in enumerate(text):
        if sign == "[":
            plain.append(text[start:at])
            opened = start = at
        elif sign == "]" and opened is not None:
            pieces.append("".join(plain))
            plain = []
            pieces.append(_token(text[opened + 1 : at]))
            opened, start = None, at + 1
    plain.append(text[start:])
    pieces.append("".join(plain))
    return [piece for piece in pieces if piece != ""]


def _token(body: str) -> Token | Reference:
    if body.startswith("="):
        return Reference(body[1:].strip())
    found = _COUNT.match(body)
    listed, draw = (found[1], int(found[2])) if found else (body, None)
    return Token(body, tuple(option.strip() for option in listed.split(",")), draw)
