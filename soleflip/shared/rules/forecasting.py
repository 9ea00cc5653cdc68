"""Forecasts of weekly sales: small models in NumPy, one of them chosen per series by a rolling backtest that never looks ahead.

A model is a function (history, horizon) -> expected units per week, never below nothing. History is zero-filled and weekly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Model = Callable[[Series, int], Series]
SEASON = 52
GRID = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
MODEL_VERSION = "2"


def naive(history: Series, horizon: int) -> Series:
    """Repeat the last week."""
    return np.full(horizon, history[-1])


def seasonal_naive(history: Series, horizon: int) -> Series:
    """Repeat the same weeks of last year; with less than a year of history the mean of the last quarter."""
    if len(history) < SEASON:
        return np.full(horizon, history[-13:].mean())
    return np.array([history[len(history) - SEASON + step % SEASON] for step in range(horizon)])


def linear_trend(history: Series, horizon: int) -> Series:
    """Follow a line through the last year (least squares)."""
    recent = history[-SEASON:]
    weeks = np.arange(len(recent), dtype=float)
    slope, start = np.polyfit(weeks, recent, 1) if len(recent) > 2 else (0.0, recent.mean())
    found: Series = np.maximum(start + slope * (len(recent) + np.arange(horizon)), 0.0)
    return found


def _levels(history: Series, alphas: Series) -> tuple[Series, Series]:
    """Return the last smoothed level for each alpha and the mean squared one-step errors on the way."""
    level = np.full(len(alphas), history[: min(8, len(history))].mean())
    errors = np.zeros(len(alphas))
    for value in history:
        miss = value - level
        errors += miss * miss
        level = level + alphas * miss
    return level, errors


def exponential_smoothing(history: Series, horizon: int) -> Series:
    """Simple exponential smoothing; alpha is the one with the smallest one-step errors (Hyndman & Athanasopoulos, 8.1)."""
    level, errors = _levels(history, np.array(GRID))
    return np.full(horizon, max(level[int(np.argmin(errors))], 0.0))


def tsb(history: Series, horizon: int, alpha: float = 0.1, beta: float = 0.1) -> Series:
    """Teunter, Syntetos and Babai: the size of a sale times the chance of one; for series with many empty weeks."""
    sold = history > 0
    chance, size = sold.mean(), history[sold].mean() if sold.any() else 0.0
    for value in history:
        chance += beta * ((value > 0) - chance)
        if value > 0:
            size += alpha * (value - size)
    return np.full(horizon, chance * size)


def theta(history: Series, horizon: int) -> Series:
    """The Theta method: smoothing plus half the slope of the whole line (Assimakopoulos & Nikolopoulos 2000)."""
    if len(history) < 4:
        return naive(history, horizon)
    slope = np.polyfit(np.arange(len(history), dtype=float), history, 1)[0]
    found: Series = np.maximum(exponential_smoothing(history, horizon) + slope / 2 * (1 + np.arange(horizon)), 0.0)
    return found


def arima(history: Series, horizon: int) -> Series:
    """ARIMA(2,0,1) by Hannan and Rissanen's two regressions; where it is not stationary, smoothing of the differences."""
    if len(history) < 30:
        return exponential_smoothing(history, horizon)
    centre = history.mean()
    values = history - centre
    long = 6
    lagged = np.column_stack([values[long - lag - 1 : len(values) - lag - 1] for lag in range(long)])
    noise = np.concatenate(
        [np.zeros(long), values[long:] - lagged @ np.linalg.lstsq(lagged, values[long:], rcond=None)[0]]
    )
    start = long + 1
    design = np.column_stack([values[start - 1 : -1], values[start - 2 : -2], noise[start - 1 : -1]])
    first, second, moving = np.linalg.lstsq(design, values[start:], rcond=None)[0]
    if abs(second) >= 1 or abs(first) + second >= 1:
        return exponential_smoothing(history, horizon)
    known, shocks, out = list(values[-2:]), noise[-1], []
    for step in range(horizon):
        following = first * known[-1] + second * known[-2] + (moving * shocks if step == 0 else 0.0)
        known.append(following)
        out.append(following + centre)
    found: Series = np.maximum(np.array(out), 0.0)
    return found


