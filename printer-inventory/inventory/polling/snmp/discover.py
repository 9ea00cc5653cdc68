"""Which addresses of a network answer SNMP: one socket, two rounds, a cap on packets, memory that does not grow with the network.

The row of addresses is worked through in blocks. A block is asked twice (a lost packet, a printer that the first packet has to
wake, a device that speaks the other version), then waited for, then forgotten; several blocks are under way at once, so that
waiting costs no time. Nothing is kept per address but one bit: the request-id of a question is computed from a secret of the
sweep and the address and port asked (BLAKE2, RFC 7693), so an answer proves by itself that it comes from where the question went.
"""

from __future__ import annotations

import errno
import hashlib
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from inventory.polling.snmp import ber, objects, v3_hello
from inventory.polling.snmp.oids import OidError, decode_oid
from inventory.polling.snmp.targets import V3Credentials
from inventory.polling.snmp.text import decode_text
from inventory.polling.snmp.throttle import Throttle
from inventory.polling.snmp.transport import Peer, Wire
from inventory.polling.space import AddressSpace

PPS: Final = 10_000
BLOCK: Final = 1024
"""Addresses asked before the next look at what is due again."""

RETRY_AFTER: Final = 2.0
"""Seconds between the rounds: a sleeping printer that the first packet has woken answers the second one after that."""

LAST_WAIT: Final = 1.5
AT_ONCE: Final = 64
"""Datagrams sent between two looks at what has arrived; far fewer than the receive buffer holds."""

LONGEST_NAP: Final = 0.02
"""Seconds for which the cap on packets is slept out at a time; answers end the sleep."""

FULL_PAUSE: Final = 0.02
"""Seconds to wait when the system has no room for another datagram (a full neighbour table or send queue)."""

ROUNDS: Final = (ber.V2C, ber.V1)
"""The second round speaks v1: a device that knows both answers it as well, and one that knows only v1 is found for nothing."""

HELLO: Final = v3_hello.question()

QUESTION: Final = (objects.SYS_DESCR, objects.SYS_OBJECT_ID, objects.FIRST_SERIAL, objects.FIRST_DEVICE_DESCR)

_IDS: Final = ber.LAST_REQUEST_ID - ber.FIRST_REQUEST_ID
_FULL: Final = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM})


@dataclass(frozen=True, slots=True)
class Asked:
    """How devices are asked: each port with each community; `pps` caps the datagrams per second.

    With `v3` a third round asks those who kept silent whether they speak SNMPv3, and who does is asked with it who it is.
    """

    ports: tuple[int, ...] = (161,)
    communities: tuple[str, ...] = field(default=("public",), repr=False)
    pps: int = PPS
    v3: V3Credentials | None = None

    @property
    def rounds(self) -> tuple[int, ...]:
        """The versions that are spoken, one after the other."""
        return ROUNDS if self.v3 is None else (*ROUNDS, ber.V3)

    @property
    def per_address(self) -> int:
        """Datagrams a silent address gets."""
        return len(self.ports) * (len(self.communities) * len(ROUNDS) + (self.v3 is not None))


def expected_seconds(addresses: int, asked: Asked) -> float:
    """Return how long a sweep of so many silent addresses takes."""
    waits = RETRY_AFTER * (len(asked.rounds) - 1) + LAST_WAIT
    return addresses * asked.per_address / max(asked.pps, 1) + waits


@dataclass(frozen=True, slots=True)
class Heard:
    """A device that answered, and what its one answer says; empty texts where it does not know (all of them over v1).

    `version` is 1, 2 (v2c) or 3; who was heard over v3 has said nothing yet.
    """

    address: str
    port: int
    community: str = field(repr=False)
    version: int
    description: str = ""
    sys_object_id: str = ""
    serial: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Swept:
    """All addresses before place `at` are finished: whoever kept what was heard so far may begin there again."""

    at: int


@dataclass(slots=True)
class Tally:
    """What a sweep cost and met: datagrams sent, not sent for want of room, received that nobody had asked for, and "port
    unreachable" messages.
    """

    packets: int = 0
    unsent: int = 0
    strays: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Block:
    at: int
    addresses: list[str]
    closed: bytearray
    """One per address and port: answered, or known to have nobody listening."""
    rounds: int = 0
    due: float = 0.0
    probes: Iterator[tuple[str, int, int, bytes]] | None = None


