"""The desk every datagram passes: which protocol it speaks, what the printer's faults make of it, and the counting."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from .agent import V3, CommunityAgent, answer_pdu
from .ber import BerError
from .clock import Moment
from .faults import Reply, faulty_pdu
from .printer import Face, Printer
from .udp import Sender, Where
from .v3agent import V3Agent
from .view import Query
from .world import World


def version_of(data: bytes) -> int | None:
    """Return the version number of what looks like an SNMP message, else None."""
    if len(data) < 8:
        return None
    skip = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    return data[skip + 2] if data[skip : skip + 2] == b"\x02\x01" and len(data) > skip + 2 else None


def reply_pdu(printer: Printer, face: Face, query: Query, request_id: bytes, room: int) -> bytes | None:
    """Return the PDU a printer answers, with its faults if it has any."""
    if printer.faults is None:
        return answer_pdu(face, printer.own, query, request_id, room)
    return faulty_pdu(printer.faults, face, printer.own, query, request_id, room)


class Desk:
    """Answers datagrams for the printers of a world."""

    def __init__(self, world: World) -> None:
        """Serve the world's community and users in messages of its size."""
        config = world.config
        self.world = world
        self.agent = CommunityAgent(config.community, config.largest, reply_pdu)
        self.v3 = V3Agent(config.users, config.largest, reply_pdu)

    def take(self, printer: Printer, data: bytes, where: Where, sender: Sender) -> None:
        """Answer one datagram, or keep silent; whatever came in, nothing is raised."""
        version = version_of(data)
        faults = printer.faults
        if faults is not None and not faults.admit(version):
            printer.counts.pending -= 1
            return
        moment = self.world.clock.moment()
        try:
            printer.prepare(moment)
            answer = self._answer(printer, version, data, moment)
        except BerError:
            answer = None
        if self.world.log.maxlen:
            self._note(printer, version, data, answer, where)
        if answer is None:
            printer.counts.pending -= 1
        elif faults is None:
            self._send(printer, Reply(0, answer, ""), where, sender)
        else:
            self._deliver(printer, faults.deliver(answer), where, sender)

    def _answer(self, printer: Printer, version: int | None, data: bytes, moment: Moment) -> bytes | None:
        is_v3 = version == V3
        up = printer.up_seconds(moment)
        answer = self.v3.answer(printer, data, up) if is_v3 else self.agent.answer(printer, data)
        if answer is not None:
            printer.counts.requests += 1
        return answer

    def _deliver(self, printer: Printer, replies: list[Reply], where: Where, sender: Sender) -> None:
        """Send what the faults made of an answer; the request is in flight until its first reply has gone."""
        if not replies:
            printer.counts.pending -= 1
        for copy, reply in enumerate(replies):
            send = self._send if copy == 0 else self._send_copy
            if reply.delay > 0:
                asyncio.get_running_loop().call_later(reply.delay, send, printer, reply, where, sender)
            else:
                send(printer, reply, where, sender)

    def _send(self, printer: Printer, reply: Reply, where: Where, sender: Sender) -> None:
        printer.counts.pending -= 1
        printer.counts.answers += 1
        self._send_copy(printer, reply, where, sender)

    def _send_copy(self, printer: Printer, reply: Reply, where: Where, sender: Sender) -> None:
        # A fleet that stops, or a stranger that has closed its port, is no reason to stop serving the others.
        with suppress(OSError):
            if not reply.source:
                sender.send(printer, reply.data, where)
            else:
                source = printer.address if reply.source == "port" else reply.source
                sender.send_elsewhere(reply.data, where, source)

    def _note(self, printer: Printer, version: int | None, data: bytes, answer: bytes | None, where: Where) -> None:
        self.world.log.append(
            {
                "at": self.world.clock.moment().at,
                "printer": printer.number,
                "version": version,
                "bytes": len(data),
                "answer": 0 if answer is None else len(answer),
                "from": f"{where[0]}:{where[1]}",
            }
        )
