"""Workers that die while they send: a mail arrives once, or is lost with a reason; it never arrives twice by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from standins.smtp import MailServer

from inventory.tests.workers import SYSTEM, wait_until
from outbox.models import Delivery
from outbox.services import posting, sending

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SEND = "import django; django.setup(); from outbox.tasks import deliver; deliver()"


def start_worker(server: MailServer) -> subprocess.Popen[bytes]:
    values = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "printer_inventory.test_settings",
        "DB_NAME": str(connection.settings_dict["NAME"]),
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": server.host,
        "EMAIL_PORT": str(server.port),
    }
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", SEND], cwd=SYSTEM, env=values)


@pytest.mark.parametrize(
    ("moment", "arrived", "state"),
    [
        ("EHLO", 0, "done"),  # nothing was handed over: the next worker sends it
        ("MAIL", 0, "lost"),
        ("DATA", 0, "lost"),
        (".", 0, "lost"),
        ("accepted", 1, "lost"),  # it has arrived, and nobody here can know
        ("QUIT", 1, "done"),  # accepted and written down before the goodbye
    ],
)
def test_a_worker_killed_at(moment, arrived, state, settings):
    with MailServer() as server:
        posting.post("k", "test", "Hello", "Text", to=["a@example.org"])
        worker = start_worker(server)

        def kill() -> None:
            server.at(moment, lambda: None)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            raise ConnectionError

        server.at(moment, kill)
        wait_until(lambda: worker.poll() is not None, f"the worker's end at {moment}")
        assert worker.returncode == -signal.SIGKILL
        assert Delivery.objects.get().state == ("done" if moment == "QUIT" else "running")
        assert len(server.received) == (1 if moment in {"accepted", "QUIT"} else 0)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        later = timezone.now() + sending.LEASE + timedelta(seconds=1)
        for _number in range(3):
            sending.send_due(later)
        made = Delivery.objects.get()
        assert made.state == state
        assert len(server.received) == max(arrived, state == "done")
        assert bool(made.reason) == (state == "lost")
