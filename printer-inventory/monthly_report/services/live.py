"""Telling open month pages that rows have changed; the page then asks for these rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

MOST_IDS: Final = 500
"""Above so many rows a page asks for all of them."""


def group_of(month: date) -> str:
    """Return the channel group of a month; the one place that spells it, for who sends and who listens."""
    return f"monthly_report_{month:%Y_%m}"


def rows_changed(month: date, ids: Sequence[int], source: str, user_name: str = "") -> None:
    """Say which rows have changed: `source` is sync, edit or import. Redis being away costs a line in the log."""
    layer = get_channel_layer()
    if layer is None or not ids:
        return
    listed = list(ids) if len(ids) <= MOST_IDS else []
    message = {"type": "month_rows", "ids": listed, "count": len(ids), "source": source, "user": user_name}
    try:
        async_to_sync(layer.group_send)(group_of(month), message)
    except (OSError, RedisError) as error:
        logger.warning("Live updates are off: the channel layer is away (%s).", type(error).__name__)
