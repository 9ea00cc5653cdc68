"""Figures for Prometheus, read from the rows when asked: any number of workers and web processes give one answer."""

from __future__ import annotations

from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from inventory.services import fleet_health

NAN = float("nan")


def exposition() -> bytes:
    """Return the metrics in Prometheus' text format; six queries and a look at the broker, however long the history is."""
    registry = CollectorRegistry()
    now = timezone.now()
    stands, took = fleet_health.standing(now), fleet_health.latency(now)

    def gauge(name: str, text: str, value: float | None) -> None:
        Gauge(f"inventory_{name}", text, registry=registry).set(NAN if value is None else value)

    def labelled(name: str, text: str, label: str, values: dict[str, int]) -> None:
        made = Gauge(f"inventory_{name}", text, [label], registry=registry)
        for word, count in values.items():
            made.labels(word).set(count)

    gauge("printers", "Active printers", stands.active)
    gauge("due_printers", "Printers that are due and not being asked", stands.due)
    gauge("overdue_printers", "Printers due for longer than any tick or lease explains", stands.overdue)
    states = {"queued": stands.queued, "running": stands.running, "expired": stands.expired}
    labelled("open_polls", "Open polls by state; expired counts leases that have run out", "state", states)
    labelled(
        "polls_last_hour",
        "Printers asked in the last hour by their last verdict",
        "verdict",
        fleet_health.verdicts(now),
    )
    gauge("last_sweep_age_seconds", "Seconds since any printer was asked", stands.last_sweep_age)
    gauge("last_success_age_seconds", "Seconds since any printer was read", stands.last_success_age)
    gauge("standstill", "1 when no printer was read for longer than NO_SUCCESS_ALARM_MINUTES", float(stands.standstill))
    gauge("poll_seconds_median", "Median seconds of the last hour's polls", took.median)
    gauge("poll_seconds_p95", "95th percentile of the seconds of the last hour's polls", took.high)
    gauge("poll_late_seconds_p95", "95th percentile of how late the last hour's polls began", took.late)
    messages = fleet_health.waiting_messages()
    gauge("broker_up", "1 when the broker answers", float(messages is not None))
    labelled("queue_messages", "Messages that wait in the broker", "queue", messages or {})
    return generate_latest(registry)
