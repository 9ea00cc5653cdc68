"""What is kept and what goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from eztaskmanager.models import LaunchReport
from eztaskmanager.services.housekeeping import tidy
from eztaskmanager.states import State
from eztaskmanager.tests.site import probe

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
