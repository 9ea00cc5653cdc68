"""`python -m standins.stockx`: the stand-in as a process of its own, for the demo."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

from standins.stockx.server import StockX, ready_line


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standins.stockx", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8091, help="0 for any free one")
    parser.add_argument("--per-second", type=float, default=None, help="requests a second; the true one allows 1")
    parser.add_argument("--per-day", type=int, default=25_000)
    parser.add_argument("--sales", type=int, default=0, help="start with so many finished sales")
    parser.add_argument("--open-sales", type=int, default=0, help="and with so many that are to be shipped")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    stockx = StockX(
        host=options.host,
        port=options.port,
        per_second=options.per_second,
        per_day=options.per_day,
        operation_seconds=1.0,
        control_token=os.environ.get("STANDINS_CONTROL_TOKEN", ""),
    )
    variants = list(stockx.world.variants.values())
    for number in range(options.sales):
        _, variant = variants[number * 7 % len(variants)]
        stockx.world.put_order(variant.id, variant.lowest_ask, days_ago=1 + number / 3, status="COMPLETED")
    for number in range(options.open_sales):
        _, variant = variants[number * 11 % len(variants)]
        stockx.world.put_order(variant.id, variant.lowest_ask, days_ago=number / 2, label=number > 0)
    try:
        print(ready_line(stockx), flush=True)
        stockx.serve()
    except KeyboardInterrupt:
        return 0
    finally:
        stockx.close()
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
