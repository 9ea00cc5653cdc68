"""Small helpers shared by models, admin and notifications."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def format_local_dt(dt: datetime) -> str:
    """Return a time in the current zone: `2026-10-05 09:49:07 CEST`."""
    if timezone.is_naive(dt):
        dt = timezone.make_aware(dt)
    return timezone.localtime(dt).strftime("%Y-%m-%d %H:%M:%S %Z")
