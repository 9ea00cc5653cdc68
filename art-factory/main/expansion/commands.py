"""Commands inside prompts: `meta:steps:10`, `batch:sample:5`, `pipeline:cfg:4,6`. A value ends at a space, `(&)` or `||`;
in quotes it may hold spaces, in brackets it is a list."""

from __future__ import annotations

import re
from typing import Final

_VALUE: Final = r'("[^"]{0,400}"|\[[^\[\]]{0,400}\]|(?:(?!\(&\)|\|\|)\S){1,400})'
_COMMANDS: Final = {
    # our own pattern: only the scope's name is put in.
    scope: re.compile(rf"(?<![A-Za-z0-9_]){scope}:([A-Za-z0-9_]{{1,60}}):{_VALUE}", re.IGNORECASE)
    for scope in ("meta", "batch", "pipeline")
}
Command = tuple[str, str]


def extract(scope: str, text: str) -> tuple[str, list[Command]]:
    """Return the text without its commands of one scope, and those, names in lower case, in order."""
    found: list[Command] = []

    def take(match: re.Match[str]) -> str:
        value = match[2]
        if value[0] + value[-1] in ('""', "[]"):
            value = value[1:-1]
        found.append((match[1].lower(), value))
        return " "

    return _COMMANDS[scope].sub(take, text), found
