"""Forecasts: no model sees the weeks it is judged by, none forecasts less than nothing, and a clear winner is chosen."""

from __future__ import annotations

import numpy as np
import pytest

from shared.rules import forecasting as f

pytestmark = pytest.mark.unit


def sales(weeks: int = 104, seed: int = 1) -> f.Series:
    return np.random.default_rng(seed).poisson(4, weeks).astype(float)


@pytest.mark.parametrize("name", sorted(f.MODELS))
def test_a_model_judged_sees_only_the_weeks_before(name: str) -> None:
    history, horizon = sales(), 8
    changed = history.copy()
    origins = f.origins_of(len(history), horizon, 2)
    changed[origins[-1] :] = 1000.0
    first = f.backtest(history, f.MODELS[name], horizon, origins[-1:])
    other = f.backtest(changed, f.MODELS[name], horizon, origins[-1:])
    told = history[origins[-1] :][:horizon] - first[0]
    told_other = changed[origins[-1] :][:horizon] - other[0]
    np.testing.assert_allclose(told, told_other, atol=1e-9)


@pytest.mark.parametrize("name", sorted(f.MODELS))
@pytest.mark.parametrize("history", [np.zeros(60), np.array([3.0]), np.linspace(50, 0, 80), sales(200)])
def test_a_forecast_is_finite_and_never_below_nothing(name: str, history: f.Series) -> None:
    found = f.MODELS[name](history, 6)
    assert found.shape == (6,)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_a_season_is_found() -> None:
    wave = 20 + 15 * np.sin(2 * np.pi * np.arange(208) / 52)
    assert f.choose(wave, 8, f.LIGHT).model in ("seasonal_naive", "arima")


def test_the_documents_names_are_all_there() -> None:
    assert set(f.SEVEN) <= set(f.MODELS)


def test_most_of_the_past_lies_within_the_interval() -> None:
    chosen = f.choose(sales(), 8)
    low, high = f.interval(np.full(8, 4.0), chosen.errors)
    assert (low >= 0).all()
    assert np.abs(chosen.errors).max() >= high[0] - 4.0
