"""Every route of the site, from the URL resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.urls import URLPattern, URLResolver, get_resolver

TWINS: Final = {"printers:": "inventory:", "printers/": "inventory/"}
"""The same pages under a second address; their row is the first address's."""
EXAMPLES: Final = {"int": "999999999", "uuid": "00000000-0000-4000-8000-000000000000", "slug": "none", "path": "none"}
_PARAMETER: Final = re.compile(r"<(?:(\w+):)?\w+>")


@dataclass(frozen=True)
class Route:
    """One route: the key its row has in the matrix, and an address that leads there and names nothing that exists."""

    key: str
    path: str
    pattern: str = ""

    def path_to(self, number: int) -> str:
        """Return the address that names the row of this number, whatever it is a row of."""
        return "/" + _PARAMETER.sub(
            lambda match: str(number) if match[1] == "int" or not match[1] else "none", self.pattern
        )


def routes() -> list[Route]:
    """Return every route but the administration's, which is one row for all, and the tools that only DEBUG shows."""
    found = {route.key: route for route in _walk(get_resolver().url_patterns, "", "")}
    return list(found.values())


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            if inner == "admin:":
                yield Route("admin:*", "/admin/")
            else:
                yield from _walk(pattern.url_patterns, path, inner)
            continue
        key = f"{namespace}{pattern.name}" if pattern.name else path
        for second, first in TWINS.items():
            if key.startswith(second):
                key = first + key.removeprefix(second)
        example = _PARAMETER.sub(lambda match: EXAMPLES.get(match[1] or "", "none"), path)
        yield Route(key, f"/{example}", path)
