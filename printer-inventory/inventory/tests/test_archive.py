"""A backup holds everything, and a restore is all or nothing."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from inventory.models import InventoryTask, PageCounter, PollSchedule, Printer, PrinterState
from inventory.services.operations import archive
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE

pytestmark = pytest.mark.django_db(transaction=True)


def content() -> dict[str, list[Any]]:
    """Return every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in archive.tables():
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')  # noqa: S608 - our own tables
            found[table] = cursor.fetchall()
    return found


@pytest.fixture
def filled() -> Printer:
    printer = make_printer(organization=make_organization(f"{HOSTILE}\t\\N\n"), web_password="s3cret")
    now = timezone.now()
    task = InventoryTask.objects.create(printer=printer, due_at=now, state="done", status="SUCCESS")
    PageCounter.objects.create(
        task=task, printer=printer, recorded_at=now, rule_version=1, reading={"raw": {"1": "\\"}}
    )
    User.objects.create_user("ivan").groups.add(Group.objects.create(name="G"))
    return printer


def test_the_round_trip_gives_every_row_back(filled, tmp_path):
    before, file = content(), tmp_path / "b.tar.gz"
    archive.backup(file, timezone.now())
    assert file.stat().st_mode & 0o077 == 0
    make_printer()
    Printer.objects.filter(pk=filled.pk).update(location="elsewhere")
    archive.restore(file, replace=True)
    assert content() == before
    assert Printer.objects.get(pk=filled.pk).web_password.reveal() == "s3cret"
    # Triggers and numbers go on as before.
    new = make_printer()
    assert new.pk > filled.pk
    assert PollSchedule.objects.filter(printer=new).exists()
    assert PrinterState.objects.filter(printer=new).exists()


def test_a_database_that_is_in_use_is_left_alone_unless_told(filled, tmp_path):
    archive.backup(tmp_path / "b", timezone.now())
    before = content()
    with pytest.raises(archive.ArchiveError, match="not empty"):
        archive.restore(tmp_path / "b")
    with pytest.raises(archive.ArchiveError, match="there already"):
        archive.backup(tmp_path / "b", timezone.now())
    assert content() == before


def test_a_damaged_file_changes_nothing(filled, tmp_path):
    file, cut = tmp_path / "b", tmp_path / "cut"
    archive.backup(file, timezone.now())
    before, whole = content(), file.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(archive.ArchiveError):
        archive.restore(cut, replace=True)
    short = tmp_path / "short"
    with tarfile.open(file) as old, tarfile.open(short, "w:gz") as new:
        for member in old:
            body = old.extractfile(member)
            assert body is not None
            blob = b"" if member.name == "inventory_printer.copy" else body.read()
            member.size = len(blob)
            new.addfile(member, io.BytesIO(blob))
    with pytest.raises(archive.ArchiveError, match="damaged"):
        archive.restore(short, replace=True)
    assert content() == before


def test_another_schema_is_refused_by_name(filled, tmp_path, monkeypatch):
    archive.backup(tmp_path / "b", timezone.now())
    real = archive.migrations()
    monkeypatch.setattr(archive, "migrations", lambda: [*real, ["inventory", "9999_tomorrow"]])
    with pytest.raises(archive.ArchiveError, match="9999_tomorrow"):
        archive.restore(tmp_path / "b", replace=True)


def test_a_backup_from_before_migrations_were_folded_comes_back(filled, tmp_path, monkeypatch):
    """It names the old ones, and its columns stand in the order in which they were added."""
    now, columns = archive.migrations(), archive._columns
    folded = {(key[0], key[1]) for key in MigrationLoader(None).replacements}
    assert folded
    with monkeypatch.context() as before:
        before.setattr(archive, "migrations", lambda: [row for row in now if tuple(row) not in folded])
        before.setattr(archive, "_columns", lambda table: columns(table)[::-1])
        archive.backup(tmp_path / "b", timezone.now())
    there = content()
    archive.restore(tmp_path / "b", replace=True)
    assert content() == there


def test_something_else_is_no_backup(tmp_path):
    (tmp_path / "x").write_text("hello")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("restore", str(tmp_path / "x"))


def test_the_commands_say_what_they_did(filled, tmp_path, capsys):
    call_command("backup", str(tmp_path / "b"))
    call_command("restore", str(tmp_path / "b"), "--replace", "--yes")
    assert "rows of" in capsys.readouterr().out
