"""Sealing of the providers' keys with Fernet (AES-128-CBC and HMAC, `cryptography`).

The master key is a file that only its owner can read (`KEY_FILE`), outside database and media: a copy of either gives nobody the
keys.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def seal(key: str) -> bytes:
    """Encrypt a key, making the master key when there is none. Raises OSError when it cannot be written."""
    return _fernet().encrypt(key.encode())


def unseal(sealed: bytes | memoryview | None) -> str:
    """Decrypt a key; "" when there is none, or when it was sealed with another master key."""
    if not sealed or not Path(settings.KEY_FILE).is_file():
        return ""
    try:
        return _fernet().decrypt(bytes(sealed)).decode()
    except (InvalidToken, ValueError):
        return ""


def _fernet() -> Fernet:
    path = Path(settings.KEY_FILE)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Fernet(path.read_bytes())
    with os.fdopen(descriptor, "wb") as file:
        file.write(key := Fernet.generate_key())
    return Fernet(key)
