"""Polling: lease, ask, judge, store, tell. A sweep asks hundreds at once; a manual poll is a sweep of one."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from inventory.models import SnmpVersion, Verdict
from inventory.polling.glpi.command import NoAgentError
from inventory.polling.glpi.engine import GlpiEngine
from inventory.polling.snmp.collector import Collector, Learned, PollError, PollOutcome, Target, V3Credentials
from inventory.rules.networks import Networks
from inventory.services import notifying, web_polling
from inventory.services.judging import Judged, history_limits, judge
from inventory.services.leases import Lane, Lease, LeaseHolder, give_up_on_lost, lease_due, renew
from inventory.services.snmp_v3 import credentials_of
from inventory.services.storing import close_batches, store

FLUSH_SECONDS: Final = 1.0
RENEWALS: Final = 4
"""In a lease's lifetime: two may come late before anybody else takes a printer."""
LANES: Final[tuple[Lane, ...]] = ("native", "agent", "web")
VERSIONS: Final = {"auto": None, "1": 1, "2c": 2, "3": 3}


@dataclass(slots=True)
class SweepResult:
    """What a sweep did: polls stored, how many of each verdict, and how long it took."""

    polled: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def count(self, stored: Sequence[Judged]) -> None:
        """Add stored polls."""
        self.polled += len(stored)
        for item in stored:
            self.verdicts[item.verdict.value] = self.verdicts.get(item.verdict.value, 0) + 1


