"""Running an agent: a process group of its own, a folder of its own, limits on time and output, and nothing left behind."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, Self

from inventory.polling.glpi.command import Command
from inventory.polling.glpi.xml import MAX_INPUT, DocumentSplitter, InventoryXmlError

MODULES: Final = Path(__file__).parent / "perl"
STDERR_KEPT: Final = 4096
TICK: Final = 0.1
"""Seconds between looks at the stop event and at whether the agent has ended."""

GRACE: Final = 1.0
"""Seconds an agent gets to end by itself after SIGTERM, and its output to arrive after its end."""

SHORTEST_SECRET: Final = 3
"""Characters; replacing every "a" in a text would hide the text and tell the secret."""

FailureKind = Literal["stalled", "too_much", "stopped", "cannot_start", "ended"]


class AgentError(Exception):
    """A run gave less than it should; `kind` says why, the message is for a person."""

    def __init__(self, kind: FailureKind, text: str) -> None:
        """Keep kind and text."""
        super().__init__(text)
        self.kind = kind


class AgentRun:
    """One run of an agent, as a context manager; leaving it ends the whole process group.

    `folder` is the run's own, for the agent's temporary files. `patience` is the most seconds between two documents, the first
    included, `most` the most documents; `stopped` is asked often whether to give up.
    """

    def __init__(self, command: Command, folder: Path, patience: float, most: int, stopped: Callable[[], bool]) -> None:
        """Prepare the run; nothing is started before the context is entered."""
        self._command = command
        self._folder = folder
        self._patience = patience
        self._most = most
        self._stopped = stopped
        self._stderr = bytearray()
        self._received = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the agent; raises AgentError where it cannot be started."""
        try:
            self._process = subprocess.Popen(
                [*_leash(self._command), *self._command.line],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._command.home,
                env=self._environment(),
                start_new_session=True,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its arguments cannot be passed on"
            raise AgentError("cannot_start", f"The agent cannot be started: {reason}.") from None
        stdin = self._process.stdin
        try:
            if stdin is not None:
                with stdin:
                    stdin.write(self._command.stdin)
        except BrokenPipeError:
            pass  # it ended without reading; what it said is told when its output is read
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs and take its exit status."""
        self._end()

    def _environment(self) -> dict[str, str]:
        """Only what an agent needs: none of this process's settings, which hold passwords."""
        own = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
        }
        modules = os.environ.get("PERL5LIB", "")
        if self._command.hidden:
            own["PERL5OPT"] = "-MPrivateArguments"
            modules = f"{MODULES}{os.pathsep}{modules}" if modules else str(MODULES)
        if modules:
            own["PERL5LIB"] = modules
        return own

    def documents(self) -> Iterator[bytes]:
        """Yield each document as it completes; raises AgentError when the agent stalls, floods or is stopped."""
        splitter = DocumentSplitter()
        count = 0
        patient_until = time.monotonic() + self._patience
        for octets in self._output():
            try:
                documents = splitter.feed(octets)
            except InventoryXmlError as error:
                raise AgentError("too_much", str(error)) from None
            count += len(documents)
            if count > self._most:
                raise AgentError("too_much", f"The agent wrote more than {self._most} documents.")
            if documents:
                patient_until = time.monotonic() + self._patience
            yield from documents
            if time.monotonic() > patient_until:
                raise AgentError("stalled", f"The agent gave no answer within {self._patience:g} seconds.")

    def wait(self) -> None:
        """Read on until the agent ends, within its patience; raises AgentError like `documents`."""
        for _ in self.documents():
            pass

    def _output(self) -> Iterator[bytes]:
        """Yield standard output as it arrives, b"" where a look found none, until all is closed or the agent has ended."""
        process = self._process
        if process is None or process.stdout is None or process.stderr is None:
            raise AgentError("cannot_start", "The agent was not started.")
        ended_at: float | None = None
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                if self._stopped():
                    raise AgentError("stopped", "The run was stopped.")
                events = selector.select(TICK)
                heard = b""
                for key, _ in events:
                    octets = os.read(key.fd, 65536)
                    if not octets:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is process.stdout:
                        heard = self._counted(octets)
                    else:
                        self._stderr += octets
                        del self._stderr[:-STDERR_KEPT]
                yield heard
                if ended_at is None and self._has_ended():
                    ended_at = time.monotonic()
                if ended_at is not None and not events and time.monotonic() - ended_at > GRACE:
                    return  # a child of the agent holds its output open

    def _counted(self, octets: bytes) -> bytes:
        self._received += len(octets)
        if self._received > MAX_INPUT:
            raise AgentError("too_much", f"The agent wrote more than {MAX_INPUT // 2**20} MiB.")
        return octets

    def _has_ended(self) -> bool:
        """Look without taking the exit status, so that the group's number stays ours until it is ended.

        macOS has no waitid: there an agent has ended when it closed its output, or when its patience is over.
        """
        process = self._process
        if process is None or process.returncode is not None:
            return True
        if sys.platform == "darwin":
            return False
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def said(self) -> str:
        """Return the last lines of standard error without the secrets, for an error's text."""
        text = self._stderr.decode("utf-8", "replace")
        values = [option.partition("=")[2] for option in self._command.secrets]
        parts = [part.partition(":")[2] for value in values for part in value.split(",")]
        for secret in (*values, *parts):
            if len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return " ".join(text.split())[-300:]

    def exit_status(self) -> int | None:
        """Return the exit status after the context is left, None before."""
        return self._process.returncode if self._process else None

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        deadline = time.monotonic() + GRACE
        self._signal(signal.SIGTERM)
        while not self._has_ended() and time.monotonic() < deadline:
            time.sleep(TICK / 5)
        self._signal(signal.SIGKILL)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            # An agent run by sudo belongs to another account: it ends when it writes to a closed pipe, and is then reaped.
            threading.Thread(target=process.wait, daemon=True).start()

    def _signal(self, number: int) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            try:
                os.killpg(process.pid, number)
            except (ProcessLookupError, PermissionError):
                return


def _leash(command: Command) -> tuple[str, ...]:
    """Return what makes the agent die with us even when we are killed: setpriv (util-linux), where there is one.

    Linux clears the death signal when a program changes the account, so it is of no use before sudo.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" and not command.by_sudo else None
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
