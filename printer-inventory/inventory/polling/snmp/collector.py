"""The collector: hundreds of printers at once over one socket, one request under way per printer.

`Collector.poll` takes targets as it has room for them and yields an outcome per target as it finishes. It runs in the calling
thread; what one printer does wrong never reaches another one's outcome, nor raises.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final, Self

from inventory.polling.reading import DeviceReading
from inventory.polling.snmp import ber, errors
from inventory.polling.snmp.answers import Ask
from inventory.polling.snmp.dialogue import FIRST_SIZE, SIZES, Dialogue
from inventory.polling.snmp.errors import PollError
from inventory.polling.snmp.exchange import Exchange
from inventory.polling.snmp.learned import Learned
from inventory.polling.snmp.plan import NotAPrinter, Polled, full, probe, refresh, refresh_size
from inventory.polling.snmp.session import Session
from inventory.polling.snmp.targets import PollOutcome, Target, V3Credentials
from inventory.polling.snmp.throttle import Queue, Throttle
from inventory.polling.snmp.transport import Wire, normal_address
from inventory.polling.snmp.v3 import V3Pool
from inventory.profiles.catalog import Catalog, catalog

__all__ = ["Collector", "Learned", "PollError", "PollOutcome", "Target", "V3Credentials"]

logger = logging.getLogger(__name__)

WINDOW: Final = 500
SUBNET_WINDOW: Final = 50
TRIES: Final = 3

FIRST_TIMEOUT: Final = 1.0
"""Seconds the first request waits (RFC 6298 section 2.1): a sleeping printer's first answer takes that long."""

SILENCE: Final = 6.0
"""Seconds a printer is waited for without hearing anything."""

IDLE_WAIT: Final = 0.5
"""Seconds between looks at the stop event while nothing arrives."""

_VERSIONS: Final = {1: ber.V1, 2: ber.V2C}

MakePlan = Callable[[Target, Dialogue], Generator[Ask, None, Polled]]


