"""The work of a search: lease it, ask the addresses, ask who answered who it is, compare with the fleet; go on after a death.

Any number of workers may call `run_next`. A search belongs to the one whose token stands in its row; every write is fenced by
that token and says how far the search is, so whoever takes over after a lease has run out begins there. A worker works a slice of
time only, then hands the search back: a large network never keeps the queue's other tasks waiting for long.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F, Min, Q
from django.utils import timezone

from inventory.models import DiscoveredDevice, Discovery, JobState
from inventory.models.encrypted import UndecryptableError
from inventory.polling.own import own_addresses
from inventory.polling.snmp.collector import Collector, PollOutcome, Target
from inventory.polling.snmp.discover import Discoverer, Heard
from inventory.polling.snmp.targets import V3Credentials
from inventory.polling.space import SpaceError
from inventory.rules.identity import normal_mac
from inventory.services.discovery import Wish, compare_devices, registered, rewrite, wish_of
from inventory.services.snmp_v3 import sealed
from inventory.services.sweeping import worker_name

logger = logging.getLogger(__name__)

SLICE_SECONDS: Final = 60.0
WRITE_SECONDS: Final = 0.5
FACTS: Final = (
    "is_printer", "asked_at", "manufacturer", "model", "serial_number", "mac_address", "hostname", "location", "description",
    "reason",
)  # fmt: skip


class LeaseLostError(Exception):
    """Another worker has taken the search over; this one must not write any more."""


class StopAskedError(Exception):
    """Somebody has asked for the search to stop."""


def run_next(seconds: float = SLICE_SECONDS) -> bool:
    """Work on one search for about `seconds`; return False when none waits."""
    now = timezone.now()
    give_up_on_lost(now)
    token = uuid.uuid4()
    discovery = _lease(token, now)
    if discovery is None:
        return False
    work = _Work(discovery, token, time.monotonic() + seconds)
    try:
        wish = wish_of(discovery)
        if work.sweep(wish):
            work.identify()
            work.end(JobState.DONE)
        else:
            work.hand_back()
    except (SpaceError, UndecryptableError, ImproperlyConfigured) as error:
        work.end(JobState.FAILED, str(error))
    except StopAskedError:
        work.compare()
        work.end(JobState.STOPPED, "Stopped by hand; what was found until then is kept.")
    except LeaseLostError:
        logger.warning("Search %d was taken over by another worker.", discovery.pk)
    return True


def is_waiting() -> bool:
    """Return whether there is a search that a worker may take."""
    return Discovery.objects.filter(_free(timezone.now())).exists()


def _free(now: datetime) -> Q:
    return Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING) & (Q(lease_until=None) | Q(lease_until__lte=now))


def give_up_on_lost(now: datetime) -> int:
    """End searches whose workers died too often as lost; return how many."""
    reason = f"{settings.POLL_MAX_ATTEMPTS} workers in a row stopped in the middle of it. Start it again."
    rows = Discovery.objects.filter(
        state=JobState.RUNNING, lease_until__lte=now, attempt__gte=settings.POLL_MAX_ATTEMPTS
    )
    return rows.update(state=JobState.LOST, finished_at=now, reason=reason, lease_token=None, lease_until=None)


def _lease(token: uuid.UUID, now: datetime) -> Discovery | None:
    """Take the oldest search that waits, was handed back, or whose worker is dead; only a death or a start is an attempt."""
    with transaction.atomic():
        rows = Discovery.objects.select_for_update(skip_locked=True, of=("self",)).filter(_free(now))
        discovery = rows.select_related("organization").order_by("requested_at", "pk").first()
        if discovery is None:
            return None
        if discovery.state == JobState.QUEUED or discovery.lease_until is not None:
            discovery.attempt += 1
        discovery.state = JobState.RUNNING
        discovery.started_at = discovery.started_at or now
        discovery.lease_token, discovery.lease_until = token, now + settings.POLL_LEASE
        discovery.worker = worker_name()[:100]
        discovery.save(update_fields=["attempt", "state", "started_at", "lease_token", "lease_until", "worker"])
    return discovery


class _Work:
    """One worker's hold on one search."""

    def __init__(self, discovery: Discovery, token: uuid.UUID, deadline: float) -> None:
        self._discovery = discovery
        self._mine = Discovery.objects.filter(pk=discovery.pk, lease_token=token)
        self._deadline = deadline
        self._written = time.monotonic()
        self._fleet = registered()
        self._v3: V3Credentials | None = None

    def sweep(self, wish: Wish) -> bool:
        """Ask the addresses that are left; return whether all are done, False when the slice of time is over."""
        self._v3 = wish.asked.v3
        heard: list[Heard] = []
        at = self._discovery.position
        packets = 0
        with Discoverer(wish.space, wish.asked, first=at, skip=own_addresses()) as discoverer:
            for event in discoverer.run(stop=lambda: time.monotonic() > self._deadline):
                if isinstance(event, Heard):
                    heard.append(event)
                    continue
                at = event.at
                if self._ripe():
                    self._store(heard, at, discoverer.tally.packets - packets)
                    heard, packets = [], discoverer.tally.packets
            self._store(heard, at, discoverer.tally.packets - packets)
        return at >= wish.space.total

    def identify(self) -> None:
        """Ask every device that answered for all it knows, and compare it with the fleet."""
        waiting: list[PollOutcome] = []
        with Collector(window=settings.SNMP_WINDOW, subnet_window=settings.SNMP_SUBNET_WINDOW) as collector:
            for outcome in collector.poll(self._targets(), tick=WRITE_SECONDS):
                if outcome is not None:
                    waiting.append(outcome)
                if self._ripe():
                    self._learn(waiting)
                    waiting = []
        self._learn(waiting)
        self.compare()

    def _targets(self) -> Iterator[Target]:
        rows = DiscoveredDevice.objects.filter(discovery=self._discovery, asked_at=None).order_by("pk")
        for row in list(rows):
            if row.snmp_version == "3":
                yield Target(row.pk, row.address, row.port, version=3, v3=self._v3)
            else:
                yield Target(row.pk, row.address, row.port, row.community)

    def compare(self) -> None:
        """Say of every device what it is to the fleet."""
        compare_devices(self._discovery.pk, self._fleet)

    def hand_back(self) -> None:
        """Let another worker, or this one's next slice, go on."""
        self._mine.update(lease_token=None, lease_until=None)

    def end(self, state: JobState, reason: str = "") -> None:
        """Write the final state, if the search is still ours."""
        self._mine.update(state=state, reason=reason, finished_at=timezone.now(), lease_token=None, lease_until=None)

    def _ripe(self) -> bool:
        if time.monotonic() - self._written < WRITE_SECONDS:
            return False
        self._written = time.monotonic()
        return True

    def _hold(self, **values: object) -> None:
        """Lengthen the lease and write `values`; raise when the search is no longer ours, or is to be stopped."""
        if not self._mine.update(lease_until=timezone.now() + settings.POLL_LEASE, **values):
            raise LeaseLostError

    def _check_stop(self) -> None:
        if self._mine.filter(stop_asked=True).exists():
            raise StopAskedError

    def _store(self, heard: Sequence[Heard], at: int, packets: int) -> None:
        """Write the devices that answered together with how far the search is."""
        with transaction.atomic():
            self._hold(position=at, packets=F("packets") + packets)
            store_heard(self._discovery, heard, timezone.now())
        self._check_stop()

    def _learn(self, outcomes: Sequence[PollOutcome]) -> None:
        with transaction.atomic():
            self._hold(packets=F("packets") + sum(outcome.packets for outcome in outcomes))
            store_identities(outcomes, timezone.now())
            if outcomes:
                self.compare()
        self._check_stop()


