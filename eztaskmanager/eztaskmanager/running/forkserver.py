"""The process that forks children: it holds the imported project and no connection.

It ends, and kills the children, when the supervisor's end of its socket closes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db import connections

from eztaskmanager.running.child import die_with_parent, quiet_consoles, run_child
from eztaskmanager.running.messages import (
    ENDED,
    REFUSED,
    REPLY,
    REQUEST,
    START,
    STARTED,
    Reply,
)

N_DESCRIPTORS = 3


class ForkServerLost(Exception):
    """The fork server is gone, and with it its children."""


class ForkServer:
    """The supervisor's handle on a fork server process."""

    def __init__(self, sock: socket.socket, pid: int) -> None:
        self._socket = sock
        self.pid = pid
        self._received = b""

    @classmethod
    def start(cls, modules: Iterable[str] = ()) -> ForkServer:
        """Start one: forked when that is safe here, else as a new interpreter.

        `modules` are imported in it, so that children need not; one that cannot be
        imported is left for the child to complain about.
        """
        ours, theirs = socket.socketpair()
        if may_fork():
            for connection in connections.all(initialized_only=True):
                connection.close()
            pid = os.fork()
            if pid == 0:
                _become_server(theirs, modules)
        else:
            pid = _spawn(theirs, modules)
        theirs.close()
        ours.setblocking(False)
        return cls(ours, pid)

    def fileno(self) -> int:
        """Return the descriptor to wait on for replies."""
        return self._socket.fileno()

    def launch(self, run: int, descriptors: list[int]) -> None:
        """Ask for a child with `[control, stdout, stderr]`; raises ForkServerLost."""
        self._socket.setblocking(True)
        try:
            socket.send_fds(self._socket, [REQUEST.pack(START, run)], descriptors)
        except OSError as error:
            raise ForkServerLost from error
        finally:
            self._socket.setblocking(False)

    def replies(self) -> list[Reply]:
        """Return what has come; raises ForkServerLost when it is gone."""
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return []
        except OSError as error:
            raise ForkServerLost from error
        if not data:
            raise ForkServerLost
        self._received += data
        whole = len(self._received) // REPLY.size * REPLY.size
        ready, self._received = self._received[:whole], self._received[whole:]
        return [
            Reply.unpack(ready[start : start + REPLY.size])
            for start in range(0, whole, REPLY.size)
        ]

    def close(self) -> None:
        """Let it go: it kills what it still runs and ends."""
        self._socket.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def may_fork() -> bool:
    """Say whether this process can fork safely: one thread, no open transaction."""
    if threading.active_count() > 1:
        return False
    opened = connections.all(initialized_only=True)
    return not any(connection.in_atomic_block for connection in opened)


def preload(modules: Iterable[str]) -> None:
    """Import modules, leaving failures to the run that needs them."""
    for name in modules:
        with contextlib.suppress(Exception):
            import_module(name)


def serve(sock: socket.socket) -> NoReturn:
    """Fork on request and report ends, until the supervisor is gone."""
    server = _Server(sock)
    BaseCommand().create_parser(
        "manage.py", "warm"
    )  # children then find argparse ready
    gc.collect()
    gc.freeze()
    try:
        server.loop()
    finally:
        server.kill_all()
        os._exit(0)


class _Server:
    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._runs: dict[int, int] = {}
        self._loggers = quiet_consoles()
        self._woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wake = wake
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for quiet in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(quiet, signal.SIG_IGN)

    def loop(self) -> None:
        """Wait for requests and for children that end."""
        while True:
            sources: list[Any] = [self._socket, self._woken]
            ready, _, _ = select.select(sources, [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._collect()
            if self._socket in ready and not self._request():
                return

    def _request(self) -> bool:
        """Read one request and fork; False when the supervisor is gone."""
        data, descriptors, _, _ = socket.recv_fds(
            self._socket, REQUEST.size, N_DESCRIPTORS
        )
        if len(data) != REQUEST.size or len(descriptors) != N_DESCRIPTORS:
            return False
        _, run = REQUEST.unpack(data)
        try:
            pid = os.fork()
        except OSError as error:
            self._send(Reply(REFUSED, run, 0, error.errno or 0))
        else:
            if pid == 0:
                self._become_child(descriptors)
            self._runs[pid] = run
            self._send(Reply(STARTED, run, pid))
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _become_child(self, descriptors: list[int]) -> NoReturn:
        die_with_parent()
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._socket.close()
        os.close(self._woken)
        os.close(self._wake)
        control, out, err = descriptors
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.close(out)
        os.close(err)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        run_child(socket.socket(fileno=control), self._loggers)

    def _collect(self) -> None:
        """Report every child that has ended."""
        while self._runs:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if (run := self._runs.pop(pid, None)) is not None:
                unit = 1 if sys.platform == "darwin" else 1024
                cpu = used.ru_utime + used.ru_stime
                memory = used.ru_maxrss * unit
                self._send(Reply(ENDED, run, pid, status, memory, cpu))

    def _send(self, reply: Reply) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(reply.pack())

    def kill_all(self) -> None:
        """Kill what still runs, with all each child started in its group."""
        for pid in self._runs:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)


def _become_server(sock: socket.socket, modules: Iterable[str]) -> NoReturn:
    """After fork: keep nothing of the parent's that could be written to by mistake."""
    try:
        os.setsid()
        _silence_descriptors(keep=sock.fileno())
        preload(modules)
        serve(sock)
    finally:
        os._exit(1)


def _silence_descriptors(keep: int) -> None:
    """Point inherited descriptors at nothing: closing them could end the parent's use.

    Objects of the parent (sockets, database connections) still hold these numbers; what
    they write when they are collected must not reach the other side.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - descriptors, not files
        descriptor = int(name)
        if descriptor > 2 and descriptor not in (keep, null):
            with contextlib.suppress(OSError):
                os.fstat(descriptor)
                os.dup2(null, descriptor, inheritable=False)


def _spawn(sock: socket.socket, modules: Iterable[str]) -> int:
    """Start a new interpreter as fork server."""
    path = os.pathsep.join(part or os.curdir for part in sys.path)
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(sock.fileno()), *modules],
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=[sock.fileno()],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # the handle waits for the pid itself
    return process.pid


def main() -> NoReturn:
    """Be a fork server on the descriptor named on the command line."""
    import django

    sock = socket.socket(fileno=int(sys.argv[1]))
    django.setup()
    preload(sys.argv[2:])
    serve(sock)


if __name__ == "__main__":
    main()
