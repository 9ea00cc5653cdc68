"""What is kept and what goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from eztaskmanager.models import LaunchReport
from eztaskmanager.services.housekeeping import tidy
from eztaskmanager.states import State
from eztaskmanager.tests.site import probe
from eztaskmanager.workers.host import Grace

pytestmark = pytest.mark.django_db


def test_the_newest_stay_open_ones_stay_and_failures_stay_for_a_month() -> None:
    task = probe("x")
    old_failure = LaunchReport.objects.create(task=task, state=State.FAILED)
    LaunchReport.objects.filter(pk=old_failure.pk).update(
        invocation_datetime=timezone.now() - timedelta(days=31)
    )
    failure = LaunchReport.objects.create(task=task, state=State.FAILED)
    running = LaunchReport.objects.create(task=task, state=State.RUNNING)
    done = [LaunchReport.objects.create(task=task) for _ in range(8)]

    assert tidy() == 4
    assert tidy() == 0

    left = set(LaunchReport.objects.values_list("pk", flat=True))
    assert left == {failure.pk, running.pk, *(report.pk for report in done[3:])}


def test_a_worker_that_was_held_up_waits_a_lease_before_it_judges(
    settings: Any,
) -> None:
    settings.EZTASKMANAGER_LEASE_SECONDS = 10.0
    grace = Grace(0.0)
    assert grace.look(3.0)
    grace.judged()
    assert not grace.look(23.0)  # twenty seconds without the database
    assert not grace.look(32.0)
    assert grace.look(33.0)


def test_a_worker_whose_every_step_is_slow_still_judges(settings: Any) -> None:
    settings.EZTASKMANAGER_LEASE_SECONDS = 10.0
    grace = Grace(0.0)
    verdicts = []
    for now in range(6, 66, 6):
        verdicts.append(grace.look(float(now)))
        if verdicts[-1]:
            grace.judged()
    assert verdicts.count(True) >= 3
