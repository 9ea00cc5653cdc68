"""From an answer to a verdict: the rules applied to one lease and one outcome, without touching the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from inventory.models import JobState, Verdict
from inventory.polling.reading import DeviceReading
from inventory.rules.derive import DerivedCounters, derive
from inventory.rules.history import HistoryLimits, check_history
from inventory.rules.identity import Identity, check_identity
from inventory.services.leases import Lease

if TYPE_CHECKING:
    from inventory.polling.snmp.collector import PollOutcome


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be stored of one poll."""

    lease: Lease
    outcome: PollOutcome
    verdict: Verdict
    match_rule: str = ""
    error: str = ""
    reading: DeviceReading | None = None
    derived: DerivedCounters = field(default_factory=DerivedCounters)

    @property
    def accepted(self) -> bool:
        """Whether the reading is believed."""
        return self.verdict is Verdict.SUCCESS

    @property
    def state(self) -> JobState:
        """Done as soon as the device answered; the verdict says what its answer is worth."""
        return JobState.FAILED if self.verdict is Verdict.FAILED else JobState.DONE


def history_limits() -> HistoryLimits:
    """Return the limits the settings give."""
    return HistoryLimits(
        jump=settings.ANOMALY_JUMP_THRESHOLD,
        window=settings.ANOMALY_CHECK_TIME_WINDOW,
        forget_after=settings.ANOMALY_SKIP_CHECK,
    )


def judge(lease: Lease, outcome: PollOutcome, now: datetime, limits: HistoryLimits) -> Judged:
    """Return the verdict on one outcome by the stored identity and the last believed reading."""
    reading = outcome.reading
    if reading is None:
        text = outcome.error.text if outcome.error else "The device did not answer."
        return Judged(lease, outcome, Verdict.FAILED, error=text)
    identity = check_identity(Identity.of(lease.serial, lease.mac), Identity.of(reading.serial, reading.mac))
    derived = derive(reading)
    if not identity.accepted:
        return Judged(lease, outcome, Verdict.VALIDATION_ERROR, "", identity.reason, reading, derived)
    elapsed = None if lease.last_success_at is None else now - lease.last_success_at
    history = check_history(lease.last_total, derived.total, elapsed, limits)
    if history.kind == "missing":
        return Judged(lease, outcome, Verdict.FAILED, identity.rule, history.reason, reading, derived)
    if not history.accepted:
        return Judged(lease, outcome, Verdict.HISTORICAL_INCONSISTENCY, identity.rule, history.reason, reading, derived)
    return Judged(lease, outcome, Verdict.SUCCESS, identity.rule, "", reading, derived)
