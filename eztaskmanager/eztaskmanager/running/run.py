"""One run as the supervisor sees it: its pipes, its deadlines, how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from eztaskmanager.running.lines import Frames, Recorder, Splitter
from eztaskmanager.running.messages import END, LOG, PROGRESS, Job, Reply
from eztaskmanager.settings import option
from eztaskmanager.states import State, Stream

CHUNK = 262_144
READS_AT_ONCE = 8
DRAIN_SECONDS = 0.5
MAX_JOB = 100_000
"""Bytes of a job; one argument of a program may not be longer on Linux either (128 KiB)."""


@dataclass(frozen=True)
class Limits:
    """Seconds a run may take (None: any), and from SIGTERM to SIGKILL."""

    timeout: float | None
    grace: float


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    state: State
    reason: str = ""
    exit_code: int | None = None
    signal: int | None = None
    peak_memory: int | None = None
    cpu_seconds: float | None = None


def describe_signal(number: int) -> str:
    """Return `signal 9 (SIGKILL)`."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        return _("signal %(number)d") % {"number": number}
    return _("signal %(number)d (%(name)s)") % {"number": number, "name": name}


class Run:
    """Pipes to one child. `outcome` is set once, when nothing more can come."""

    def __init__(self, job: Job, limits: Limits) -> None:
        self.job = job
        self.limits = limits
        self.recorder = Recorder(
            job.report_id, option("MAX_LOG_LINES"), option("MAX_LINE_LENGTH")
        )
        self.pid: int | None = None
        self.outcome: Outcome | None = None
        self.progress: tuple[int, int | None, str] | None = None
        self._told: dict[str, Any] = {}
        self._began = time.monotonic()
        self._frames = Frames()
        limit = option("MAX_LINE_LENGTH")
        self._splitters = {
            Stream.STDOUT: Splitter(limit),
            Stream.STDERR: Splitter(limit),
        }
        self._reply: Reply | None = None
        self._ended = False
        self._stop_state: State | None = None
        self._stop_reason = ""
        self._kill_at: float | None = None
        self._drain_until = 0.0
        self._control_open = True
        self._open_pipes()

    def _open_pipes(self) -> None:
        line = self.job.line()
        if len(line) > MAX_JOB:
            raise ValueError(
                _("the arguments are longer than %(limit)d bytes") % {"limit": MAX_JOB}
            )
        self.control, theirs = socket.socketpair()
        # All of the job fits in: nobody reads yet, and a worker must not wait here.
        self.control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_JOB)
        self._theirs = [theirs.detach()]
        self.pipes: dict[int, Stream] = {}
        for stream in self._splitters:
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            self.pipes[reading] = stream
            self._theirs.append(writing)
        self.control.sendall(line)
        self.control.setblocking(False)

    @property
    def sources(self) -> set[int]:
        """The descriptors that may still bring something."""
        control = {self.control.fileno()} if self._control_open else set()
        return control | set(self.pipes)

    @property
    def descriptors(self) -> list[int]:
        """The child's ends: control, stdout, stderr."""
        return self._theirs

    def handed_over(self) -> None:
        """Close the child's ends: it has them."""
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs = []

    def read(self) -> None:
        """Take everything that has come and record it in the order it was made."""
        frames = self._read_control()
        self._read_pipes()
        for frame in frames:
            self._take(frame)
        for stream in self._splitters:
            self._record_lines(stream)

    def _read_control(self) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = []
        for _turn in range(READS_AT_ONCE if self._control_open else 0):
            try:
                data = self.control.recv(CHUNK)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._control_open = False
                break
            frames += self._frames.feed(data)
        return frames

    def _read_pipes(self) -> None:
        for descriptor, stream in list(self.pipes.items()):
            for _turn in range(READS_AT_ONCE):
                try:
                    data = os.read(descriptor, CHUNK)
                except BlockingIOError:
                    break
                if not data:
                    os.close(descriptor)
                    del self.pipes[descriptor]
                    break
                self._splitters[stream].feed(data)

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["k"] == PROGRESS:
            self.progress = _progress(frame)
            return
        offsets = frame.get("o")
        if isinstance(offsets, list):
            for stream, upto in zip(self._splitters, offsets, strict=False):
                if isinstance(upto, int):
                    self._record_lines(stream, upto)
        if frame["k"] == END:
            self._ended = True
        elif frame["k"] == LOG:
            self.recorder.add(
                str(frame.get("m", "")),
                Stream.LOG,
                str(frame.get("l", "INFO")),
                str(frame.get("n", "")),
                frame.get("t"),
            )

    def _record_lines(
        self, stream: Stream, upto: int | None = None, *, final: bool = False
    ) -> None:
        for line in self._splitters[stream].lines(upto, final=final):
            self.recorder.add(line, stream)

    def take_details(self) -> dict[str, Any]:
        """Return the report's columns that have changed since the last call."""
        now: dict[str, Any] = {
            "pid": self.pid,
            "level_counts": dict(self.recorder.counts),
        }
        if self.progress:
            names = ("progress_done", "progress_total", "progress_text")
            now |= dict(zip(names, self.progress, strict=True))
        fresh = {
            name: value for name, value in now.items() if self._told.get(name) != value
        }
        self._told = now
        return fresh

    def stop(self, state: State, reason: str) -> None:
        """End it: SIGTERM to its process group now, SIGKILL after the grace."""
        if self._stop_state is not None or self.outcome is not None:
            return
        self._stop_state, self._stop_reason = state, reason
        self._kill_at = time.monotonic() + self.limits.grace
        text = _("%(reason)s Stopping it.") % {"reason": reason}
        self.recorder.add(text, Stream.SYSTEM, "WARNING")
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, with all it started in its group."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def started(self, pid: int) -> None:
        """Note the child's pid; a stop may have come first."""
        self.pid = pid
        if self._stop_state is not None:
            self._signal(signal.SIGTERM)

    def watch(self) -> None:
        """Keep the deadlines; close the run when its pipes are drained."""
        now = time.monotonic()
        timeout = self.limits.timeout
        if self._reply is None:
            if timeout and now - self._began > timeout:
                text = _("It took longer than %(seconds)g seconds.")
                self.stop(State.FAILED, text % {"seconds": timeout})
            if self._kill_at and now > self._kill_at:
                self.kill()
            return
        if not self.pipes or now > self._drain_until:
            self._close()

    def ended(self, reply: Reply) -> None:
        """The child's exit status has come; what is left in its pipes is still read."""
        self._reply = reply
        self._drain_until = time.monotonic() + DRAIN_SECONDS
        self.read()
        if self._stop_state is not None:
            self.kill()  # what the child started and left in its group goes with it
        self.watch()

    def lost(self, reason: str) -> None:
        """The fork server is gone or refused: there will be no exit status."""
        self.kill()
        self.read()
        self._finish(Outcome(State.LOST, reason))

    def _close(self) -> None:
        self.read()
        reply = self._reply
        if reply is not None:
            self._finish(self._judge(reply))

    def _judge(self, reply: Reply) -> Outcome:
        """Turn the exit status into a state and a reason."""
        used: dict[str, Any] = {
            "peak_memory": reply.peak_memory,
            "cpu_seconds": reply.cpu_seconds,
        }
        exited = os.WIFEXITED(reply.status)
        code = os.WEXITSTATUS(reply.status) if exited else None
        number = None if exited else os.WTERMSIG(reply.status)
        if self._stop_state is not None:
            state, reason = self._stop_state, self._stop_reason
        elif number is not None:
            peak = reply.peak_memory / 2**20
            reason = _("Killed by %(signal)s, %(memory).0f MiB at most.") % {
                "signal": describe_signal(number),
                "memory": peak,
            }
            state = State.FAILED
        elif not self._ended:
            # os._exit, or a process that was replaced: the code is all there is.
            state = State.DONE if code == 0 else State.FAILED
            reason = _("The process left with exit code %(code)s.") % {"code": code}
        else:
            state = State.DONE if code == 0 else State.FAILED
            reason = "" if code == 0 else _("Exit code %(code)s.") % {"code": code}
        return Outcome(state, reason, code, number, **used)

    def _finish(self, outcome: Outcome) -> None:
        for stream in self._splitters:
            self._record_lines(stream, final=True)
        self.recorder.close()
        for descriptor in self.pipes:
            os.close(descriptor)
        self.pipes = {}
        self.handed_over()
        self._control_open = False
        self.control.close()
        self.outcome = outcome


def _progress(frame: dict[str, Any]) -> tuple[int, int | None, str]:
    done, total = frame.get("d"), frame.get("n")
    largest = 2**62
    return (
        min(max(done, 0), largest) if isinstance(done, int) else 0,
        min(max(total, 0), largest) if isinstance(total, int) else None,
        str(frame.get("x", ""))[:200],
    )
