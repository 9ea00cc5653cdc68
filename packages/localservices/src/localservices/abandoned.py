"""As root, servers' files lie outside the clone; when somebody deletes a clone, they are swept up here by the next new one."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from .accounts import OWNER_FILE, SHARED_FOLDERS, WORK_PREFIX, Account, is_our_work
from .files import read_json
from .processes import LOOPBACK
from .servers import Server, stop_server

GRACE_SECONDS = 86400.0
"""A clone that cannot be seen may be on a disk that is away for the moment; a day later it is taken for deleted."""


def sweep_abandoned(account: Account) -> list[Path]:
    """Stop the servers and delete the work folders of clones that are gone for a day; returns the deleted folders."""
    swept = []
    for parent in map(Path, SHARED_FOLDERS if account.switched else ()):
        for work in parent.glob(f"{WORK_PREFIX}*"):
            if is_our_work(work, account) and _is_abandoned(work):
                for server in _servers(work):
                    stop_server(server)
                shutil.rmtree(work)
                swept.append(work)
    return swept


def _is_abandoned(work: Path) -> bool:
    """Say whether no state folder remembers a work folder and none has used it for a day."""
    try:
        age = time.time() - (work / OWNER_FILE).stat().st_mtime
    except OSError:
        return False
    state = Path(str(read_json(work / OWNER_FILE).get("state", "")))
    remembered = read_json(state / "place.json").get("work") == str(work)
    return state.is_absolute() and not remembered and age > GRACE_SECONDS


def _servers(work: Path) -> Iterator[Server]:
    """Yield what may run in a work folder, known by its data and configuration."""
    for data in work.glob("postgres-*/"):
        yield Server("postgres", "", "", "", LOOPBACK, 0, "", "", str(data))
    for configuration in work.glob("redis*.conf"):
        port = re.search(r"^port (\d+)$", configuration.read_text(), re.MULTILINE)
        if port:
            folder = work / configuration.stem
            yield Server("redis", "", "", "", LOOPBACK, int(port[1]), "", "", str(folder))
