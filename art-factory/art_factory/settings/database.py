"""One file of SQLite, or PostgreSQL when DATABASE_URL names it."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from art_factory.settings.environment import BASE_DIR, env


def sqlite(file: str) -> dict[str, Any]:
    """Return the settings of a SQLite file: one writer at a time says so at BEGIN, and readers go on meanwhile."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }


def database(url: str) -> dict[str, Any]:
    """Return one entry of DATABASES for an address; raises ImproperlyConfigured for one of another kind."""
    parts = urlsplit(url)
    if not url:
        return sqlite(str(BASE_DIR / "db.sqlite3"))
    if parts.scheme == "sqlite":
        return sqlite(unquote(parts.path))
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql:// or sqlite://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": database(env.str("DATABASE_URL", default=""))}
