"""Colours from words: what the prompt names, not what the negative prompt names; the rest follows from the seed."""

from __future__ import annotations

import colorsys
import re
from typing import Any, Final

import numpy as np

Color = tuple[int, int, int]
COLORS: Final[dict[str, Color]] = {
    "red": (214, 40, 40), "crimson": (165, 16, 48), "scarlet": (232, 48, 24), "orange": (244, 120, 32), "amber": (255, 186, 8),
    "yellow": (250, 208, 44), "gold": (212, 165, 40), "lime": (158, 208, 40), "green": (46, 140, 72), "emerald": (16, 145, 98),
    "teal": (18, 128, 128), "cyan": (36, 190, 210), "turquoise": (48, 200, 184), "blue": (36, 84, 196), "navy": (16, 32, 96),
    "azure": (64, 148, 240), "indigo": (64, 48, 150), "violet": (124, 64, 190), "purple": (118, 40, 140),
    "magenta": (208, 32, 140),
    "pink": (244, 138, 174), "rose": (226, 84, 120), "brown": (112, 72, 44), "beige": (222, 204, 170), "ivory": (244, 238, 216),
    "white": (246, 246, 242), "silver": (184, 188, 196), "grey": (128, 130, 134), "gray": (128, 130, 134), "black": (20, 20, 24),
}  # fmt: skip
MOODS: Final[dict[str, tuple[float, float]]] = {
    "dark": (0.55, 1.0), "night": (0.45, 0.9), "bright": (1.2, 1.05), "pastel": (1.25, 0.45), "neon": (1.1, 1.5),
    "muted": (0.95, 0.5), "vivid": (1.05, 1.35), "warm": (1.05, 1.1), "cold": (0.95, 0.9), "foggy": (1.15, 0.35),
}  # fmt: skip
"""Mood words: factors for lightness and saturation."""
_WORD: Final = re.compile(r"[a-z]+")


def words_of(text: str) -> list[str]:
    """Return the words of a prompt, in lower case and in order."""
    return _WORD.findall(text.lower())


def palette_of(prompt: str, negative: str, rng: np.random.Generator) -> tuple[list[Color], list[str]]:
    """Return four to six colours, dark to light, and the words that had a say."""
    avoided = {COLORS[word] for word in words_of(negative) if word in COLORS}
    words = words_of(prompt)
    named = [word for word in dict.fromkeys(words) if word in COLORS and COLORS[word] not in avoided]
    colors = [COLORS[word] for word in named][:4]
    hue = float(rng.random())
    while len(colors) < 4:
        hue = (hue + 0.618034) % 1.0
        red, green, blue = colorsys.hls_to_rgb(hue, 0.3 + 0.45 * float(rng.random()), 0.35 + 0.4 * float(rng.random()))
        found = (int(red * 255), int(green * 255), int(blue * 255))
        near = any(sum(abs(a - b) for a, b in zip(found, bad, strict=True)) < 150 for bad in avoided)
        if named and len(named) < 3:
            # A named colour sets the tone: what is added stays close to it.
            base = COLORS[named[len(colors) % len(named)]]
            shade = 0.45 + 0.9 * float(rng.random())
            found = (min(255, int(base[0] * shade)), min(255, int(base[1] * shade)), min(255, int(base[2] * shade)))
            near = False
        if not near:
            colors.append(found)
    moods = [word for word in dict.fromkeys(words) if word in MOODS]
    for mood in moods:
        colors = [_shift(color, *MOODS[mood]) for color in colors]
    return sorted(colors, key=sum), named + moods


def paint(field: Any, colors: list[Color]) -> Any:
    """Return a field of 0..1 (any shape) as RGB bytes along a smooth run through the colours."""
    table = np.array(colors, dtype=np.float32)
    steps = np.linspace(0, 1, len(colors))
    ramp = np.stack([np.interp(np.linspace(0, 1, 1024), steps, table[:, band]) for band in range(3)], axis=1)
    return ramp.astype(np.uint8)[np.clip(field * 1023, 0, 1023).astype(np.int32)]


def _shift(color: Color, lightness: float, saturation: float) -> Color:
    hue, light, full = colorsys.rgb_to_hls(*(band / 255 for band in color))
    bands = colorsys.hls_to_rgb(hue, min(0.96, light * lightness), min(1.0, full * saturation))
    return (int(bands[0] * 255), int(bands[1] * 255), int(bands[2] * 255))
