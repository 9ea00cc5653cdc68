"""`python -m standins.glpi`: the stand-in as a process of its own, for the demo."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from datetime import date, timedelta
from pathlib import Path
from types import FrameType

from standins.glpi.server import Glpi, ready_line


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standins.glpi", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8092, help="0 for any free one")
    parser.add_argument(
        "--inventory", type=Path, help="a fleet's file (standins.printers --inventory): it knows them all"
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    glpi = Glpi(host=options.host, port=options.port)
    if options.inventory is not None:
        know_fleet(glpi, json.loads(options.inventory.read_text(encoding="utf-8")))
    try:
        print(ready_line(glpi), flush=True)
        glpi.serve()
    except KeyboardInterrupt:
        return 0
    finally:
        glpi.close()
    return 0


def know_fleet(glpi: Glpi, fleet: list[dict[str, object]]) -> None:
    """Know a fleet's printers: most seen today, every seventh last month, every eleventh without an address."""
    today = date.today()  # noqa: DTZ011 -- GLPI's log has days of the server's own clock
    for place, one in enumerate(fleet):
        serial, address = str(one.get("serial") or ""), str(one.get("address") or "")
        if not serial:
            continue
        day = today - timedelta(days=30 if place % 7 == 6 else 0)
        addresses = () if place % 11 == 10 else (address,)
        glpi.world.add(
            serial, *addresses, entity=place % 3, log=[(day.isoformat(), 1000 + place)], counter=1000 + place
        )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
