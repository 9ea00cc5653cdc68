"""Encrypted columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from shared.security import encryption

__all__ = ["EncryptedFieldMixin", "EncryptedText"]


class EncryptedText(TypeDecorator[str]):
    """A text that is encrypted on its way into the database and decrypted on its way out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Encrypt."""
        return None if value is None else encryption.encrypt(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Decrypt; raises UnreadableFieldError."""
        return None if value is None else encryption.decrypt(str(value))


class EncryptedFieldMixin:
    """Encrypts values of plain text columns by name, for models that keep several kinds in one column."""

    def set_encrypted_field(self, name: str, value: str | None) -> None:
        """Store a value encrypted in the attribute `name`."""
        setattr(self, name, None if value is None else encryption.encrypt(value))

    def get_encrypted_field(self, name: str) -> str | None:
        """Return the decrypted value of the attribute `name`; raises UnreadableFieldError."""
        stored: str | None = getattr(self, name)
        return None if stored is None else encryption.decrypt(stored)
