"""`python -m standins.printers`: play a fleet of printers until stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from .clockfile import kept, resume
from .config import DEFAULT_MODE, DEMO_NETWORK, DEMO_SNMP_PORT, DEMO_WEB_PORT, FleetConfig, from_json
from .devices import load
from .service import Ready, serve
from .world import World


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    made = argparse.ArgumentParser(
        prog="python -m standins.printers",
        description="Printers that answer over SNMP (v1, v2c, v3) and HTTP on loopback, print pages and use up toner.",
        epilog="Devices: " + ", ".join(load()) + ".",
    )
    made.add_argument("--count", type=int, default=300, help="how many printers (default 300; ignored with --walks)")
    made.add_argument("--devices", default="", metavar="ID,ID", help="descriptions to use, dealt round (default: all)")
    made.add_argument(
        "--walks", default="", metavar="FOLDER", help="play the recordings (*.snmprec) of a folder instead"
    )
    made.add_argument("--repeat", type=int, default=1, help="printers per recording (default 1)")
    made.add_argument("--vary", action="store_true", help="give each repeated recording its own serial and MAC")
    made.add_argument("--mode", choices=("addresses", "ports"), default=DEFAULT_MODE, help=f"default {DEFAULT_MODE}")
    made.add_argument(
        "--network", default=DEMO_NETWORK, help=f"addresses to use (default {DEMO_NETWORK}); loopback only"
    )
    made.add_argument("--scatter", action="store_true", help="spread the printers over the whole network")
    made.add_argument("--snmp-port", type=int, default=DEMO_SNMP_PORT, help=f"default {DEMO_SNMP_PORT}; 0: any free")
    made.add_argument("--web-port", type=int, default=DEMO_WEB_PORT, help=f"default {DEMO_WEB_PORT}; 0: any free")
    made.add_argument("--no-web", action="store_true", help="serve no status pages")
    made.add_argument("--community", default="public", help="default public")
    made.add_argument("--speed", type=float, default=60.0, help="simulated seconds per second (default 60)")
    made.add_argument(
        "--hours", choices=("office", "always"), default="always", help="when people print (default always)"
    )
    made.add_argument("--seed", default="standins", help="another seed is another fleet")
    made.add_argument(
        "--clock-file", type=Path, metavar="FILE", help="keep simulated time here, so that a restarted fleet goes on"
    )
    made.add_argument("--inventory", type=Path, metavar="FILE", help="write who is where as JSON, for a demo loader")
    made.add_argument("--list-only", action="store_true", help="write the inventory and do not serve")
    made.add_argument(
        "--control-file", type=Path, metavar="FILE", help="write the control channel's port and token (mode 0600)"
    )
    made.add_argument(
        "--json-ready", action="store_true", help="settings as a JSON line on standard input, a JSON line when serving"
    )
    made.add_argument("--parent-pid", type=int, default=0, help="stop when this parent process is gone")
    return made


def config_of(options: argparse.Namespace) -> FleetConfig:
    """Return the fleet the options ask for; raise ValueError for what cannot be."""
    if options.json_ready:
        return from_json(json.loads(_first_line()))
    return FleetConfig(
        count=options.count,
        devices=tuple(name for name in options.devices.split(",") if name),
        walks=options.walks,
        repeat=options.repeat,
        vary=options.vary,
        mode=options.mode,
        network=options.network,
        scatter=options.scatter,
        snmp_port=options.snmp_port,
        web_port=options.web_port,
        web=not options.no_web,
        community=options.community,
        speed=options.speed,
        hours=options.hours,
        start=resume(options.clock_file, options.speed) if options.clock_file else None,
        seed=options.seed,
    )


def _first_line() -> bytes:
    """Read the settings without reading ahead: the rest of standard input only tells when the starter is gone."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1)
        if not piece:
            raise ValueError("standard input ended before the settings")
        line += piece
    return line


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def announce(world: World, options: argparse.Namespace, ready: Ready) -> None:
    """Tell that the fleet serves: a JSON line, or a table for people."""
    if options.control_file:
        write_private(options.control_file, json.dumps(asdict(ready)))
    if options.json_ready:
        print(json.dumps(asdict(ready)), flush=True)
        return
    addresses = world.addresses()
    for row in addresses[:10]:
        print(
            f"{row.address}:{row.snmp_port}  http://{row.address}:{row.web_port}/  {row.vendor} {row.model}  {row.serial}"
        )
    if len(addresses) > 10:
        print(f"... and {len(addresses) - 10} more, up to {addresses[-1].address}:{addresses[-1].snmp_port}")
    print(
        f"ready: {len(addresses)} printers, community {world.config.community}, speed {world.clock.speed:g}", flush=True
    )


def main() -> int:
    """Run the command; return its exit code."""
    options = parser().parse_args()
    try:
        world = World(config_of(options))
    except ValueError as problem:
        print(f"standins.printers: {problem}", file=sys.stderr)
        return 2
    if options.inventory:
        options.inventory.write_text(json.dumps(world.inventory(), indent=1), "utf-8")
    if options.list_only:
        return 0
    keeping = kept(options.clock_file, world.clock) if options.clock_file else nullcontext()
    try:
        with keeping:
            asyncio.run(
                serve(
                    world,
                    lambda ready: announce(world, options, ready),
                    parent=options.parent_pid,
                    until_eof=options.json_ready,
                )
            )
    except OSError as problem:
        print(f"standins.printers: {problem}; choose other ports with --snmp-port and --web-port", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
