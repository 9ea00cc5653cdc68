"""The package's settings.

The seven names of the original are read once at import, into globals that users' tests
patch. What this package added is read by `option()` at call time.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings

QUEUE_SERVICE_TYPES = ("RQ", "Celery", "Database")


def _queue_service_type() -> str:
    """Return the chosen queue; unset, RQ where the project has it, else the database."""
    chosen = getattr(settings, "EZTASKMANAGER_QUEUE_SERVICE_TYPE", None)
    if chosen:
        return str(chosen)
    has_rq = hasattr(settings, "RQ_QUEUES") and find_spec("django_rq") is not None
    return "RQ" if has_rq else "Database"


EZTASKMANAGER_QUEUE_SERVICE_TYPE: str = _queue_service_type()
EZTASKMANAGER_N_LINES_IN_REPORT_LOG: int = getattr(
    settings, "EZTASKMANAGER_N_LINES_IN_REPORT_LOG", 10
)
EZTASKMANAGER_N_REPORTS_INLINE: int = getattr(
    settings, "EZTASKMANAGER_N_REPORTS_INLINE", 5
)
EZTASKMANAGER_SHOW_LOGVIEWER_LINK: bool = getattr(
    settings, "EZTASKMANAGER_SHOW_LOGVIEWER_LINK", True
)
EZTASKMANAGER_USE_FILTER_COLLAPSE: bool = getattr(
    settings, "EZTASKMANAGER_USE_FILTER_COLLAPSE", True
)
EZTASKMANAGER_BASE_URL: str | None = getattr(settings, "EZTASKMANAGER_BASE_URL", None)
EZTASKMANAGER_NOTIFICATION_HANDLERS: dict[str, dict[str, Any]] = getattr(
    settings, "EZTASKMANAGER_NOTIFICATION_HANDLERS", {}
)

DEFAULTS: dict[str, Any] = {
    # "local": 2026-10-05 09:49:07 CEST (0.5.3); "iso": str() of the UTC time (0.5.2).
    "LOG_TIME_FORMAT": "local",
    # A worker that is silent this long has lost its runs.
    "LEASE_SECONDS": 15.0,
    "HEARTBEAT_SECONDS": 3.0,
    # How long an idle worker waits before it looks for work again.
    "POLL_SECONDS": 0.2,
    # From SIGTERM to SIGKILL, where the task says nothing.
    "STOP_GRACE_SECONDS": 10.0,
    # What one run may write; the rest is counted and dropped.
    "MAX_LOG_LINES": 200_000,
    "MAX_LINE_LENGTH": 20_000,
    # A slot older than this when it is noticed was missed.
    "MISSED_AFTER_SECONDS": 60.0,
    # Reports beyond EZTASKMANAGER_N_REPORTS_INLINE that failed are kept this long.
    "KEEP_FAILED_DAYS": 30,
    # A dotted path to f(user, action, task) -> bool; replaces the model permissions.
    "PERMISSION_CHECK": None,
}


def option(name: str) -> Any:
    """Return setting `EZTASKMANAGER_<name>`, or its default; KeyError if unknown."""
    return getattr(settings, f"EZTASKMANAGER_{name}", DEFAULTS[name])
