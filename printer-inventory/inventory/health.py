"""What `/health/` asks about the inventory."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from webshell.health import Check
from webshell.health import register as register_check


def register() -> None:
    """Add the inventory's checks to the health page."""
    register_check("polling", polling)
    register_check("readings", readings)


def polling() -> Check:
    """Degraded when printers have been due for longer than any tick or lease explains; tells the age of the last sweep."""
    from inventory.services import fleet_health

    stands = fleet_health.standing(timezone.now())
    age = _words(stands.last_sweep_age, "nothing was polled yet", "the last sweep polled {} s ago")
    if not stands.overdue:
        return Check.ok(f"nothing overdue; {age}")
    return Check.degraded(f"{stands.overdue} printers overdue; {age}. Is a worker for the daemon queue running?")


def readings() -> Check:
    """Degraded when no printer was read for longer than NO_SUCCESS_ALARM. Never failed: the pages work all the same."""
    from inventory.services import fleet_health

    stands = fleet_health.standing(timezone.now())
    age = _words(stands.last_success_age, "no good reading yet", "last good reading {} s ago")
    if not stands.standstill:
        return Check.ok(age)
    minutes = int(settings.NO_SUCCESS_ALARM.total_seconds() // 60)
    return Check.degraded(f"no successful poll for {minutes} min ({age}). See: python manage.py diagnose_daemon")


def _words(seconds: float | None, never: str, text: str) -> str:
    return never if seconds is None else text.format(int(seconds))
