"""Workers die in mid-sweep: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime, timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.test import Client
from django.utils import timezone
from standins.printers import PrinterFleet

from inventory.models import InventoryTask, PageCounter, PollSchedule
from inventory.tests.factories import make_printer
from inventory.tests.workers import kill, wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SIZE = 400
KILLS = 20
SLOWLY = {"SNMP_WINDOW": "1", "POLL_BATCH_SIZE": "20", "POLL_LEASE_SECONDS": "3", "POLL_INTERVAL_MINUTES": "525600"}
"""A year apart: due times stand on a grid of each printer's own, and none may fall into the test."""


def sweep() -> None:
    """Send what beat sends."""
    current_app.send_task("inventory.tasks.inventory_daemon_task", queue="daemon")


def add(fleet: PrinterFleet) -> dict[int, datetime]:
    """Add a fleet by its addresses; return when each printer is due."""
    for one in fleet.printers:
        make_printer(ip_address=one.address, snmp_port=one.snmp_port, serial_number="")
    return {printer: due for printer, due in PollSchedule.objects.values_list("printer", "due_at") if due is not None}


def check_exactly_once(due: dict[int, datetime]) -> None:
    """Every printer has one poll for its due time, done, with one reading, and nobody holds a lease any more."""
    doubled = InventoryTask.objects.values("printer", "due_at").annotate(n=Count("counter")).exclude(n=1)
    assert list(doubled) == []
    assert dict(InventoryTask.objects.values_list("printer", "due_at")) == due
    assert set(InventoryTask.objects.values_list("state", flat=True)) == {"done"}
    assert not PollSchedule.objects.filter(lease_token__isnull=False).exists()
    assert not PollSchedule.objects.filter(due_at__lte=timezone.now() - timedelta(seconds=1)).exists()


def test_a_killed_worker_s_sweep_is_finished_by_the_next_one(client: Client):
    client.force_login(User.objects.create_superuser("admin"))
    with PrinterFleet(count=SIZE, speed=0) as fleet:
        due = add(fleet)
        with worker("daemon", **SLOWLY) as first:
            sweep()
            wait_until(lambda: PageCounter.objects.count() >= SIZE * 0.4, "readings before the kill")
            kill(first)
        held = PollSchedule.objects.filter(lease_token__isnull=False).first()
        assert held is not None
        page = f"/inventory/{held.pk}/"
        wait_until(lambda: "waits for another worker" in client.get(page).content.decode(), "words on the page")
        with worker("daemon", **SLOWLY):

            def all_stored() -> bool:
                if PollSchedule.objects.filter(lease_until__lt=timezone.now()).exists():
                    sweep()
                return PageCounter.objects.count() >= SIZE

            wait_until(all_stored, "all readings after the lease")
    check_exactly_once(due)


@pytest.mark.timeout(300)
def test_twenty_kills_in_one_sweep_lose_nothing_and_store_nothing_twice():
    """Processes of Celery's pool are killed as the kernel does when memory runs out, at twenty points from first to last."""
    with PrinterFleet(count=SIZE, speed=0) as fleet:
        due = add(fleet)
        killed: list[int] = []
        with worker("daemon", pool="prefork", processes=3, **SLOWLY, POLL_MAX_ATTEMPTS="50"):
            for point in range(KILLS):
                victim = asking_process(at=SIZE * point // KILLS, not_among=killed)
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

            def all_stored() -> bool:
                nudge()
                return PageCounter.objects.count() >= SIZE

            wait_until(all_stored, "all readings after twenty kills")
            wait_until(lambda: not PollSchedule.objects.filter(lease_token__isnull=False).exists(), "the last lease")
    assert len(set(killed)) == KILLS
    check_exactly_once(due)
    assert InventoryTask.objects.filter(attempt__gt=1).exists()


def nudge() -> None:
    """Do what beat's next tick does, when there is something that nobody works on."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    if PollSchedule.objects.filter(free, due_at__lte=timezone.now()).exists():
        sweep()
        time.sleep(0.1)


def asking_process(at: int, not_among: list[int]) -> int:
    """Wait for so many readings, and return the process that asks printers then."""
    found: list[int] = []

    def asks() -> bool:
        if PageCounter.objects.count() < at:
            nudge()
            return False
        names = PollSchedule.objects.filter(lease_until__gt=timezone.now()).values_list("leased_by", flat=True)
        found[:] = {int(name.rpartition(":")[2]) for name in names} - set(not_among)
        if not found:
            nudge()
        return bool(found)

    wait_until(asks, f"a process that asks after {at} readings")
    return found[0]
