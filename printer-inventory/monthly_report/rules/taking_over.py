"""What a row takes over from what its device told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from inventory.rules.identity import normal_serial
from monthly_report.rules.figures import KINDS, kinds_of

READ_AS: Final[Mapping[str, str]] = {
    "a4_bw": "bw_a4",
    "a4_color": "color_a4",
    "a3_bw": "bw_a3",
    "a3_color": "color_a3",
}


class Told(Protocol):
    """A reading of one printer (`inventory.services.month_readings.LastReading`)."""

    @property
    def serial(self) -> str: ...
    @property
    def is_active(self) -> bool: ...


T = TypeVar("T", bound=Told)


def by_device(readings: Iterable[T]) -> dict[str, T]:
    """Return one reading per serial number, given the oldest first.

    Where a number is in use twice (a retired printer and its successor), the last reading counts, but one of a printer
    in use before any of a retired one.
    """
    found: dict[str, T] = {}
    for reading in readings:
        if not (serial := normal_serial(reading.serial)):
            continue
        earlier = found.get(f"S:{serial}")
        if earlier is None or reading.is_active >= earlier.is_active:
            found[f"S:{serial}"] = reading
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """The new ends of a row in the order of KINDS: what the device told, and what the row says after it."""

    auto: tuple[int | None, ...]
    ends: tuple[int | None, ...]


def take_over(
    part: str,
    ends: Mapping[str, int | None],
    manual: Mapping[str, bool],
    told: Mapping[str, int | None],
    allowed: frozenset[str],
) -> Taken:
    """Return a row's ends after a reading; all four mappings go by counter kind (`a4_bw`), `allowed` by field.

    A figure the device does not tell leaves the row as it is, and so does one that a person has written over.
    """
    of_part = kinds_of(part)
    auto: list[int | None] = []
    new: list[int | None] = []
    for kind in KINDS:
        figure = told.get(kind) if kind in of_part and f"{kind}_end" in allowed else None
        auto.append(figure)
        new.append(ends.get(kind) if figure is None or manual.get(kind) else figure)
    return Taken(tuple(auto), tuple(new))
