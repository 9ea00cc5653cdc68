"""Secrets at rest: a column that holds ciphertext, and a value that shows itself to nobody.

Fernet (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec) under the keys of `FIELD_ENCRYPTION_KEYS`: the first one
encrypts, all of them decrypt. To change the key put a new one in front, run `manage.py rotate_field_keys`, drop the old one.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

HIDDEN: Final = "•••"


class UndecryptableError(Exception):
    """None of the keys in FIELD_ENCRYPTION_KEYS opens this secret: a key was dropped too early, or the row was tampered with."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "No key in FIELD_ENCRYPTION_KEYS opens this secret: put the key it was written with back, or type it again."
        )


class Secret:
    """A text that was encrypted; only `reveal` opens it. Printed, logged, formatted or drawn it is `•••`."""

    __slots__ = ("_token",)

    def __init__(self, token: str = "") -> None:
        """Take what the database holds: a Fernet token, or nothing."""
        self._token = token

    @classmethod
    def seal(cls, text: str) -> Self:
        """Encrypt a text; the empty text stays empty, so that "no secret" can be seen without a key."""
        return cls(_keys().encrypt(text.encode()).decode("ascii") if text else "")

    def reveal(self) -> str:
        """Return the text. Raise UndecryptableError when no key fits."""
        if not self._token:
            return ""
        try:
            return _keys().decrypt(self._token.encode("ascii")).decode()
        except (InvalidToken, UnicodeEncodeError) as error:
            raise UndecryptableError from error

    def rotated(self) -> Self:
        """Return the same secret under the first key. Raise UndecryptableError when no key fits."""
        try:
            return type(self)(_keys().rotate(self._token.encode("ascii")).decode("ascii") if self._token else "")
        except (InvalidToken, UnicodeEncodeError) as error:
            raise UndecryptableError from error

    @property
    def token(self) -> str:
        """The ciphertext, as the database holds it."""
        return self._token

    def __bool__(self) -> bool:
        return bool(self._token)

    def __str__(self) -> str:
        return HIDDEN if self._token else ""

    def __repr__(self) -> str:
        return f"<Secret {HIDDEN}>" if self._token else "<Secret: none>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._token == self._token

    def __hash__(self) -> int:
        return hash(self._token)


def _keys() -> MultiFernet:
    keys: list[str] = settings.FIELD_ENCRYPTION_KEYS
    if keys:
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise ImproperlyConfigured(
                "FIELD_ENCRYPTION_KEYS holds something that is no key: make keys with `manage.py rotate_field_keys --new-key`."
            ) from error
    if settings.DEBUG:
        # A laptop needs no setting. A server does: otherwise a new SECRET_KEY would lose every stored password.
        return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(settings.SECRET_KEY.encode()).digest()))])
    raise ImproperlyConfigured(
        "Printers' passwords are kept encrypted: set FIELD_ENCRYPTION_KEYS (`manage.py rotate_field_keys --new-key` makes a key)."
    )


class _Sealing(DeferredAttribute):
    """Encrypts a plain text at the moment it is assigned, so that no instance ever holds one."""

    def __set__(self, instance: models.Model, value: Secret | str | None) -> None:
        sealed = Secret.seal(value) if isinstance(value, str) else value or Secret()
        instance.__dict__[self.field.attname] = sealed


class EncryptedField(models.Field["Secret | str", Secret]):
    """A secret text of any length. Assign a `str` or a `Secret`; reading gives a `Secret`.

    It is left out of every model form and of the administration, and can be searched only for being empty (`field=""`): the same
    text has another ciphertext each time.
    """

    descriptor_class = _Sealing

    def __init__(self, *args: Any, **options: Any) -> None:
        """Start empty unless told otherwise."""
        super().__init__(*args, **{"blank": True, "default": "", "editable": False, **options})

    def get_internal_type(self) -> str:
        """Be a text in the database."""
        return "TextField"

    def get_lookup(self, name: str) -> Any:
        """Return a lookup that makes sense for ciphertext."""
        if name not in {"exact", "isnull"}:
            raise FieldError(f"{self.name} is encrypted and cannot be searched.")
        return super().get_lookup(name)

    def from_db_value(self, value: str | None, *_: Any) -> Secret:
        """Return what was stored, still closed."""
        return Secret(value or "")

    def to_python(self, value: Any) -> Secret:
        """Return a deserializer's text, which is ciphertext, as a secret."""
        return value if isinstance(value, Secret) else Secret(value or "")

    def get_prep_value(self, value: Any) -> str:
        """Return the ciphertext; a plain text is encrypted first."""
        return (Secret.seal(value) if isinstance(value, str) else value or Secret()).token

    def value_to_string(self, obj: models.Model) -> str:
        """Return ciphertext for `dumpdata`: a dump needs the same keys as the database."""
        secret: Secret = self.value_from_object(obj)
        return secret.token

    def formfield(self, *_: Any, **__: Any) -> None:
        """Stay out of model forms: a stored secret is never sent to a browser."""
        return
