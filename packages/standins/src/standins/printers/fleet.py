"""A fleet for tests, benchmarks and demos: starts the process that plays it and talks to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from .config import FleetConfig
from .control import ControlClient, ControlError
from .world import PrinterAddress

STOP_SECONDS = 5.0


class PrinterFleet:
    """Printers in a process of their own, from `start` (or `with`) to `stop`; settings are those of `FleetConfig`.

    `with PrinterFleet(count=50, speed=60) as fleet: fleet.printers[0].address ...`. In the methods below `printer` is a number or
    an address; all raise ControlError when the fleet refuses or has gone.
    """

    def __init__(self, **settings: Any) -> None:
        """Check the settings; raise ValueError or TypeError for wrong ones."""
        self.config = FleetConfig(**settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: ControlClient | None = None

    def start(self) -> Self:
        """Start the process and wait until it serves; raise RuntimeError with its words when it does not."""
        command = [sys.executable, "-m", "standins.printers", "--json-ready", "--parent-pid", str(os.getpid())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("no pipes to the fleet")
        self._process.stdin.write(json.dumps(self.config.to_json()).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait(STOP_SECONDS)
            self.stop()
            raise RuntimeError(f"the fleet did not start (exit code {code}); its words are on standard error")
        ready = json.loads(line)
        self._control = ControlClient(ready["control_port"], ready["token"])
        return self

    def stop(self) -> None:
        """Stop the process; does nothing when it is not running."""
        if self._control is not None:
            self._control.close()
            self._control = None
        process, self._process = self._process, None
        self.__dict__.pop("printers", None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def pid(self) -> int:
        """The number of the fleet's process; 0 when it is not running."""
        return self._process.pid if self._process else 0

    def do(self, command: str, **arguments: Any) -> Any:
        """Send any command of the control channel."""
        if self._control is None:
            raise ControlError("the fleet is not running")
        return self._control.do(command, **arguments)

    @cached_property
    def printers(self) -> list[PrinterAddress]:
        """Where each printer is and who it said it was when first asked."""
        return [PrinterAddress(**row) for row in self.do("printers")]

    def truth(self, printer: int | str | None = None, at: float | None = None) -> Any:
        """Return what is so now (or at a simulated instant): one dict, or a list of all without `printer`."""
        return self.do("truth", printer=printer, **({} if at is None else {"at": at}))

    def advance(self, seconds: float) -> float:
        """Jump ahead in simulated time; return the instant reached."""
        return float(self.do("clock", advance=seconds)["at"])

    def set_speed(self, speed: float) -> None:
        """Set how many simulated seconds pass in a real one; 0 stands still."""
        self.do("clock", speed=speed)

    def print_pages(self, printer: int | str, pages: int, **kind: Any) -> Any:
        """Print exactly `pages` impressions (function, color, size, duplex choose which); return the new truth."""
        return self.do("print", printer=printer, pages=pages, **kind)

    def replace_supply(self, printer: int | str, index: int) -> Any:
        """Put in a new cartridge at a prtMarkerSuppliesIndex; return the new truth."""
        return self.do("replace_supply", printer=printer, index=index)

    def reset_counters(self, printer: int | str) -> Any:
        """Set the counters to zero; return the new truth."""
        return self.do("reset_counters", printer=printer)

    def swap_board(self, printer: int | str, *, serial: bool = False, mac: bool = True, counters: bool = False) -> Any:
        """Swap the formatter board: which of serial, MAC and counters become new; return the new truth."""
        return self.do("swap_board", printer=printer, serial=serial, mac=mac, counters=counters)

    def replace_device(self, printer: int | str, device: str = "") -> Any:
        """Put another device (of the same model unless named) at the address; return the new truth."""
        return self.do("replace_device", printer=printer, device=device)

    def set_faults(self, printer: int | str, **faults: Any) -> None:
        """Give a printer exactly these faults (`faults.KNOWN` names them); none makes it well again."""
        self.do("faults", printer=printer, faults=faults)

    def statistics(self, *, reset: bool = False) -> Any:
        """Return packets, requests, answers and most requests in flight per printer, and packets to nobody."""
        return self.do("statistics", reset=reset)

    def log(self) -> Any:
        """Return the remembered requests, oldest first (none unless the setting `log` is above 0)."""
        return self.do("log")
