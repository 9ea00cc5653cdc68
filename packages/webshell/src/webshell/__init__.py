"""Django glue of face: base layout, error pages, security headers, health endpoint."""

from __future__ import annotations

from pathlib import Path

import face

__all__ = ["static_dirs"]


def static_dirs() -> list[Path]:
    """Return the folders a system adds to STATICFILES_DIRS to serve the house's look."""
    return [face.static_dir()]
