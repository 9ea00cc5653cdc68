"""Secrets a clone makes for itself: the password of the demo's accounts and development keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from .files import local_folder, locked, write_private

LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"


def demo_password(root: Path) -> str:
    """Return the password of every demo account of this clone (`.local/demo-password`), made at the first call.

    Twelve letters and digits that are not taken for each other, 59 bits.
    """
    return _kept(
        root, "demo-password", lambda: "-".join("".join(secrets.choice(LEGIBLE) for _ in range(4)) for _ in range(3))
    )


def secret_key(root: Path, system: str) -> str:
    """Return a system's signing key for development (`.local/secret-key-SYSTEM`), made at the first call.

    Each system has its own: cookies of 127.0.0.1 reach every port.
    """
    return _kept(root, f"secret-key-{system}", lambda: secrets.token_urlsafe(48))


def _kept(root: Path, name: str, make: Callable[[], str]) -> str:
    """Return a file's content, making it once."""
    folder = local_folder(root)
    path = folder / name
    with locked(folder / "keys.lock"):
        if not path.exists():
            write_private(path, make() + "\n")
        return path.read_text().strip()
