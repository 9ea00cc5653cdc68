"""Files by digest below the media folder: written whole or not at all, under names of ours, never served from there directly."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

NAME = re.compile(r"[0-9a-f]{64}-[a-z]{2,10}\.jpg")
GRACE_SECONDS = 86_400
"""A file younger than this may belong to a row that is not committed yet."""


class Store:
    """A folder of the media folder."""

    def __init__(self, root: Path, room: str) -> None:
        """Take the media folder and a room in it, such as "photos"."""
        self.folder = root / room

    def path(self, digest: str, size: str) -> Path:
        """Return where a file lies; raises ValueError for a name that is not ours."""
        name = f"{digest}-{size}.jpg"
        if not NAME.fullmatch(name):
            raise ValueError("not a name of ours")
        return self.folder / digest[:2] / name

    def put(self, files: Mapping[str, bytes]) -> str:
        """Keep the files of one picture by their sizes; return the digest of the full one. Again, it is the same."""
        digest = hashlib.sha256(files["full"]).hexdigest()
        for size, data in files.items():
            path = self.path(digest, size)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            waiting = path.with_name(f".{secrets.token_hex(8)}")
            try:
                with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                waiting.replace(path)
            finally:
                waiting.unlink(missing_ok=True)
        return digest

    def sweep(self, known: Iterable[str]) -> int:
        """Remove files no row knows and that are older than a day; return how many."""
        kept, removed, before = set(known), 0, time.time() - GRACE_SECONDS
        for path in self.folder.glob("??/*") if self.folder.is_dir() else ():
            if path.name[:64] not in kept and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                removed += 1
        return removed
