"""Leases: each due printer to one worker, and back to the fleet when the worker dies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import InventoryTask, JobState, PollSchedule
from inventory.services.leases import LeaseHolder, give_up_on_lost, lease_due, renew
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def holder(name: str = "worker", lifetime: timedelta = MINUTE) -> LeaseHolder:
    return LeaseHolder.new(name, lifetime)


def test_a_new_printer_is_due_at_once_with_a_running_poll_row():
    printer = make_printer()
    (lease,) = lease_due(holder(), timezone.now(), 10)
    task = InventoryTask.objects.get()
    assert (lease.printer_id, lease.task_id, task.state, task.attempt) == (printer.pk, task.pk, JobState.RUNNING, 1)
    assert task.due_at == lease.due_at


def test_a_leased_printer_is_nobody_elses():
    make_printer()
    now = timezone.now()
    assert len(lease_due(holder("a"), now, 10)) == 1
    assert lease_due(holder("b"), now, 10) == []


def test_an_expired_lease_is_taken_over_for_the_same_poll_row():
    make_printer()
    now = timezone.now()
    (first,) = lease_due(holder("a"), now, 10)
    (second,) = lease_due(holder("b"), now + 2 * MINUTE, 10)
    assert second.task_id == first.task_id
    assert (second.attempt, second.due_at) == (2, first.due_at)
    assert InventoryTask.objects.count() == 1


def test_who_is_late_does_not_get_the_same_printer_again():
    make_printer()
    now = timezone.now()
    late = holder("late")
    assert len(lease_due(late, now, 10)) == 1
    assert lease_due(late, now + 2 * MINUTE, 10) == []
    assert len(lease_due(holder("other"), now + 2 * MINUTE, 10)) == 1


def test_a_renewed_lease_stays_with_its_holder_and_a_lost_one_does_not_come_back():
    kept, lost = make_printer().pk, make_printer().pk
    now = timezone.now()
    first, other = holder("first"), holder("other")
    assert len(lease_due(first, now, 10)) == 2
    assert renew(first, now + MINUTE / 2, [kept]) == 1
    (taken,) = lease_due(other, now + MINUTE, 10)
    assert taken.printer_id == lost
    assert renew(first, now + MINUTE, [kept, lost]) == 1
    assert lease_due(holder("third"), now + MINUTE * 1.5, 10) == []


def test_the_batch_is_no_larger_than_asked():
    for _ in range(5):
        make_printer()
    assert len(lease_due(holder(), timezone.now(), 3)) == 3


def test_urgent_printers_come_first():
    ordinary, urgent = make_printer(), make_printer()
    PollSchedule.objects.filter(pk=urgent.pk).update(priority=0)
    (lease,) = lease_due(holder(), timezone.now(), 1)
    assert lease.printer_id == urgent.pk != ordinary.pk


def test_retired_printers_and_inactive_organizations_are_left_alone():
    make_printer(is_active=False)
    make_printer(organization=make_organization(active=False))
    assert lease_due(holder(), timezone.now(), 10) == []


def test_a_restored_printer_is_due_again():
    printer = make_printer(is_active=False)
    printer.is_active = True
    printer.save()
    assert len(lease_due(holder(), timezone.now(), 10)) == 1


def test_a_poll_whose_workers_all_died_ends_as_lost():
    make_printer()
    now = timezone.now()
    for attempt in range(3):
        assert len(lease_due(holder(f"worker {attempt}"), now + attempt * 2 * MINUTE, 10)) == 1
    later = now + 6 * MINUTE
    give_up_on_lost(later, 3, timedelta(hours=1))
    task = InventoryTask.objects.get()
    schedule = PollSchedule.objects.get()
    assert (task.state, task.status) == (JobState.LOST, "FAILED")
    assert "3 workers" in task.error_message
    assert (schedule.open_task_id, schedule.lease_until, schedule.due_at) == (None, None, later + timedelta(hours=1))


def test_a_poll_under_way_is_not_given_up():
    make_printer()
    now = timezone.now()
    lease_due(holder(), now, 10)
    assert give_up_on_lost(now, 1, MINUTE) == []
    assert InventoryTask.objects.get().state == JobState.RUNNING


def test_no_more_of_a_client_behind_a_thin_line_than_it_allows():
    thin, wide = make_organization(poll_window=2), make_organization()
    for place in range(5):
        make_printer(organization=thin)
        if place < 3:
            make_printer(organization=wide)
    now = timezone.now()
    clients = dict(PollSchedule.objects.values_list("printer", "printer__organization"))
    first = [clients[lease.printer_id] for lease in lease_due(holder("a"), now, 100)]
    assert (first.count(thin.pk), first.count(wide.pk)) == (2, 3)
    assert lease_due(holder("b"), now, 100) == []
    (one, _) = PollSchedule.objects.filter(lease_token__isnull=False, printer__organization=thin)
    PollSchedule.objects.filter(pk=one.pk).update(lease_token=None, lease_until=None, due_at=now + MINUTE)
    assert len(lease_due(holder("b"), now, 100)) == 1


def test_a_poll_by_hand_does_not_wait_for_a_thin_line():
    thin = make_organization(poll_window=1)
    printers = [make_printer(organization=thin) for _ in range(3)]
    now = timezone.now()
    assert len(lease_due(holder("a"), now, 100)) == 1
    waiting = PollSchedule.objects.filter(lease_token=None).first()
    assert waiting is not None
    PollSchedule.objects.filter(pk=waiting.pk).update(priority=0)
    assert [one.printer_id for one in lease_due(holder("b"), now, 100)] == [waiting.pk]
    assert len(printers) == 3


def test_a_poll_by_hand_is_leased_while_the_fleet_is_overdue():
    for _ in range(20):
        make_printer()
    asked = PollSchedule.objects.order_by("-pk").first()
    assert asked is not None
    PollSchedule.objects.filter(pk=asked.pk).update(priority=0, due_at=timezone.now())
    sweep = lease_due(holder("sweep"), timezone.now(), 5)
    assert asked.pk in {lease.printer_id for lease in sweep}