def store_heard(discovery: Discovery, heard: Sequence[Heard], now: datetime) -> None:
    """Write devices that answered, each once per search, with when they were first met at their address."""
    if not heard:
        return
    before = DiscoveredDevice.objects.filter(address__in={one.address for one in heard}).order_by()
    known = before.values_list("address", "port").annotate(first=Min("first_seen"))
    first = {(address, port): seen for address, port, seen in known}
    rows = [
        DiscoveredDevice(
            discovery=discovery,
            address=one.address,
            port=one.port,
            community=one.community,
            snmp_version={1: "1", 2: "2c", 3: "3"}[one.version],
            serial_number=one.serial[:100],
            model=one.model[:128],
            description=one.description[:255],
            first_seen=first.get((one.address, one.port), now),
            last_seen=now,
        )
        for one in heard
    ]
    DiscoveredDevice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["discovery", "address", "port"], update_fields=["last_seen"]
    )


def store_identities(outcomes: Sequence[PollOutcome], now: datetime) -> None:
    """Write who the devices say they are; one that gives no reading keeps what its first answer said."""
    by_key = {int(str(outcome.key)): outcome for outcome in outcomes}
    rows = list(DiscoveredDevice.objects.filter(pk__in=by_key))
    for row in rows:
        outcome = by_key[row.pk]
        row.asked_at = now
        if outcome.reading is not None:
            take_reading(row, outcome)
        elif outcome.error is not None:
            row.is_printer = False if outcome.error.kind == "not_a_printer" else None
            row.reason = "" if row.is_printer is False else outcome.error.text[:255]
    rewrite(rows, FACTS)


def take_reading(row: DiscoveredDevice, outcome: PollOutcome) -> None:
    """Write a reading's identity into a row; what a device says is cut to the columns' lengths."""
    reading = outcome.reading
    if reading is None:
        return
    row.is_printer = True
    row.manufacturer = _short(reading.manufacturer, 128)
    row.model = _short(reading.model, 128)
    row.serial_number = _short(reading.serial, 100) or row.serial_number
    row.mac_address = normal_mac(reading.mac)
    row.hostname = _short(reading.hostname, 255)
    row.location = _short(reading.location, 255)
    row.description = _short(reading.description, 255) or row.description


def _short(text: str, length: int) -> str:
    return text.replace("\x00", "").strip()[:length]


def record_found(wish: Wish, heard: Sequence[Heard], outcomes: Sequence[PollOutcome], packets: int) -> Discovery:
    """Write a search that has been made elsewhere (by the command) as one that is done; outcomes' keys are places in `heard`."""
    now = timezone.now()
    with transaction.atomic():
        discovery = Discovery.objects.create(
            state=JobState.DONE,
            networks=list(wish.space.networks),
            ports=list(wish.asked.ports),
            communities=list(wish.asked.communities),
            **sealed(wish.asked.v3),
            pps=wish.asked.pps,
            organization=wish.organization,
            total=wish.space.total,
            position=wish.space.total,
            packets=packets,
            attempt=1,
            worker=worker_name()[:100],
            started_at=now,
            finished_at=now,
        )
        store_heard(discovery, heard, now)
        rows = {(row.address, row.port): row.pk for row in discovery.devices.all()}
        places = [rows[one.address, one.port] for one in heard]
        store_identities([replace(outcome, key=places[int(str(outcome.key))]) for outcome in outcomes], now)
        compare_devices(discovery.pk, registered())
    return discovery
