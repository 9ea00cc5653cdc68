"""System checks: settings that would fail later are told at start."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from eztaskmanager.services.notifications import build_handler
from eztaskmanager.settings import (
    EZTASKMANAGER_NOTIFICATION_HANDLERS,
    EZTASKMANAGER_QUEUE_SERVICE_TYPE,
    QUEUE_SERVICE_TYPES,
)

PACKAGES = {"RQ": "django_rq", "Celery": "celery"}


@register()
def check_settings(**_: Any) -> list[CheckMessage]:
    """Check the queue and the notification handlers."""
    return [*_check_queue(), *_check_handlers()]


def _check_queue() -> list[CheckMessage]:
    chosen = EZTASKMANAGER_QUEUE_SERVICE_TYPE
    if chosen not in QUEUE_SERVICE_TYPES:
        names = ", ".join(QUEUE_SERVICE_TYPES)
        return [
            Error(
                f"EZTASKMANAGER_QUEUE_SERVICE_TYPE must be one of {names}",
                id="eztaskmanager.E001",
            )
        ]
    package = PACKAGES.get(chosen)
    if package and not find_spec(package):
        return [
            Error(
                f"{chosen} is chosen but {package} is not installed",
                id="eztaskmanager.E002",
            )
        ]
    if chosen == "RQ":
        default = getattr(settings, "RQ_QUEUES", {}).get("default", {})
        if "DEFAULT_TIMEOUT" not in default:
            return [
                checks.Warning(
                    "RQ ends every run after 180 seconds",
                    hint="Set DEFAULT_TIMEOUT in RQ_QUEUES['default'].",
                    id="eztaskmanager.W001",
                )
            ]
    return []


def _check_handlers() -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for name, options in EZTASKMANAGER_NOTIFICATION_HANDLERS.items():
        try:
            build_handler(options)
        except ValueError as error:
            problems.append(
                Error(
                    f"Notification handler {name!r}: {error}", id="eztaskmanager.E003"
                )
            )
    return problems
