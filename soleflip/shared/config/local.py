"""What a clone has lying ready for development: addresses that `make up` left, and keys of its own."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path

LOCAL = Path(__file__).resolve().parents[3] / ".local"


def services(prefix: str) -> dict[str, str]:
    """Return the variables of `.local/services.env` that begin with a prefix; nothing when it is not there."""
    try:
        lines = (LOCAL / "services.env").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if line.startswith(prefix))
    return {name: value.strip("\"'") for name, _, value in pairs}


@lru_cache(maxsize=1)
def development_key() -> str:
    """Return this clone's signing key, made once and kept (mode 0600), so that tokens survive a restart."""
    path = LOCAL / "secret-key-soleflip"
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(key)
    return key
