"""What the operating system knows about processes and ports. Linux by /proc, elsewhere by ps."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")
LOOPBACK = "127.0.0.1"


def _stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the command name (proc(5)); empty when there is no such process."""
    try:
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _ps(pid: int, field: str) -> str:
    """Return one field of ps(1) for systems without /proc; empty when there is no such process."""
    result = subprocess.run(["/bin/ps", "-o", f"{field}=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return result.stdout.strip()


def alive(pid: int) -> bool:
    """Say whether a process runs; a zombie does not."""
    if PROC.joinpath("self").exists():
        fields = _stat_fields(pid)
        return bool(fields) and fields[0] not in {"Z", "X"}
    return _ps(pid, "stat")[:1] not in {"", "Z"}


def started_at(pid: int) -> str:
    """Return a mark that tells this process from a later one with the same number; empty when it is gone."""
    if not PROC.joinpath("self").exists():
        return _ps(pid, "lstart")
    fields = _stat_fields(pid)
    if not fields:
        return ""
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19]}"


def command_line(pid: int) -> str:
    """Return a process's command line joined by spaces; empty when it is gone."""
    if not PROC.joinpath("self").exists():
        return _ps(pid, "command")
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def session_members(session: int) -> list[int]:
    """Return the live processes of a session (Linux; elsewhere empty, the process group is all there is)."""
    if not PROC.joinpath("self").exists():
        return []
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat_fields(int(entry.name))
            if fields and fields[3] == str(session) and fields[0] not in {"Z", "X"}:
                found.append(int(entry.name))
    return found


def kill_session(leader: int) -> None:
    """SIGKILL the process group and whatever else is left of the session that `leader` opened."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in session_members(leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until a process has ended; True when it has."""
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    """Return a TCP port that the kernel says is free on loopback now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback TCP port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def accepts(port: int, host: str = LOOPBACK, seconds: float = 1.0) -> bool:
    """Say whether somebody accepts TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except OSError:
        return False


def port_owner(port: int) -> str:
    """Name who listens on a TCP port as `command line (pid N)`; empty when it cannot be known (rights, no /proc)."""
    inodes = {
        fields[9]
        for table in ("net/tcp", "net/tcp6")
        for fields in (line.split() for line in _lines(PROC / table)[1:])
        if len(fields) > 9 and fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
    }
    for entry in PROC.iterdir() if inodes else ():
        if entry.name.isdigit() and _holds_socket(entry, inodes):
            return f"{command_line(int(entry.name))[:120]} (pid {entry.name})"
    return ""


def _lines(path: Path) -> list[str]:
    """Return a file's lines, none when it cannot be read."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _holds_socket(process: Path, inodes: set[str]) -> bool:
    """Say whether a process holds one of these sockets; False when we may not look."""
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]") in inodes:
                    return True
    return False
