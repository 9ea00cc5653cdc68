"""What looks wrong about a device's pages, compared with its own past months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EXCESS: Final = 2000
"""Pages above the average of the months before that are worth a look."""
HIGH: Final = 10_000
"""Pages in a month that are worth a look whatever the past was."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """`kind` is empty, negative, excess, or both joined by `+`; `average` is None without a history."""

    kind: str
    average: float | None
    months: int
    difference: float | None
    high: bool

    @property
    def is_anomaly(self) -> bool:
        """Say whether something looks wrong."""
        return bool(self.kind)

    def as_json(self) -> dict[str, object]:
        """Return the JSON of the documents (`anomaly_info`)."""
        share = self.difference / self.average * 100 if self.difference is not None and self.average else None
        return {
            "is_anomaly": self.is_anomaly,
            "anomaly_type": self.kind or None,
            "has_history": self.average is not None,
            "average": None if self.average is None else round(self.average, 1),
            "months_count": self.months,
            "difference": None if self.difference is None else round(self.difference, 1),
            "percentage": None if share is None else round(share, 1),
            "threshold": EXCESS,
        }


def judge(total: int, average: float | None, months: int) -> Anomaly:
    """Judge a device's pages of a month against the average of its `months` earlier ones."""
    difference = None if average is None else total - average
    kinds = (("negative", total < 0), ("excess", difference is not None and difference > EXCESS))
    return Anomaly("+".join(kind for kind, holds in kinds if holds), average, months, difference, total > HIGH)
