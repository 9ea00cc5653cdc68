"""SoleFlip's forecasts on 100 weekly series: weeks 1-104 to choose a model per series, weeks 105-112 to judge it once.

MASE is scaled by the one-week naive error within the first 104 weeks, and averaged over the series. `mase_selected`: the
models chosen by backtest. `mase_best_single`: the one model that, in hindsight, is best over all series. `mase_naive`: the
last value. `speed_to_statsmodels_grid`: CPU of a statsmodels ARIMA grid (p, q <= 2) over CPU of our whole choice, per series.
"""

from __future__ import annotations

import csv
import json
import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "soleflip"))


CHOOSE, HORIZON, ORIGINS, GRID_SERIES = 104, 8, 12, 1


def series() -> dict[str, np.ndarray]:
    """Return the weekly series by name, zeros included."""
    found: dict[str, list[float]] = defaultdict(list)
    with (ROOT / "bench/data/weekly_sales.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["series"]].append(float(row["units"]))
    return {name: np.array(values) for name, values in found.items()}


def grid_seconds(histories: list[np.ndarray]) -> float:
    """Return CPU seconds per series of the usual grid search."""
    from statsmodels.tsa.arima.model import ARIMA

    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for history in histories:
            for p in range(3):
                for q in range(3):
                    ARIMA(history, order=(p, 1, q)).fit(method_kwargs={"maxiter": 50})
    return (time.process_time() - begun) / len(histories)


def main() -> None:
    """Choose, judge, print."""
    from shared.rules import forecasting as f

    every = series()
    begun = time.process_time()
    first = {name: f.choose(values[:CHOOSE], HORIZON, f.MODELS, count=ORIGINS) for name, values in every.items()}
    prior = {model: float(np.mean([each.mase[model] for each in first.values()])) for model in f.MODELS}
    chosen = {name: f.settle(each.mase, prior) for name, each in first.items()}
    ours = (time.process_time() - begun) / len(every)
    scores: dict[str, list[float]] = defaultdict(list)
    for name, values in every.items():
        history, truth = values[:CHOOSE], values[CHOOSE : CHOOSE + HORIZON]
        scale = f.scale_of(history)
        made = {model: forecast(history, HORIZON) for model, forecast in f.MODELS.items() if model != "ensemble"}
        made["ensemble"] = np.mean([made[member] for member in f.MEMBERS], axis=0)
        for model, forecast in made.items():
            scores[model].append(float(np.abs(truth - forecast).mean() / scale))
        scores["selected"].append(scores[chosen[name]][-1])
    mean = {name: float(np.mean(found)) for name, found in scores.items()}
    best = min(f.MODELS, key=lambda model: mean[model])
    used = {model: sum(each == model for each in chosen.values()) for model in f.MODELS}
    print({name: round(value, 4) for name, value in mean.items()}, file=sys.stderr)
    sample = [values[:CHOOSE] for values in list(every.values())[:GRID_SERIES]]
    print(
        json.dumps(
            {
                "mase_selected": round(mean["selected"], 4),
                "mase_best_single": round(mean[best], 4),
                "mase_naive": round(mean["naive"], 4),
                "selected_to_best": round(mean["selected"] / mean[best], 4),
                "selected_to_naive": round(mean["selected"] / mean["naive"], 4),
                "best_single": best,
                "chosen": {model: count for model, count in used.items() if count},
                "cpu_ms_per_series": round(ours * 1000, 1),
                "speed_to_statsmodels_grid": round(grid_seconds(sample) / ours, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
