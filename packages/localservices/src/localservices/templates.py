"""Migrate once, copy afterwards: a Django suite's database kept as a template, in the PostgreSQL of test runs or, for SQLite,
as a file beside it.

Its name holds a digest of every migration, so a changed one makes a new template and the old ones go. Whoever comes while it is
being made waits. A conftest puts it in front of pytest-django's `django_db_setup` (Printer Inventory's is the example; Art
Factory's for both databases).
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from .files import local_folder, locked

LOCK = 7130201
"""The advisory lock held while a template is made or looked for."""


def digest(folders: Iterable[Path]) -> str:
    """Return 20 hexadecimal digits for what these folders' migrations make; their place on disk does not matter."""
    seen = hashlib.sha256()
    for folder in sorted(folders, key=lambda one: one.parts[-2:]):
        for path in sorted(folder.glob("*.py")):
            seen.update(f"{folder.parent.name}/{path.name}\0".encode() + path.read_bytes())
    return seen.hexdigest()[:20]


class Template:
    """One template database; made by `keep`, copied by Django when it `exists`."""

    def __init__(self, connection: Any, suite: str, version: str) -> None:
        """Take a psycopg connection to the maintenance database, in autocommit; `suite` keeps suites apart."""
        self.name = f"migrated_{suite}_{version}"
        self._suite = suite
        self._connection = connection

    def exists(self) -> bool:
        """Say whether it can be copied."""
        found = self._connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).fetchone()
        return found is not None

    def keep(self, database: str) -> None:
        """Copy a migrated database, to which nobody may be connected, and drop the templates of other migrations."""
        from psycopg import sql

        others = self._connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s AND datname <> %s",
            [f"migrated_{self._suite}_%", self.name],
        ).fetchall()
        for (other,) in others:
            self._connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(other)))
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._connection.execute(copy.format(sql.Identifier(self.name), sql.Identifier(database)))


@contextmanager
def locked_template(database: Mapping[str, Any], suite: str, folders: Iterable[Path]) -> Iterator[Template]:
    """Yield the template of these migrations on the server of a Django `DATABASES` entry; one process at a time."""
    import psycopg

    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield Template(connection, suite, digest(folders))


class FileTemplate:
    """The same as a SQLite file in `.local/test`; copied by whoever wants it, before Django opens the copy."""

    def __init__(self, root: Path, suite: str, version: str) -> None:
        """Lie below a clone's `root`; `suite` keeps suites apart."""
        self._folder = local_folder(root) / "test"
        self._suite = suite
        self.path = self._folder / f"migrated_{suite}_{version}.sqlite3"

    def exists(self) -> bool:
        """Say whether it can be copied."""
        return self.path.is_file()

    def copy_to(self, target: Path) -> None:
        """Put a copy at `target`, in the place of what is there, its journals included."""
        for journal in ("-wal", "-shm", "-journal"):
            target.with_name(target.name + journal).unlink(missing_ok=True)
        shutil.copyfile(self.path, target)

    def keep(self, database: Path) -> None:
        """Copy a migrated database, whole or not at all, and remove the templates of other migrations."""
        making = self.path.with_suffix(".new")
        making.unlink(missing_ok=True)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(making)) as copy:
            source.backup(copy)
        for other in self._folder.glob(f"migrated_{self._suite}_*.sqlite3"):
            other.unlink(missing_ok=True)
        making.replace(self.path)


@contextmanager
def locked_file_template(root: Path, suite: str, folders: Iterable[Path]) -> Iterator[FileTemplate]:
    """Yield the template of these migrations for SQLite; one process at a time."""
    template = FileTemplate(root, suite, digest(folders))
    with locked(template.path.with_name(f"migrated_{suite}.lock")):
        yield template
