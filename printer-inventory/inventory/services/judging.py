"""From an answer to a verdict: the rules applied to one lease and one outcome, without touching the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from inventory.models import Doubt, JobState, Verdict
from inventory.polling.reading import DeviceReading
from inventory.rules.derive import DerivedCounters, derive
from inventory.rules.history import HistoryLimits, HistoryVerdict, check_history
from inventory.rules.identity import Identity, check_identity
from inventory.services.leases import Lease

if TYPE_CHECKING:
    from inventory.polling.snmp.collector import PollOutcome


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be stored of one poll.

    `doubt` is the kind of a reading that waits for a person, empty for one that is believed or worth nothing; `history`
    holds the findings on its counters.
    """

    lease: Lease
    outcome: PollOutcome
    verdict: Verdict
    match_rule: str = ""
    error: str = ""
    reading: DeviceReading | None = None
    derived: DerivedCounters = field(default_factory=DerivedCounters)
    doubt: str = ""
    history: HistoryVerdict = field(default_factory=HistoryVerdict)

    @property
    def accepted(self) -> bool:
        """Whether the reading is believed."""
        return self.verdict is Verdict.SUCCESS

    @property
    def state(self) -> JobState:
        """Done as soon as the device answered; the verdict says what its answer is worth."""
        return JobState.FAILED if self.verdict is Verdict.FAILED else JobState.DONE

    @property
    def is_baseline(self) -> bool:
        """Whether a believed reading begins a new epoch: the device now tells what it did not tell before."""
        return self.accepted and self.history.kind == "refined"

    @property
    def epoch(self) -> int:
        """The epoch the reading belongs to."""
        return self.lease.epoch + self.is_baseline


def history_limits() -> HistoryLimits:
    """Return the limits the settings give."""
    return HistoryLimits(
        jump=settings.ANOMALY_JUMP_THRESHOLD,
        window=settings.ANOMALY_CHECK_TIME_WINDOW,
        forget_after=settings.ANOMALY_SKIP_CHECK,
        fastest=settings.ANOMALY_FASTEST_PPM,
    )


def judge(lease: Lease, outcome: PollOutcome, now: datetime, limits: HistoryLimits) -> Judged:
    """Return the verdict on one outcome by the stored identity and the last believed reading."""
    reading = outcome.reading
    if reading is None:
        text = outcome.error.text if outcome.error else "The device did not answer."
        return Judged(lease, outcome, Verdict.FAILED, error=text)
    identity = check_identity(Identity.of(lease.serial, lease.mac), Identity.of(reading.serial, reading.mac))
    derived = derive(reading)
    history = check_history(lease.believed, reading.counters, derived, _elapsed(lease, now), limits)
    if not identity.accepted:
        return Judged(
            lease,
            outcome,
            Verdict.VALIDATION_ERROR,
            "",
            identity.reason,
            reading,
            derived,
            identity.kind,
            history,
        )
    verdict, doubt = Verdict.SUCCESS, ""
    if history.kind == "silent":
        verdict = Verdict.FAILED
    elif not history.accepted:
        verdict, doubt = Verdict.HISTORICAL_INCONSISTENCY, history.kind
    return Judged(lease, outcome, verdict, identity.rule, history.reason, reading, derived, doubt, history)


def _elapsed(lease: Lease, now: datetime) -> timedelta | None:
    """Return the time since the last believed reading.

    While a jump is doubted it stands still: otherwise every jump would be believed in the end, by waiting.
    """
    if lease.believed is None:
        return None
    doubted = lease.doubts.get(Doubt.JUMP)
    return (now if doubted is None else min(now, doubted)) - lease.believed.at
