"""The look of all four systems: tokens, vendored CSS and JavaScript, icons, chart theme.

Static files only; any framework can serve `static_dir()`. The markup of each part is in `docs/interface.md`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final, TypedDict

__all__ = ["BOOT_SCRIPT", "SCRIPTS", "STYLES", "Vendored", "manifest", "static_dir", "vendored_path"]

STYLES: Final = (
    "face/tokens.css",
    "face/css/base.css",
    "face/css/frame.css",
    "face/css/list.css",
    "face/css/parts.css",
    "face/css/over.css",
    "face/css/data.css",
)
"""Our own sheets below the static URL, in the order to link them: after Bootstrap's and the icons'."""

BOOT_SCRIPT: Final = "face/js/theme.js"
"""Runs in the head before the first paint; everything else waits for the page."""

SCRIPTS: Final = ("face/js/core.js", "face/js/over.js", "face/js/list.js", "face/js/live.js")
"""Our scripts for every page, in order, to load with `defer` after Bootstrap's bundle; `charts.js` is for pages with plots."""


class Vendored(TypedDict):
    """One vendored file: its name with the version, where it came from, its size and its SRI digest."""

    file: str
    package: str
    version: str
    licence: str
    bytes: int
    integrity: str


def static_dir() -> Path:
    """Return the folder to serve under the static URL; everything in it lies under `face/`."""
    return Path(__file__).parent / "static"


@cache
def manifest() -> dict[str, Vendored]:
    """Return the vendored files by short name ("bootstrap.css", "htmx.js"...), as `tools/vendor.py` wrote them."""
    text = (static_dir() / "face" / "vendor" / "manifest.json").read_text(encoding="utf-8")
    files: dict[str, Vendored] = json.loads(text)["files"]
    return files


def vendored_path(name: str) -> str:
    """Return the path of a vendored file below the static URL, by its short name; raise KeyError for an unknown one."""
    return f"face/vendor/{manifest()[name]['file']}"
