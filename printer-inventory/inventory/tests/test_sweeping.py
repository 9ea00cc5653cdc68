"""Polling end to end: lease, ask over real sockets, judge, store."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standins.printers import PrinterFleet

from inventory.models import (
    InventoryTask,
    JobState,
    LearnedPlan,
    PageCounter,
    PollBatch,
    PollSchedule,
    Printer,
    PrinterState,
)
from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.collector import PollOutcome
from inventory.services.judging import Judged, history_limits, judge
from inventory.services.leases import LeaseHolder, lease_due
from inventory.services.requests import progress_of, request_batch, request_polls
from inventory.services.storing import store
from inventory.services.sweeping import Sweep, run_inventory_for_printer
from inventory.tests.factories import make_printer

pytestmark = pytest.mark.django_db


def due_again() -> None:
    """Make every printer due now."""
    PollSchedule.objects.update(due_at=timezone.now())


def make_reading_of(fleet: PrinterFleet, place: int, mac: str) -> DeviceReading:
    """Return what a printer of the fleet says of itself, with another MAC address."""
    return DeviceReading(serial=fleet.printers[place].serial, mac=mac, model="X", counters={"total": 7})


class TestSweep:
    def test_every_printer_of_the_fleet_is_read_as_it_is(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        result = Sweep().run()
        assert (result.polled, result.verdicts) == (len(fleet_printers), {"SUCCESS": len(fleet_printers)})
        for place, printer in enumerate(fleet_printers):
            truth = fleet.truth(place)
            printer.refresh_from_db()
            state = PrinterState.objects.get(pk=printer.pk)
            assert printer.serial_number == fleet.printers[place].serial
            # Kyocera's marker counts more than its panel; the reading's total is the Printer-MIB's, with a warning.
            expected = truth["counters"]["marker" if fleet.printers[place].vendor == "Kyocera" else "total"]
            assert state.total_pages == expected, fleet.printers[place]
            assert printer.device_model is not None
            assert state.supplies

    def test_a_poll_ends_done_and_the_next_is_on_the_grid(self, fleet_printers: list[Printer]):
        Sweep().run()
        now = timezone.now()
        for task in InventoryTask.objects.all():
            assert (task.state, task.status, task.attempt) == (JobState.DONE, "SUCCESS", 1)
            assert task.counter.reading["serial"]
        for schedule in PollSchedule.objects.all():
            assert schedule.due_at is not None
            assert now - timedelta(seconds=30) < schedule.due_at <= now + timedelta(hours=1)
            assert (schedule.lease_token, schedule.open_task_id) == (None, None)

    def test_a_second_sweep_has_nothing_to_do(self, fleet_printers: list[Printer]):
        Sweep().run()
        PollSchedule.objects.update(due_at=timezone.now() + timedelta(minutes=5))
        assert Sweep().run().polled == 0
        assert InventoryTask.objects.count() == len(fleet_printers)

    def test_printers_that_take_longer_than_a_lease_are_polled_once(
        self, fleet: PrinterFleet, fleet_printers: list[Printer], settings: Any
    ):
        settings.SNMP_WINDOW, settings.POLL_BATCH_SIZE, settings.POLL_LEASE = 1, 100, timedelta(seconds=0.8)
        for place in range(len(fleet_printers)):
            fleet.set_faults(place, slow=30)
        began = time.monotonic()
        assert Sweep().run().polled == len(fleet_printers)
        assert time.monotonic() - began > 1.6, "too quick to tell"
        assert set(InventoryTask.objects.values_list("attempt", flat=True)) == {1}

    def test_a_learned_printer_is_read_again_with_few_packets(self, fleet_printers: list[Printer]):
        Sweep().run()
        first = sum(InventoryTask.objects.values_list("packets", flat=True))
        assert LearnedPlan.objects.count() == len(fleet_printers)
        due_again()
        InventoryTask.objects.all().delete()
        Sweep().run()
        packets = list(InventoryTask.objects.values_list("packets", flat=True))
        assert sum(packets) / len(packets) <= 1.2
        assert sum(packets) < first / 2

    def test_statements_do_not_grow_with_the_fleet(self, fleet_printers: list[Printer]):
        Sweep().run()
        due_again()
        with CaptureQueriesContext(connection) as captured:
            assert Sweep().run().polled == len(fleet_printers)
        # Flushes follow the clock, so a slow machine may need another; never one per printer.
        assert len(captured) < len(fleet_printers) * 1.5

    def test_nor_do_those_of_a_first_sweep(self, fleet_printers: list[Printer]):
        Sweep().run()
        Printer.objects.update(serial_number="", mac_address="", hostname="", location="", device_model=None)
        LearnedPlan.objects.all().delete()
        due_again()
        with CaptureQueriesContext(connection) as captured:
            assert Sweep().run().polled == len(fleet_printers)
        assert len(captured) < len(fleet_printers) * 1.5
        assert not Printer.objects.filter(device_model=None).exists()

    def test_two_printers_that_claim_one_mac_address_are_left_to_a_person(
        self, fleet: PrinterFleet, fleet_printers: list[Printer]
    ):
        one, other = (make_reading_of(fleet, place, mac="02:00:00:00:00:07") for place in (0, 1))
        holder = LeaseHolder.new("w", timedelta(minutes=1))
        leases = lease_due(holder, timezone.now(), 2, [printer.pk for printer in fleet_printers[:2]])
        now, limits = timezone.now(), history_limits()
        judged = [
            judge(lease, PollOutcome(lease.printer_id, reading), now, limits)
            for lease, reading in zip(leases, (one, other), strict=True)
        ]
        assert len(store(judged, holder.token, now)) == 2
        rows = Printer.objects.filter(pk__in=[lease.printer_id for lease in leases])
        assert [(bool(row.serial_number), row.mac_address) for row in rows] == [(True, ""), (True, "")]

    def test_a_silent_printer_fails_with_words_and_is_asked_again(self):
        printer = make_printer(ip_address="127.99.0.1")
        Sweep().run()
        task = InventoryTask.objects.get()
        state = PrinterState.objects.get()
        assert (task.state, task.status) == (JobState.FAILED, "FAILED")
        assert "127.99.0.1" in task.error_message
        assert (state.last_verdict, state.last_error) == ("FAILED", task.error_message)
        schedule = PollSchedule.objects.get(pk=printer.pk)
        assert schedule.failures == 1
        assert schedule.due_at is not None
        assert schedule.due_at > timezone.now()

    def test_an_address_outside_the_networks_is_never_sent_anything(self, settings):
        settings.PRINTER_NETWORKS = ["10.0.0.0/8"]
        make_printer(ip_address="127.99.0.1")
        Sweep().run()
        task = InventoryTask.objects.get()
        assert "PRINTER_NETWORKS" in task.error_message
        assert task.packets == 0


class TestVerdicts:
    def test_another_device_at_the_address_is_not_believed(self, fleet_printers: list[Printer]):
        printer = fleet_printers[0]
        Printer.objects.filter(pk=printer.pk).update(serial_number="SOMEBODY-ELSE")
        Sweep(only=[printer.pk]).run()
        task = InventoryTask.objects.get()
        assert (task.state, task.status) == (JobState.DONE, "VALIDATION_ERROR")
        assert "SOMEBODY-ELSE" in task.error_message
        state = PrinterState.objects.get(pk=printer.pk)
        printer.refresh_from_db()
        assert (state.total_pages, state.last_success_at, printer.serial_number) == (None, None, "SOMEBODY-ELSE")
        assert task.counter.reading["counters"]["total"] > 0

    def test_a_counter_that_went_back_waits_for_a_person(self, fleet_printers: list[Printer]):
        printer = fleet_printers[0]
        Sweep(only=[printer.pk]).run()
        PrinterState.objects.filter(pk=printer.pk).update(total_pages=10**9)
        due_again()
        Sweep(only=[printer.pk]).run()
        task = InventoryTask.objects.filter(printer=printer).latest("pk")
        assert (task.status, "went back" in task.error_message) == ("HISTORICAL_INCONSISTENCY", True)
        assert PrinterState.objects.get(pk=printer.pk).total_pages == 10**9
        assert PageCounter.objects.filter(printer=printer).count() == 2

    def test_a_mac_address_of_another_printer_is_left_to_a_person(
        self, fleet: PrinterFleet, fleet_printers: list[Printer]
    ):
        printer = fleet_printers[0]
        make_printer(mac_address=fleet.printers[0].mac.upper(), ip_address="127.99.0.9")
        Sweep(only=[printer.pk]).run()
        printer.refresh_from_db()
        assert (printer.serial_number, printer.mac_address) == (fleet.printers[0].serial, "")


class TestByHand:
    def test_one_printer_is_polled_now(self, fleet_printers: list[Printer]):
        printer = fleet_printers[3]
        request_polls([printer.pk], None)
        assert run_inventory_for_printer(printer.pk) == (True, "Polled.")
        task = InventoryTask.objects.get()
        assert (task.state, task.trigger) == (JobState.DONE, "manual")

    def test_nobody_polls_what_is_not_due(self, fleet_printers: list[Printer]):
        PollSchedule.objects.update(due_at=timezone.now() + timedelta(hours=1))
        success, words = run_inventory_for_printer(fleet_printers[0].pk)
        assert not success
        assert words
        assert InventoryTask.objects.count() == 0

    def test_a_job_ends_when_its_last_poll_does(self, fleet_printers: list[Printer]):
        batch = request_batch(None, None, "fleet")
        Sweep().run()
        batch = PollBatch.objects.get(pk=batch.pk)
        progress = progress_of(batch)
        assert (progress.state, progress.done, progress.failed) == (JobState.DONE, len(fleet_printers), 0)
        assert batch.finished_at is not None


class TestFencing:
    def test_a_worker_that_was_too_slow_writes_nothing(self, fleet_printers: list[Printer]):
        now = timezone.now()
        slow = LeaseHolder.new("slow", timedelta(seconds=1))
        (lease,) = lease_due(slow, now, 1, [fleet_printers[0].pk])
        PollSchedule.objects.filter(pk=lease.printer_id).update(lease_until=now - timedelta(seconds=1))
        polled: list[Judged] = []
        Sweep(only=[lease.printer_id], on_stored=polled.extend).run()
        (stored,) = polled
        assert store([stored], slow.token, timezone.now()) == []
        assert store([stored], uuid.uuid4(), timezone.now()) == []
        assert PageCounter.objects.count() == InventoryTask.objects.count() == 1
