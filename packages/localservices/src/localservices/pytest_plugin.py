"""Real services for a test suite that asks for them in its `[tool.pytest.ini_options]`: `localservices = ["postgres",
"redis"]`.

Without that option the plugin does nothing. With it, the services run and the environment names them before Django
settings (or a conftest) are read. Processes that pytest starts get a seat of their own when they run pytest with this
plugin (xdist workers).
"""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping

import pytest

from .testing import Seat, find_root, leave_seat, take_seat

GIVEN = "LOCALSERVICES_GIVEN"
"""The variable that tells a child which variables a parent's seat set, and what they were before."""

seat_key = pytest.StashKey[Seat]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option that wakes the plugin."""
    parser.addini(
        "localservices", "Services to have before settings are read: postgres, redis", type="args", default=[]
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Take a seat and set its variables; first of all plugins, since pytest-django reads settings in this hook."""
    wants = early_config.getini("localservices")
    options = early_config.known_args_namespace
    if not wants or options.help or options.version:
        return
    restore(os.environ)
    seat = take_seat(find_root(early_config.rootpath), wants, os.environ)
    process = os.getpid()

    def leave() -> None:
        if os.getpid() == process:  # a fork of a test process has no seat to give back
            leave_seat(seat)
            restore(os.environ)

    early_config.add_cleanup(leave)
    early_config.stash[seat_key] = seat
    give(seat, os.environ)


def give(seat: Seat, environ: MutableMapping[str, str]) -> None:
    """Set a seat's variables and keep what they were."""
    environ[GIVEN] = json.dumps({name: environ.get(name) for name in seat.environment})
    environ.update(seat.environment)


def restore(environ: MutableMapping[str, str]) -> None:
    """Undo `give`, so that a seat of a parent process is not taken for a server that the person named."""
    for name, before in json.loads(environ.pop(GIVEN, "{}")).items():
        environ.pop(name, None)
        if before is not None:
            environ[name] = before


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which services the suite runs on."""
    seat = config.stash.get(seat_key, None)
    return [] if seat is None else [f"services: {line}" for line in seat.services]
