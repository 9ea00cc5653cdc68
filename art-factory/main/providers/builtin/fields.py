"""Pictures as mathematics: each algorithm returns a field of 0..1, float32, (height, width), for a phase in 0..1.

The phase turns once around for a loop: a still uses phase 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image

Field = Any
"""A numpy array of float32; numpy's own types say more than anybody can keep up with here."""
Algorithm = Callable[[np.random.Generator, int, int, float, int], Field]
TURN: Final = 2 * math.pi


def noise(rng: np.random.Generator, width: int, height: int, cells: int) -> Field:
    """Return smooth noise: a lattice of random values, stretched bicubically."""
    down = max(2, round(cells * height / max(width, height)) + 2)
    right = max(2, round(cells * width / max(width, height)) + 2)
    lattice = Image.fromarray(rng.random((down, right), dtype=np.float32))
    return np.asarray(lattice.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def octaves(rng: np.random.Generator, width: int, height: int, detail: int) -> Field:
    """Return noise in several sizes, each twice as fine and half as strong, stretched to 0..1."""
    total = np.zeros((height, width), dtype=np.float32)
    for octave in range(detail):
        total += noise(rng, width, height, 3 * 2**octave) * 0.5**octave
    return stretched(total)


def stretched(field: Field) -> Field:
    """Return a field stretched to 0..1; a flat one becomes zeros."""
    low, high = float(field.min()), float(field.max())
    return (field - low) / (high - low) if high > low else np.zeros_like(field)


def clouds(rng: np.random.Generator, width: int, height: int, phase: float, detail: int) -> Field:
    """Noise whose coordinates are bent by other noise (domain warping)."""
    base = octaves(rng, width, height, detail)
    bend_x, bend_y = octaves(rng, width, height, 3), octaves(rng, width, height, 3)
    reach = 0.3 * min(width, height)
    turn = phase * TURN
    columns = np.arange(width, dtype=np.float32) + (bend_x - 0.5) * reach + math.cos(turn) * reach * 0.1
    rows = np.arange(height, dtype=np.float32)[:, None] + (bend_y - 0.5) * reach + math.sin(turn) * reach * 0.1
    return base[_mirrored(rows, height), _mirrored(columns, width)]


def mosaic(rng: np.random.Generator, width: int, height: int, phase: float, detail: int) -> Field:
    """Stained glass: the nearest of scattered points, with dark leading between the panes."""
    count = 12 * detail
    points = rng.random((count, 2))
    points += 0.02 * np.stack([np.cos(TURN * (phase + points[:, 0])), np.sin(TURN * (phase + points[:, 1]))], axis=1)
    shades = rng.random(count).astype(np.float32)
    near = np.full((height, width), np.inf, dtype=np.float32)
    second = near.copy()
    shade = np.zeros((height, width), dtype=np.float32)
    longest = max(width, height)
    columns = np.arange(width, dtype=np.float32) / longest
    rows = (np.arange(height, dtype=np.float32) / longest)[:, None]
    for (x, y), value in zip(points, shades, strict=True):
        distance = (columns - x * width / longest) ** 2 + (rows - y * height / longest) ** 2
        closer = distance < near
        second = np.where(closer, near, np.minimum(second, distance))
        near = np.where(closer, distance, near)
        shade = np.where(closer, value, shade)
    leading = np.clip((np.sqrt(second) - np.sqrt(near)) * 60, 0, 1)
    return (0.15 + 0.85 * shade) * leading


def waves(rng: np.random.Generator, width: int, height: int, phase: float, detail: int) -> Field:
    """Interference of circular waves."""
    longest = max(width, height)
    columns = np.arange(width, dtype=np.float32) / longest
    rows = (np.arange(height, dtype=np.float32) / longest)[:, None]
    total = np.zeros((height, width), dtype=np.float32)
    for _ in range(detail + 1):
        x, y = rng.random(2)
        frequency = 4 + 16 * float(rng.random())
        total += np.sin(np.hypot(columns - x, rows - y) * frequency * TURN - phase * TURN).astype(np.float32)
    return stretched(total)


def tiles(rng: np.random.Generator, width: int, height: int, phase: float, detail: int) -> Field:
    """Truchet tiles: quarter circles that join into winding bands."""
    size = max(8, max(width, height) // (3 * detail))
    down, right = height // size + 1, width // size + 1
    turned = rng.random((down, right)) < 0.5
    rows, columns = np.arange(height), np.arange(width)
    flip = turned[(rows // size)[:, None], (columns // size)[None, :]]
    y = ((rows % size) / size).astype(np.float32)[:, None]
    x = np.where(flip, ((columns % size) / size)[None, :], 1 - ((columns % size) / size)[None, :]).astype(np.float32)
    band = np.minimum(np.abs(np.hypot(x, y) - 0.5), np.abs(np.hypot(1 - x, 1 - y) - 0.5))
    shading = octaves(rng, width, height, 2)
    return np.clip((1 - np.clip(band * 5, 0, 1)) * 0.7 + 0.3 * np.abs(np.sin((shading + phase) * math.pi)), 0, 1)


def _mirrored(index: np.ndarray, size: int) -> np.ndarray:
    """Return indices that run back at the edges, so that no seam shows."""
    folded = np.abs(index.astype(np.int32)) % (2 * size)
    return np.where(folded < size, folded, 2 * size - 1 - folded)


ALGORITHMS: Final[dict[str, Algorithm]] = {"clouds": clouds, "mosaic": mosaic, "waves": waves, "tiles": tiles}
