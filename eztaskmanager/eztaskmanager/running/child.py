"""The inside of a child process: one command, its output and its exit code."""

from __future__ import annotations

import atexit
import ctypes
import io
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any, NoReturn

from eztaskmanager.running.messages import END, LOG, PROGRESS, Job, frame

PR_SET_PDEATHSIG = 1
STARTUP_FAILED = 1


class CountingFile(io.FileIO):
    """A descriptor that knows how much was written, so that lines and logs keep order."""

    written = 0

    def write(self, data: Any, /) -> int:
        """Write and count."""
        done = super().write(data)
        self.written += done or 0
        return done


class Channel:
    """The child's end of the control socket."""

    current: Channel | None = None
    """The channel of this process, when it is a child of ours."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._guard = threading.Lock()
        self._raw: list[CountingFile] = []
        self._pid = os.getpid()

    def adopt_streams(self) -> None:
        """Make descriptors 1 and 2 the Python streams, line by line."""
        self._raw = [CountingFile(1, "w", False), CountingFile(2, "w", False)]
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(
                io.BufferedWriter(raw),
                encoding="utf-8",
                errors="backslashreplace",
                line_buffering=True,
            )
            for raw in self._raw
        )

    def flush(self) -> list[int]:
        """Push out what was printed; return how many bytes each stream has written."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue  # the command closed it
        return [raw.written for raw in self._raw]

    def send(self, kind: str, **fields: Any) -> None:
        """Send one line; a supervisor that is gone is no reason to fail a command."""
        if os.getpid() != self._pid:
            return  # a process the command forked: its records would mix with ours
        data = frame(kind, **fields)
        with self._guard:
            try:
                self._control.sendall(data)
            except OSError:
                return

    def progress(self, done: int, total: int | None, text: str) -> None:
        """Say how far the command is."""
        self.send(PROGRESS, d=done, n=total, x=text[:200])


class ChannelHandler(logging.Handler):
    """Sends log records to the supervisor."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, its traceback included."""
        try:
            text = self.format(record)
        except (TypeError, ValueError) as error:
            text = f"{record.msg!r} (not formatted: {error})"
        self._channel.send(
            LOG,
            t=record.created,
            l=record.levelname,
            n=record.name,
            m=text,
            o=self._channel.flush(),
        )


def quiet_consoles() -> list[logging.Logger]:
    """Take away handlers that would print records again; return who needs one of ours.

    Once, in the fork server: a child that walks through all loggers copies their pages.
    """
    root = logging.getLogger()
    known = [root, *_loggers()]
    for logger in known:
        for old in list(logger.handlers):
            if type(old) is logging.StreamHandler or _is_console(old):
                logger.removeHandler(old)
    return [root, *(one for one in known[1:] if not one.propagate)]


def _loggers() -> list[logging.Logger]:
    known = logging.root.manager.loggerDict.values()
    return [logger for logger in known if isinstance(logger, logging.Logger)]


def _is_console(handler: logging.Handler) -> bool:
    stream = getattr(handler, "stream", None)
    try:
        return stream is not None and stream.fileno() in (1, 2)
    except (OSError, ValueError, AttributeError):
        return False


_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Where the kernel offers it (Linux), end when the fork server ends."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run_child(control: socket.socket, loggers: Iterable[logging.Logger]) -> NoReturn:
    """Read the job, run the command, say how it ended, end. Descriptors 1 and 2 are set.

    `loggers` are those whose records no other one gets: `quiet_consoles` names them.
    """
    code = STARTUP_FAILED
    channel = Channel(control)
    Channel.current = channel
    atexit._clear()
    try:
        channel.adopt_streams()
        with control.makefile("rb") as lines:
            job = Job.read(lines.readline())
        handler = ChannelHandler(channel)
        for logger in loggers:
            logger.addHandler(handler)
        code = _run(job, channel)
    except BaseException:  # noqa: BLE001 - this is the process's end
        _say(channel, traceback.format_exc())
    finally:
        _leave(channel, code)


def _run(job: Job, channel: Channel) -> int:
    """Run the command; return the exit code a shell would see."""
    from django.core.management import CommandError, call_command, load_command_class

    if job.log_level:
        logging.getLogger().setLevel(job.log_level)
    try:
        command = load_command_class(job.app_name, job.name)
        parser = command.create_parser("", job.name)
        # It is the one `call_command` would make again.
        vars(command)["create_parser"] = lambda *_, **__: parser
        extra = {}
        if _knows_report(parser):
            extra["launch_report_id"] = job.report_id
        call_command(command, *job.argv, **extra)
        return 0
    except SystemExit as stop:
        return _exit_code(stop)
    except CommandError as error:
        _say(channel, f"EXCEPTION raised: {error}")
        return error.returncode or 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - whatever a command raises is its result
        _say(channel, f"EXCEPTION raised: {error}\n{traceback.format_exc()}".rstrip())
        return 1


def _knows_report(parser: ArgumentParser) -> bool:
    return any(action.dest == "launch_report_id" for action in parser._actions)


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    sys.stderr.write(f"{stop.code}\n")
    return 1


def _say(channel: Channel, text: str) -> None:
    channel.send(LOG, t=time.time(), l="ERROR", n="", m=text, o=channel.flush())


def _leave(channel: Channel, code: int) -> NoReturn:
    """Wait for threads, run exit handlers, and go without the fork server's own."""
    try:
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()
    except BaseException:  # noqa: BLE001 - the command's own exit handlers may raise
        _say(channel, traceback.format_exc())
        code = code or 1
    finally:
        channel.send(END, c=code, o=channel.flush())
        os._exit(code)
