"""Place wall-clock times on the time line, through both days a year that clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from eztaskmanager.schedule.plan import Plan, elapsed_times, wall_times
from eztaskmanager.states import Gap, Repeated

DAY = timedelta(days=1)
STRETCH = 3 * DAY
MAX_YEARS = 30


def fires(plan: Plan, after: datetime) -> Iterator[datetime]:
    """Yield every due time (UTC, ascending, each once) that comes after an aware time.

    Ends with the plan, or when nothing is due within thirty years.
    """
    after = after.astimezone(UTC)
    if plan.is_empty:
        return
    if plan.start is not None:
        after = max(after, plan.start.astimezone(UTC) - timedelta(microseconds=1))
    found = elapsed_times(plan, after) if plan.is_elapsed else _placed(plan, after)
    limit = plan.ends_at.astimezone(UTC) if plan.ends_at else None
    horizon = _horizon(after)
    for moment in found:
        if moment > horizon or (limit is not None and moment > limit):
            return
        if plan.in_window(moment.astimezone(plan.zone)):
            horizon = _horizon(moment)
            yield moment


def next_fire(plan: Plan, after: datetime) -> datetime | None:
    """Return the first due time (UTC) after a time, or None."""
    return next(fires(plan, after), None)


def preview(plan: Plan, after: datetime, count: int = 10) -> list[datetime]:
    """Return the next due times, in the plan's own zone."""
    return [
        moment.astimezone(plan.zone) for moment in islice(fires(plan, after), count)
    ]


def note(plan: Plan, moment: datetime) -> str:
    """Say what a clock change does to a due time, if anything."""
    local = moment.astimezone(plan.zone)
    if plan.is_elapsed or plan.is_continuous:
        return ""
    before = (moment - timedelta(hours=3)).astimezone(plan.zone).utcoffset()
    offset = local.utcoffset()
    if before == offset:
        return _("second time that day") if local.fold else ""
    if before is not None and offset is not None and offset > before:
        return _("the clock goes forward")
    return _("the clock goes back")


def _horizon(moment: datetime) -> datetime:
    return moment + timedelta(days=366 * MAX_YEARS)


def _placed(plan: Plan, after: datetime) -> Iterator[datetime]:
    """Go through local time: straight on quiet days, sorted where the clock changes."""
    start = after.astimezone(plan.zone).replace(tzinfo=None, fold=0)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) - 3 * DAY
    last = after
    for moment in _unsorted_free(plan, midnight, start):
        if moment > last:
            last = moment
            yield moment


def _unsorted_free(
    plan: Plan, midnight: datetime, start: datetime
) -> Iterator[datetime]:
    source = wall_times(plan, midnight)
    pending = next(source, None)
    while pending is not None:
        day = pending.replace(hour=0, minute=0, second=0, microsecond=0)
        quiet = _is_quiet(plan, day)
        end = day + (DAY if quiet else STRETCH)
        if quiet and end <= start:
            # Long past: skip to where it can matter without placing every minute.
            source = wall_times(plan, end)
            pending = next(source, None)
            continue
        batch = []
        while pending is not None and pending < end:
            if quiet:
                yield pending.replace(tzinfo=plan.zone).astimezone(UTC)
            else:
                batch += _place(plan, pending)
            pending = next(source, None)
        yield from sorted(batch)


def _is_quiet(plan: Plan, day: datetime) -> bool:
    """Say whether no clock changes from the day before to the day after next."""
    offsets = {
        (day + shift * DAY).replace(tzinfo=plan.zone).utcoffset()
        for shift in (-1, 0, 1, 2)
    }
    return len(offsets) == 1


def _place(plan: Plan, wall: datetime) -> list[datetime]:
    """Return the moments (UTC) a local time stands for: none, one or two."""
    first = wall.replace(tzinfo=plan.zone, fold=0)
    second = wall.replace(tzinfo=plan.zone, fold=1)
    moments = [first.astimezone(UTC)]
    if first.utcoffset() == second.utcoffset():
        return moments
    exists = moments[0].astimezone(plan.zone).replace(tzinfo=None, fold=0) == wall
    if not exists:
        skipped = plan.is_continuous or plan.gap == Gap.SKIP
        return [] if skipped else moments
    if plan.is_continuous or plan.repeated == Repeated.TWICE:
        moments.append(second.astimezone(UTC))
    return moments
