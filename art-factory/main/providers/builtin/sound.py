"""A short tune from a prompt: square and triangle waves on a pentatonic scale, as a WAV file (16 bit, mono, 22.05 kHz)."""

from __future__ import annotations

import io
import wave
from typing import Final

import numpy as np

RATE: Final = 22_050
SCALES: Final = {"minor": (0, 3, 5, 7, 10), "major": (0, 2, 4, 7, 9)}


def tune(rng: np.random.Generator, seconds: float, mood: str) -> bytes:
    """Return a WAV file; `mood` is a key of SCALES."""
    beat = 0.15 + 0.15 * float(rng.random())
    scale = SCALES[mood]
    root = 40 + int(rng.integers(0, 14))
    total = np.zeros(int(seconds * RATE), dtype=np.float32)
    for voice, octave in ((0, 12), (1, 0)):
        length = int(beat * RATE) * (2 if voice else 1)
        for start in range(0, len(total) - 1, length):
            if not voice and rng.random() < 0.2:
                continue
            pitch = root + octave + scale[int(rng.integers(0, len(scale)))] + 12 * int(rng.integers(0, 2))
            note = _note(440 * 2 ** ((pitch - 69) / 12), length, square=not voice)
            room = total[start : start + length]
            room += note[: len(room)] * (0.25 if voice else 0.18)
    samples = (np.clip(total, -1, 1) * 32_000).astype("<i2")
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return target.getvalue()


def _note(frequency: float, samples: int, *, square: bool) -> np.ndarray:
    at = np.arange(samples, dtype=np.float32) / RATE
    turn = (at * frequency) % 1.0
    shape = np.where(turn < 0.5, 1.0, -1.0) if square else 4 * np.abs(turn - 0.5) - 1
    fade = np.minimum(1, np.minimum(at * 200, (samples / RATE - at) * 12))
    return (shape * fade).astype(np.float32)
