"""A site as a newcomer starts it: migrate, load_seed_data, runserver, on SQLite, in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from django.apps import apps
from localservices.templates import locked_file_template
from localservices.testing import find_root

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60


class Site:
    """A running server on a port of its own; `url` ends without a slash.

    `migrated` copies the suite's database instead of migrating anew; without `served` there is the site, and no server.
    """

    def __init__(self, folder: Path, *, migrated: bool = False, served: bool = True, **environment: str) -> None:
        """Migrate, load what comes along, start."""
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "DATABASE_URL": f"sqlite://{folder}/db.sqlite3",
            "MEDIA_ROOT": str(folder / "media"),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        if not (migrated and copied(folder / "db.sqlite3")):
            self.manage("migrate", "--verbosity", "0")
        self.manage("load_seed_data")
        self.log = (folder / "server.log").open("w")
        self.process: subprocess.Popen[bytes] | None = self.start() if served else None

    def manage(self, *arguments: str) -> str:
        """Run a command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/health/", timeout=5):  # noqa: S310 -- our own server
                    return process
            except OSError:
                assert process.poll() is None, (self.folder / "server.log").read_text()
                time.sleep(0.2)
        raise AssertionError("the server did not answer")

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    def close(self) -> None:
        """Stop it as a person would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()


def copied(database: Path) -> bool:
    """Put the suite's migrated database here, if there is one yet; say whether there was."""
    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    with locked_file_template(find_root(ROOT), "art", folders) as template:
        if template.exists():
            template.copy_to(database)
        return template.exists()
