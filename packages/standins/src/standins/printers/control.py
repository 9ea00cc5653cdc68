"""The control channel: JSON lines over loopback TCP, opened with a token, to see the truth and to make trouble."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

from .faults import KNOWN, Faults
from .modelled import Modelled
from .printer import Printer
from .reshape import reshape
from .world import World

LINE_LIMIT: Final = 1 << 20


class ControlError(RuntimeError):
    """The fleet refused a command; the text says why."""


class ControlServer:
    """Carries out commands on a world; one JSON object per line in, one per line out (`result` or `error`)."""

    def __init__(self, world: World, token: str) -> None:
        """Obey whoever sends `token` first."""
        self.world = world
        self._token = token
        self._server: asyncio.Server | None = None
        self._commands: dict[str, Callable[[dict[str, Any]], Any]] = {
            "printers": lambda _: [asdict(address) for address in self.world.addresses()],
            "truth": self._truth,
            "clock": self._clock,
            "print": self._print,
            "replace_supply": self._replace_supply,
            "reset_counters": self._reset_counters,
            "swap_board": self._swap_board,
            "replace_device": self._replace_device,
            "faults": self._faults,
            "statistics": self._statistics,
            "log": lambda _: list(self.world.log),
        }

    async def open(self) -> int:
        """Listen on a port of the kernel's choice; return it."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, limit=LINE_LIMIT)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ValueError):
            token = (await reader.readline()).strip()
            if hmac.compare_digest(token, self._token.encode()):
                while line := await reader.readline():
                    writer.write(json.dumps(self.obey(line)).encode() + b"\n")
                    await writer.drain()
        writer.close()

    def obey(self, line: bytes) -> dict[str, Any]:
        """Carry out one command line; every refusal is an answer."""
        try:
            command = json.loads(line)
            return {"result": self._commands[command.pop("do")](command)}
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as problem:
            return {"error": f"{type(problem).__name__}: {problem}"}

    def _printer(self, command: dict[str, Any]) -> Printer:
        """Return the printer a command names, by number or address."""
        which = command["printer"]
        return self.world.printers[which] if isinstance(which, int) else self.world.by_address[which]

    def _modelled(self, command: dict[str, Any]) -> tuple[Printer, Modelled]:
        printer = self._printer(command)
        if not isinstance(printer.subject, Modelled):
            raise TypeError("a recorded printer only repeats what was recorded")
        return printer, printer.subject

    def _changed(self, printer: Printer) -> dict[str, Any]:
        """End the moment, so that the change is told at once; return the new truth."""
        printer.touch()
        return printer.subject.truth(self.world.clock.change().at)

    def _truth(self, command: dict[str, Any]) -> Any:
        moment = self.world.clock.moment()
        at = command.get("at", moment.at)
        if command.get("printer") is None:
            return [printer.subject.truth(at) for printer in self.world.printers]
        return self._printer(command).subject.truth(at)

    def _clock(self, command: dict[str, Any]) -> Any:
        moment = self.world.clock.change(speed=command.get("speed"), advance=command.get("advance", 0.0))
        return {"at": moment.at, "speed": self.world.clock.speed}

    def _print(self, command: dict[str, Any]) -> Any:
        printer, subject = self._modelled(command)
        kind = {key: command[key] for key in ("function", "color", "size", "duplex") if key in command}
        subject.print_pages(command["pages"], **kind)
        return self._changed(printer)

    def _replace_supply(self, command: dict[str, Any]) -> Any:
        printer, subject = self._modelled(command)
        subject.replace_supply(self.world.clock.moment().at, command["index"])
        return self._changed(printer)

    def _reset_counters(self, command: dict[str, Any]) -> Any:
        printer, subject = self._modelled(command)
        subject.reset_counters(self.world.clock.moment().at)
        return self._changed(printer)

    def _swap_board(self, command: dict[str, Any]) -> Any:
        printer, subject = self._modelled(command)
        parts = {part: bool(command.get(part, part == "mac")) for part in ("serial", "mac", "counters")}
        subject.swap_board(self.world.clock.moment().at, **parts)
        return self._rebooted(printer)

    def _replace_device(self, command: dict[str, Any]) -> Any:
        printer, subject = self._modelled(command)
        subject.new_device(self.world.spec(command.get("device") or subject.spec.id))
        return self._rebooted(printer)

    def _rebooted(self, printer: Printer) -> dict[str, Any]:
        printer.reboot(self.world.clock.moment())
        printer.show(reshape(printer.subject.shapes, printer.faults))
        return self._changed(printer)

    def _faults(self, command: dict[str, Any]) -> Any:
        """Replace a printer's faults (none: an empty object); return the names of all there are."""
        printer = self._printer(command)
        wanted = command.get("faults", {})
        printer.faults = Faults(wanted) if wanted else None
        printer.show(reshape(printer.subject.shapes, printer.faults))
        return {name: text for name, (_, text) in KNOWN.items()}

    def _statistics(self, command: dict[str, Any]) -> Any:
        """Per printer what came in since the last reset; `reset` starts anew, but forgets no request in flight."""
        rows = []
        for printer in self.world.printers:
            rows.append({"printer": printer.number, **asdict(printer.counts)})
            if command.get("reset"):
                counts = printer.counts
                counts.packets = counts.requests = counts.answers = counts.max_in_flight = 0
        return {"stray_packets": self.world.stray_packets, "printers": rows}


class ControlClient:
    """The other end, for tests and benchmarks: blocking, one command at a time."""

    def __init__(self, port: int, token: str, timeout: float = 30.0) -> None:
        """Connect and show the token."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._file = self._socket.makefile("rwb")
        self._file.write(token.encode() + b"\n")
        self._file.flush()

    def do(self, command: str, **arguments: Any) -> Any:
        """Send a command and return its result; raise ControlError when it is refused or the fleet is gone."""
        try:
            self._file.write(json.dumps({"do": command, **arguments}).encode() + b"\n")
            self._file.flush()
            line = self._file.readline()
        except OSError as problem:
            raise ControlError(f"the fleet does not answer: {problem}") from problem
        if not line:
            raise ControlError("the fleet has gone")
        reply = json.loads(line)
        if "error" in reply:
            raise ControlError(reply["error"])
        return reply["result"]

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._file.close()
        self._socket.close()
