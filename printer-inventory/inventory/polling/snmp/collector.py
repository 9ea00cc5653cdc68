"""The collector: hundreds of printers at once over one socket, one request under way per printer.

`Collector.poll` takes targets as it has room for them and yields an outcome per target as it finishes. It runs in the calling
thread; what one printer does wrong never reaches another one's outcome, nor raises.
"""

from __future__ import annotations

import errno
import heapq
import itertools
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final, Self

from inventory.polling.snmp import ber, errors
from inventory.polling.snmp.answers import Ask
from inventory.polling.snmp.dialogue import FIRST_SIZE, SIZES, Dialogue, TooManyRequests
from inventory.polling.snmp.errors import PollError
from inventory.polling.snmp.learned import Learned
from inventory.polling.snmp.plan import NotAPrinter, Polled, full, probe, refresh, refresh_size
from inventory.polling.snmp.session import Session
from inventory.polling.snmp.targets import PollOutcome, Target, V3Credentials
from inventory.polling.snmp.throttle import Queue, Throttle, subnet_of
from inventory.polling.snmp.transport import Peer, Wire, normal_address
from inventory.polling.snmp.v3 import V3Pool
from inventory.profiles.catalog import Catalog, catalog

__all__ = ["Collector", "Learned", "PollError", "PollOutcome", "Target", "V3Credentials"]

WINDOW: Final = 500
SUBNET_WINDOW: Final = 50
TRIES: Final = 3
MORE_TRIES: Final = 2
"""Tries beyond `tries` for a printer that has answered in this poll already."""

FIRST_TIMEOUT: Final = 1.0
"""Seconds the first request waits (RFC 6298 section 2.1): a sleeping printer's first answer takes that long."""

SILENCE: Final = 6.0
"""Seconds a printer is waited for without hearing anything."""

LONGEST_POLL: Final = 60.0
"""Seconds after which a printer that does answer, but slowly, is left."""

IDLE_WAIT: Final = 0.5
"""Seconds between looks at the stop event while nothing arrives."""

