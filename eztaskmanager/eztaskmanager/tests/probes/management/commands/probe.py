"""A plain command that does whatever a test needs of a child process."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from eztaskmanager.models import TaskCategory


class Command(BaseCommand):
    """Each word is one deed, done in order: `print=text`, `sleep=2`, `exit=3`, ..."""

    help = "Do the deeds named on the command line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the deeds."""
        parser.add_argument("deeds", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do them."""
        for deed in options["deeds"]:
            name, _, value = deed.partition("=")
            getattr(self, f"do_{name}")(value)

    def do_print(self, value: str) -> None:
        """Write to standard output."""
        self.stdout.write(value)

    def do_error(self, value: str) -> None:
        """Write to standard error."""
        self.stderr.write(value)

    def do_log(self, value: str) -> None:
        """Log a warning."""
        logging.getLogger("probe").warning(value)

    def do_lines(self, value: str) -> None:
        """Log many lines."""
        log = logging.getLogger("probe")
        for number in range(int(value)):
            log.warning("line %d", number)

    def do_sleep(self, value: str) -> None:
        """Take that many seconds."""
        time.sleep(float(value))

    def do_exit(self, value: str) -> None:
        """Leave by sys.exit."""
        sys.exit(int(value))

    def do_hardexit(self, value: str) -> None:
        """Leave without Python's own end."""
        os._exit(int(value))

    def do_fail(self, value: str) -> None:
        """Raise a CommandError."""
        raise CommandError(value, returncode=4)

    def do_crash(self, value: str) -> None:
        """Raise what no command should."""
        raise ZeroDivisionError(value)

    def do_kill(self, value: str) -> None:
        """Die by a signal."""
        os.kill(os.getpid(), int(value))

    def do_deaf(self, _value: str) -> None:
        """Ignore SIGTERM."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def do_raw(self, value: str) -> None:
        """Write bytes past Python's streams."""
        os.write(1, bytes.fromhex(value))

    def do_spawn(self, value: str) -> None:
        """Start a process that lives on, and write its pid to a file."""
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(value).write_text(str(child.pid))

    def do_touch(self, value: str) -> None:
        """Append this process's pid to a file."""
        with Path(value).open("a") as file:
            file.write(f"{os.getpid()}\n")

    def do_rollback(self, value: str) -> None:
        """Log and write a row in a transaction that is rolled back."""
        with transaction.atomic():
            TaskCategory.objects.create(name=value)
            logging.getLogger("probe").warning("inside: %s", value)
            time.sleep(1.5)
            transaction.set_rollback(True)