def worker_name() -> str:
    """Return host and process, as poll rows name their worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_inventory_for_printer(printer_id: int, triggered_by: str = "manual") -> tuple[bool, str]:
    """Poll one printer now if it is due and nobody else holds it; return (success, sentence)."""
    notifying.poll_started(printer_id, triggered_by)
    polls: list[Judged] = []
    for lane in LANES:
        if Sweep(only=[printer_id], limit=1, on_stored=polls.extend, lane=lane).run().polled:
            break
    if not polls:
        return False, "Another worker is polling this printer, or nobody has asked for it."
    return polls[0].verdict is Verdict.SUCCESS, polls[0].error or "Polled."


class Sweep:
    """One pass over what is due.

    Printers are leased a batch at a time, when the collector has room for them, so memory does not grow with the fleet
    and a printer's lease starts just before it is asked; what is under way is renewed well before it runs out, so that slow
    printers are not taken for a dead worker's. It ends when nothing is due, `limit` printers were leased or
    `seconds` have passed; what is under way is always finished and stored. In the lanes `agent` and `web` it is the printers
    that a GLPI Agent is to ask or that are read from web pages, a few at a time, since those take seconds where the collector
    takes milliseconds.
    """

    def __init__(
        self,
        *,
        only: Sequence[int] | None = None,
        limit: int | None = None,
        seconds: float | None = None,
        on_stored: Callable[[Sequence[Judged]], Any] | None = None,
        lane: Lane = "native",
    ) -> None:
        """Prepare a sweep of everything, or of the printers in `only`."""
        self._only = only
        self._limit = limit
        self._started = time.monotonic()
        self._deadline = None if seconds is None else self._started + seconds
        self._on_stored = on_stored
        self._lane = lane
        lease, self._most = {
            "native": (settings.POLL_LEASE, settings.POLL_BATCH_SIZE),
            "agent": (settings.GLPI_LEASE, settings.GLPI_BATCH_SIZE),
            "web": (settings.WEB_LEASE, settings.WEB_BATCH_SIZE),
        }[lane]
        self._holder = LeaseHolder.new(worker_name(), lease)
        self._limits = history_limits()
        self._networks = Networks.parse(settings.PRINTER_NETWORKS)
        self._leases: dict[int, Lease] = {}
        self._waiting: list[Judged] = []
        self._flushed = self._renewed = self._started
        self._result = SweepResult()

    def run(self) -> SweepResult:
        """Poll until done; return what was stored."""
        now = timezone.now()
        close_batches(give_up_on_lost(now, settings.POLL_MAX_ATTEMPTS, settings.POLL_INTERVAL), now)
        ways = {"native": self._natively, "agent": self._by_agents, "web": self._by_pages}
        for outcome in ways[self._lane]():
            if outcome is not None:
                self._take(outcome)
            self._flush_if_ripe()
            self._renew_if_ripe()
        self._flush()
        self._result.seconds = time.monotonic() - self._started
        return self._result

    def _natively(self) -> Iterator[PollOutcome | None]:
        """Ask over our own socket."""
        with Collector(window=settings.SNMP_WINDOW, subnet_window=settings.SNMP_SUBNET_WINDOW) as collector:
            tick = min(FLUSH_SECONDS, self._holder.lifetime.total_seconds() / RENEWALS)
            yield from collector.poll(self._targets(), tick=tick)

    def _by_agents(self) -> Iterator[PollOutcome]:
        """Let agents ask, one lease batch at a time; without an agent each printer fails with what to install."""
        engine = GlpiEngine(
            settings.GLPI_PATH or None,
            use_sudo=settings.GLPI_USE_SUDO,
            user=settings.GLPI_USER,
            timeout=settings.GLPI_TIMEOUT,
            workers=settings.GLPI_WORKERS,
        )
        targets = self._targets()
        while batch := list(islice(targets, settings.GLPI_BATCH_SIZE)):
            try:
                yield from engine.poll(batch)
            except NoAgentError as missing:
                yield from (PollOutcome(target.key, error=PollError("refused", str(missing))) for target in batch)

    def _by_pages(self) -> Iterator[PollOutcome | None]:
        """Read web pages, one lease batch at a time."""
        targets = self._targets()
        while batch := list(islice(targets, self._most)):
            yield from web_polling.poll(batch)

    def _targets(self) -> Iterator[Target]:
        """Lease batch by batch and yield what the collector may ask; foreign addresses are refused here."""
        taken = 0
        while self._limit is None or taken < self._limit:
            if self._deadline is not None and time.monotonic() > self._deadline:
                return
            size = self._most if self._limit is None else min(self._limit - taken, self._most)
            leases = lease_due(self._holder, timezone.now(), size, self._only, lane=self._lane)
            if not leases:
                return
            taken += len(leases)
            v3 = credentials_of([lease.printer_id for lease in leases if lease.snmp_version == SnmpVersion.V3])
            for lease in leases:
                self._leases[lease.printer_id] = lease
                if self._networks.allow(lease.address):
                    yield target_of(lease, v3.get(lease.printer_id))
                else:
                    self._take(_refused(lease))

    def _take(self, outcome: PollOutcome) -> None:
        lease = self._leases.pop(int(str(outcome.key)))
        self._waiting.append(judge(lease, outcome, timezone.now(), self._limits))

    def _flush_if_ripe(self) -> None:
        old = time.monotonic() - self._flushed > FLUSH_SECONDS
        if len(self._waiting) >= settings.POLL_BATCH_SIZE or (self._waiting and old):
            self._flush()

    def _renew_if_ripe(self) -> None:
        """Keep what is being asked, or was answered and is not stored yet."""
        if time.monotonic() - self._renewed < self._holder.lifetime.total_seconds() / RENEWALS:
            return
        self._renewed = time.monotonic()
        if held := [*self._leases, *(item.lease.printer_id for item in self._waiting)]:
            renew(self._holder, timezone.now(), held)

    def _flush(self) -> None:
        """Store what has come in and tell the pages."""
        self._flushed = time.monotonic()
        if not self._waiting:
            return
        now = timezone.now()
        judged, self._waiting = self._waiting, []
        stored = store(judged, self._holder.token, now)
        self._result.count(stored)
        notifying.polls_stored(stored, now)
        if self._on_stored is not None:
            self._on_stored(stored)


def target_of(lease: Lease, v3: V3Credentials | None = None) -> Target:
    """Return what the collector needs to know about a leased printer."""
    return Target(
        key=lease.printer_id,
        address=lease.address,
        port=lease.port,
        community=lease.community,
        version=VERSIONS.get(lease.snmp_version),
        v3=v3,
        learned=Learned.from_json(lease.learned) if lease.learned else None,
    )


def _refused(lease: Lease) -> PollOutcome:
    text = (
        f"{lease.address} lies outside PRINTER_NETWORKS; nothing was sent. "
        "Add its network to the settings, or correct the address."
    )
    return PollOutcome(key=lease.printer_id, error=PollError("refused", text))
