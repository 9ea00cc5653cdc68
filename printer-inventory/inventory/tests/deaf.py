"""Settings for a worker whose event loop stands still once, with no task in hand; the next start of it is a sound one."""

import os
import time
from pathlib import Path
from typing import Any

from celery.signals import worker_ready

from printer_inventory.test_settings import *  # noqa: F403 - as settings are extended


def go_deaf(sender: Any, **_: Any) -> None:
    """Stand still if this is the first start."""
    first = Path(os.environ["DEAF_MARKER"])
    if not first.exists():
        first.write_text(str(os.getpid()))
        sender.hub.call_soon(time.sleep, 3600)


worker_ready.connect(go_deaf)
