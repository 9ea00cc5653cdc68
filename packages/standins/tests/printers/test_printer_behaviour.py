"""The printing itself: the same in every run, never backwards, its sums right."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standins.printers import FleetConfig
from standins.printers.alerts import alerts_of, error_bits
from standins.printers.behaviour import Calendar, Habits, Hours, Meddling, weights
from standins.printers.clock import Clock
from standins.printers.devices import load
from standins.printers.world import World

NOON = 1_794_830_400
YEAR = 365 * 86_400
SPECS = list(load().values())


def habits(model: int, index: int = 0, hours: Hours = "always", seed: str = "test") -> Habits:
    return Habits(SPECS[model], seed, index, 0, Calendar(hours))


@given(
    st.integers(0, len(SPECS) - 1), st.integers(0, 500), st.integers(NOON - YEAR, NOON + YEAR), st.integers(0, 10**7)
)
@settings(max_examples=150, deadline=None)
def test_no_counter_ever_falls(model: int, index: int, at: int, later: int) -> None:
    one = habits(model, index)
    before, after = one.snapshot(one.pages(at), Meddling()), one.snapshot(one.pages(at + later), Meddling())
    assert all(after.counters[name] >= value for name, value in before.counters.items())
    assert all(now.number >= then.number for then, now in zip(before.supplies, after.supplies, strict=True))


@given(st.integers(0, len(SPECS) - 1), st.integers(0, 500), st.integers(NOON - YEAR, NOON + YEAR))
@settings(max_examples=150, deadline=None)
def test_the_sums_agree(model: int, index: int, at: int) -> None:
    one = habits(model, index)
    counters = one.snapshot(one.pages(at), Meddling()).counters
    total = counters["total"]
    assert counters["bw"] + counters["color"] == counters["a3"] + counters["a4"] == total
    assert counters["print"] + counters["copy"] + counters["fax"] == total
    assert sum(counters[name] for name in ("bw_a4", "bw_a3", "color_a4", "color_a3")) == total
    assert counters["print_color"] + counters["copy_color"] == counters["color"]
    assert counters["simplex"] + counters["duplex_faces"] == total == counters["simplex"] + 2 * counters["duplex"]


@given(st.integers(0, len(SPECS) - 1), st.integers(0, 500), st.integers(NOON - YEAR, NOON + YEAR))
@settings(max_examples=150, deadline=None)
def test_levels_stay_within_what_the_device_can_tell(model: int, index: int, at: int) -> None:
    one = habits(model, index)
    for supply in one.snapshot(one.pages(at), Meddling()).supplies:
        spec = supply.spec
        if spec.report == "exact":
            assert 0 <= supply.level <= supply.capacity == spec.capacity
            assert supply.level % spec.step == 0
        elif spec.report == "percent":
            assert (0 <= supply.level <= 100, supply.capacity) == (True, -2)
        else:
            assert (supply.level in {-3, -2, 0}, supply.capacity) == (True, -2)


def test_a_month_holds_its_volume_whatever_the_hours() -> None:
    for hours in get_args(Hours):
        one = habits(0, hours=hours)
        printed = one.pages(NOON + 28 * 86_400) - one.pages(NOON)
        assert 0.7 < printed / (20 * one.rate) < 1.3


def test_people_print_in_office_hours() -> None:
    calendar = Calendar("office")
    monday = NOON - 12 * 3600
    day, night = calendar.days(monday + 17 * 3600) - calendar.days(monday + 9 * 3600), calendar.days(monday + 6 * 3600)
    assert 0.7 < day < 1
    assert 0 < night - calendar.days(monday) < 0.03
    assert calendar.days(monday + 6 * 86_400) - calendar.days(monday + 5 * 86_400) < 0.1
    assert sum(weights("office")) == pytest.approx(5) == pytest.approx(sum(weights("always")))


def test_a_fleet_is_the_same_in_every_run_and_another_seed_is_another_fleet() -> None:
    def told(seed: str, start: float = NOON) -> list[object]:
        world = World(FleetConfig(count=40, speed=0, start=start, seed=seed))
        return [printer.subject.truth(start) for printer in world.printers]

    assert told("a") == told("a")
    assert told("a") != told("b")


def test_trouble_shows_in_alerts_and_error_bits() -> None:
    seen: set[int] = set()
    for model in range(len(SPECS)):
        one = habits(model)
        for hour in range(0, 24 * 120, 3):
            snapshot = one.snapshot(one.pages(NOON + hour * 3600), Meddling())
            rows = alerts_of(SPECS[model], snapshot)
            bits = error_bits(rows)[0]
            codes = {row.code for row in rows.values()}
            assert bool(bits & 0x04) == snapshot.jammed == (8 in codes)
            assert bool(bits & 0x10) == (1101 in codes or (808 in codes and bool(bits & 0x10)))
            seen |= codes
    assert {8, 12, 1101, 1104, 1107, 1111} <= seen


def test_time_runs_as_fast_as_told_and_never_backwards() -> None:
    clock = Clock(start=1000.0, speed=0)
    assert clock.moment().at == 1000.0
    pushed = clock.change(advance=50)
    assert (pushed.at, pushed.stamp != clock.change().stamp) == (1050.0, True)
    with pytest.raises(ValueError, match="backwards"):
        clock.change(advance=-1)
    with pytest.raises(ValueError, match="backwards"):
        clock.change(speed=-1)
