"""Servers restart and cables are pulled in mid-sweep: every due time gets one reading, and pages say what is going on.

One worker, one beat and one web server live through all of it, as they would in a night without anybody on duty.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from standins.printers import PrinterFleet

from inventory.tests.rig import Rig, rig
from inventory.tests.stack import server
from inventory.tests.workers import SYSTEM, kill, wait_until, worker

# The first test also makes the database and starts everything, which takes its time on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SIZE = 120
SLOWLY = {"SNMP_WINDOW": "1", "POLL_BATCH_SIZE": "20", "POLL_LEASE_SECONDS": "3", "POLL_INTERVAL_MINUTES": "525600"}
"""A year apart: due times stand on a grid of each printer's own, and none may fall into the test."""
OFTEN = {"POLL_TICK_SECONDS": "1", "LOG_LEVEL": "CRITICAL"}

ADD = """
import json, pathlib
from inventory.services.demo import load_fleet
load_fleet(json.loads(pathlib.Path({!r}).read_text()))
"""

SILENT = """
SELECT host(p.ip_address), st.last_error FROM inventory_printerstate st
JOIN inventory_printer p ON p.id = st.printer_id WHERE st.last_verdict = 'FAILED'
"""

ASK_AGAIN = """
UPDATE inventory_pollschedule s SET due_at = now() FROM inventory_printerstate st
WHERE st.printer_id = s.printer_id AND st.last_verdict = 'FAILED'
"""

UNHEARD = """
UPDATE inventory_pollschedule s SET due_at = e.due_at FROM expected e
WHERE s.printer_id = e.printer_id AND s.due_at > now() AND s.lease_token IS NULL
  AND NOT EXISTS (SELECT 1 FROM inventory_inventorytask t JOIN inventory_pagecounter c ON c.task_id = t.id
                  WHERE t.printer_id = e.printer_id AND t.due_at = e.due_at)
  AND EXISTS (SELECT 1 FROM inventory_inventorytask t
              WHERE t.printer_id = e.printer_id AND t.due_at = e.due_at
                AND t.state = 'done' AND t.status = 'FAILED' AND t.error_message LIKE %s)
"""
"""Printers that this machine was too busy to hear, or to answer as, are asked again: a lost datagram is no outage's fault."""

HOW_IT_STANDS = """
SELECT t.state, t.status, t.attempt, count(*), min(t.error_message), max(t.finished_at)
FROM expected e JOIN inventory_inventorytask t USING (printer_id, due_at) GROUP BY 1, 2, 3
"""

MISSING_OR_DOUBLE = """
SELECT e.printer_id, count(c.id) FROM expected e
LEFT JOIN inventory_inventorytask t ON t.printer_id = e.printer_id AND t.due_at = e.due_at
LEFT JOIN inventory_pagecounter c ON c.task_id = t.id
GROUP BY e.printer_id HAVING count(c.id) <> 1
"""


