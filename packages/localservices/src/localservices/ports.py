"""Which TCP ports a run takes, and what to say when one is busy."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .errors import LocalServicesError
from .processes import free_port, port_is_free, port_owner
from .runfile import System

PAGE_PORT = 8080
PAGE_VARIABLE = "PORT_START_PAGE"


def choose_ports(systems: Sequence[System]) -> dict[str, dict[str, int]]:
    """Return each system's ports by process name.

    Raises LocalServicesError naming every busy port, its holder when that can be known, and the fix.
    """
    chosen: dict[str, dict[str, int]] = {}
    busy = []
    for system in systems:
        chosen[system.name] = {}
        for process in system.processes:
            if process.port is None:
                continue
            variable = system.port_variable(process.name)
            port = _port_from(variable, process.port) or free_port()
            chosen[system.name][process.name] = port
            if not port_is_free(port):
                busy.append(_busy(port, f"{system.name}/{process.name}", variable))
    if busy:
        raise LocalServicesError("\n".join(busy))
    return chosen


def choose_page_port() -> int:
    """Return the start page's port; raises LocalServicesError when it is busy."""
    port = _port_from(PAGE_VARIABLE, PAGE_PORT) or free_port()
    if not port_is_free(port):
        raise LocalServicesError(_busy(port, "the start page", PAGE_VARIABLE))
    return port


def _port_from(variable: str, default: int) -> int:
    """Return the port a variable names, else the default."""
    text = os.environ.get(variable, "")
    if text and not (text.isdecimal() and int(text) < 65536):
        raise LocalServicesError(f"{variable} must be a port number.")
    return int(text) if text else default


def _busy(port: int, wanted_by: str, variable: str) -> str:
    """Say that a port is taken, by whom, and what to do."""
    holder = port_owner(port) or "another process"
    other = port + 1000 if port < 64536 else port - 1000
    return (
        f"Port {port}, wanted by {wanted_by}, is taken by {holder}. "
        f"Stop that, or choose another port: {variable}={other} make run"
    )
