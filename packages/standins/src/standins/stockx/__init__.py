"""StockX for tests and the demo: sign-in, catalogue, market data, listings as operations, orders.

It refuses what the true one refuses.
"""

from standins.faults import Fault
from standins.stockx.server import StockX
from standins.stockx.world import World

__all__ = ["Fault", "StockX", "World"]