@dataclass
class House:
    """The running product on a rig."""

    rig: Rig
    fleet: PrinterFleet
    address: str

    def begin(self) -> None:
        """Make every printer due, and wait until a part of them has been read."""
        self.rig.sql("DROP TABLE IF EXISTS expected")
        self.rig.sql("UPDATE inventory_pollschedule SET due_at = now(), failures = 0")
        self.rig.sql("CREATE TABLE expected AS SELECT printer_id, due_at FROM inventory_pollschedule")
        wait_until(lambda: self.read() >= SIZE // 4, "a quarter of the sweep")
        assert self.read() < SIZE

    def read(self) -> int:
        """Return how many of the expected polls have a reading."""
        rows = self.rig.sql(
            "SELECT count(*) FROM expected e JOIN inventory_inventorytask t USING (printer_id, due_at) "
            "JOIN inventory_pagecounter c ON c.task_id = t.id"
        )
        return int(rows[0][0])

    def finish(self) -> None:
        """Wait for the rest; hold what is stored against what was due."""
        try:
            wait_until(self.all_read, "the rest of the sweep")
            wait_until(lambda: not self.held(), "the last lease")
        except AssertionError as late:
            late.add_note(f"It stands so: {self.rig.sql(HOW_IT_STANDS)}; messages: {self.rig.messages()}")
            raise
        assert self.rig.sql(MISSING_OR_DOUBLE) == []
        assert self.rig.sql("SELECT id FROM inventory_inventorytask WHERE state IN ('queued', 'running')") == []

    def all_read(self) -> bool:
        """Whether every expected poll has a reading."""
        if self.read() >= SIZE:
            return True
        if not self.held():
            self.rig.sql(UNHEARD, ["%answer%"])
        return False

    def held(self) -> bool:
        """Whether any printer is leased or waits."""
        rows = self.rig.sql(
            "SELECT 1 FROM inventory_pollschedule WHERE lease_token IS NOT NULL OR due_at <= now() LIMIT 1"
        )
        return bool(rows)

    def health(self) -> tuple[int, dict[str, str]]:
        """Return the health page's status and each check's."""
        request = urllib.request.Request(f"{self.address}/health/", headers={"Accept": "application/json"})  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback, our own server
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, {name: check["status"] for name, check in json.loads(text)["checks"].items()}


@contextmanager
def beat(**environment: str) -> Iterator[None]:
    """Run Celery's beat."""
    command = [sys.executable, "-m", "celery", "-A", "printer_inventory", "beat", "--loglevel", "critical"]
    process = subprocess.Popen(command, cwd=SYSTEM, env=environment, start_new_session=True)
    try:
        yield
    finally:
        kill(process)


def add(running: Rig, fleet: PrinterFleet, listed: Path) -> None:
    """Add a fleet to a rig by its addresses."""
    rows = [
        {
            "organization": "Client",
            "address": one.address,
            "snmp_port": one.snmp_port,
            "web_port": one.web_port,
            "community": one.community,
        }
        for one in fleet.printers
    ]
    listed.write_text(json.dumps(rows))
    running.manage("shell", "-c", ADD.format(str(listed)))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Printers that take their time, and all that asks them."""
    folder: Path = tmp_path_factory.mktemp("rig")
    with rig(folder / "servers") as running, PrinterFleet(count=SIZE, speed=0, web=False) as fleet:
        add(running, fleet, folder / "printers.json")
        for one in fleet.printers:
            fleet.set_faults(one.number, slow=15)
        running.sql("UPDATE inventory_pollschedule SET due_at = now() + interval '1 hour'")
        values = {**running.environment, **SLOWLY, **OFTEN}
        values["CELERY_BEAT_SCHEDULE_FILENAME"] = str(folder / "beat")
        settings = {"DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings"}
        with worker("daemon", **values), beat(**_inherited(), **settings, **values), server(**values) as address:
            yield House(running, fleet, address)


def _inherited() -> dict[str, str]:
    ours = ("DB_", "REDIS_", "POLL_", "SNMP_", "LOG_LEVEL", "CELERY_", "DJANGO_SETTINGS", "DATABASE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def test_redis_restarts(house: House) -> None:
    house.begin()
    house.rig.stop_redis()
    status, checks = house.health()
    assert (status, checks["cache"], checks["database"]) == (200, "degraded", "ok")
    house.rig.start_redis()
    house.finish()


def test_postgresql_restarts(house: House) -> None:
    house.begin()
    house.rig.stop_postgres()
    status, checks = house.health()
    assert (status, checks["database"]) == (503, "failed")
    house.rig.start_postgres()
    house.finish()
    assert house.health()[1]["database"] == "ok"


def test_the_network_is_cut_between_workers_and_servers(house: House) -> None:
    house.begin()
    house.rig.postgres.shut()
    house.rig.redis.shut()
    assert house.health()[0] == 503
    house.rig.postgres.open()
    house.rig.redis.open()
    house.finish()


def test_the_network_is_cut_between_workers_and_printers(house: House) -> None:
    cut = [one for one in house.fleet.printers if one.number % 40 == 0]
    for one in cut:
        house.fleet.set_faults(one.number, silent=True)
    house.begin()
    wait_until(lambda: len(house.rig.sql(SILENT)) == len(cut), "the silent ones' reasons")
    for address, reason in house.rig.sql(SILENT):
        assert address in reason
    for one in house.fleet.printers:
        house.fleet.set_faults(one.number, slow=15)
    house.rig.sql(ASK_AGAIN)
    wait_until(lambda: not house.rig.sql(SILENT), "the silent ones' return")
    assert (
        house.rig.sql("SELECT printer_id FROM inventory_inventorytask GROUP BY printer_id, due_at HAVING count(*) > 1")
        == []
    )
