"""Whether a reading continues the last one that was believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """`jump` more pages than before within `window` are doubted; after `forget_after` of silence nothing is."""

    jump: int = 5000
    window: timedelta = timedelta(hours=24)
    forget_after: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class HistoryVerdict:
    """`kind` is ok, rollback, jump or missing; `reason` is a sentence for a person, empty when ok."""

    kind: str = "ok"
    reason: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the reading is believed."""
        return self.kind == "ok"


def check_history(
    previous: int | None, current: int | None, elapsed: timedelta | None, limits: HistoryLimits
) -> HistoryVerdict:
    """Compare a total with the last believed one, `elapsed` ago; None means unknown."""
    if current is None:
        return HistoryVerdict("missing", "The device answered but gave no page counter.")
    if previous is None or elapsed is None:
        return HistoryVerdict()
    if current < previous:
        return HistoryVerdict("rollback", f"The total went back from {previous} to {current}.")
    if current - previous > limits.jump and elapsed < limits.window:
        hours = max(elapsed.total_seconds() / 3600, 1 / 60)
        return HistoryVerdict(
            "jump", f"The total rose by {current - previous} in {hours:.1f} h, from {previous} to {current}."
        )
    return HistoryVerdict()
