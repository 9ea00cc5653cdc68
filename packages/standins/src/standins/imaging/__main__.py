"""`python -m standins.imaging [NAME]`: the four, or one of them, as a process of its own, for the demo."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from types import FrameType

from standins.imaging.server import SERVICES, ImagingServices, as_line


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standins.imaging", description=__doc__)
    parser.add_argument("name", nargs="?", choices=list(SERVICES), help="all four when not given")
    parser.add_argument("--port", type=int, default=0, help="of the first, the others follow; 0 for any free ones")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long a call takes")
    options = parser.parse_args(arguments)
    ended = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    only = (options.name,) if options.name else tuple(SERVICES)
    ports = {name: options.port + at for at, name in enumerate(only)} if options.port else {}
    try:
        with ImagingServices(ports=ports, seconds=options.seconds, control=True, only=only) as services:
            print(as_line(services), flush=True)
            ended.wait()
    except OSError as error:
        print(f"imaging: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