def _lags(history: Series) -> tuple[Series, Series]:
    """Return what was known before each week (lags, means, week of the year) and the week itself; nothing of later weeks."""
    rows = [_known(history[:week], week) for week in range(13, len(history))]
    return np.array(rows), history[13:]


def _known(before: Series, week: int) -> Series:
    angle = 2 * np.pi * week / SEASON
    means = [before[-span:].mean() for span in (4, 8, 13, 26)]
    return np.array([before[-1], before[-2], before[-4], *means, np.sin(angle), np.cos(angle)])


def _recursive(predict: Callable[[Series], float], history: Series, horizon: int) -> Series:
    known, out = history.copy(), []
    for step in range(horizon):
        out.append(max(predict(_known(known, len(history) + step)), 0.0))
        known = np.append(known, out[-1])
    return np.array(out)


def trees_installed() -> bool:
    """Say whether the extra `ml` is here, whose trees the heavy models are made of."""
    return find_spec("sklearn") is not None


def random_forest(history: Series, horizon: int) -> Series:
    """A forest over lags, week by week; needs the extra `ml`; with less than 40 weeks smoothing answers."""
    if len(history) < 40:
        return exponential_smoothing(history, horizon)
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=25, max_depth=4, min_samples_leaf=5, random_state=7)
    trees = [each.tree_ for each in forest.fit(*_lags(history)).estimators_]

    def predict(known: Series) -> float:  # straight from the trees: the forest's own way costs milliseconds a row
        row = known[None, :].astype(np.float32)
        return float(np.mean([tree.predict(row)[0] for tree in trees]))

    return _recursive(predict, history, horizon)


def gradient_boost(history: Series, horizon: int) -> Series:
    """Boosted trees over lags, week by week; needs the extra `ml`; with less than 40 weeks smoothing answers."""
    if len(history) < 40:
        return exponential_smoothing(history, horizon)
    from sklearn.ensemble import GradientBoostingRegressor

    boosted = GradientBoostingRegressor(n_estimators=30, max_depth=2, learning_rate=0.1, subsample=0.8, random_state=7)
    boosted.fit(*_lags(history))
    return _recursive(lambda known: float(boosted.predict(known[None, :])[0]), history, horizon)


def window(history: Series, horizon: int) -> Series:
    """The mean of the last thirteen weeks."""
    return np.full(horizon, history[-13:].mean())


def even(history: Series, horizon: int) -> Series:
    """The mean of smoothing, TSB, Theta, ARIMA and the quarter's mean: mistakes of one are evened out by the others."""
    members = (exponential_smoothing, tsb, theta, arima, window)
    found: Series = np.mean([member(history, horizon) for member in members], axis=0)
    return found


def ensemble(history: Series, horizon: int) -> Series:
    """The mean of Theta and boosted trees: the one follows the level, the other lags and the season. Without `ml`, `even`."""
    if not trees_installed():
        return even(history, horizon)
    found: Series = np.mean([MODELS[member](history, horizon) for member in MEMBERS], axis=0)
    return found


MEMBERS = ("theta", "gradient_boost")
LIGHT: Mapping[str, Model] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "linear_trend": linear_trend,
    "exponential_smoothing": exponential_smoothing,
    "arima": arima,
    "tsb": tsb,
    "theta": theta,
    "window": window,
    "even": even,
}
HEAVY: Mapping[str, Model] = {
    "random_forest": random_forest,
    "gradient_boost": gradient_boost,
    "ensemble": ensemble,
}
MODELS: Mapping[str, Model] = {**LIGHT, **HEAVY}
SEVEN = (
    "linear_trend",
    "seasonal_naive",
    "exponential_smoothing",
    "arima",
    "random_forest",
    "gradient_boost",
    "ensemble",
)
"""The names of the documents."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model chosen for a series, the mean absolute scaled error of every one that was tried, its errors and all."""

    model: str
    mase: Mapping[str, float]
    errors: Series
    every: Mapping[str, Series]


