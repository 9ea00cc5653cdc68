"""How far off the days a supply has left are, on printers whose truth is known.

    python bench/days_left.py

Simulates 200 printers: an office's rate, working days, busy and quiet weeks, a change of habits in every fifth, levels told in
steps of 1, 5 or 10 %, days without an answer, a reading that is wrong now and then, cartridges swapped before they are empty.
After 60 days seen, both are asked when the cartridge is empty; the simulation goes on until it is. The peer ("naive") divides the
level by the mean drop of the last 14 days, rises left out, as a spreadsheet does it. The figure is the mean error in days (each
cut at 90) of ours to the peer's.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "printer-inventory"))

from dashboard.rules.forecast import Point, days_left

PRINTERS = 200
SEEN = 60
WORST = 90.0
"""Days; nobody plans further, and an unknown counts as much."""


def simulate(random_: random.Random) -> tuple[list[Point], float]:
    """Return what one printer told on its days and how many days its cartridge lasts after the last of them."""
    rate = random_.lognormvariate(0.4, 0.6)
    step = random_.choice([1, 1, 5, 10])
    changes_at = random_.randint(15, 50) if random_.random() < 0.2 else 10_000
    weekend = random_.choice([0.0, 0.1, 0.8])
    level, told, day, busy = random_.uniform(30, 100), [], 0, 1.0
    swap_at = random_.uniform(0, 12)
    while day < SEEN + 2000:
        if day % 7 == 0:
            busy = random_.gammavariate(6, 1 / 6)
        if day == changes_at:
            rate *= random_.choice([0.5, 1.8])
        level -= rate * busy * (weekend if day % 7 > 4 else 1.3) * random_.gammavariate(2, 1 / 2)
        if day < SEEN:
            if level <= swap_at:
                level, swap_at = 100.0, random_.uniform(0, 12)
            if random_.random() > 0.08:
                wrong = random_.random() < 0.01
                told.append((float(day), 100.0 if wrong else float(round(level / step) * step)))
        elif level <= 0:
            break
        day += 1
    return told, float(day - SEEN + 1)


def naive(points: list[Point]) -> float | None:
    """Return the level divided by the mean drop of the last 14 days; None where nothing was used."""
    last = points[-1][0]
    recent = [point for point in points if point[0] >= last - 14]
    drop = sum(max(0.0, a[1] - b[1]) for a, b in pairwise(recent))
    return points[-1][1] / (drop / (recent[-1][0] - recent[0][0])) if drop > 0 else None


def days_left_figures(seed: int = 20261128) -> dict[str, float]:
    """Return the errors in days of both and their ratio, and how often the truth lay inside our 90 % interval."""
    random_ = random.Random(seed)
    ours, theirs, inside, said = [], [], 0, 0
    for _number in range(PRINTERS):
        points, truth = simulate(random_)
        guess, other = days_left(points), naive(points)
        ours.append(min(WORST, abs(guess.days - truth)) if guess else WORST)
        theirs.append(min(WORST, abs(other - truth)) if other is not None else WORST)
        if guess:
            said += 1
            inside += guess.shortest <= truth <= (guess.longest or float("inf"))
    return {
        "days_left_error_to_naive": round(mean(ours) / mean(theirs), 3),
        "days_left_median_error_to_naive": round(median(ours) / median(theirs), 3),
        "days_left_error_days": round(mean(ours), 2),
        "days_left_naive_error_days": round(mean(theirs), 2),
        "days_left_inside_interval": round(inside / said, 3),
        "days_left_printers": PRINTERS,
    }


if __name__ == "__main__":
    print(json.dumps(days_left_figures()))
