"""Who runs the servers and where they keep their files.

PostgreSQL refuses uid 0. As root we run servers under an account that exists already, and because `.local/` (0700,
root's) is closed to it, in a folder of our own below /var/tmp. Nothing is added to the machine's users and no mode of
a folder that we did not make is changed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from .errors import LocalServicesError
from .files import private_folder, read_json, write_json

ACCOUNTS = ("postgres", "nobody")
SHARED_FOLDERS = ("/var/tmp", tempfile.gettempdir())  # noqa: S108 -- the folder below it has a random name and mode 0710


WORK_PREFIX = "localservices-"
OWNER_FILE = "belongs-to.json"
"""In a work folder: the state folder that remembers it, written anew each time it is opened."""


class SwitchArguments(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that leave root."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """The account that runs servers; `switched` says that it is another one than ours."""

    name: str
    uid: int
    gid: int
    switched: bool

    def popen_arguments(self) -> SwitchArguments:
        """Return what `subprocess.Popen` needs to start a process under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}


def choose_account() -> Account:
    """Return ourselves, or as root the first existing one of `postgres` and `nobody`.

    Raises LocalServicesError when we are root and there is neither.
    """
    if os.geteuid() != 0:
        return Account(
            pwd.getpwuid(os.geteuid()).pw_name if _has_name() else "", os.geteuid(), os.getegid(), switched=False
        )
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, switched=True)
    message = f"PostgreSQL does not run as root, and there is no account {' or '.join(ACCOUNTS)} to run it instead."
    raise LocalServicesError(message)


def _has_name() -> bool:
    """Say whether our uid is in the user database (in a container it may be a bare number)."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def answer_as(account: Account, command: list[str]) -> str | None:
    """Run a short command under the account and return its output; None when the account cannot run it."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=False, cwd="/", **account.popen_arguments()
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout if result.returncode == 0 else None


@dataclass(frozen=True)
class Place:
    """Where one set of servers lives: `state` holds what we remember, `work` is where the account keeps its files.

    They are the same folder unless we are root.
    """

    state: Path
    work: Path
    account: Account

    def give(self, path: Path) -> Path:
        """Hand a file or folder that we have just made over to the account."""
        if self.account.switched:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)
        return path

    def server_folder(self, name: str) -> Path:
        """Return a folder of the account's own (0700) below `work`, made when missing."""
        path = self.work / name
        if not path.exists():
            path.mkdir(mode=0o700)
            self.give(path)
        return path

    def popen_arguments(self) -> dict[str, Any]:
        """Return the `subprocess.Popen` arguments every server and helper of this place is started with."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.work), "LC_ALL": "C", "TZ": "UTC"}
        return {
            "cwd": self.work,
            "env": environment,
            "stdin": subprocess.DEVNULL,
            "umask": 0o077,
            "start_new_session": True,
            **self.account.popen_arguments(),
        }


def open_place(state: Path) -> Place:
    """Return the place of a state folder, making it (and as root its folder for the account) when missing."""
    private_folder(state)
    account = choose_account()
    if not account.switched:
        return Place(state, state, account)
    record = state / "place.json"
    work = Path(str(read_json(record).get("work", "")))
    if not (work.is_absolute() and is_our_work(work, account)):
        work = _make_work(account)
        write_json(record, {"work": str(work)})
    write_json(work / OWNER_FILE, {"state": str(state)})
    return Place(state, work, account)


def is_our_work(work: Path, account: Account) -> bool:
    """Say whether a remembered folder is still the one that we made: ours, a real folder, closed to others."""
    try:
        found = work.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and (found.st_uid, found.st_gid) == (0, account.gid)
        and found.st_mode & 0o777 == 0o710
    )


def _make_work(account: Account) -> Path:
    """Make the folder that holds the account's folders.

    It stays root's, so that the account can swap nothing in it under root's hands, and only the account's group may
    pass through; each server's own folder in it has mode 0700.
    """
    for parent in map(Path, SHARED_FOLDERS):
        if parent.is_dir() and all(folder.stat().st_mode & stat.S_IXOTH for folder in (parent, *parent.parents)):
            work = Path(tempfile.mkdtemp(prefix=WORK_PREFIX, dir=parent))
            os.chown(work, 0, account.gid)
            work.chmod(0o710)
            return work
    raise LocalServicesError(f"No folder that {account.name} may enter: tried {', '.join(SHARED_FOLDERS)}.")


def remove_place(state: Path) -> None:
    """Delete everything `open_place` and the servers left; the servers must be stopped."""
    work = Path(str(read_json(state / "place.json").get("work", "")))
    if os.geteuid() == 0 and work.is_absolute() and is_our_work(work, choose_account()):
        shutil.rmtree(work)
    shutil.rmtree(state, ignore_errors=True)
