"""Taking over the predecessor's database, and giving printers the model their device names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inventory.models import InventoryTask, PageCounter, Printer, PrinterState
from inventory.polling.reading import DeviceReading, to_json
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db


@pytest.fixture
def flask_db(tmp_path: Path) -> Path:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            CREATE TABLE printers (id INTEGER PRIMARY KEY, ip_address TEXT, serial_number TEXT, model TEXT, snmp_community TEXT,
                                   mac_address TEXT);
            CREATE TABLE inventory_tasks (id INTEGER PRIMARY KEY, printer_id INT, task_timestamp TEXT, status TEXT,
                                          error_message TEXT);
            CREATE TABLE page_counters (id INTEGER PRIMARY KEY, task_id INT, bw_a4 INT, color_a4 INT, bw_a3 INT, color_a3 INT,
                                        total_pages INT);
            INSERT INTO printers VALUES (7, '10.1.1.1', 'SN7', 'M', 's3cret', '00:11:22:aa:bb:cc'),
                                        (8, 'nowhere', '', '', '', ''), (9, '10.1.1.2', 'SN9', 'M', NULL, '00:11:22:AA:BB:CC');
            INSERT INTO inventory_tasks VALUES (1, 7, '2023-05-01 10:00:00.250000', 'SUCCESS', NULL),
                                               (2, 7, '2023-05-02 10:00:00', 'FAILED', 'no answer'),
                                               (3, 99, '2023-05-02 10:00:00', 'SUCCESS', ''), (4, 9, 'soon', 'SUCCESS', '');
            INSERT INTO page_counters VALUES (1, 1, 100, 20, 3, 4, 127), (2, 1, 1, 1, 1, 1, 4),
                                             (3, 2, NULL, NULL, NULL, NULL, NULL);
            """
        )
        db.commit()
    return path


def test_history_comes_over_with_its_own_times(flask_db, settings, capsys):
    call_command("import_flask_db", str(flask_db))
    assert "2 printers, 2 polls, 2 counters; 3 rows left out" in capsys.readouterr().out
    printer = Printer.objects.get(serial_number="SN7")
    assert (printer.ip_address, printer.snmp_community, printer.mac_address) == (
        "10.1.1.1",
        "s3cret",
        "00:11:22:AA:BB:CC",
    )
    assert Printer.objects.get(serial_number="SN9").mac_address == "", "one address card is one device's"
    counter = PageCounter.objects.get(task__status="SUCCESS")
    assert (counter.bw_a4, counter.color_a4, counter.bw_a3, counter.color_a3, counter.total_pages) == (
        100,
        20,
        3,
        4,
        127,
    )
    assert settings.TIME_ZONE == "Asia/Irkutsk"
    assert counter.recorded_at == datetime(2023, 5, 1, 2, 0, 0, 250000, tzinfo=UTC)
    assert InventoryTask.objects.get(status="FAILED").error_message == "no answer"


def test_a_second_run_adds_nothing(flask_db, capsys):
    call_command("import_flask_db", db=flask_db)
    call_command("import_flask_db", db=flask_db)
    assert "0 printers, 0 polls, 0 counters" in capsys.readouterr().out
    assert (Printer.objects.count(), InventoryTask.objects.count(), PageCounter.objects.count()) == (2, 2, 2)


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 2000])
def test_another_file_is_refused_and_nothing_changed(tmp_path, content):
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(CommandError):
        call_command("import_flask_db", str(path))
    assert not Printer.objects.exists()


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_flask_db", str(tmp_path / "none.sqlite"))


def read(model: str, **values: object) -> Printer:
    """Return a printer whose last reading names a model."""
    printer = make_printer(**values)
    now = timezone.now()
    task = InventoryTask.objects.create(printer=printer, due_at=now, state="done", status="SUCCESS")
    reading = to_json(DeviceReading(manufacturer="Kyocera", model=model))
    counter = PageCounter.objects.create(task=task, printer=printer, recorded_at=now, rule_version=1, reading=reading)
    PrinterState.objects.filter(pk=printer.pk).update(counter_id=counter.pk)
    return printer


def test_printers_get_the_model_their_device_names(capsys):
    mine = read("ECOSYS P3155dn", organization=make_organization("Alpha"))
    other = read("ECOSYS P3155dn", organization=make_organization("Beta"))
    call_command("sync_printer_models", "--dry-run")
    assert "2 printers would get" in capsys.readouterr().out
    mine.refresh_from_db()
    assert mine.device_model is None
    call_command("sync_printer_models", "--organization", "alpha")
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.model_display, other.device_model) == ("Kyocera ECOSYS P3155dn", None)


def test_a_model_that_is_set_is_changed_by_force_only():
    printer = read("ECOSYS P3155dn")
    call_command("sync_printer_models")
    reading = to_json(DeviceReading(manufacturer="Kyocera", model="TASKalfa 4053ci"))
    PageCounter.objects.update(reading=reading)
    call_command("sync_printer_models")
    printer.refresh_from_db()
    assert printer.model_display == "Kyocera ECOSYS P3155dn"
    call_command("sync_printer_models", "--force")
    printer.refresh_from_db()
    assert printer.model_display == "Kyocera TASKalfa 4053ci"


def test_models_that_differ_in_spelling_only_are_listed(capsys):
    read("ECOSYS P3155dn")
    read("ECOSYS P-3155 DN")
    call_command("sync_printer_models")
    call_command("sync_printer_models", "--show-duplicates")
    assert "Kyocera ECOSYS P-3155 DN = Kyocera ECOSYS P3155dn" in capsys.readouterr().out
