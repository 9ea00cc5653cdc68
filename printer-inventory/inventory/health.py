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
    """Degraded when printers are due but none has been read for three intervals."""
    from inventory.models import PollSchedule, PrinterState

    now = timezone.now()
    patience = max(settings.POLL_INTERVAL * 3, timedelta(minutes=5))
    overdue = PollSchedule.objects.filter(due_at__lt=now - patience, printer__is_active=True).count()
    latest = PrinterState.objects.aggregate(latest=Max("last_success_at"))["latest"]
    if not overdue:
        return Check.ok("nothing overdue")
    age = f"last good reading {int((now - latest).total_seconds())} s ago" if latest else "no good reading yet"
    return Check.degraded(f"{overdue} printers overdue; {age}. Is a worker for the daemon queue running?")
