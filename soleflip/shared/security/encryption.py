"""Encryption of single fields with Fernet, the first key writes, every key reads.

A key is rotated by putting a new one in front of `FIELD_ENCRYPTION_KEY` (comma-separated), running `keys rotate`
(`shared/repositories/rotation.py`) and then taking the old one off.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.config.settings import get_settings


class UnreadableFieldError(ValueError):
    """A stored value that none of the keys opens."""


def make_cipher(keys: str) -> MultiFernet:
    """Return a cipher for comma-separated Fernet keys; raises ValueError for one that is none."""
    parts = [key.strip() for key in keys.split(",") if key.strip()]
    try:
        return MultiFernet([Fernet(key) for key in parts])
    except ValueError:
        raise ValueError(
            "FIELD_ENCRYPTION_KEY: every key is 44 characters of URL-safe base64 (Fernet.generate_key())"
        ) from None


@lru_cache(maxsize=1)
def cipher() -> MultiFernet:
    """Return this process's cipher; without a key (development only) one follows from the signing key."""
    settings = get_settings()
    told = settings.field_encryption_key.get_secret_value()
    if told:
        return make_cipher(told)
    derived = hashlib.sha256(b"soleflip fields " + settings.signing_key.encode()).digest()
    return make_cipher(base64.urlsafe_b64encode(derived).decode())


def encrypt(text: str) -> str:
    """Encrypt a text."""
    return cipher().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """Decrypt a text; raises UnreadableFieldError when no key fits."""
    try:
        return cipher().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise UnreadableFieldError("no key of FIELD_ENCRYPTION_KEY opens this value") from None


def digest(text: str) -> str:
    """Return the SHA-256 of a random token, under which it is looked up without being kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def sign(secret: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of a body, in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
