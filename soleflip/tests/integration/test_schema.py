"""The migrations are the schema: they equal the models, go down and up again, and keys rotate."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.config.settings import Settings
from shared.database.migrating import alembic_config, migrate
from shared.database.models import SystemConfig
from shared.repositories.rotation import rotate_fields
from shared.security import encryption

pytestmark = [pytest.mark.database, pytest.mark.integration]


@pytest.fixture
def empty(settings: Settings) -> Iterator[Settings]:
    server, _, name = settings.libpq_url.rpartition("/")
    fresh = f"{name}_empty"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{fresh}"')
    yield settings.model_copy(update={"database_url": f"{server}/{fresh}"})
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{fresh}" WITH (FORCE)')


def test_the_models_equal_the_migrations(settings: Settings) -> None:
    command.check(alembic_config(settings))


@pytest.mark.slow
def test_down_to_nothing_and_up_again(empty: Settings) -> None:
    migrate(empty)
    command.downgrade(alembic_config(empty), "base")
    with psycopg.connect(empty.libpq_url) as held:
        left = held.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema IN ('core', 'inventory', 'transactions')"
        ).fetchone()
    assert left == (0,)
    migrate(empty)


async def test_a_new_key_reads_the_old_values_and_then_replaces_them(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setattr(encryption, "cipher", lambda: encryption.make_cipher(old))
    session.add(SystemConfig(key="stockx_client_secret", value="hush"))
    await session.flush()
    monkeypatch.setattr(encryption, "cipher", lambda: encryption.make_cipher(f"{new},{old}"))
    assert (await rotate_fields(session))["core.system_config.value_encrypted"] == 1
    monkeypatch.setattr(encryption, "cipher", lambda: encryption.make_cipher(new))
    session.expire_all()
    stored = await session.scalar(text("SELECT value_encrypted FROM core.system_config"))
    assert "hush" not in stored
    row = (await session.scalars(SystemConfig.__table__.select().with_only_columns(SystemConfig.value))).one()
    assert row == "hush"