class Collector:
    """Polls printers; a context manager, because it holds sockets and threads.

    `window` printers are under way at once, of them `subnet_window` per /24 (IPv6: per /64); `pps` caps the datagrams per
    second. `clock` gives seconds since the epoch for what is learned.
    """

    def __init__(
        self,
        *,
        window: int = WINDOW,
        subnet_window: int = SUBNET_WINDOW,
        pps: float | None = None,
        tries: int = TRIES,
        first_timeout: float = FIRST_TIMEOUT,
        silence: float = SILENCE,
        makers: Catalog | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is opened before the first poll."""
        self._window = max(1, window)
        self._queue = Queue(self._window, max(1, subnet_window))
        self._catalog = makers or catalog()
        self._clock = clock
        self._wire = Wire()
        self._v3 = V3Pool(clock, silence, max(1, tries))
        self._wire.watch(self._v3.bell)
        self._exchange = Exchange(
            self._wire,
            Throttle(pps),
            tries=max(1, tries),
            first_timeout=first_timeout,
            silence=silence,
            advance=self._advance,
            fail=self._fail,
        )
        self._outcomes: deque[PollOutcome] = deque()
        self._make: MakePlan = self._poll_plan

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the sockets; what is still under way is forgotten."""
        self.close()

    def close(self) -> None:
        """Close the sockets and the threads of SNMPv3."""
        self._wire.close()
        self._v3.close()

    def poll(
        self, targets: Iterable[Target], *, stop: threading.Event | None = None, tick: float | None = None
    ) -> Iterator[PollOutcome | None]:
        """Yield an outcome per target as each finishes; with `tick`, also None whenever that many seconds bring none.

        Targets are taken from the iterable only as room frees, so its memory is bounded. When `stop` is set no target is taken
        any more and those under way end as "stopped".
        """
        return self._run(self._poll_plan, targets, stop, tick)

    def probe(
        self, targets: Iterable[Target], *, stop: threading.Event | None = None, tick: float | None = None
    ) -> Iterator[PollOutcome | None]:
        """Like `poll`, but with one packet per device: the reading holds identity alone, and nothing is learned."""
        return self._run(self._probe_plan, targets, stop, tick)

    def _poll_plan(self, target: Target, talk: Dialogue) -> Generator[Ask, None, Polled]:
        if target.learned is None:
            return full(talk.answers, self._catalog, target.address, self._clock())
        return refresh(talk.answers, target.learned, self._catalog, target.address, self._clock())

    def _probe_plan(self, target: Target, talk: Dialogue) -> Generator[Ask, None, Polled]:
        return probe(talk.answers, self._catalog, target.address, self._clock())

    def _run(
        self, make: MakePlan, targets: Iterable[Target], stop: threading.Event | None, tick: float | None
    ) -> Iterator[PollOutcome | None]:
        self._make = make
        self._queue.open(targets)
        quiet_since = time.monotonic()
        try:
            while True:
                if stop is not None and stop.is_set():
                    self._stop()
                else:
                    self._fill()
                if self._outcomes:
                    while self._outcomes:
                        yield self._outcomes.popleft()
                    quiet_since = time.monotonic()
                    continue
                if not self._exchange.sessions and not self._v3.busy and self._queue.empty:
                    return
                self._step(tick)
                if tick is not None and not self._outcomes and time.monotonic() - quiet_since >= tick:
                    yield None
                    quiet_since = time.monotonic()
        finally:
            # A caller that stops listening must not find this run's printers in its next one.
            self._stop()
            self._v3.forget()
            self._outcomes.clear()

    def _fill(self) -> None:
        """Start what there is room for."""
        while len(self._exchange.sessions) + self._v3.busy < self._window:
            target = self._queue.take()
            if target is None:
                return
            self._start(target)

    def _start(self, target: Target) -> None:
        known = normal_address(target.address)
        if known is None or not 0 < target.port < 65536:
            self._refuse(target, errors.bad_target(target.address))
        elif target.version == 3 and target.v3 is None:
            self._refuse(target, errors.no_credentials(target.address))
        elif target.v3 is not None and (target.version == 3 or not _speaks_community(target)):
            self._v3.submit(target, self._make)
        else:
            self._converse(target, *known)

    def _refuse(self, target: Target, error: PollError) -> None:
        """End a poll before it has begun."""
        self._outcomes.append(PollOutcome(target.key, error=error, learned=target.learned))
        self._queue.release(target)

    def _converse(self, target: Target, address: str, family: socket.AddressFamily) -> None:
        """Begin a talk in v2c or v1."""
        peer = (address, target.port)
        if peer in self._exchange.sessions:
            self._refuse(target, errors.listed_twice(target.address))
            return
        learned = target.learned
        version = target.version if target.version in _VERSIONS else learned.version if learned else None
        talk = Dialogue(
            _VERSIONS.get(version or 0),
            learned.size if learned else FIRST_SIZE,
            bulk=learned.bulk if learned else True,
            flexible=target.version is None,
        )
        plan = self._make(target, talk)
        session = Session(target, peer, family, target.community.encode(), talk, plan, time.monotonic())
        if learned is not None:
            session.srtt, session.rttvar = learned.srtt, learned.rttvar
        self._exchange.sessions[peer] = session
        self._advance(session)

    def _advance(self, session: Session) -> None:
        """Go on with the plan as far as it goes without the device, then send what it asks."""
        try:
            while session.talk.done:
                session.talk.begin(next(session.plan))
        except StopIteration as end:
            self._succeed(session, end.value)
        except NotAPrinter as other:
            self._fail(session, errors.not_a_printer(session.target.address, str(other)))
        except Exception:  # a fault of ours that one printer's answers bring out must not end the polls of the others
            logger.exception("poll of %s failed while its answers were read", session.target.address)
            self._fail(session, errors.not_understood(session.target.address))
        else:
            self._exchange.ask(session)

    def _step(self, tick: float | None) -> None:
        """Wait for the next event, then take in answers, errors and time-outs."""
        if self._exchange.wait(IDLE_WAIT if tick is None else min(IDLE_WAIT, tick)):
            self._exchange.take_in()
            self._take_in_v3()
        self._exchange.catch_up()

    def _take_in_v3(self) -> None:
        """Take what SNMPv3 has brought; a printer of unknown version that was silent is asked in v2c and v1 as well."""
        for target, outcome in self._v3.finished():
            known = normal_address(target.address)
            silent = outcome.error is not None and outcome.error.kind == "timeout"
            if silent and target.version is None and known is not None:
                self._converse(target, *known)
            else:
                self._queue.release(target)
                self._outcomes.append(outcome)

    def _succeed(self, session: Session, polled: Polled) -> None:
        learned, talk = polled.learned, session.talk
        if learned is not session.target.learned:
            learned.version = 1 if talk.version == ber.V1 else 2
            learned.bulk = talk.bulk
            learned.size = refresh_size(learned, talk.answers) if talk.size >= FIRST_SIZE else talk.size
            learned.srtt = None if session.srtt is None else round(session.srtt, 4)
            learned.rttvar = round(session.rttvar, 4)
        elif talk.size < learned.size and learned.size in SIZES:
            learned = learned.changed(size=talk.size)
        self._finish(session, polled.reading, None, None if self._make == self._probe_plan else learned)

    def _fail(self, session: Session, error: PollError) -> None:
        session.plan.close()
        self._finish(session, None, error, session.target.learned)

    def _finish(
        self, session: Session, reading: DeviceReading | None, error: PollError | None, learned: Learned | None
    ) -> None:
        self._exchange.drop(session)
        self._queue.release(session.target)
        elapsed = time.monotonic() - session.started
        self._outcomes.append(
            PollOutcome(session.target.key, reading, error, learned, session.packets, elapsed, session.attempts)
        )

    def _stop(self) -> None:
        """End everything under way."""
        self._queue.drop()
        for session in list(self._exchange.sessions.values()):
            self._fail(session, errors.STOPPED)
        self._v3.stop()


def _speaks_community(target: Target) -> bool:
    """Whether a printer that was tried with SNMPv3 is known to answer v2c or v1 instead."""
    return target.version is None and target.learned is not None and target.learned.version in _VERSIONS
