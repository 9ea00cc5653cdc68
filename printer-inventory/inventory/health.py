"""What `/health/` asks about the inventory."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from webshell.health import Check
from webshell.health import register as register_check


def register() -> None:
    """Add the inventory's checks to the health page."""
    register_check("polling", polling)


def polling() -> Check:
    """Degraded when printers have been due for longer than any tick or lease explains."""
    from inventory.models import PollSchedule, PrinterState

    now = timezone.now()
    patience = max(timedelta(seconds=settings.POLL_TICK_SECONDS * 3), timedelta(minutes=1)) + settings.POLL_LEASE
    overdue = PollSchedule.objects.filter(due_at__lt=now - patience, printer__is_active=True).count()
    latest = PrinterState.objects.aggregate(latest=Max("last_success_at"))["latest"]
    if not overdue:
        return Check.ok("nothing overdue")
    age = f"last good reading {int((now - latest).total_seconds())} s ago" if latest else "no good reading yet"
    return Check.degraded(f"{overdue} printers overdue; {age}. Is a worker for the daemon queue running?")
