"""The Alembic chain, applied at start under an advisory lock: the second process waits and finds nothing to do."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config

from shared.config.settings import BASE_DIR, Settings

LOCK = 0x501EF11B
"""The advisory lock all processes of this database agree on."""


def alembic_config(settings: Settings) -> Config:
    """Return Alembic's configuration with this database's address."""
    config = Config(BASE_DIR / "alembic.ini")
    config.set_main_option("script_location", str(Path(BASE_DIR) / "migrations"))
    config.attributes["url"] = settings.sqlalchemy_url
    return config


def migrate(settings: Settings, revision: str = "head") -> None:
    """Bring the database up to a revision; blocking. The lock ends with its connection, however this process ends."""
    with psycopg.connect(settings.libpq_url, autocommit=True, connect_timeout=settings.db_connect_timeout) as held:
        held.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        command.upgrade(alembic_config(settings), revision)