def scale_of(history: Series) -> float:
    """Return the mean absolute error of repeating the last week, within the history: MASE's yardstick; 1 when it is nothing."""
    found = float(np.abs(np.diff(history)).mean()) if len(history) > 1 else 0.0
    return found or 1.0


def usable() -> Mapping[str, Model]:
    """Return the models that can be fitted here: without the extra `ml` the light ones and the ensemble of them."""
    return MODELS if trees_installed() else {**LIGHT, "ensemble": ensemble}


def backtest(history: Series, model: Model, horizon: int, origins: Sequence[int]) -> Series:
    """Return the errors (origins x horizon) of forecasts made at each origin from the weeks before it alone."""
    return np.array([history[at : at + horizon] - model(history[:at].copy(), horizon) for at in origins])


def backtests(history: Series, models: Mapping[str, Model], horizon: int, origins: Sequence[int]) -> dict[str, Series]:
    """Return every model's errors; the ensemble's follow from its members', which are fitted once."""
    composed = "ensemble" in models and all(member in models for member in MEMBERS)
    found = {
        name: backtest(history, model, horizon, origins)
        for name, model in models.items()
        if not (composed and name == "ensemble")
    }
    if composed:
        found["ensemble"] = np.mean([found[member] for member in MEMBERS], axis=0)
    return found


def origins_of(length: int, horizon: int, count: int) -> list[int]:
    """Return up to `count` places to forecast from, the last one `horizon` weeks before the end, a quarter of it apart."""
    step = max(1, horizon // 4)
    found = [length - horizon - step * number for number in range(count)]
    return sorted(at for at in found if at >= max(13, length // 3))


def choose(
    history: Series, horizon: int = 8, models: Mapping[str, Model] = LIGHT, prior: Mapping[str, float] | None = None,
    weight: float = 2.0, count: int = 12,
) -> Chosen:  # fmt: skip
    """Choose the model with the smallest error in the backtest.

    One series says little, so `prior` (each model's error over all series) counts as much as `weight` series more:
    a model has to win clearly here to beat the one that wins everywhere.
    """
    origins = origins_of(len(history), horizon, count)
    if not origins:
        return Chosen("exponential_smoothing", {}, np.zeros((0, horizon)), {})
    scale = scale_of(history[: origins[0]])
    errors = backtests(history, models, horizon, origins)
    mase = {name: float(np.abs(found).mean() / scale) for name, found in errors.items()}
    best = settle(mase, prior, weight)
    return Chosen(best, mase, errors[best], errors)


def settle(mase: Mapping[str, float], prior: Mapping[str, float] | None, weight: float = 2.0) -> str:
    """Return the model to use, given its errors here and over all series (see `choose`)."""
    judged = {
        name: (found + weight * prior[name]) / (1 + weight) if prior and name in prior else found
        for name, found in mase.items()
    }
    return min(judged, key=lambda name: judged[name])


def interval(expected: Series, errors: Series, level: float = 0.95) -> tuple[Series, Series]:
    """Return lower and upper bounds by the quantiles of the backtest's own errors (split conformal), never below nothing."""
    spread = np.quantile(np.abs(errors), level) if errors.size else expected.max(initial=1.0)
    return np.maximum(expected - spread, 0.0), expected + spread


def coverage(errors: Series, level: float = 0.95) -> float | None:
    """Return which part of the backtest lies within intervals made from its other places; None with fewer than two."""
    if len(errors) < 2:
        return None
    inside = [
        np.abs(errors[place]) <= np.quantile(np.abs(np.delete(errors, place, axis=0)), level)
        for place in range(len(errors))
    ]
    return float(np.mean(inside))
