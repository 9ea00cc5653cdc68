"""Files of clones that somebody deleted: swept when nobody can miss them, and not before."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from localservices import ensure_services, stop_services
from localservices.abandoned import GRACE_SECONDS, sweep_abandoned
from localservices.accounts import OWNER_FILE, choose_account, remove_place
from localservices.files import write_json
from localservices.processes import wait_gone

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps files outside the clone")


def age(work: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(work / OWNER_FILE, (then, then))


def test_only_old_files_of_deleted_clones_are_swept(root: Path, silent_environ: dict[str, str]) -> None:
    server = ensure_services(root, {"redis"}, environ=silent_environ).servers["redis"]
    work, pid = Path(server.folder).parent, server.pid()
    assert pid is not None
    age(work, GRACE_SECONDS + 60)
    assert work not in sweep_abandoned(choose_account())
    shutil.rmtree(root / ".local")
    age(work, GRACE_SECONDS - 60)
    assert work not in sweep_abandoned(choose_account())
    assert server.pid() == pid
    age(work, GRACE_SECONDS + 60)
    assert work in sweep_abandoned(choose_account())
    assert wait_gone(pid, 5)
    assert not work.exists()


def test_a_folder_that_is_not_ours_is_neither_used_nor_deleted(root: Path, silent_environ: dict[str, str]) -> None:
    state = root / ".local" / "services"
    server = ensure_services(root, {"redis"}, environ=silent_environ).servers["redis"]
    work = Path(server.folder).parent
    stop_services(root)
    other = root / "somebody-elses"
    other.mkdir(mode=0o755)
    write_json(state / "place.json", {"work": str(other)})
    moved = ensure_services(root, {"redis"}, environ=silent_environ).servers["redis"]
    assert Path(moved.folder).parent not in {work, other}
    write_json(state / "place.json", {"work": str(other)})
    remove_place(state)
    assert other.exists()
    for folder in (work, Path(moved.folder).parent):
        age(folder, GRACE_SECONDS + 60)
    assert {work, Path(moved.folder).parent} <= set(sweep_abandoned(choose_account()))
