"""Art Factory by cron, for a machine on which no server runs all day: a block of lines in a person's crontab.

Source of the format: crontab(5); a percent sign there ends a command unless a backslash stands before it.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from django.conf import settings

BEGIN: Final = "# BEGIN art-factory (manage.py setup_cron_jobs)"
END: Final = "# END art-factory"
JOBS: Final = (
    ("*/5 * * * *", "process_orders", "work off what waits"),
    ("*/15 * * * *", "ezworker --burst --concurrency 1", "maintenance tasks that are due (Settings > Upkeep)"),
    ("7 */6 * * *", "doctor", "look everything over"),
)
"""When, what, why. A run that finds another one at work shares it: leases are the same whoever asks."""
SECONDS: Final = 20


class NoCrontab(OSError):  # noqa: N818 -- says what is missing
    """There is no crontab program here, or it refused; the text says which and what to do."""


def block(log: Path | None = None) -> list[str]:
    """Return the lines of ours, marks included. What fails is mailed by cron, as everything is without a `log`."""
    where = f"cd {shlex.quote(str(settings.BASE_DIR))} && {shlex.quote(sys.executable)} manage.py"
    into = f" >> {shlex.quote(str(log))} 2>&1" if log else ""
    lines = [BEGIN]
    for when, command, why in JOBS:
        line = f"{where} {command}{into}"
        if "\n" in line or "\r" in line:
            raise ValueError("a path with a line break in it cannot stand in a crontab")
        lines += [f"# {why}", f"{when} {line.replace('%', chr(92) + '%')}"]
    return [*lines, END]


def merged(table: str, lines: list[str]) -> str:
    """Return a crontab with our block replaced by `lines` (none takes it out); everything else stays. ValueError."""
    kept, ours = [], False
    for line in table.splitlines():
        if line.strip() == BEGIN and not ours:
            ours = True
        elif ours and line.strip() == END:
            ours = False
        elif not ours:
            kept.append(line)
    if ours:
        raise ValueError(f"the crontab has our first mark and not our last ({END}): put it right with crontab -e")
    while kept and not kept[-1].strip():
        kept.pop()
    whole = [*kept, *lines]
    return "\n".join(whole) + "\n" if whole else ""


def installed() -> str:
    """Return the crontab of who asks; empty when there is none. NoCrontab."""
    done = _crontab("-l")
    if done.returncode and "no crontab" not in done.stderr.lower():
        raise NoCrontab(f"crontab -l: {done.stderr.strip()[:200] or done.returncode}")
    return "" if done.returncode else done.stdout


def install(table: str) -> None:
    """Make this the crontab of who asks. NoCrontab."""
    done = _crontab("-", table)
    if done.returncode:
        raise NoCrontab(f"crontab refused: {done.stderr.strip()[:200]}")


def _crontab(argument: str, given: str = "") -> subprocess.CompletedProcess[str]:
    program = shutil.which("crontab")
    if program is None:
        raise NoCrontab("there is no crontab program here: install cron, or leave runserver or run_worker running")
    try:
        return subprocess.run(
            [program, argument], input=given, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except (subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise NoCrontab(f"crontab {argument}: {error}") from None
