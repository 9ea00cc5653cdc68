"""For settings: turn an address such as `DATABASE_URL` into an entry of DATABASES.

SQLite comes with the options that let several processes write it, as workers do.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import django

SQLITE_OPTIONS: dict[str, Any] = {"timeout": 20}
if django.VERSION >= (5, 1):
    # One writer at a time: say so at BEGIN, and let readers go on meanwhile.
    SQLITE_OPTIONS |= {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }


def database(url: str, default_file: str) -> dict[str, Any]:
    """Return one entry of DATABASES; ValueError for an address of another kind."""
    if not url:
        return sqlite(default_file)
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(unquote(parts.path))
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("DATABASE_URL must start with postgresql:// or sqlite://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
    }


def sqlite(file: str) -> dict[str, Any]:
    """Return the settings of a SQLite file."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": dict(SQLITE_OPTIONS),
    }
