"""SNMP agents for tests: they answer from rows over a real UDP socket, correctly or with a fault of their own."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from inventory.polling.reading import DeviceReading
from inventory.polling.snmp import ber
from inventory.polling.snmp.ber import Message, VarBind
from inventory.polling.snmp.collector import Collector, Learned, PollOutcome, Target
from inventory.polling.snmp.oids import encode_oid
from inventory.polling.snmp.walk import RecordedAgent, poll_walk, read_walk_file

WALKS = Path(__file__).parent / "walks"
NOW = 1_800_000_000.0
KYOCERA = "kyocera_ecosys-p2040"

Answer = Callable[[Message], list[bytes]]


def rows_of(name: str) -> list[VarBind]:
    """Return the rows of a walk that lies with the tests."""
    return read_walk_file(WALKS / f"{name}.snmprec")[0]


def with_values(rows: list[VarBind], **changes: int | bytes | None) -> list[VarBind]:
    """Return rows with some values changed; a key is an OID with `_` for `.` and a leading `o`; None removes the row."""
    wanted = {encode_oid(key.removeprefix("o").replace("_", ".")): value for key, value in changes.items()}
    kept: list[VarBind] = []
    for name, tag, value in rows:
        if name not in wanted:
            kept.append((name, tag, value))
        elif wanted[name] is not None:
            kept.append((name, tag, wanted[name]))
    return kept


def response(
    asked: Message, varbinds: list[VarBind], status: int = 0, index: int = 0, request_id: int | None = None
) -> bytes:
    """Return the octets of an answer to `asked`."""
    number = asked.request_id if request_id is None else request_id
    return ber.encode_response(Message(asked.version, asked.community, ber.RESPONSE, number, status, index, varbinds))


class Agent:
    """One agent on a port of its own; `answer` may be replaced to misbehave, `requests` keeps what it was asked."""

    def __init__(self, rows: list[VarBind], address: str = "127.0.0.1") -> None:
        """Bind; nothing is answered before `serve`."""
        self.recorded = RecordedAgent(rows)
        self.requests: list[Message] = []
        self.answer: Answer = self.right
        self.sender: socket.socket | None = None
        self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def load(self, rows: list[VarBind]) -> None:
        """Become another device."""
        self.recorded = RecordedAgent(rows)

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                octets, source = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            asked = ber.decode_message(octets)
            self.requests.append(asked)
            for datagram in self.answer(asked):
                (self.sender or self._socket).sendto(datagram, source)

    def names(self, asked: Message) -> tuple[bytes, ...]:
        """Return what was asked for."""
        return tuple(name for name, _, _ in asked.varbinds)

    def right(self, asked: Message) -> list[bytes]:
        """Answer as an agent should: exceptions in v2c, noSuchName in v1 (RFC 3416 4.2, RFC 1157 4.1)."""
        repetitions = asked.error_index if asked.pdu == ber.GET_BULK else 0
        found = self.recorded.answer(asked.pdu, self.names(asked), repetitions)
        if asked.version == ber.V1:
            for place, (_, tag, _) in enumerate(found, 1):
                if tag in (ber.NO_SUCH_INSTANCE, ber.NO_SUCH_OBJECT, ber.END_OF_MIB_VIEW):
                    return [response(asked, asked.varbinds, 2, place)]
        return [response(asked, found)]

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, then the socket."""
        self._ended.set()
        self._thread.join()
        self._socket.close()


@contextlib.contextmanager
def serving(rows: list[VarBind], address: str = "127.0.0.1") -> Iterator[Agent]:
    """Serve `rows` while the block runs."""
    agent = Agent(rows, address)
    agent.start()
    try:
        yield agent
    finally:
        agent.close()


def poll(agent: Agent, learned: Learned | None = None, *, now: float = NOW, **kwargs: Any) -> PollOutcome:
    """Poll one agent; `kwargs` go to Target, those of Collector's limits to Collector."""
    limits = {name: kwargs.pop(name) for name in ("silence", "tries", "window", "first_timeout") if name in kwargs}
    limits.setdefault("first_timeout", 0.15)
    target = Target("p", "127.0.0.1", agent.port, learned=learned, **kwargs)
    with Collector(clock=lambda: now, **limits) as collector:
        (outcome,) = [outcome for outcome in collector.poll([target]) if outcome is not None]
    return outcome


def reading_of(rows: list[VarBind]) -> DeviceReading:
    """Return what the walk itself says."""
    return poll_walk(rows, now=NOW).reading


def kept(outcome: PollOutcome) -> Learned:
    """Return what was learned as it comes back from the database."""
    assert outcome.learned is not None
    learned = Learned.from_json(json.loads(json.dumps(outcome.learned.to_json())))
    assert learned is not None
    return learned
