"""The commands of the seeds, one row each in `seed_commands.toml`: run as written, with an argument filled in, or not, and why.

    python tools/seed_commands.py      print the table with what becomes of each row (runs nothing)

`tools/tests/test_seed_commands.py` runs the rows, and refuses a table in which a command of the documents is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_suffix(".toml")
SYSTEMS = {
    "000": "printer-inventory",
    "001": "printer-inventory",
    "002": "eztaskmanager",
    "003": "soleflip",
    "004": "art-factory",
}
"""The documents whose commands the table holds, and the system each is about."""
SECONDS = 240
STOP_SECONDS = 15

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_PROGRAM = re.compile(
    r"(?:^|(?<=: )|(?<=^- ))"
    r"(?:python|pip|poetry|celery|redis-cli|psql|docker-compose|git|gh|grep|tail|cat|cp|curl|ps|source|make|black|flake8|mypy"
    r"|sphinx-autobuild|bump2version|\./\S+\.sh)(?:\s.*|$)"
)


@dataclass(frozen=True)
class Row:
    """One command of a document; the fields are explained at the top of the table."""

    command: str
    run: str = ""
    why_not: str = ""
    later: str = ""
    exists: str = ""
    exit: int = 0
    until: str = ""
    beside: str = ""
    then: str = ""
    folder: str = "printer-inventory"

    @property
    def system(self) -> str:
        """The system whose documents show the command."""
        return self.folder.partition("/")[0]

    @property
    def line(self) -> str:
        """What is typed: the filled-in form, or the command as written."""
        return self.run or self.command


@dataclass(frozen=True)
class Place:
    """Where rows are run: the variables of the services, and a folder for what they write."""

    environment: Mapping[str, str]
    tmp: Path
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What differs for a system: two that name their database alike have one each."""

    def variables(self, folder: Path) -> dict[str, str]:
        """Return the variables for what runs in a folder of the repository."""
        return {**self.environment, **next((more for name, more in self.own.items() if name in folder.parts), {})}


def read_table(path: Path = TABLE) -> list[Row]:
    """Return the rows. Raises `TypeError` for an unknown field and `ValueError` for a command that stands twice in a system."""
    rows = [Row(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["row"]]
    commands = [(row.system, row.command) for row in rows]
    if twice := {command for command in commands if commands.count(command) > 1}:
        raise ValueError(f"twice in the table: {', '.join(sorted(command for _, command in twice))}")
    return rows


def commands_in(document: str) -> set[str]:
    """Return the commands a Markdown document shows: lines of its shell blocks, and code in running text.

    Only what starts with a program is one: the blocks hold prose, variables, Redis and nginx lines as well.
    """
    candidates = [
        line
        for kind, block in _FENCE.findall(document)
        if kind in ("bash", "sh", "shell")
        for line in block.split("\n")
    ]
    candidates += _INLINE.findall(_FENCE.sub("", document))
    found = (_PROGRAM.search(re.sub(r"\s+#\s.*$", "", candidate.strip())) for candidate in candidates)
    return {match[0].strip() for match in found if match}


def is_there(row: Row, place: Place) -> bool:
    """Say whether what a row needs exists today; a row that names nothing always is."""
    kind, _, name = row.exists.partition(":")
    folder = ROOT / row.folder
    if kind == "command":
        listed = _shell("python manage.py help --commands", folder, place).stdout.split()
        return name in listed
    if kind == "program":
        return shutil.which(name, path=place.environment.get("PATH")) is not None
    if kind == "text":
        file, _, word = name.partition(":")
        return (folder / file).exists() and word in (folder / file).read_text(encoding="utf-8")
    return kind != "file" or (folder / name).exists()


def groups_of(rows: list[Row]) -> list[list[Row]]:
    """Return the rows that are run, in groups: those that run beside a command follow it, and a line typed alike stands once.

    Two rows type the same where a document names a command with and without what the table fills in.
    """
    groups: dict[object, list[Row]] = {}
    for row in sorted((row for row in rows if not row.why_not), key=lambda row: bool(row.beside)):
        typed = (
            (row.folder, row.beside)
            if row.beside
            else (row.folder, row.command if row.until else replace(row, command=row.line, run=""))
        )
        groups.setdefault(typed, []).append(row)
    return list(groups.values())


def run_group(group: list[Row], place: Place) -> str:
    """Run a group of `groups_of`; return what is wrong and in which of its rows, or nothing."""
    first, *others = group
    if not first.until:
        return run_row(first, place)
    with _running(first, place) as (failure, _output):
        if failure:
            return failure
        found = {row.command: run_row(row, place) for row in others}
    return "\n".join(f"{command}: {wrong}" for command, wrong in found.items() if wrong)


def run_row(row: Row, place: Place) -> str:
    """Run one row and what puts things back; return what is wrong, or nothing. What it has to run beside is up already."""
    folder = ROOT / row.folder
    if row.until:
        return run_group([row], place)
    result = _shell(_filled(row.line, place), folder, place)
    failure = (
        ""
        if result.returncode == row.exit
        else f"exit code {result.returncode} instead of {row.exit}:\n{result.stdout}"
    )
    if row.then:
        restored = _shell(row.then, folder, place)
        failure += f"\n{row.then}:\n{restored.stdout}" if restored.returncode else ""
    return failure


@contextmanager
def _running(row: Row, place: Place) -> Iterator[tuple[str, Path]]:
    """Start what does not end by itself, wait until it is ready, hand over what went wrong, stop it with all it started."""
    port = _free_port()
    log = place.tmp / f"{port}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {_filled(row.line, place, port)}"],
            cwd=ROOT / row.folder,
            env=place.variables(ROOT / row.folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield _wait(row, process, port, log), log
        finally:
            _stop(process)


def _wait(row: Row, process: subprocess.Popen[bytes], port: int, log: Path) -> str:
    end = time.monotonic() + SECONDS
    kind, _, text = row.until.partition(":")
    while time.monotonic() < end:
        if process.poll() is not None:
            return f"ended with exit code {process.returncode}:\n{log.read_text(errors='replace')}"
        if kind == "port" and _listens(port):
            return ""
        if kind == "log" and text in log.read_text(errors="replace"):
            return ""
        time.sleep(0.1)
    return f"not ready after {SECONDS} seconds:\n{log.read_text(errors='replace')}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _shell(line: str, folder: Path, place: Place) -> subprocess.CompletedProcess[str]:
    """Run one line as a person would type it. The lines come from our own table."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=place.variables(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def _filled(line: str, place: Place, port: int = 0) -> str:
    return line.replace("{tmp}", str(place.tmp)).replace("{port}", str(port))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    """Print the table."""
    for row in read_table():
        fate = f"not run: {row.why_not}" if row.why_not else "run as written" if not row.run else f"run as {row.run}"
        print(f"{row.folder}> {row.command}\n    {fate}{f' (when there: {row.exists})' if row.exists else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
