"""Asking for polls: a row each, at once, never two open ones for one printer."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import InventoryTask, JobState, PollBatch, PollSchedule, Printer
from inventory.services.leases import LeaseHolder, lease_due
from inventory.services.requests import progress_of, request_batch, request_polls, stop_batch
from inventory.tests.factories import make_organization, make_printer

LATER = timedelta(hours=5)


def rest(*printers: Printer) -> None:
    """Make printers not due for hours, as after a sweep."""
    PollSchedule.objects.filter(pk__in=[printer.pk for printer in printers]).update(due_at=timezone.now() + LATER)


@pytest.mark.django_db
class TestRequestPolls:
    def test_a_row_stands_there_from_the_moment_of_asking(self):
        printer = make_printer()
        rest(printer)
        (row,) = request_polls([printer.pk], None)
        task = InventoryTask.objects.get(pk=row.task_id)
        assert (task.state, task.trigger, task.printer_id) == (JobState.QUEUED, "manual", printer.pk)

    def test_asking_makes_the_printer_due_and_first_in_line(self):
        printer, other = make_printer(), make_printer()
        rest(printer)
        request_polls([printer.pk], None)
        (lease,) = lease_due(LeaseHolder.new("w", timedelta(minutes=1)), timezone.now(), 1)
        assert lease.printer_id == printer.pk != other.pk
        assert lease.trigger == "manual"

    def test_asking_twice_gives_the_same_row(self):
        printer = make_printer()
        first, second = (request_polls([printer.pk], None)[0].task_id for _ in range(2))
        assert first == second
        assert InventoryTask.objects.count() == 1

    def test_a_poll_under_way_is_not_disturbed(self):
        printer = make_printer()
        (lease,) = lease_due(LeaseHolder.new("w", timedelta(minutes=1)), timezone.now(), 1)
        (row,) = request_polls([printer.pk], None)
        assert row.task_id == lease.task_id
        assert PollSchedule.objects.get().lease_token is not None
        assert InventoryTask.objects.get().state == JobState.RUNNING

    def test_retired_printers_and_inactive_organizations_are_left_out(self):
        retired = make_printer(is_active=False)
        asleep = make_printer(organization=make_organization(active=False))
        assert request_polls([retired.pk, asleep.pk, 999_999], None) == []


@pytest.mark.django_db
class TestBatches:
    def test_the_whole_fleet_is_asked_for_in_as_many_statements_as_one_printer(self):
        for _ in range(3):
            make_printer()
        with CaptureQueriesContext(connection) as few:
            request_batch(None, None, "fleet")
        PollBatch.objects.update(finished_at=timezone.now())
        for _ in range(60):
            make_printer()
        with CaptureQueriesContext(connection) as many:
            batch = request_batch(None, None, "fleet")
        assert len(many) == len(few) <= 6
        assert batch.total == InventoryTask.objects.count() == 63

    def test_the_fleet_asked_twice_is_one_job_and_one_row_per_printer(self):
        for _ in range(4):
            make_printer()
        first, second = (request_batch(None, None, "fleet") for _ in range(2))
        assert first == second
        assert InventoryTask.objects.count() == 4

    def test_an_open_poll_joins_the_job(self):
        printer = make_printer()
        (row,) = request_polls([printer.pk], None)
        batch = request_batch([printer.pk], None, "one")
        assert InventoryTask.objects.get(pk=row.task_id).batch == batch
        assert progress_of(batch).total == 1

    def test_an_empty_job_is_done(self):
        batch = request_batch(None, None, "fleet")
        assert (progress_of(batch).state, batch.finished_at is not None) == (JobState.DONE, True)

    def test_progress_counts_what_has_ended(self):
        for _ in range(4):
            make_printer()
        batch = request_batch(None, None, "fleet")
        ids = list(InventoryTask.objects.values_list("pk", flat=True))
        InventoryTask.objects.filter(pk=ids[0]).update(state=JobState.DONE)
        InventoryTask.objects.filter(pk=ids[1]).update(state=JobState.FAILED)
        progress = progress_of(batch)
        assert (progress.state, progress.done, progress.total, progress.failed) == (JobState.RUNNING, 2, 4, 1)

    def test_stopping_ends_what_has_not_started_and_nothing_else(self):
        for _ in range(3):
            make_printer()
        batch = request_batch(None, None, "fleet")
        lease_due(LeaseHolder.new("w", timedelta(minutes=1)), timezone.now(), 1)
        assert stop_batch(batch) == 2
        states = sorted(InventoryTask.objects.values_list("state", flat=True))
        assert states == ["running", "stopped", "stopped"]
        assert PollSchedule.objects.filter(open_task=None, due_at__gt=timezone.now()).count() == 2
        assert stop_batch(batch) == 0


@pytest.mark.django_db(transaction=True)
def test_two_people_asking_at_the_same_moment_make_one_row_per_printer():
    printers = [make_printer() for _ in range(20)]
    rest(*printers)
    barrier = threading.Barrier(4)

    def ask() -> None:
        try:
            barrier.wait(10)
            request_polls([printer.pk for printer in printers], None)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert InventoryTask.objects.count() == len(printers)
