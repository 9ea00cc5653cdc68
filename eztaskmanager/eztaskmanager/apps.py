"""App configuration: notification handlers and system checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.apps import AppConfig

if TYPE_CHECKING:
    from eztaskmanager.services.notifications import NotificationHandler


class EZTaskmanagerConfig(AppConfig):
    """The app; `notification_handlers` is what the settings configure, by name."""

    name = "eztaskmanager"
    verbose_name = "eztaskmanager"
    default_auto_field = "django.db.models.BigAutoField"
    notification_handlers: ClassVar[dict[str, NotificationHandler]] = {}

    def ready(self) -> None:
        """Build the notification handlers; register checks."""
        from eztaskmanager import checks  # noqa: F401 - importing registers them
        from eztaskmanager.services.notifications import build_handlers

        type(self).notification_handlers = build_handlers()
