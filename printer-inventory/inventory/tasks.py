"""Celery tasks under the names the documents give. They carry no state: what is due, leased and
done is in the rows. Their queues are in the settings (CELERY_TASK_ROUTES)."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from inventory.models import Printer
from inventory.services import (
    discovering,
    discovery,
    exporting,
    exports,
    import_sessions,
    retention,
    sweeping,
    watching,
)

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 300


@shared_task(bind=True, soft_time_limit=240, time_limit=300, ignore_result=False)
def run_inventory_task_priority(self: Any, printer_id: int, user_id: int | None = None) -> dict[str, Any]:
    """Poll a printer that a person has asked for."""
    success, message = sweeping.run_inventory_for_printer(printer_id, "manual")
    address = Printer.objects.filter(pk=printer_id).values_list("ip_address", flat=True).first()
    return {
        "success": success,
        "message": message,
        "printer_id": printer_id,
        "printer_ip": address,
        "timestamp": timezone.now().isoformat(),
        "priority": "high",
        "user_id": user_id,
        "task_id": self.request.id,
    }


@shared_task(soft_time_limit=540, time_limit=600)
def run_inventory_task(printer_id: int) -> None:
    """Poll a printer that is due by schedule."""
    sweeping.run_inventory_for_printer(printer_id, "daemon")


@shared_task(soft_time_limit=SWEEP_SECONDS + 60, time_limit=SWEEP_SECONDS + 120)
def inventory_daemon_task() -> dict[str, Any]:
    """Poll everything that is due. Any number of these may run: leases keep them apart."""
    result = sweeping.Sweep(seconds=SWEEP_SECONDS).run()
    if result.polled:
        logger.info("Polled %d printers in %.1f s: %s", result.polled, result.seconds, result.verdicts)
    return {"polled": result.polled, "seconds": round(result.seconds, 2), "verdicts": result.verdicts}


@shared_task(soft_time_limit=SWEEP_SECONDS + 240, time_limit=SWEEP_SECONDS + 300)
def run_agent_sweep() -> dict[str, Any]:
    """Poll what is due and is to be asked by a GLPI Agent; apart from the native sweep, which never waits for agents."""
    result = sweeping.Sweep(seconds=SWEEP_SECONDS, lane="agent").run()
    if result.polled:
        logger.info("Agents polled %d printers in %.1f s: %s", result.polled, result.seconds, result.verdicts)
    return {"polled": result.polled, "seconds": round(result.seconds, 2), "verdicts": result.verdicts}


@shared_task(soft_time_limit=SWEEP_SECONDS + 420, time_limit=SWEEP_SECONDS + 480)
def run_web_sweep() -> dict[str, Any]:
    """Poll what is due and is read from web pages; apart from the native sweep, which never waits for a page."""
    result = sweeping.Sweep(seconds=SWEEP_SECONDS, lane="web").run()
    if result.polled:
        logger.info("Read %d printers from their pages in %.1f s: %s", result.polled, result.seconds, result.verdicts)
    return {"polled": result.polled, "seconds": round(result.seconds, 2), "verdicts": result.verdicts}


@shared_task(soft_time_limit=540, time_limit=600)
def run_discoveries() -> bool:
    """Work on the oldest search of networks that waits, for a slice of time; the rest is asked for anew."""
    worked = discovering.run_next()
    if worked and discovering.is_waiting():
        discovery.tell_searcher()
    return worked


@shared_task(soft_time_limit=540, time_limit=600)
def run_exports() -> int:
    """Make every export that waits; return how many."""
    made = 0
    while exporting.run_next():
        made += 1
    return made


@shared_task
def watch_polling() -> bool:
    """Look whether printers are read at all; return whether the alarm is up."""
    return watching.watch(timezone.now()) is not None


@shared_task
def cleanup_old_inventory_data() -> dict[str, int]:
    """Thin out old polls (a day's last good reading always stays), and forget old searches, imports and exports."""
    now = timezone.now()
    forgotten = sum(job.forget_old(now, settings.KEEP_ALL_DAYS) for job in (discovery, import_sessions, exports))
    return {**retention.cleanup(now, settings.KEEP_ALL_DAYS), "forgotten": forgotten}
