"""A backup is one file: a tar of a manifest and one COPY stream per table, read in one snapshot; a restore is one transaction.

No program of PostgreSQL's is needed, so web and worker containers can do it, and the versions of client and server need not
match. The schema is not in it: it is what `migrate` makes, and a restore refuses another one. Nothing is held in memory.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from django.db import DataError, IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

FORMAT: Final = "printer-inventory-backup/1"
MANIFEST: Final = "manifest.json"
LEFT_OUT: Final = frozenset({"django_migrations"})
CHUNK: Final = 1 << 20
MISSED: Final = (
    "auth_user", "inventory_printer", "inventory_organization", "contracts_contractdevice", "monthly_report_monthlyreport",
)  # fmt: skip
"""Tables whose rows a person would miss; those that `migrate` itself fills are not among them."""


class ArchiveError(ValueError):
    """A backup cannot be written or restored; the text says why and what to do."""


def tables() -> list[str]:
    """Return every table of the installed applications, in a constant order."""
    return sorted(set(connection.introspection.django_table_names(only_existing=True)) - LEFT_OUT)


def migrations() -> list[list[str]]:
    """Return the migrations that made this schema."""
    rows = MigrationRecorder.Migration.objects.using(connection.alias).order_by("app", "name")
    return [list(row) for row in rows.values_list("app", "name")]


def _schema(applied: list[list[str]]) -> set[tuple[str, ...]]:
    """Return what some migrations made, whether they were applied one by one or folded into one."""
    found = {tuple(row) for row in applied}
    for key, folded in MigrationLoader(None).replacements.items():
        if found.issuperset(folded.replaces):
            found = found - set(folded.replaces) | {key}
    return found


def backup(path: Path, now: datetime) -> dict[str, int]:
    """Write a backup to `path`, which appears whole or not at all; return rows by table. Work goes on meanwhile.

    Raise ArchiveError when the path is taken.
    """
    if path.exists():
        raise ArchiveError(f"{path} is there already: a backup never replaces another.")
    part = path.with_name(f".{path.name}.part")
    rows: dict[str, int] = {}
    try:
        with tarfile.open(part, "w:gz", compresslevel=6) as archive, transaction.atomic():
            part.chmod(0o600)  # it holds password hashes and sealed secrets
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for table in tables():
                rows[table] = _save_table(archive, table)
            manifest = {
                "format": FORMAT, "made_at": now.isoformat(), "migrations": migrations(), "rows": rows,
                "columns": {table: _columns(table) for table in rows},
            }  # fmt: skip
            _add(archive, MANIFEST, io.BytesIO(json.dumps(manifest).encode()))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _columns(table: str) -> list[str]:
    """Return the columns that are stored; generated ones follow from them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
            "AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def _listed(table: str, columns: list[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(table)} ({', '.join(quote(column) for column in columns)})"


def _save_table(archive: tarfile.TarFile, table: str) -> int:
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        with cursor.cursor.copy(f"COPY {_listed(table, _columns(table))} TO STDOUT") as copy:
            for block in copy:
                file.write(block)
        count = int(cursor.cursor.rowcount)
        file.seek(0)
        _add(archive, f"{table}.copy", file)
    return count


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = file.seek(0, os.SEEK_END), 0o600
    file.seek(0)
    archive.addfile(info, file)


def restore(path: Path, *, replace: bool = False) -> dict[str, int]:
    """Fill this database from a backup in one transaction; return rows by table.

    Raise ArchiveError when the file is none, was made with another schema, does not hold what its manifest says, or when
    the database holds printers, people or months and `replace` is not set. Then nothing has changed.
    """
    manifest = _manifest(path)
    mine, theirs = _schema(migrations()), _schema(manifest["migrations"])
    if mine != theirs:
        odd = ", ".join(sorted(".".join(row) for row in mine ^ theirs)[:5])
        raise ArchiveError(
            f"The backup was made with another schema ({odd}). Check out the version it was made with, run `migrate`, restore, "
            "then update."
        )
    known = tables()
    columns = manifest["columns"]
    if set(manifest["rows"]) != set(known) or any(sorted(columns.get(t, ())) != sorted(_columns(t)) for t in known):
        raise ArchiveError("The backup holds other tables or columns than this version has.")
    full = _first_full()
    if full and not replace:
        raise ArchiveError(f"The database is not empty ({full} has rows). Restore into an empty one, or say --replace.")
    try:
        with transaction.atomic(), tarfile.open(path, "r:gz") as archive:
            found = _load(archive, manifest, known)
            if found != manifest["rows"]:
                raise ArchiveError("The backup is damaged: it does not hold the rows that its manifest counts.")
            _restart_sequences()
    except (tarfile.TarError, EOFError, OSError, zlib.error, DataError, IntegrityError) as error:
        raise ArchiveError(f"The backup is damaged: {error}.") from error
    return found


def _manifest(path: Path) -> dict[str, Any]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            file = archive.extractfile(MANIFEST)
            found: dict[str, Any] = json.load(file) if file else {}
    except (KeyError, tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise ArchiveError(f"{path} cannot be read as a backup: {error}.") from error
    if found.get("format") != FORMAT:
        raise ArchiveError(f"{path} is no backup of Printer Inventory.")
    return found


def _first_full() -> str:
    """Return a table that holds what a person would miss, or nothing."""
    with connection.cursor() as cursor:
        for table in MISSED:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {connection.ops.quote_name(table)})")  # noqa: S608 - our own tables
            if cursor.fetchone()[0]:
                return table
    return ""


def _load(archive: tarfile.TarFile, manifest: dict[str, Any], known: list[str]) -> dict[str, int]:
    rows = {}
    with connection.cursor() as cursor:
        # Rows come in any order: foreign keys are checked at the end, and triggers that fill other tables rest.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"TRUNCATE {', '.join(connection.ops.quote_name(table) for table in known)} CASCADE")
        for table in known:
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} DISABLE TRIGGER USER")
        for member in archive:
            table = member.name.removesuffix(".copy")
            if member.name == MANIFEST:
                continue
            if table not in known or table in rows:
                raise ArchiveError(f"The backup holds something unknown: {member.name[:100]}.")
            file = archive.extractfile(member)
            if file is None:
                raise ArchiveError(f"The backup holds something unknown: {member.name[:100]}.")
            with cursor.cursor.copy(f"COPY {_listed(table, manifest['columns'][table])} FROM STDIN") as copy:
                for block in _blocks(file):
                    copy.write(block)
            rows[table] = int(cursor.cursor.rowcount)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in known:
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} ENABLE TRIGGER USER")
    return rows


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(CHUNK):
        yield block


def _restart_sequences() -> None:
    """Let every numbered column go on after its highest number."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND is_identity = 'YES' AND table_name = ANY(%s)",
            [tables()],
        )
        for table, column in cursor.fetchall():
            highest = f"(SELECT max({quote(column)}) FROM {quote(table)})"  # noqa: S608 - our own tables
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, %s), coalesce({highest}, 1), {highest} IS NOT NULL)",
                [quote(table), column],
            )
