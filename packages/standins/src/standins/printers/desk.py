"""The desk every datagram passes: which protocol it speaks, what the printer's faults make of it, and the counting."""

from __future__ import annotations

from .agent import CommunityAgent, Request
from .ber import BerError
from .printer import Printer
from .udp import Sender, Where
from .world import World


class Desk:
    """Answers datagrams for the printers of a world."""

    def __init__(self, world: World) -> None:
        """Serve the world's community in messages of its size."""
        self.world = world
        self.agent = CommunityAgent(world.config.community, world.config.largest)

    def take(self, printer: Printer, data: bytes, where: Where, sender: Sender) -> None:
        """Answer one datagram, or keep silent; whatever came in, nothing is raised."""
        try:
            request = self.agent.read(data)
        except BerError:
            request = None
        if request is None:
            printer.counts.pending -= 1
            return
        printer.counts.requests += 1
        try:
            printer.prepare(self.world.clock.moment())
            answer = self.agent.answer(printer, request)
        except BerError:
            printer.counts.pending -= 1
            return
        if self.world.log.maxlen:
            self._note(printer, request, data, where)
        sender.send(printer, answer, where)
        printer.counts.answers += 1
        printer.counts.pending -= 1

    def _note(self, printer: Printer, request: Request, data: bytes, where: Where) -> None:
        self.world.log.append(
            {
                "at": self.world.clock.moment().at,
                "printer": printer.number,
                "version": request.version,
                "pdu": request.tag,
                "bytes": len(data),
                "from": f"{where[0]}:{where[1]}",
            }
        )
