"""Requests out, answers in, for every printer under way: request ids, time-outs, retries, what to believe and what not."""

from __future__ import annotations

import errno
import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from inventory.polling.snmp import ber, errors
from inventory.polling.snmp.dialogue import TooManyRequests
from inventory.polling.snmp.errors import PollError
from inventory.polling.snmp.session import Session
from inventory.polling.snmp.throttle import Throttle
from inventory.polling.snmp.transport import Peer, Wire

MORE_TRIES: Final = 2
"""Tries beyond `tries` for a printer that has answered in this poll already: its requests get smaller."""

LONGEST_POLL: Final = 60.0
"""Seconds after which a printer that does answer, but slowly, is left."""

_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


class Exchange:
    """The talks under way over one `Wire`.

    `advance` is called when a talk has what it asked for, `fail` when it ends for want of it. `tries` requests are sent at most
    before a silent printer is given up, the first waiting `first_timeout` seconds, all together `silence` seconds.
    """

    def __init__(
        self,
        wire: Wire,
        throttle: Throttle,
        *,
        tries: int,
        first_timeout: float,
        silence: float,
        advance: Callable[[Session], None],
        fail: Callable[[Session, PollError], None],
    ) -> None:
        """Start with nobody."""
        self._wire = wire
        self._throttle = throttle
        self._tries = tries
        self._first_timeout = first_timeout
        self._silence = silence
        self._advance = advance
        self._fail = fail
        self.sessions: dict[Peer, Session] = {}
        self._by_id: dict[int, Session] = {}
        self._timers: list[tuple[float, int, Session, int]] = []
        self._order = itertools.count()
        self._unsent: deque[Session] = deque()

    def drop(self, session: Session) -> None:
        """Forget a session: nothing of it is sent or believed any more."""
        self._by_id.pop(session.request_id, None)
        session.request_id = 0
        self.sessions.pop(session.peer, None)

    def ask(self, session: Session) -> None:
        """Send the first request of what the session's talk has just taken up."""
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
        version, pdu, names, repetitions = question
        request = ber.lay_out_request(version, session.community, pdu, names, 0, repetitions)
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

    def wait(self, longest: float) -> bool:
        """Wait for anything to read, until the next time-out or permission to send, at most `longest` seconds."""
        now = time.monotonic()
        if self._timers:
            longest = min(longest, self._timers[0][0] - now)
        if self._unsent:
            longest = min(longest, self._throttle.wait(now))
        return self._wire.wait(longest)

    def take_in(self) -> None:
        """Take in the answers and errors that have come."""
        self._wire.receive(self._received)
        for peer, number in self._wire.errors():
            session = self.sessions.get(peer)
            if session is None:
                continue
            if number == errno.ECONNREFUSED:
                self._fail(session, errors.refused(*peer))
            elif number in _UNREACHABLE:
                self._fail(session, errors.unreachable(session.target.address))

    def _received(self, datagram: bytes, source: Peer) -> None:
        try:
            message = ber.decode_message(datagram)
        except ber.BerError:
            if (session := self.sessions.get(source)) is not None:
                session.unreadable += 1
            return
        session = self._by_id.get(message.request_id)
        if session is None:
            other = self.sessions.get(source)
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
        self._believed(session, message)

    def _believed(self, session: Session, message: ber.Message) -> None:
        now = time.monotonic()
        del self._by_id[session.request_id]
        session.request_id = 0
        if session.tries == 1:
            session.measured(now - session.sent_at)
        session.tries = 0
        session.silence = 0.0
        session.heard = True
        session.talk.answered(message.version, message.error_status, message.error_index, message.varbinds)
        if now - session.started > LONGEST_POLL:
            self._fail(session, errors.too_slow(session.target.address, LONGEST_POLL))
        else:
            self._go_on(session)

    def _go_on(self, session: Session) -> None:
        if session.talk.done:
            self._advance(session)
        else:
            self._send(session)

    def catch_up(self) -> None:
        """Repeat or give up what has waited too long, and send what was held back."""
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, session, packets = heapq.heappop(self._timers)
            if session.packets != packets or not session.request_id or self.sessions.get(session.peer) is not session:
                continue
            session.silence += now - session.sent_at
            enough = self._tries + MORE_TRIES if session.heard else self._tries
            if session.tries >= enough or session.silence >= self._silence:
                self._fail(session, _given_up(session))
                continue
            session.talk.silent(session.tries)
            self._go_on(session)
        while self._unsent and self._throttle.ready(time.monotonic()):
            session = self._unsent.popleft()
            if self.sessions.get(session.peer) is session:
                self._send(session)


def _given_up(session: Session) -> PollError:
    """Say why a printer that was asked several times is given up."""
    target = session.target
    if session.elsewhere:
        return errors.other_address(target.address, session.elsewhere)
    if session.unreadable:
        return errors.unreadable(target.address)
    return errors.silent(target.address, target.port, target.version, session.tries, heard=session.heard)
