"""Due times through twenty years of clock changes, and each of them exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eztaskmanager.schedule.fires import fires, next_fire, note, preview
from eztaskmanager.schedule.plan import Plan, PlanError
from eztaskmanager.states import Gap, Repeated

ROME = ZoneInfo("Europe/Rome")
ZONES = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe")
START = datetime(2020, 1, 1, tzinfo=UTC)


def oracle(plan: Plan, hour: int, minute: int, days: int) -> list[datetime]:
    """Find a daily time by asking every quarter of an hour what the wall clock shows."""
    found: list[datetime] = []
    wall_day = START.astimezone(plan.zone).date()
    for number in range(days):
        day = wall_day + timedelta(days=number)
        begin = datetime.combine(day, time(), plan.zone).astimezone(UTC)
        shown = []
        for step in range(4 * 27):
            moment = begin + timedelta(minutes=15 * step)
            local = moment.astimezone(plan.zone)
            if local.date() == day and (local.hour, local.minute) == (hour, minute):
                shown.append(moment)
        if not shown and plan.gap == Gap.AFTER:
            wall = datetime.combine(day, time(hour, minute), plan.zone)
            shown = [wall.astimezone(UTC)]
        found += shown if plan.repeated == Repeated.TWICE else shown[:1]
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("gap", "repeated"), [(Gap.AFTER, Repeated.ONCE), (Gap.SKIP, Repeated.TWICE)]
)
def test_a_year_of_nights_as_the_wall_clock_shows_them(
    zone: str, gap: Gap, repeated: Repeated
) -> None:
    plan = Plan(ZoneInfo(zone), cron="15 2 * * *", gap=gap, repeated=repeated)

    expected = oracle(plan, 2, 15, 366)
    found = list(islice(fires(plan, START - timedelta(hours=24)), len(expected) + 2))

    inside = [moment for moment in found if expected[0] <= moment <= expected[-1]]
    assert inside == expected


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_twenty_years_of_fires_none_missing_none_doubled(zone: str) -> None:
    """7,305 days in each of three zones: 21,915 fires, asked for one by one."""
    plan = Plan(ZoneInfo(zone), cron="30 2 * * *")
    moment = START
    end = datetime(2040, 1, 1, tzinfo=UTC)
    seen: list[datetime] = []
    while True:
        following = next_fire(plan, moment)
        assert following is not None
        if following >= end:
            break
        assert following > moment
        seen.append(following)
        moment = following

    days = [one.astimezone(plan.zone).date() for one in seen]
    assert len(days) == len(set(days))
    assert len(days) in (7304, 7305)
    assert all(
        later - earlier == timedelta(days=1) for earlier, later in pairwise(days)
    )


@settings(max_examples=60, deadline=None)
@given(
    minutes=st.integers(0, 60 * 24 * 366),
    zone=st.sampled_from(ZONES),
    cron=st.sampled_from(
        ["*/7 * * * *", "5 1-3 * * *", "0 2 * * sun", "30 2 1 * *", "59 23 * * *"]
    ),
    gap=st.sampled_from(Gap),
    repeated=st.sampled_from(Repeated),
)
def test_where_one_starts_to_look_changes_nothing(
    minutes: int, zone: str, cron: str, gap: Gap, repeated: Repeated
) -> None:
    plan = Plan(ZoneInfo(zone), cron=cron, gap=gap, repeated=repeated)
    after = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    ahead = list(islice(fires(plan, after), 6))

    assert ahead == sorted(set(ahead))
    for earlier, later in pairwise(ahead):
        assert next_fire(plan, earlier) == later
        assert next_fire(plan, later - timedelta(seconds=1)) == later


def test_every_twenty_minutes_goes_on_through_both_changes() -> None:
    plan = Plan(ROME, cron="*/20 * * * *")
    for day in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        found = list(islice(fires(plan, day - timedelta(minutes=1)), 18))
        assert found == [day + timedelta(minutes=20 * n) for n in range(18)]


def test_months_keep_their_day_and_their_hour() -> None:
    start = datetime(2026, 1, 31, 9, tzinfo=ROME)
    plan = Plan(ROME, start=start, unit="month", every=1)

    shown = [f"{moment:%m-%d %H:%M}" for moment in preview(plan, START, 4)]

    assert shown == ["01-31 09:00", "02-28 09:00", "03-31 09:00", "04-30 09:00"]


def test_hours_count_elapsed_time_and_days_the_wall_clock() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=ROME)
    after = datetime(2026, 3, 29, 0, tzinfo=UTC)
    hourly = next_fire(Plan(ROME, start=start, unit="hour", every=24), after)
    daily = next_fire(Plan(ROME, start=start, unit="day", every=1), after)

    assert hourly == datetime(2026, 3, 29, 11, tzinfo=UTC)
    assert daily == datetime(2026, 3, 29, 10, tzinfo=UTC)


def test_window_and_last_day_hold_fires_back() -> None:
    plan = Plan(
        ROME,
        cron="0 * * * *",
        window_start=time(22),
        window_end=time(1),
        ends_at=datetime(2026, 6, 2, 0, 30, tzinfo=ROME),
    )
    after = datetime(2026, 6, 1, 10, tzinfo=UTC)

    assert [f"{m:%H}" for m in preview(plan, after)] == ["22", "23", "00"]


def test_a_single_time_fires_once() -> None:
    start = datetime(2026, 6, 1, 10, tzinfo=ROME)

    assert list(fires(Plan(ROME, start=start), START)) == [start]
    assert list(fires(Plan(ROME, start=start), start)) == []
    assert list(fires(Plan(ROME), START)) == []


def test_the_preview_says_what_the_clock_does() -> None:
    plan = Plan(ROME, cron="30 2 * * *", repeated=Repeated.TWICE)
    spring = preview(plan, datetime(2026, 3, 28, 12, tzinfo=UTC), 1)[0]
    first, second = preview(plan, datetime(2026, 10, 24, 12, tzinfo=UTC), 2)

    assert note(plan, spring) == "the clock goes forward"
    assert note(plan, first) == ""
    assert note(plan, second) != ""


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(ROME, cron="61 * * * *"), "no cron expression"),
        (Plan(ROME, cron="* * * *"), "five fields"),
        (Plan(ROME, cron="0 0 30 2 *"), "no cron expression"),
        (Plan(ROME, start=START, unit="day"), "both a period and a rate"),
        (Plan(ROME, unit="day", every=1), "first run"),
        (Plan(ROME, cron="* * * * *", window_start=time(1)), "both its ends"),
    ],
)
def test_plans_that_cannot_be_kept_are_refused_with_a_reason(
    plan: Plan, words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        plan.check()
