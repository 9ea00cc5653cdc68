"""Due times become runs: each once, with any number of workers, as the policies say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.running.run import Outcome
from eztaskmanager.services.endings import Ending, finish_runs
from eztaskmanager.services.queues import DatabaseTaskQueueService, TaskQueueException
from eztaskmanager.services.runs import claim_runs, create_run
from eztaskmanager.services.scheduler import arm, fire_due
from eztaskmanager.states import Missed, Overlap, State
from eztaskmanager.tests.site import Site, ended, probe, wait_for

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def minutely(**fields: object) -> Task:
    fields.setdefault("overlap", Overlap.ALLOW)
    task = probe("print=x", cron="* * * * *", time_zone="UTC", **fields)
    arm(task, NOON)
    return task


def due_minutes(task: Task) -> list[int]:
    runs = LaunchReport.objects.filter(task=task, state=State.QUEUED)
    return sorted(run.due_at.minute for run in runs if run.due_at)


@pytest.mark.django_db
def test_a_due_time_gives_one_run_however_often_one_looks() -> None:
    task = minutely()

    assert fire_due(NOON - timedelta(seconds=1)) == 0
    assert fire_due(NOON + timedelta(seconds=3)) == 1
    assert fire_due(NOON + timedelta(seconds=4)) == 0

    task.refresh_from_db()
    assert task.next_due == NOON + timedelta(minutes=1)
    assert task.status == Task.STATUS_SPOOLED
    assert due_minutes(task) == [0]


@pytest.mark.django_db
def test_an_earlier_value_of_next_due_makes_no_second_run() -> None:
    task = minutely()
    fire_due(NOON + timedelta(seconds=1))
    Task.objects.filter(pk=task.pk).update(next_due=NOON)

    assert fire_due(NOON + timedelta(seconds=2)) == 0
    assert due_minutes(task) == [0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "late", "minutes"),
    [
        (Missed.ONCE, timedelta(minutes=5, seconds=1), [5]),
        (Missed.SKIP, timedelta(minutes=5, seconds=1), [5]),
        (Missed.ALL, timedelta(minutes=5, seconds=1), [0, 1, 2, 3, 4, 5]),
        (Missed.ALL, timedelta(minutes=59, seconds=1), [0, 1, 2, 3, 4, 5, 6, 7, 59]),
    ],
)
def test_missed_times_follow_the_policy(
    policy: str, late: timedelta, minutes: list[int]
) -> None:
    task = minutely(missed=policy, missed_limit=8)

    fire_due(NOON + late)

    assert due_minutes(task) == minutes
    task.refresh_from_db()
    assert task.next_due is not None
    assert task.next_due > NOON + late


def clock_changes(zone: ZoneInfo, years: range) -> list[date]:
    """Return the days on which a zone's clock changes."""
    noons = [datetime(years.start, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)]
    while noons[-1].year < years.stop:
        noons.append(noons[-1] + timedelta(days=1))
    offsets = [noon.replace(tzinfo=zone).utcoffset() for noon in noons]
    pairs = zip(noons, offsets, [offsets[0], *offsets], strict=False)
    return [noon.date() for noon, now, before in pairs if now != before]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    "zone", ["Europe/Rome", "America/New_York", "Australia/Lord_Howe"]
)
def test_rows_for_every_clock_change_of_twenty_years(zone: str) -> None:
    """Around each change, hour by hour: a row for each of three days, and never two."""
    place = ZoneInfo(zone)
    changes = clock_changes(place, range(2020, 2040))
    task = probe("x", cron="15 2 * * *", time_zone=zone, overlap=Overlap.ALLOW)
    for change in changes:
        eve = datetime.combine(change - timedelta(days=1), time(), place)
        arm(task, eve)
        for hour in range(72):
            fire_due(eve.astimezone(UTC) + timedelta(hours=hour, minutes=59))

    runs = LaunchReport.objects.filter(task=task)
    days = [run.due_at.astimezone(place).date() for run in runs if run.due_at]
    around = {change + timedelta(days=n) for change in changes for n in (-1, 0, 1)}
    assert len(changes) == 40
    assert sorted(days) == sorted(around)


@pytest.mark.django_db
def test_a_missed_day_runs_once_or_not_at_all() -> None:
    once = probe("print=x", cron="0 12 * * *", time_zone="UTC", missed=Missed.ONCE)
    skip = probe("print=x", cron="0 12 * * *", time_zone="UTC", missed=Missed.SKIP)
    for task in (once, skip):
        arm(task, NOON)

    fire_due(NOON + timedelta(days=3, hours=5))

    assert LaunchReport.objects.filter(task=once, state=State.QUEUED).count() == 1
    assert not LaunchReport.objects.filter(task=skip).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "states"),
    [
        (Overlap.ALLOW, ["queued", "running"]),
        (Overlap.QUEUE, ["queued", "running"]),
        (Overlap.SKIP, ["running", "stopped"]),
        (Overlap.STOP, ["queued", "running"]),
    ],
)
def test_overlap_rules(rule: Overlap, states: list[str]) -> None:
    task = minutely(overlap=rule)
    running = create_run(task)
    assert [claim.report_id for claim in claim_runs("w", None, 5)] == [running.pk]

    fire_due(NOON + timedelta(seconds=1))

    found = LaunchReport.objects.filter(task=task).values_list("state", flat=True)
    assert sorted(found) == states
    running.refresh_from_db()
    assert (running.stop_requested_at is not None) == (rule == Overlap.STOP)
    may_run_beside = rule == Overlap.ALLOW
    assert len(claim_runs("w", None, 5)) == may_run_beside


