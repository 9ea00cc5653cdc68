"""`make backup`, a bad day, `make restore`: every row of every table is as it was; a dump that is none changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shared.config.settings import Settings
from shared.database.migrating import migrate
from shared.media.store import Store

pytestmark = [pytest.mark.integration, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
TABLES = """SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"""


@pytest.fixture
def shop(settings: Settings) -> Iterator[str]:
    """The address of a migrated database of its own."""
    server, name = settings.libpq_url.rpartition("/")[0], f"soleflip_backup_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    migrate(settings.model_copy(update={"db_name": name, "database_url": f"{server}/{name}"}))
    yield f"{server}/{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def make(shop: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    media = Path(tempfile.gettempdir()) / f"soleflip-media-{os.getpid()}"
    told = {**os.environ, "DATABASE_URL": shop, "ENVIRONMENT": "testing", "MEDIA_ROOT": str(media), **more}
    command = ["make", "-s", f"PYTHON={sys.executable}", *words]
    return subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)


def content(shop: str) -> dict[str, str]:
    """Return what every table holds, as digests."""
    with psycopg.connect(shop) as held:
        names = [row[0] for row in held.execute(TABLES)]
        digests = {}
        for name in names:
            words = "SELECT count(*) || md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM "
            row = held.execute(f"{words} {name} t".encode()).fetchone()
            digests[name] = str(row and row[0])
        return digests


def test_what_was_backed_up_comes_back_as_it_was(shop: str, tmp_path: Path) -> None:
    with psycopg.connect(shop, autocommit=True) as held:
        held.execute("INSERT INTO products.products (sku, name, category_id) SELECT 'S' || n, 'Ünï ' || n,"
                     " (SELECT id FROM core.categories LIMIT 1) FROM generate_series(1, 500) n")  # fmt: skip
        held.execute("INSERT INTO core.jobs (kind, arguments) VALUES ('x', '{}')")
    before = content(shop)
    done = make(shop, "backup", f"BACKUPS={tmp_path}")
    assert done.returncode == 0, done.stderr
    [dump] = tmp_path.iterdir()
    assert dump.stat().st_mode & 0o077 == 0
    with psycopg.connect(shop, autocommit=True) as held:
        held.execute("DELETE FROM core.jobs")
        held.execute("UPDATE products.products SET name = 'lost' WHERE sku < 'S3'")
        held.execute("DROP TABLE transactions.consignors, integration.webhook_endpoints CASCADE")
        held.execute("CREATE TABLE core.later (id int)")
    broken = tmp_path / "broken.dump"
    broken.write_bytes(dump.read_bytes()[:-200])
    changed = content(shop)
    for bad in (broken, tmp_path / "nothing.dump"):
        refused = make(shop, "restore", f"BACKUP_FILE={bad}")
        assert (refused.returncode != 0, content(shop)) == (True, changed), refused.stderr
    done = make(shop, "restore", f"BACKUP_FILE={dump}")
    assert done.returncode == 0, done.stderr
    assert content(shop) == before
    again = "INSERT INTO products.products (sku, name, category_id) SELECT sku, name, category_id FROM products.products LIMIT 1"
    with psycopg.connect(shop) as held, pytest.raises(psycopg.errors.UniqueViolation):  # keys are back as well
        held.execute(again.encode())


def test_photos_come_back_with_the_dump_they_were_packed_beside(shop: str, tmp_path: Path) -> None:
    media, backups = tmp_path / "media", tmp_path / "backups"
    digest = Store(media, "photos").put({"full": b"a photo", "tiny": b"a small one"})
    assert make(shop, "backup", f"BACKUPS={backups}", MEDIA_ROOT=str(media)).returncode == 0
    [dump], [packed] = backups.glob("*.dump"), backups.glob("*.media.tar")
    assert packed.stat().st_mode & 0o077 == 0
    shutil.rmtree(media)
    done = make(shop, "restore", f"BACKUP_FILE={dump}", MEDIA_ROOT=str(media))
    assert done.returncode == 0, done.stderr
    assert Store(media, "photos").path(digest, "full").read_bytes() == b"a photo"


def test_a_reset_asks_first_and_leaves_a_migrated_empty_shop(shop: str) -> None:
    with psycopg.connect(shop, autocommit=True) as held:
        fresh = content(shop)
        held.execute("INSERT INTO core.jobs (kind, arguments) VALUES ('x', '{}')")
    assert make(shop, "db-reset").returncode != 0  # nobody said yes
    assert content(shop) != fresh
    told = {**os.environ, "DATABASE_URL": shop, "ENVIRONMENT": "testing"}
    done = subprocess.run([sys.executable, "-m", "cli", "db", "reset", "--yes"], cwd=ROOT, env=told, check=False)
    assert done.returncode == 0
    with psycopg.connect(shop) as held:
        assert held.execute("SELECT count(*) FROM core.jobs").fetchone() == (0,)
        assert held.execute("SELECT count(*) > 0 FROM core.categories").fetchone() == (True,)
