"""What weekly sales look like: their class, their trend, their season."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ADI_LIMIT, CV2_LIMIT = 1.32, 0.49
"""Syntetos, Boylan and Croston 2005."""


def kind(units: Sequence[float]) -> str:
    """Return smooth, erratic, intermittent or lumpy: by the mean gap between weeks with sales and how sizes vary."""
    values = np.asarray(units, dtype=float)
    sold = values[values > 0]
    if not len(sold):
        return "lumpy"
    gap = len(values) / len(sold)
    varies = float((sold.std() / sold.mean()) ** 2)
    if gap < ADI_LIMIT:
        return "smooth" if varies < CV2_LIMIT else "erratic"
    return "intermittent" if varies < CV2_LIMIT else "lumpy"


def trend(units: Sequence[float]) -> tuple[str, float]:
    """Return rising, falling or stable and the change of the last quarter against the one before, relative to it.

    A change counts when it is more than a fifth and more than twice its noise (sales as a Poisson count).
    """
    values = np.asarray(units, dtype=float)
    now, before = values[-13:], values[-26:-13]
    if len(before) < 4:
        return "stable", 0.0
    rate_now, rate_before = float(now.mean()), float(before.mean())
    change = (rate_now - rate_before) / rate_before if rate_before else float(rate_now > 0)
    noise = 2 * np.sqrt(rate_now / len(now) + rate_before / len(before))
    if abs(rate_now - rate_before) <= noise or abs(change) < 0.2:
        return "stable", change
    return ("rising" if change > 0 else "falling"), change


def season(units: Sequence[float]) -> float | None:
    """Return what the coming four weeks did a year ago against that year's mean; None with less than a year."""
    values = np.asarray(units, dtype=float)
    if len(values) < 56:
        return None
    mean = float(values[-56:-4].mean())
    return round(float(values[-52:-48].mean()) / mean, 2) if mean else None
