"""Taking over the database of the predecessor, a Flask application on SQLite: printers, polls and counters, with their own times.

The file is only read. It is taken over in one transaction, and a second run adds nothing: a printer is known by its address, a
poll by printer and time. Tables `printers`, `inventory_tasks`, `page_counters`; columns that are missing count as empty.
"""

from __future__ import annotations

import ipaddress
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from inventory.models import InventoryTask, JobState, PageCounter, Printer, Trigger, Verdict
from inventory.polling.reading import DeviceReading, to_json
from inventory.rules.derive import RULE_VERSION, derive

CHUNK: Final = 1000
ENGINE: Final = "import"
MAGIC: Final = b"SQLite format 3\x00"
SPLITS: Final = ("bw_a4", "color_a4", "bw_a3", "color_a3")
LARGEST: Final = 2**63 - 1


class NotAFlaskDatabaseError(Exception):
    """The file is not there, is no SQLite database, or has no table of printers; the text says which."""


@dataclass(slots=True)
class Taken:
    """What was taken over, and the lines about rows that could not be."""

    printers: int = 0
    polls: int = 0
    counters: int = 0
    left_out: list[str] = field(default_factory=list)


def import_flask_db(path: Path) -> Taken:
    """Take over what is not there yet; raise NotAFlaskDatabaseError and change nothing when the file is another one."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise NotAFlaskDatabaseError(f"Cannot read {path}: {error.strerror}.") from error
    if head != MAGIC:
        raise NotAFlaskDatabaseError(f"{path} is no SQLite database.")
    taken = Taken()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source:
        source.row_factory = sqlite3.Row
        try:
            with transaction.atomic():
                printers = _printers(source, taken)
                tasks = _polls(source, printers, taken)
                _counters(source, tasks, taken)
        except sqlite3.DatabaseError as error:
            raise NotAFlaskDatabaseError(
                f"{path} is damaged or not the predecessor's: {error}. Nothing was taken over."
            ) from error
    return taken


def _rows(source: sqlite3.Connection, table: str) -> Iterator[list[dict[str, Any]]]:
    """Give a table in chunks; the name is one of ours, never the file's."""
    cursor = source.execute(f'SELECT * FROM "{table}" ORDER BY id')  # noqa: S608 - a constant of this module
    while chunk := [dict(row) for row in islice(cursor, CHUNK)]:
        yield chunk


def _has(source: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return source.execute(query, (table,)).fetchone() is not None


def _printers(source: sqlite3.Connection, taken: Taken) -> dict[int, int]:
    """Return {id there: id here}."""
    if not _has(source, "printers"):
        raise NotAFlaskDatabaseError("The file has no table `printers`: it is not the predecessor's database.")
    known = dict(Printer.objects.filter(is_active=True, snmp_port=161).values_list("ip_address", "pk"))
    macs = set(Printer.objects.filter(is_active=True).exclude(mac_address="").values_list("mac_address", flat=True))
    found: dict[int, int] = {}
    for chunk in _rows(source, "printers"):
        for row in chunk:
            try:
                address = str(ipaddress.ip_address(_text(row, "ip_address", 45)))
            except ValueError:
                taken.left_out.append(f"printer {row['id']}: {_text(row, 'ip_address', 45)!r} is no address")
                continue
            if address not in known:
                mac = _text(row, "mac_address", 17).upper()
                printer = Printer.objects.create(
                    ip_address=address,
                    serial_number=_text(row, "serial_number", 100),
                    mac_address="" if mac in macs else mac,
                    snmp_community=_text(row, "snmp_community", 100) or "public",
                )
                macs.add(mac)
                known[address] = printer.pk
                taken.printers += 1
            found[int(row["id"])] = known[address]
    return found


def _polls(source: sqlite3.Connection, printers: dict[int, int], taken: Taken) -> dict[int, tuple[int, int, datetime]]:
    """Return {id there: (id here, printer here, time)} of polls that were new."""
    made: dict[int, tuple[int, int, datetime]] = {}
    if not _has(source, "inventory_tasks"):
        return made
    for chunk in _rows(source, "inventory_tasks"):
        wanted: dict[tuple[int, datetime], dict[str, Any]] = {}
        for row in chunk:
            printer, when = printers.get(row.get("printer_id") or 0), _time(row.get("task_timestamp"))
            if printer is None or when is None:
                taken.left_out.append(f"poll {row['id']}: its printer or its time is missing")
            else:
                wanted[printer, when] = row
        there = InventoryTask.objects.filter(
            printer_id__in={key[0] for key in wanted}, due_at__in={key[1] for key in wanted}
        ).values_list("printer_id", "due_at")
        new = {key: row for key, row in wanted.items() if key not in set(there)}
        tasks = InventoryTask.objects.bulk_create([_task(printer, when, row) for (printer, when), row in new.items()])
        taken.polls += len(tasks)
        for task, row in zip(tasks, new.values(), strict=True):
            made[int(row["id"])] = (task.pk, task.printer_id, task.due_at)
    return made


def _task(printer: int, when: datetime, row: dict[str, Any]) -> InventoryTask:
    status = _text(row, "status", 30)
    status = status if status in Verdict.values else Verdict.FAILED
    return InventoryTask(
        printer_id=printer,
        due_at=when,
        task_timestamp=when,
        started_at=when,
        finished_at=when,
        state=JobState.DONE if status == Verdict.SUCCESS else JobState.FAILED,
        status=status,
        trigger=Trigger.DAEMON,
        error_message=_text(row, "error_message", 2000),
        engine=ENGINE,
    )


def _counters(source: sqlite3.Connection, tasks: dict[int, tuple[int, int, datetime]], taken: Taken) -> None:
    if not _has(source, "page_counters"):
        return
    done: set[int] = set()
    for chunk in _rows(source, "page_counters"):
        counters = []
        for row in chunk:
            task = tasks.get(row.get("task_id") or 0)
            if task is None or task[0] in done:  # several rows of one poll: the first one counts
                continue
            done.add(task[0])
            counters.append(_counter(task, row))
        taken.counters += len(PageCounter.objects.bulk_create(counters))


def _counter(task: tuple[int, int, datetime], row: dict[str, Any]) -> PageCounter:
    given = {name: _count(row.get(name)) for name in SPLITS} | {"total": _count(row.get("total_pages"))}
    reading = DeviceReading(engine=ENGINE, counters={name: value for name, value in given.items() if value is not None})
    derived = derive(reading)
    return PageCounter(
        task_id=task[0],
        printer_id=task[1],
        recorded_at=task[2],
        bw_a4=derived.bw_a4,
        color_a4=derived.color_a4,
        bw_a3=derived.bw_a3,
        color_a3=derived.color_a3,
        total_pages=derived.total,
        rule_version=RULE_VERSION,
        reading=to_json(reading),
    )


def _text(row: dict[str, Any], name: str, longest: int) -> str:
    value = row.get(name)
    return str(value).replace("\x00", "").strip()[:longest] if value is not None else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= LARGEST else None


def _time(value: object) -> datetime | None:
    """Read a time as SQLAlchemy writes it to SQLite; one without a zone is the server's local time."""
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (timezone.make_aware(when) if when.tzinfo is None else when).astimezone(UTC)
