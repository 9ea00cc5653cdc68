"""Workers die in mid-sweep: nothing is lost, nothing is stored twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.db.models import Count
from django.utils import timezone
from standins.printers import PrinterFleet

from inventory.models import InventoryTask, PageCounter, PollSchedule
from inventory.tests.factories import make_printer
from inventory.tests.workers import kill, wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SIZE = 400
SLOWLY = {"SNMP_WINDOW": "1", "POLL_BATCH_SIZE": "20", "POLL_LEASE_SECONDS": "3", "POLL_INTERVAL_MINUTES": "600"}


def sweep() -> None:
    """Send what beat sends."""
    current_app.send_task("inventory.tasks.inventory_daemon_task", queue="daemon")


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7])
def test_a_killed_sweep_is_finished_by_the_next_worker(share: float):
    with PrinterFleet(count=SIZE, speed=0) as fleet:
        for one in fleet.printers:
            make_printer(ip_address=one.address, snmp_port=one.snmp_port, serial_number="")
        due = dict(PollSchedule.objects.values_list("printer", "due_at"))
        with worker("daemon", **SLOWLY) as first:
            sweep()
            wait_until(lambda: PageCounter.objects.count() >= SIZE * share, "readings before the kill")
            kill(first)
        assert PollSchedule.objects.filter(lease_token__isnull=False).exists()
        with worker("daemon", **SLOWLY):

            def all_stored() -> bool:
                if PollSchedule.objects.filter(lease_until__lt=timezone.now()).exists():
                    sweep()
                return PageCounter.objects.count() >= SIZE

            wait_until(all_stored, "all readings after the lease")
    doubled = InventoryTask.objects.values("printer", "due_at").annotate(n=Count("counter")).exclude(n=1)
    assert list(doubled) == []
    assert dict(InventoryTask.objects.values_list("printer", "due_at")) == due
    assert set(InventoryTask.objects.values_list("state", flat=True)) == {"done"}
    assert not PollSchedule.objects.filter(lease_token__isnull=False).exists()
    assert not PollSchedule.objects.filter(due_at__lte=timezone.now() - timedelta(seconds=1)).exists()
