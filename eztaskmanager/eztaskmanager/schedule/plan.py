"""A plan, and the wall-clock times it names, not yet placed on the time line."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _

from eztaskmanager.states import Gap, Repeated

FIXED = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
SOME_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - wall-clock time
DAYS = {"day": 1, "week": 7}


class PlanError(ValueError):
    """A plan that cannot be followed; the text is for the person who wrote it."""


@dataclass(frozen=True)
class Plan:
    """When something is due.

    `start` is an aware time: the first due time of an interval, the only one without
    `unit` and `cron`, and the earliest one of a cron plan (or None). `every` counts
    `unit`s: minute, hour, day, week, month. The window is a time of day; from
    `window_start` up to, not including, `window_end`; it may pass midnight.
    """

    zone: ZoneInfo
    start: datetime | None = None
    unit: str = ""
    every: int = 0
    cron: str = ""
    gap: Gap = Gap.AFTER
    repeated: Repeated = Repeated.ONCE
    window_start: time | None = None
    window_end: time | None = None
    ends_at: datetime | None = None

    def check(self) -> None:
        """Raise PlanError when it cannot be followed."""
        if self.cron:
            check_cron(self.cron)
            if self.unit or self.every:
                raise PlanError(_("Choose a cron expression or an interval, not both."))
        elif bool(self.unit) != bool(self.every):
            raise PlanError(_("An interval needs both a period and a rate above 0."))
        elif self.start is None and self.unit:
            raise PlanError(_("An interval needs the time of its first run."))
        if (self.window_start is None) != (self.window_end is None):
            raise PlanError(_("A window needs both its ends."))
        if self.window_start is not None and self.window_start == self.window_end:
            raise PlanError(_("A window from a time to the same time is empty."))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.start is None and not self.cron

    @property
    def is_elapsed(self) -> bool:
        """Whether it counts elapsed time: then clock changes do not touch it."""
        return self.unit in FIXED

    @property
    def is_continuous(self) -> bool:
        """Whether a cron expression goes on through every hour, as `*/5 * * * *` does."""
        fields = self.cron.split()
        return len(fields) > 1 and fields[1].startswith("*")

    def in_window(self, local: datetime) -> bool:
        """Say whether the window lets a local time pass."""
        if self.window_start is None or self.window_end is None:
            return True
        now = local.time()
        if self.window_start < self.window_end:
            return self.window_start <= now < self.window_end
        return now >= self.window_start or now < self.window_end


def check_cron(expression: str) -> None:
    """Raise PlanError for what is no five-field cron expression."""
    if len(expression.split()) != 5:
        raise PlanError(
            _("A cron expression has five fields: minute hour day month weekday.")
        )
    try:
        next(CronSim(expression, SOME_DAY))
    except (CronSimError, StopIteration) as error:
        raise PlanError(
            _("“%(text)s” is no cron expression: %(error)s")
            % {"text": expression, "error": error}
        ) from error


def elapsed_times(plan: Plan, after: datetime) -> Iterator[datetime]:
    """Yield due times (UTC) of a minute or hour interval that come after a time."""
    if plan.start is None:
        return
    step = FIXED[plan.unit] * plan.every
    start = plan.start.astimezone(UTC)
    count = max((after - start) // step, -1) + 1
    moment = start + count * step
    while True:
        if moment > after:
            yield moment
        moment += step


def wall_times(plan: Plan, start: datetime) -> Iterator[datetime]:
    """Yield the naive local times of a cron, daily, weekly or monthly plan, from `start` on."""
    if plan.cron:
        # CronSim yields what comes after its start; `start` itself belongs to us.
        yield from CronSim(plan.cron, start - timedelta(minutes=1))
        return
    if plan.start is None:
        return
    anchor = plan.start.astimezone(plan.zone).replace(tzinfo=None, fold=0)
    if not plan.unit:
        if anchor >= start:
            yield anchor
    elif plan.unit == "month":
        yield from _months(anchor, plan.every, start)
    else:
        step = timedelta(days=DAYS[plan.unit] * plan.every)
        moment = anchor + max((start - anchor) // step, 0) * step
        while True:
            if moment >= start:
                yield moment
            moment += step


def _months(anchor: datetime, every: int, start: datetime) -> Iterator[datetime]:
    """Yield the anchor's day in every n-th month; the last day where a month is shorter."""
    first = anchor.year * 12 + anchor.month - 1
    passed = start.year * 12 + start.month - 1 - first
    number = first + max(passed // every, 0) * every
    while number // 12 <= MAXYEAR:
        year, month = number // 12, number % 12 + 1
        day = min(anchor.day, calendar.monthrange(year, month)[1])
        moment = anchor.replace(year=year, month=month, day=day)
        if moment >= start:
            yield moment
        number += every
