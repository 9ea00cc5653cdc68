"""A migrated database is kept as a template, and made anew when a migration changes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from localservices.templates import locked_file_template, locked_template
from localservices.testing import leave_seat, take_seat


def test_a_template_is_kept_until_a_migration_changes(root: Path, silent_environ: dict[str, str]) -> None:
    folder = root / "app" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("one")
    seat = take_seat(root, {"postgres"}, silent_environ)
    database = {name: seat.environment[f"DB_{name}"] for name in ("HOST", "PORT", "USER", "PASSWORD")}
    try:
        with psycopg.connect(seat.environment["DATABASE_SERVER_URL"] + "/postgres", autocommit=True) as server:
            server.execute("CREATE DATABASE migrated_by_us")
            with psycopg.connect(seat.environment["DATABASE_SERVER_URL"] + "/migrated_by_us") as mine:
                mine.execute("CREATE TABLE made_by_a_migration (id int)")
            with locked_template(database, "toys", [folder]) as first:
                assert not first.exists()
                first.keep("migrated_by_us")
                assert first.exists()
            server.execute(f"CREATE DATABASE copied TEMPLATE {first.name}")
            with psycopg.connect(seat.environment["DATABASE_SERVER_URL"] + "/copied") as copy:
                assert copy.execute("SELECT count(*) FROM made_by_a_migration").fetchone() == (0,)
            (folder / "0001_initial.py").write_text("another")
            with locked_template(database, "toys", [folder]) as second:
                assert not second.exists()
                second.keep("migrated_by_us")
            left = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated_toys_%'").fetchall()
            assert left == [(second.name,)]
    finally:
        leave_seat(seat)


def test_a_file_is_kept_until_a_migration_changes(root: Path) -> None:
    folder = root / "app" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("one")
    migrated, copied = root / "migrated.sqlite3", root / "copied.sqlite3"
    with closing(sqlite3.connect(migrated)) as mine:
        mine.execute("PRAGMA journal_mode=WAL")
        mine.execute("CREATE TABLE made_by_a_migration (id int)")
        mine.commit()
        with locked_file_template(root, "toys", [folder]) as first:
            assert not first.exists()
            first.keep(migrated)  # what still stands in the journal comes along
    with locked_file_template(root, "toys", [folder]) as again:
        assert again.exists()
        copied.with_name("copied.sqlite3-wal").write_text("of a killed run")
        again.copy_to(copied)
    with closing(sqlite3.connect(copied)) as copy:
        assert copy.execute("SELECT count(*) FROM made_by_a_migration").fetchone() == (0,)
    (folder / "0001_initial.py").write_text("another")
    with locked_file_template(root, "toys", [folder]) as second:
        assert not second.exists()
        second.keep(migrated)
        assert [path.name for path in second.path.parent.glob("migrated_toys_*.sqlite3")] == [second.path.name]
