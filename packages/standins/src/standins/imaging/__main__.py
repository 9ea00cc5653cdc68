"""`python -m standins.imaging`: the four as a process of its own, for the demo."""

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
    for name in SERVICES:
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 for any free one")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long a call takes")
    options = parser.parse_args(arguments)
    ended = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ports = {name: getattr(options, f"{name}_port") for name in SERVICES}
    try:
        with ImagingServices(ports=ports, seconds=options.seconds, control=True) as services:
            print(as_line(services), flush=True)
            ended.wait()
    except OSError as error:
        print(f"imaging: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
