"""A database of its own with real workers on it, for tests and benchmarks."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.db.utils import load_backend

from eztaskmanager.models import AppCommand, LaunchReport, Task

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGE = ROOT / "demoproject" / "manage.py"


class Site:
    """A migrated database and the processes that work on it."""

    def __init__(self, url: str, folder: Path, **environment: str) -> None:
        self.url = url
        self.folder = folder
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "eztaskmanager.tests.site_settings",
            # What test_matrix puts first, an older Django, goes on to the processes.
            "PYTHONPATH": os.pathsep.join(
                [
                    *filter(None, [os.environ.get("PYTHONPATH")]),
                    str(ROOT / "demoproject"),
                    str(ROOT),
                ]
            ),
            **environment,
        }
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, program: list[str] | None = None) -> Any:
        """Start a process of the site; its output goes to a file in the site's folder."""
        with (self.folder / f"process-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [*(program or [sys.executable, str(MANAGE)]), *arguments],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a database worker and wait until it is ready."""
        number = len(self.processes)
        process: subprocess.Popen[str] = self.start("ezworker", *arguments)
        log = self.folder / f"process-{number}.log"
        wait_for(lambda: "is ready" in log.read_text(), 30)
        return process

    def output(self) -> str:
        """Return what all processes have printed."""
        files = sorted(self.folder.glob("process-*.log"))
        return "\n".join(file.read_text(errors="replace") for file in files)

    def close(self) -> None:
        """End every process."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.terminate()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(3)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def wait_for(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """Return the condition's first true value; AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {condition}")


def probe(*deeds: str, **fields: Any) -> Task:
    """Return a new task of the probe command."""
    return task_of("eztaskmanager.tests.probes", "probe", list(deeds), **fields)


def task_of(app_name: str, command_name: str, argv: list[str], **fields: Any) -> Task:
    """Return a new task of any command."""
    command, _ = AppCommand.objects.get_or_create(app_name=app_name, name=command_name)
    fields.setdefault("name", f"{command_name} {' '.join(argv)}"[:250])
    return Task.objects.create(command=command, argv=argv, **fields)


def ended(run: LaunchReport, seconds: float = 20) -> LaunchReport:
    """Wait for a run's end and return it fresh."""

    def look() -> LaunchReport | None:
        run.refresh_from_db()
        return None if run.is_open else run

    found: LaunchReport = wait_for(look, seconds)
    return found


@contextmanager
def connected(settings: dict[str, Any]) -> Iterator[None]:
    """Make `default` another database for a while."""
    defaults: dict[str, Any] = {
        **connections["default"].settings_dict,
        "OPTIONS": {},
        "HOST": "",
        "PORT": "",
        "USER": "",
        "PASSWORD": "",
        **settings,
    }
    before = connections["default"]
    connections["default"] = load_backend(defaults["ENGINE"]).DatabaseWrapper(
        defaults, "default"
    )
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


def postgres_settings(name: str) -> dict[str, Any]:
    """Return the settings of a database on the tests' PostgreSQL."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": os.environ["DB_USER"],
        "PASSWORD": os.environ["DB_PASSWORD"],
        "HOST": os.environ["DB_HOST"],
        "PORT": os.environ["DB_PORT"],
    }


def url_of(settings: dict[str, Any]) -> str:
    """Return settings as DATABASE_URL."""
    if settings["ENGINE"].endswith("sqlite3"):
        return f"sqlite://{settings['NAME']}"
    who = f"{settings['USER']}:{settings['PASSWORD']}"
    return (
        f"postgresql://{who}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
    )


@contextmanager
def postgres_database(template: str = "") -> Iterator[str]:
    """Make a database, a copy of `template` when given, and drop it afterwards."""
    name = f"ez_{secrets.token_hex(6)}"
    with connected(postgres_settings("postgres")):
        copy = f' TEMPLATE "{template}"' if template else ""
        with connections["default"].cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"{copy}')
    try:
        yield name
    finally:
        with (
            connected(postgres_settings("postgres")),
            connections["default"].cursor() as cursor,
        ):
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def migrate() -> None:
    """Bring the `default` database up to date."""
    call_command("migrate", verbosity=0)