_VERSIONS: Final = {1: ber.V1, 2: ber.V2C}
_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})

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
        self._throttle = Throttle(pps)
        self._tries = max(1, tries)
        self._first_timeout = first_timeout
        self._silence = silence
        self._catalog = makers or catalog()
        self._clock = clock
        self._wire = Wire()
        self._v3 = V3Pool(clock, silence, self._tries)
        self._wire.watch(self._v3.bell)
        self._by_id: dict[int, Session] = {}
        self._by_peer: dict[Peer, Session] = {}
        self._timers: list[tuple[float, int, Session, int]] = []
        self._order = itertools.count()
        self._unsent: deque[Session] = deque()
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
        self._make = self._poll_plan
        return self._run(targets, stop, tick)

    def probe(
        self, targets: Iterable[Target], *, stop: threading.Event | None = None, tick: float | None = None
    ) -> Iterator[PollOutcome | None]:
        """Like `poll`, but with one packet per device: the reading holds identity alone, and nothing is learned."""
        self._make = self._probe_plan
        return self._run(targets, stop, tick)

    def _poll_plan(self, target: Target, talk: Dialogue) -> Generator[Ask, None, Polled]:
        if target.learned is None:
            return full(talk.answers, self._catalog, target.address, self._clock())
        return refresh(talk.answers, target.learned, self._catalog, target.address, self._clock())

    def _probe_plan(self, target: Target, talk: Dialogue) -> Generator[Ask, None, Polled]:
        return probe(talk.answers, self._catalog, target.address, self._clock())

    def _run(
        self, targets: Iterable[Target], stop: threading.Event | None, tick: float | None
    ) -> Iterator[PollOutcome | None]:
        self._queue.open(targets)
        quiet_since = time.monotonic()
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
            if not self._by_peer and not self._v3.busy and self._queue.empty:
                return
            self._step(tick)
            if tick is not None and not self._outcomes and time.monotonic() - quiet_since >= tick:
                yield None
                quiet_since = time.monotonic()

    def _fill(self) -> None:
        """Start what there is room for."""
        while len(self._by_peer) + self._v3.busy < self._window:
            target = self._queue.take()
            if target is None:
                return
            self._start(target)

    def _start(self, target: Target) -> None:
        known = normal_address(target.address)
        if known is None or not 0 < target.port < 65536:
            self._outcomes.append(PollOutcome(target.key, error=errors.bad_target(target.address)))
            self._queue.release(target)
            return
        if target.version == 3 and target.v3 is None:
            self._outcomes.append(PollOutcome(target.key, error=errors.no_credentials(target.address)))
            self._queue.release(target)
            return
        if target.v3 is not None and (target.version == 3 or not _speaks_community(target)):
            self._v3.submit(target, self._make)
            return
        self._converse(target, *known)

    def _converse(self, target: Target, address: str, family: socket.AddressFamily) -> None:
        """Begin a talk in v2c or v1."""
        peer = (address, target.port)
        learned = target.learned
        version = target.version if target.version in _VERSIONS else learned.version if learned else None
        if peer in self._by_peer:
            self._outcomes.append(PollOutcome(target.key, error=errors.listed_twice(target.address)))
            self._queue.release(target)
            return
        talk = Dialogue(
            _VERSIONS.get(version or 0),
            learned.size if learned else FIRST_SIZE,
            bulk=learned.bulk if learned else True,
            flexible=target.version is None,
        )
        session = Session(target, peer, family, subnet_of(address), talk, self._make(target, talk), time.monotonic())
        if learned is not None:
            session.srtt, session.rttvar = learned.srtt, learned.rttvar
        self._by_peer[peer] = session
        self._advance(session)

    def _advance(self, session: Session) -> None:
        """Go on with the plan as far as it goes without the device, then send what it asks."""
        try:
            while session.talk.done:
                session.talk.begin(next(session.plan))
        except StopIteration as end:
            self._finish(session, self._succeeded(session, end.value))
            return
        except NotAPrinter as other:
            self._fail(session, errors.not_a_printer(session.target.address, str(other)))
            return
        session.tries = 0
        session.silence = 0.0
        session.question = None
        self._send(session)

    def _send(self, session: Session) -> None:
        """Send the current request, now or when the cap on packets allows."""
        now = time.monotonic()
        if not self._throttle.allows(now):
            self._unsent.append(session)
            return
        try:
            question = session.talk.request()
        except TooManyRequests:
            self._fail(session, errors.endless(session.target.address))
            return
        if question != session.question or not session.request_id:
            self._by_id.pop(session.request_id, None)
            session.request_id = self._new_id()
            session.used_ids.add(session.request_id)
            session.question = question
        self._by_id[session.request_id] = session
        request = ber.lay_out_request(
            question.version,
            session.target.community.encode(),
            question.pdu,
            question.names,
            0,
            question.max_repetitions,
        )
        session.tries += 1
        session.attempts = max(session.attempts, session.tries)
        session.packets += 1
        session.sent_at = now
        problem = self._wire.send(request.with_id(session.request_id), session.peer, session.family)
        if problem is not None and problem.errno in _UNREACHABLE:
            self._fail(session, errors.unreachable(session.target.address))
            return
        wait = session.timeout(self._first_timeout, self._silence)
        heapq.heappush(self._timers, (now + wait, next(self._order), session, session.packets))

    def _new_id(self) -> int:
        while True:
            request_id = ber.FIRST_REQUEST_ID + random.getrandbits(30)
            if request_id not in self._by_id:
                return request_id

    def _step(self, tick: float | None) -> None:
        """Wait for the next event, then take in answers, errors and time-outs."""
        now = time.monotonic()
        wait = IDLE_WAIT if tick is None else min(IDLE_WAIT, tick)
        if self._timers:
            wait = min(wait, self._timers[0][0] - now)
        if self._unsent:
            wait = min(wait, self._throttle.wait(now))
        if self._wire.wait(wait):
            self._wire.receive(self._received)
            for peer, number in self._wire.errors():
                self._error_came(peer, number)
            self._v3_done()
        self._time_out()
        while self._unsent and self._throttle.ready(time.monotonic()):
            session = self._unsent.popleft()
            if self._by_peer.get(session.peer) is session:
                self._send(session)

    def _v3_done(self) -> None:
        """Take what SNMPv3 has brought; a printer of unknown version that was silent is asked in v2c and v1 as well."""
        for target, outcome in self._v3.finished():
            known = normal_address(target.address)
            silent = outcome.error is not None and outcome.error.kind == "timeout"
            if silent and target.version is None and known is not None:
                self._converse(target, *known)
            else:
                self._queue.release(target)
                self._outcomes.append(outcome)

    def _received(self, datagram: bytes, source: Peer) -> None:
        try:
            message = ber.decode_message(datagram)
        except ber.BerError:
            if (session := self._by_peer.get(source)) is not None:
                session.unreadable += 1
            return
        session = self._by_id.get(message.request_id)
        if session is None:
            other = self._by_peer.get(source)
            if other is not None and message.request_id not in other.used_ids:
                other.unreadable += 1
            return
        if source != session.peer and (source[0] not in session.target.also_from or source[1] != session.peer[1]):
            # Somebody else's answer to our question: a printer with several addresses, or a forgery. It is not believed.
            session.elsewhere = source[0] if source[0] != session.peer[0] else f"{source[0]} port {source[1]}"
            return
        question = session.question
        if message.pdu != ber.RESPONSE or question is None or message.version != question.version:
            session.unreadable += 1
            return
        del self._by_id[session.request_id]
        session.request_id = 0
        if session.tries == 1:
            session.measured(time.monotonic() - session.sent_at)
        session.tries = 0
        session.silence = 0.0
        session.heard = True
        session.talk.answered(message.version, message.error_status, message.error_index, message.varbinds)
        if time.monotonic() - session.started > LONGEST_POLL:
            self._fail(session, errors.too_slow(session.target.address, LONGEST_POLL))
        elif session.talk.done:
            self._advance(session)
        else:
            self._send(session)

    def _time_out(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, session, packets = heapq.heappop(self._timers)
            if session.packets != packets or not session.request_id or self._by_peer.get(session.peer) is not session:
                continue
            session.silence += now - session.sent_at
            # A printer that has answered before gets smaller requests for as long as the time allows.
            enough = self._tries + MORE_TRIES if session.heard else self._tries
            if session.tries >= enough or session.silence >= self._silence:
                self._fail(session, self._silent(session))
                continue
            session.talk.silent(session.tries)
            if session.talk.done:
                self._advance(session)
            else:
                self._send(session)

    def _silent(self, session: Session) -> PollError:
        """Say why a printer that was asked several times is given up."""
        target = session.target
        if session.elsewhere:
            return errors.other_address(target.address, session.elsewhere)
        if session.unreadable:
            return errors.unreadable(target.address)
        return errors.silent(target.address, target.port, target.version, session.tries, heard=session.heard)

    def _error_came(self, peer: Peer, number: int) -> None:
        session = self._by_peer.get(peer)
        if session is None:
            return
        if number == errno.ECONNREFUSED:
            self._fail(session, errors.refused(*peer))
        elif number in _UNREACHABLE:
            self._fail(session, errors.unreachable(session.target.address))

    def _succeeded(self, session: Session, polled: Polled) -> PollOutcome:
        learned = polled.learned
        if learned is not session.target.learned:
            talk = session.talk
            learned.version = 1 if talk.version == ber.V1 else 2
            learned.bulk = talk.bulk
            learned.size = refresh_size(learned, talk.answers) if talk.size >= FIRST_SIZE else talk.size
            learned.srtt = None if session.srtt is None else round(session.srtt, 4)
            learned.rttvar = round(session.rttvar, 4)
        elif session.talk.size < learned.size and learned.size in SIZES:
            learned = learned.changed(size=session.talk.size)
        kept = None if self._make == self._probe_plan else learned
        return PollOutcome(session.target.key, polled.reading, None, kept)

    def _fail(self, session: Session, error: PollError) -> None:
        session.plan.close()
        self._finish(session, PollOutcome(session.target.key, None, error, session.target.learned))

    def _finish(self, session: Session, outcome: PollOutcome) -> None:
        self._by_id.pop(session.request_id, None)
        session.request_id = 0
        self._by_peer.pop(session.peer, None)
        self._queue.release(session.target)
        elapsed = time.monotonic() - session.started
        self._outcomes.append(
            PollOutcome(
                outcome.key, outcome.reading, outcome.error, outcome.learned, session.packets, elapsed, session.attempts
            )
        )

    def _stop(self) -> None:
        """End everything under way."""
        self._queue.drop()
        self._unsent.clear()
        for session in list(self._by_peer.values()):
            self._fail(session, errors.STOPPED)
        self._v3.stop()


def _speaks_community(target: Target) -> bool:
    """Whether a printer that was tried with SNMPv3 is known to answer v2c or v1 instead."""
    return target.version is None and target.learned is not None and target.learned.version in _VERSIONS