class Discoverer:
    """One sweep; a context manager, because it holds a socket.

    `first` is the place to begin at, `skip` addresses that are never asked.
    """

    def __init__(
        self,
        space: AddressSpace,
        asked: Asked,
        *,
        first: int = 0,
        skip: frozenset[str] = frozenset(),
        retry_after: float = RETRY_AFTER,
        last_wait: float = LAST_WAIT,
    ) -> None:
        """Prepare; nothing is sent before `run`."""
        self.tally = Tally()
        self._space = space
        self._ports = asked.ports
        self._rounds = asked.rounds
        self._communities = {text.encode(): text for text in asked.communities}
        self._next = first
        self._first = first
        self._skip = skip
        self._retry_after, self._last_wait = retry_after, last_wait
        self._pps = float(max(asked.pps, 1))
        self._throttle = Throttle(self._pps)
        self._key = secrets.token_bytes(16)
        self._wire = Wire()
        self._open: dict[int, _Block] = {}
        self._sending: _Block | None = None
        self._again: deque[_Block] = deque()
        self._closing: deque[_Block] = deque()
        self._heard: deque[Heard] = deque()
        self._pause_until = 0.0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket."""
        self._wire.close()

    def run(self, stop: Callable[[], bool] = lambda: False, tick: float = 0.5) -> Iterator[Heard | Swept]:
        """Yield devices as they answer, and how far the sweep is whenever a block is finished and at least every `tick` seconds.

        Once `stop` says so no address is asked for the first time any more; what has been asked is finished.
        """
        done = self._first
        told = time.monotonic()
        while True:
            stopping = stop()
            now = time.monotonic()
            block = self._work(now, stopping=stopping)
            if block is not None and now >= self._pause_until:
                self._send_some(block)
            self._receive(self._wait_time(block, now, stopping=stopping))
            while self._heard:
                yield self._heard.popleft()
            before, done = done, self._finish(done)
            if done != before or time.monotonic() - told >= tick:
                told = time.monotonic()
                yield Swept(done)
            if not self._open and (stopping or self._next >= self._space.total):
                return

    def _work(self, now: float, *, stopping: bool) -> _Block | None:
        """Return the block to send for: the one begun, one that is due again, or a new one."""
        if self._sending is None:
            if self._again and self._again[0].due <= now:
                self._sending = self._again.popleft()
            elif not stopping and self._next < self._space.total:
                self._sending = self._new_block()
            if self._sending is not None:
                self._sending.probes = self._probes(self._sending)
        return self._sending

    def _new_block(self) -> _Block:
        addresses = self._space.cut(self._next, BLOCK)
        block = _Block(self._next, addresses, bytearray(len(addresses) * len(self._ports)))
        self._open[self._next] = block
        self._next += len(addresses)
        return block

    def _probes(self, block: _Block) -> Iterator[tuple[str, int, int, bytes]]:
        """Yield (address, port, version, community) of what a round still asks."""
        version = self._rounds[block.rounds]
        for community in self._communities if version != ber.V3 else (b"",):
            for place, address in enumerate(block.addresses):
                if address in self._skip:
                    continue
                for turn, port in enumerate(self._ports):
                    if not block.closed[place * len(self._ports) + turn]:
                        yield address, port, version, community

    def _send_some(self, block: _Block) -> None:
        for _ in range(AT_ONCE):
            now = time.monotonic()
            if not self._throttle.allows(now):
                return
            probe = next(block.probes or iter(()), None)
            if probe is None:
                self._round_over(block, now)
                return
            self._send(*probe, now)

    def _send(self, address: str, port: int, version: int, community: bytes, now: float) -> None:
        request = HELLO if version == ber.V3 else ber.lay_out_request(version, community, ber.GET, QUESTION)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        problem = self._wire.send(request.with_id(self._request_id(address, port)), (address, port), family)
        self.tally.packets += 1
        if problem is not None and problem.errno in _FULL:
            self.tally.unsent += 1
            self._pause_until = now + FULL_PAUSE

    def _round_over(self, block: _Block, now: float) -> None:
        block.rounds += 1
        block.probes = None
        self._sending = None
        if block.rounds < len(self._rounds):
            block.due = now + self._retry_after
            self._again.append(block)
        else:
            block.due = now + self._last_wait
            self._closing.append(block)

    def _finish(self, done: int) -> int:
        """Forget the blocks that were waited for long enough; return the place before which everything is finished."""
        now = time.monotonic()
        while self._closing and self._closing[0].due <= now:
            block = self._closing.popleft()
            del self._open[block.at]
            done = block.at + len(block.addresses)
        return done

    def _wait_time(self, block: _Block | None, now: float, *, stopping: bool) -> float:
        if now < self._pause_until:
            return self._pause_until - now
        if block is not None and self._sending is not None:
            # Not for one datagram but for a handful: a system call each would cost more than the sending.
            return 0.0 if self._throttle.ready(now) else min(LONGEST_NAP, AT_ONCE / self._pps)
        if self._sending is None and not stopping and self._next < self._space.total:
            return 0.0
        due = [queue[0].due for queue in (self._again, self._closing) if queue]
        return min(0.25, max(0.0, min(due, default=now) - now))

    def _request_id(self, address: str, port: int) -> int:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        asked = socket.inet_pton(family, address) + port.to_bytes(2, "big")
        digest = hashlib.blake2b(asked, key=self._key, digest_size=4).digest()
        return ber.FIRST_REQUEST_ID + int.from_bytes(digest, "big") % _IDS

    def _receive(self, seconds: float) -> None:
        if self._wire.wait(seconds):
            self._wire.receive(self._received)
            for peer, number in self._wire.errors():
                if number == errno.ECONNREFUSED and self._close(peer):
                    self.tally.refused += 1

    def _received(self, datagram: bytes, source: Peer) -> None:
        """Take an answer that fits a question by address, port, request-id and community; count anything else."""
        try:
            message = ber.decode_message(datagram)
        except ber.BerError:
            self._greeted(datagram, source)
            return
        community = self._communities.get(message.community)
        if (
            message.pdu != ber.RESPONSE
            or community is None
            or "%" in source[0]
            or message.request_id != self._request_id(*source)
        ):
            self.tally.strays += 1
            return
        if self._close(source):
            self._heard.append(_heard(source, community, message))

    def _greeted(self, datagram: bytes, source: Peer) -> None:
        """Take a Report that answers our v3 question; count anything else."""
        try:
            fits = ber.v3_message_id(datagram) == self._request_id(*source[:2])
        except (ber.BerError, OSError):
            fits = False
        if not fits or ber.V3 not in self._rounds or not self._close(source):
            self.tally.strays += 1
            return
        self._heard.append(Heard(source[0], source[1], "", 3))

    def _close(self, peer: Peer) -> bool:
        """Ask this address and port no more; False when it is none of the open ones, or closed already."""
        place = self._space.place(peer[0])
        if place is None or peer[1] not in self._ports:
            return False
        block = self._open.get(place - (place - self._first) % BLOCK)
        if block is None or not 0 <= place - block.at < len(block.addresses):
            return False
        bit = (place - block.at) * len(self._ports) + self._ports.index(peer[1])
        was, block.closed[bit] = block.closed[bit], 1
        return not was


def _heard(source: Peer, community: str, message: ber.Message) -> Heard:
    texts: dict[bytes, str] = {}
    object_id = ""
    for name, tag, value in message.varbinds:
        if isinstance(value, bytes) and tag == ber.OCTET_STRING and name in QUESTION:
            texts[name] = decode_text(value)
        elif isinstance(value, bytes) and tag == ber.OBJECT_IDENTIFIER and name == objects.SYS_OBJECT_ID:
            object_id = _dotted(value)
    return Heard(
        source[0],
        source[1],
        community,
        1 if message.version == ber.V1 else 2,
        texts.get(objects.SYS_DESCR, ""),
        object_id,
        texts.get(objects.FIRST_SERIAL, ""),
        texts.get(objects.FIRST_DEVICE_DESCR, ""),
    )


def _dotted(octets: bytes) -> str:
    try:
        return decode_oid(octets)
    except OidError:
        return ""


def parse_ports(texts: Sequence[str]) -> tuple[int, ...]:
    """Return ports in the order given, each once; ValueError for one that is none."""
    ports = [int(text) for text in texts if text.isascii() and text.isdigit() and 0 < int(text) < 65536]
    if len(ports) != len(texts) or not ports:
        raise ValueError(f"ports are numbers from 1 to 65535, not {', '.join(texts)[:80]!r}")
    return tuple(dict.fromkeys(ports))
