"""`manage.py stand_in_provider`: the providers' stand-ins on this machine, to order from without a key or money."""

import contextlib
import importlib.util
import json
import signal
import subprocess
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

NAMES = ("fal", "replicate", "civitai", "comfyui")
VARIABLES = {
    "fal": ("FAL_KEY=standin-id:standin-secret", "FAL_QUEUE_URL={url}", "FAL_API_URL={url}"),
    "replicate": ("REPLICATE_API_TOKEN=r8_standin", "REPLICATE_BASE_URL={url}"),
    "civitai": ("CIVITAI_API_KEY=civitai-standin", "CIVITAI_URL={url}"),
    "comfyui": ("COMFYUI_URL={url}",),
}
"""What leads Art Factory to each; the keys are the stand-ins' own and mean nothing elsewhere."""
LAST = 65_535


class Command(BaseCommand):
    """Runs `python -m standins.imaging` beside this process: the product itself never imports it."""

    help = (
        "Serve stand-ins of fal.ai, Replicate, CivitAI and ComfyUI on loopback, strict about parameters, and print the "
        "lines for .env that lead here. For development: what they make is drawn, nothing is paid, nothing leaves the machine."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which, where and how slowly."""
        parser.add_argument("name", nargs="?", choices=NAMES, help="all four when not given")
        parser.add_argument("--port", type=int, default=0, help="of the first, the others follow; 0 for any free ones")
        parser.add_argument("--call-seconds", type=float, default=4.0, help="how long a call takes; 4")
        parser.add_argument("--seconds", type=float, default=0, help="end by itself after so long; 0 is never")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be started")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped."""
        if not 0 <= options["port"] <= LAST - len(NAMES):
            raise CommandError(f"--port is from 0 to {LAST - len(NAMES)}")
        if importlib.util.find_spec("standins") is None:
            raise CommandError("the package standins is not installed here: it comes with `make install`")
        command = [sys.executable, "-m", "standins.imaging", *([options["name"]] if options["name"] else [])]
        command += ["--port", str(options["port"]), "--seconds", str(options["call_seconds"])]
        if options["dry_run"]:
            self.stdout.write(json.dumps({"command": command}) if options["json"] else " ".join(command))
            return
        with _running(command) as (process, urls):
            lines = [line.format(url=url) for name, url in urls.items() for line in VARIABLES[name]]
            self.stdout.write(json.dumps({"urls": urls, "environment": lines}) if options["json"] else "\n".join(lines))
            self.stdout.flush()
            _wait(process, options["seconds"])


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start the stand-ins and yield the process and their addresses; stop them at the end. CommandError."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 -- asked for above
        line = process.stdout.readline()
        if not line:
            _out, wrong = process.communicate(timeout=10)
            raise CommandError(f"the stand-ins did not start: {wrong.strip()[-300:]}")
        yield process, json.loads(line)["urls"]
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=10)
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[str], seconds: float) -> None:
    """Wait for a signal, for the end of the time, or for the stand-ins to die (CommandError)."""
    stopping = threading.Event()
    before = [(number, signal.signal(number, lambda *_: stopping.set())) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        left = seconds or float("inf")
        while process.poll() is None and left > 0 and not stopping.wait(min(0.2, left)):
            left -= 0.2
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    if process.poll() is not None and not stopping.is_set():
        raise CommandError(f"the stand-ins ended with exit code {process.returncode}")
