"""Prometheus figures of this process: a histogram per route, requests by status, jobs and build."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from shared.config.settings import VERSION

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The figures; each app has its own registry, so that tests do not share them."""

    def __init__(self) -> None:
        """Declare them."""
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "soleflip_request_seconds",
            "Time until the answer was sent, by route",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.requests = Counter(
            "soleflip_requests", "Requests by route and status", ["method", "route", "status"], registry=self.registry
        )
        self.uptime = Gauge("soleflip_uptime_seconds", "Seconds since this process started", registry=self.registry)
        Gauge("soleflip_info", "Version", ["version"], registry=self.registry).labels(VERSION).set(1)
        self.total = self.errors = 0
        self.total_seconds = 0.0

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.total += 1
        self.total_seconds += seconds
        self.errors += status >= 500
        self.seconds.labels(method, route).observe(seconds)
        self.requests.labels(method, route, str(status)).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