@pytest.mark.django_db
def test_a_second_due_time_does_not_queue_behind_a_waiting_one() -> None:
    task = minutely(overlap=Overlap.QUEUE)
    fire_due(NOON + timedelta(seconds=1))
    fire_due(NOON + timedelta(minutes=1, seconds=1))

    reasons = LaunchReport.objects.filter(task=task, state=State.STOPPED)
    assert [run.reason for run in reasons] == ["Skipped: a run was waiting already."]


@pytest.mark.django_db
def test_paused_tasks_wait_and_jitter_spreads_but_stays() -> None:
    paused = minutely(paused=True)
    spread = minutely(jitter=40)

    fire_due(NOON + timedelta(seconds=1))

    assert not LaunchReport.objects.filter(task=paused).exists()
    run = LaunchReport.objects.get(task=spread)
    assert run.due_at == NOON
    assert run.run_after is not None
    assert timedelta() < run.run_after - NOON <= timedelta(seconds=40)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("codes", "outcome", "lost_too", "again"),
    [
        ("", Outcome(State.FAILED, exit_code=1), False, True),
        ("3 4", Outcome(State.FAILED, exit_code=1), False, False),
        ("3 4", Outcome(State.FAILED, exit_code=4), False, True),
        ("", Outcome(State.LOST), False, False),
        ("", Outcome(State.LOST), True, True),
        ("", Outcome(State.STOPPED), True, False),
        ("", Outcome(State.DONE, exit_code=0), True, False),
    ],
)
def test_only_what_the_policy_names_is_tried_again(
    codes: str, outcome: Outcome, lost_too: bool, again: bool
) -> None:
    task = probe("x", retries=2, retry_codes=codes, retry_delay=60, retry_lost=lost_too)
    create_run(task)
    delays = []
    for _ in range(4):
        LaunchReport.objects.filter(state=State.QUEUED).update(run_after=None)
        claimed = claim_runs("w", None, 1)
        if not claimed:
            break
        finish_runs("w", [Ending(claimed[0].report_id, outcome)])
        following = LaunchReport.objects.filter(state=State.QUEUED).first()
        if following is not None and following.run_after:
            delays.append(round((following.run_after - timezone.now()).total_seconds()))

    assert LaunchReport.objects.filter(task=task).count() == (3 if again else 1)
    assert delays == ([60, 120] if again else [])


@pytest.mark.django_db
def test_past_times_restart_where_they_repeat_and_are_refused_where_not() -> None:
    service = DatabaseTaskQueueService()
    with time_machine.travel(NOON, tick=False):
        hourly = probe("x", repetition_period="hour", repetition_rate=1)
        hourly.scheduling = NOON - timedelta(days=2, minutes=10)
        once = probe("x")
        once.scheduling = NOON - timedelta(days=1)

        service.add(hourly)
        with pytest.raises(TaskQueueException, match="in the past"):
            service.add(once)
        run = service.run_now(once)

    assert hourly.next_due == NOON + timedelta(minutes=50)
    assert hourly.status == Task.STATUS_SCHEDULED
    assert run.state == State.QUEUED
    service.remove(hourly)
    hourly = Task.objects.get(pk=hourly.pk)
    assert (hourly.next_due, hourly.status) == (None, Task.STATUS_IDLE)


def test_six_threads_that_fire_and_claim_at_once_make_each_run_once(site: Site) -> None:
    tasks = [
        probe(
            "x",
            cron="* * * * *",
            time_zone="UTC",
            overlap=Overlap.ALLOW,
            missed=Missed.ALL,
        )
        for _ in range(12)
    ]
    for task in tasks:
        arm(task, NOON)
    moments = [NOON + timedelta(minutes=n, seconds=1) for n in range(4)]
    claimed: list[int] = []
    ready = threading.Barrier(6)
    settings = connection.settings_dict

    def work(number: int) -> None:
        from eztaskmanager.tests.site import connected

        with connected(settings):
            ready.wait()
            for moment in moments:
                retry(partial(fire_due, moment))
                found = retry(partial(claim_runs, f"w{number}", None, 50))
                claimed.extend(claim.report_id for claim in found)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # A task that was locked just then is due still: the next look finds it.
    fire_due(moments[-1])
    claimed += [claim.report_id for claim in claim_runs("last", None, 100)]
    assert LaunchReport.objects.count() == 48
    assert sorted(claimed) == sorted(LaunchReport.objects.values_list("pk", flat=True))


def retry(act: Callable[[], Any]) -> Any:
    """Try again what a busy database refused, as a worker would."""
    from django.db import OperationalError

    for _ in range(50):
        try:
            return act()
        except OperationalError:
            connections["default"].close()
    raise AssertionError("the database stayed busy")


def test_a_schedule_and_a_chain_run_by_themselves(busy_site: Site) -> None:
    after = probe("print=second")
    first = probe("print=first")
    first.next_links.create(target=after)
    first.scheduling = timezone.now() + timedelta(seconds=1)
    first.save()

    DatabaseTaskQueueService().add(first)

    wait_for(lambda: LaunchReport.objects.filter(task=after, state=State.DONE).exists())
    run = ended(LaunchReport.objects.get(task=first))
    assert run.due_at is not None
    assert run.started_at is not None
    assert run.started_at - run.due_at < timedelta(seconds=5)
    assert LaunchReport.objects.get(task=after).trigger == "chain"
    first.refresh_from_db()
    assert (first.next_due, first.status) == (None, Task.STATUS_IDLE)
