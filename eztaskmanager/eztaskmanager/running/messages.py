"""What supervisor, fork server and child say to each other.

To the fork server: one byte, the run's number and three descriptors (control, stdout,
stderr). From it: `Started` and `Ended`. On the control socket: the job as one JSON line
to the child, then JSON lines from it.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any

REQUEST = struct.Struct("!cQ")
REPLY = struct.Struct("!cQiiQd")
START, STARTED, ENDED, REFUSED = b"R", b"S", b"E", b"X"
LOG, PROGRESS, END = "log", "progress", "end"


@dataclass(frozen=True)
class Job:
    """What a child is told. `argv` is what would follow the command's name in a shell."""

    report_id: int
    app_name: str
    name: str
    argv: list[str]
    log_level: str = ""

    def line(self) -> bytes:
        """Return it as the one line the child reads."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Job:
        """Return what `line()` wrote."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Reply:
    """What the fork server says about a run; `status` is that of `wait4`, memory in bytes."""

    kind: bytes
    run: int
    pid: int
    status: int = 0
    peak_memory: int = 0
    cpu_seconds: float = 0.0

    def pack(self) -> bytes:
        """Return its bytes."""
        return REPLY.pack(
            self.kind,
            self.run,
            self.pid,
            self.status,
            self.peak_memory,
            self.cpu_seconds,
        )

    @classmethod
    def unpack(cls, data: bytes) -> Reply:
        """Return what `pack()` wrote."""
        return cls(*REPLY.unpack(data))


def frame(kind: str, **fields: Any) -> bytes:
    """Return one line for the control socket."""
    return json.dumps({"k": kind, **fields}, default=str).encode() + b"\n"
