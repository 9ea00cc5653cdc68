"""How long a supply lasts: by example, and by property."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.rules.forecast import days_left


def line(start: float, rate: float, days: int, first: int = 0) -> list[tuple[float, float]]:
    return [(float(first + day), start - rate * day) for day in range(days)]


def test_a_straight_line_ends_where_it_ends():
    found = days_left(line(80, 2, 21))
    assert found is not None
    assert (round(found.rate, 3), round(found.days, 2), found.swaps, found.swapped_at) == (2.0, 20.0, 0, None)
    assert found.confidence == "good"


def test_a_swap_is_no_drop_and_its_day_is_known():
    found = days_left([*line(50, 2, 20), *line(100, 2, 10, 20)])
    assert found is not None
    assert (round(found.rate, 2), found.swaps, found.swapped_at) == (2.0, 1, 20.0)
    assert round(found.days) == 41


def test_a_reading_that_is_wrong_once_is_left_out():
    points = line(80, 2, 21)
    points[10] = (10.0, 100.0)
    points[15] = (15.0, 0.0)
    found = days_left(points)
    assert found is not None
    assert (round(found.days, 1), found.swaps) == (20.0, 0)


@pytest.mark.parametrize("points", [[], line(80, 2, 1), line(80, 2, 4), line(80, 0, 60), line(10, -0.1, 60)])
def test_where_too_little_is_known_nothing_is_said(points):
    assert days_left(points) is None


def test_levels_told_in_tens_and_days_without_an_answer():
    points = [(day, float(round((95 - day * 1.1) / 10) * 10)) for day, _level in line(0, 0, 60) if day % 7 < 5]
    found = days_left(points)
    assert found is not None
    assert found.shortest < 30 / 1.1 < (found.longest or 999)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), max_size=80))
def test_whatever_was_told_the_answer_makes_sense(told):
    found = days_left([(float(day), float(level)) for day, level in sorted(dict(told).items())])
    if found is not None:
        assert found.rate > 0
        assert 0 <= found.shortest <= found.days <= 999
        assert found.longest is None or found.days <= found.longest


def test_it_errs_less_than_the_mean_of_two_weeks_on_printers_whose_truth_is_known():
    path = Path(__file__).resolve().parents[3] / "bench" / "days_left.py"
    spec = importlib.util.spec_from_file_location("days_left_bench", path)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    figures = bench.days_left_figures()
    assert figures["days_left_error_to_naive"] <= 0.8
    assert figures["days_left_inside_interval"] >= 0.75
