"""Small file helpers: private folders and files, JSON that survives a kill, and a lock between processes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOCAL = ".local"
"""Name of the folder below the root that holds everything this package leaves behind."""

MAX_STATE_BYTES = 1_000_000


def private_folder(path: Path) -> Path:
    """Create a folder (and its parents below it) with mode 0700 unless it exists, and return it.

    An existing folder keeps its mode: only what we make is ours to change.
    """
    if not path.exists():
        private_folder(path.parent) if not path.parent.exists() else None
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
    return path


def local_folder(root: Path) -> Path:
    """Return `<root>/.local`, made with mode 0700 when missing."""
    return private_folder(root / LOCAL)


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one with mode 0600, so that a reader or a kill never meets half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """Return the object a state file holds; a missing, broken or oversized file reads as empty."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MAX_STATE_BYTES))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a state file (mode 0600, replaced at once)."""
    write_private(path, json.dumps(content, indent=1) + "\n")


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold an exclusive lock between processes; yields False when `wait` is off and somebody else holds it.

    The kernel drops the lock with the process, a kill -9 included. Children do not inherit it.
    """
    private_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log, at most 8 kB; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8192))
            content = file.read()
    except OSError:
        return ""
    return "\n".join(content.decode("utf-8", "replace").splitlines()[-lines:])
