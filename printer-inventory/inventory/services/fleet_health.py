"""How the polling of the whole fleet stands. Every figure costs what the fleet is large, never what its history is long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Q

from inventory.models import PollSchedule, PrinterState, Verdict
from inventory.services.leases import count_by_state
from inventory.services.operations import AwayError, queues

WORST: Final = 20
AGES: Final = (("1 h", 1), ("4 h", 4), ("24 h", 24), ("7 d", 168), ("30 d", 720))

LATENCY_SQL = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY t.took), percentile_cont(0.95) WITHIN GROUP (ORDER BY t.took),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY t.late)
FROM inventory_printerstate s CROSS JOIN LATERAL (
    SELECT extract(epoch FROM finished_at - started_at) AS took, greatest(extract(epoch FROM started_at - due_at), 0) AS late
    FROM inventory_inventorytask WHERE printer_id = s.printer_id AND due_at >= %(since)s AND finished_at IS NOT NULL
    ORDER BY due_at DESC LIMIT 1
) t
WHERE s.last_attempt_at >= %(since)s AND t.took IS NOT NULL
"""

HOURS_SQL = """
SELECT date_trunc('hour', t.due_at) AS hour, t.status, count(*)
FROM inventory_pollschedule s JOIN inventory_inventorytask t ON t.printer_id = s.printer_id AND t.due_at >= %(since)s
WHERE t.status <> '' GROUP BY 1, 2
"""

NETWORKS_SQL = """
SELECT CASE WHEN family(p.ip_address) = 4 THEN set_masklen(p.ip_address::cidr, 24) ELSE set_masklen(p.ip_address::cidr, 64) END
           AS network,
       count(*), count(*) FILTER (WHERE s.last_success_at >= %(since)s), max(s.last_success_at)
FROM inventory_printer p JOIN inventory_printerstate s ON s.printer_id = p.id WHERE p.is_active
GROUP BY 1 HAVING count(*) > count(*) FILTER (WHERE s.last_success_at >= %(since)s)
ORDER BY count(*) - count(*) FILTER (WHERE s.last_success_at >= %(since)s) DESC, 1 LIMIT %(worst)s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts and ages (seconds; None: never) of one moment."""

    active: int
    due: int
    overdue: int
    queued: int
    running: int
    expired: int
    last_sweep_age: float | None
    last_success_age: float | None
    last_success_at: datetime | None
    standstill: bool


@dataclass(frozen=True, slots=True)
class Latency:
    """Of the printers asked within the last hour: how many, seconds per poll (median, 95 %), seconds begun late (95 %)."""

    polls: int
    median: float | None
    high: float | None
    late: float | None


def patience() -> timedelta:
    """Return how long a printer may be due before no tick and no lease explains it."""
    return max(timedelta(seconds=settings.POLL_TICK_SECONDS * 3), timedelta(minutes=1)) + settings.POLL_LEASE


def standing(now: datetime) -> Standing:
    """Return how the fleet's polling stands, in four queries."""
    active = Q(printer__is_active=True)
    due = PollSchedule.objects.filter(active, due_at__lte=now).aggregate(
        all=Count("pk", filter=Q(lease_token=None)), over=Count("pk", filter=Q(due_at__lt=now - patience()))
    )
    facts = PrinterState.objects.filter(active).aggregate(
        count=Count("pk"),
        attempt=Max("last_attempt_at"),
        success=Max("last_success_at"),
        added=Max("printer__created_at"),
    )
    open_polls = count_by_state()
    since = facts["success"] or facts["added"]
    return Standing(
        active=facts["count"],
        due=due["all"],
        overdue=due["over"],
        queued=open_polls["queued"],
        running=open_polls["running"],
        expired=open_polls["expired"],
        last_sweep_age=_age(facts["attempt"], now),
        last_success_age=_age(facts["success"], now),
        last_success_at=facts["success"],
        standstill=bool(facts["count"]) and now - since > settings.NO_SUCCESS_ALARM,
    )


def verdicts(now: datetime) -> dict[str, int]:
    """Return how the last poll of each printer ended that was asked within the last hour."""
    rows = (
        PrinterState.objects.filter(last_attempt_at__gte=now - timedelta(hours=1)).exclude(last_verdict="").order_by()
    )
    counted = {row["last_verdict"]: row["count"] for row in rows.values("last_verdict").annotate(count=Count("pk"))}
    return {word: counted.get(word, 0) for word in Verdict.values}


def latency(now: datetime) -> Latency:
    """Return how long polls took lately."""
    with connection.cursor() as cursor:
        cursor.execute(LATENCY_SQL, {"since": now - timedelta(hours=1)})
        count, median, high, late = cursor.fetchone()
    return Latency(count, median, high, late)


def waiting_messages() -> dict[str, int] | None:
    """Return how many messages wait in each queue; None while the broker is away."""
    try:
        return queues.lengths()
    except AwayError:
        return None


def by_hour(now: datetime) -> dict[str, Any]:
    """Return the last day's polls by hour and verdict, for a bar chart: `{hours, series: {verdict: [count]}}`."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    with connection.cursor() as cursor:
        cursor.execute(HOURS_SQL, {"since": first})
        found = {(hour, word): count for hour, word, count in cursor.fetchall()}
    hours = [first + timedelta(hours=number) for number in range(24)]
    return {"hours": hours, "series": {word: [found.get((hour, word), 0) for hour in hours] for word in Verdict.values}}


def by_age(now: datetime) -> list[tuple[str, int]]:
    """Return how many active printers were last read how long ago: `[("1 h", 950), ..., ("", never)]`."""
    limits = [now - timedelta(hours=hours) for _label, hours in AGES]
    counts = PrinterState.objects.filter(printer__is_active=True).aggregate(
        never=Count("pk", filter=Q(last_success_at=None)),
        old=Count("pk", filter=Q(last_success_at__lt=limits[-1])),
        **{
            f"step{place}": Count(
                "pk",
                filter=Q(last_success_at__gte=limit) & (Q(last_success_at__lt=limits[place - 1]) if place else Q()),
            )
            for place, limit in enumerate(limits)
        },
    )
    steps = [(label, counts[f"step{place}"]) for place, (label, _hours) in enumerate(AGES)]
    return [*steps, ("> 30 d", counts["old"]), ("", counts["never"])]


def worst_networks(now: datetime) -> list[dict[str, Any]]:
    """Return the networks (/24, IPv6 /64) with most printers that were not read within two intervals and a bit."""
    since = now - settings.POLL_INTERVAL * 2 - patience()
    with connection.cursor() as cursor:
        cursor.execute(NETWORKS_SQL, {"since": since, "worst": WORST})
        rows = cursor.fetchall()
    return [
        {"network": str(network), "printers": total, "silent": total - read, "last_success_at": last}
        for network, total, read, last in rows
    ]


def _age(moment: datetime | None, now: datetime) -> float | None:
    return (now - moment).total_seconds() if moment else None
