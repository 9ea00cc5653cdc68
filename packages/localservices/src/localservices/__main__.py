"""`python -m localservices run|up|stop|status|reset`: what `make run`, `make up` and `make stop` call."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

from .errors import InterruptedStartError, LocalServicesError
from .files import local_folder, locked
from .launcher import Launcher, stop_launcher
from .leftovers import end_leftovers, running_launcher
from .postgres import create_databases
from .runfile import discover
from .services import KINDS, ensure_services, read_services, reset_services, running_services, stop_services
from .terminal import RED, Terminal
from .testing import find_root


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, do it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="localservices", description=__doc__)
    parser.add_argument("--root", type=Path, help="the clone's folder; found from the current one when left out")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start services and systems, show one start page, stop all on Ctrl-C")
    run.add_argument("system", nargs="*", help="folder names; all when none is given")
    commands.add_parser("up", help="start the services only and leave them running")
    commands.add_parser("stop", help="stop what up (or a launcher) left running")
    commands.add_parser("status", help="say what runs; exit code 3 when nothing does")
    commands.add_parser("reset", help="stop the services and delete their data")
    chosen = parser.parse_args(arguments)
    root = (chosen.root or find_root(Path.cwd())).resolve()
    terminal = Terminal()
    try:
        if chosen.command == "run":
            return Launcher(root, chosen.system, terminal).run()
        return {"up": up, "stop": stop, "status": status, "reset": reset}[chosen.command](root, terminal)
    except InterruptedStartError:
        return 130
    except LocalServicesError as error:
        terminal.say(str(error), RED)
        return 1


def up(root: Path, terminal: Terminal) -> int:
    """Start both services and create the systems' databases, so that every documented command finds them."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked.set())
    begun = time.monotonic()
    services = ensure_services(root, KINDS, interrupted=asked.is_set)
    for kind, server in services.servers.items():
        terminal.say(f"{'started' if kind in services.started else 'using'} {server.describe()}")
    names = [name for system in discover(root) for name in system.databases]
    for name in create_databases(services.servers["postgres"], names):
        terminal.say(f"created database {name}")
    terminal.say(
        f"services are up after {time.monotonic() - begun:.1f} s; addresses in .local/services.env; make stop ends them"
    )
    return 0


def stop(root: Path, terminal: Terminal) -> int:
    """Stop a running launcher, what a killed one left, and the services."""
    if stopped := stop_launcher(root):
        terminal.say(f"stopped the launcher (pid {stopped['pid']})")
    with locked(local_folder(root) / "run.lock", wait=False) as free:
        if not free:
            terminal.say("The launcher does not stop; press Ctrl-C in its terminal.", RED)
            return 1
        for label in end_leftovers(root):
            terminal.say(f"ended {label}")
        lines = stop_services(root)
    for line in lines:
        terminal.say(f"stopped {line}")
    if not lines and not stopped:
        terminal.say("nothing was running")
    return 0


def status(root: Path, terminal: Terminal) -> int:
    """Say what runs."""
    running = running_services(root)
    for server in running.values():
        terminal.say(f"{server.describe()}, pid {server.pid()}, started by {server.owner}")
    launcher = running_launcher(root)
    if launcher:
        terminal.say(f"start page {launcher[1] or 'not up yet'} (pid {launcher[0]})")
    if not running and not launcher:
        terminal.say(
            "nothing is running" + ("; .local/services.env names told services" if read_services(root) else "")
        )
        return 3
    return 0


def reset(root: Path, terminal: Terminal) -> int:
    """Delete the services' data, after stopping everything."""
    code = stop(root, terminal)
    if code == 0:
        reset_services(root)
        terminal.say("deleted the services' data")
    return code


if __name__ == "__main__":
    sys.exit(main())
