"""Telling people how runs ended: e-mail, Slack, signed webhook, and classes of their own."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pydoc import locate
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.apps import apps
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eztaskmanager.services import webhook
from eztaskmanager.settings import (
    EZTASKMANAGER_BASE_URL,
    EZTASKMANAGER_NOTIFICATION_HANDLERS,
)
from eztaskmanager.utils import format_local_dt

if TYPE_CHECKING:
    from eztaskmanager.models import LaunchReport

logger = logging.getLogger(__name__)

LEVEL_MAPPING = {"ok": 0, "warnings": 10, "errors": 20, "failed": 30}
ALIASES = {"failure": "failed", "warning": "warnings", "error": "errors"}
MESSAGES = {
    0: _("{task_name}, started {invocation_time}, ended without a complaint"),
    10: _(
        "{task_name}, started {invocation_time}, ended with {n_errors} errors and"
        " {n_warnings} warnings"
    ),
    20: _(
        "{task_name}, started {invocation_time}, ended with {n_errors} errors and"
        " {n_warnings} warnings"
    ),
    30: _("{task_name}, started {invocation_time}, failed"),
}
EVENTS = ("result", "recovery", "too_long", "not_started")
EVENT_TEXTS = {
    "recovery": _("{task_name} works again"),
    "too_long": _("{task_name} takes longer than it should"),
    "not_started": _("{task_name} is waiting for a worker"),
    "test": _("This is a test; messages about {task_name} arrive like this one"),
}
SLACK_LIMIT = 2900


def level_number(level: int | str) -> int:
    """Return a level as a number; ValueError for a word that is none."""
    if isinstance(level, int):
        return level
    name = ALIASES.get(level, level)
    if name not in LEVEL_MAPPING:
        raise ValueError(
            f"level must be one of {', '.join(LEVEL_MAPPING)}, not {level!r}"
        )
    return LEVEL_MAPPING[name]


class NotificationHandler(ABC):
    """Decides whether a run is worth a message; `emit` sends it.

    `level` is the least serious result to tell of. `events` may add recovery (the first
    good run after a failed one), too_long and not_started. A good result is told where
    the level says "ok"; the number 0 means warnings and worse, as it always did.
    """

    def __init__(
        self, level: int | str = 0, events: Sequence[str] = ("result",)
    ) -> None:
        unknown = set(events) - set(EVENTS)
        if unknown:
            raise ValueError(f"events must be among {', '.join(EVENTS)}")
        self.level = level_number(level)
        self.events = tuple(events)
        self._tells_ok = level == "ok"
        self.event = "result"

    def handle(self, report: LaunchReport) -> bool:
        """Send if this result is to be told; return whether it was."""
        result = LEVEL_MAPPING.get(report.invocation_result)
        if result is None or "result" not in self.events:
            return False
        if result < self.level or (result == 0 and not self._tells_ok):
            return False
        self.event = "result"
        self.emit(report)
        return True

    def handle_event(self, report: LaunchReport, event: str) -> bool:
        """Send for something else than a result, if it is to be told."""
        if event not in self.events:
            return False
        self.event = event
        try:
            self.emit(report)
        finally:
            self.event = "result"
        return True

    def send_test(self, report: LaunchReport) -> bool:
        """Send a test with a run as its example, whatever level and events say."""
        self.event = "test"
        try:
            self.emit(report)
        finally:
            self.event = "result"
        return True

    def text(self, report: LaunchReport) -> str:
        """Return the message in one line."""
        template = EVENT_TEXTS.get(self.event) or MESSAGES.get(
            LEVEL_MAPPING.get(report.invocation_result, 30), MESSAGES[30]
        )
        return str(template).format(
            task_name=report.task.name,
            invocation_time=format_local_dt(report.invocation_datetime),
            n_errors=report.n_log_errors,
            n_warnings=report.n_log_warnings,
        )

    @abstractmethod
    def emit(self, report: LaunchReport) -> None:
        """Send; whatever it raises is kept as the delivery's failure."""


class EmailNotificationHandler(NotificationHandler):
    """Sends plain text with the reason, the end of the log and a link."""

    def __init__(
        self,
        from_email: str,
        recipients: Sequence[str],
        level: int | str = 0,
        events: Sequence[str] = ("result",),
    ) -> None:
        super().__init__(level, events)
        self.from_email = from_email
        self.recipients = list(recipients)

    def emit(self, report: LaunchReport) -> None:
        """Send one mail to all."""
        text = self.text(report)
        parts = [
            text,
            getattr(report, "reason", ""),
            report.log_tail(20),
            _link(report),
        ]
        subject = text.replace("\n", " ").replace("\r", " ")
        body = "\n\n".join(part for part in parts if isinstance(part, str) and part)
        send_mail(subject, body, self.from_email, self.recipients)


class SlackNotificationHandler(NotificationHandler):
    """Posts to a Slack channel; needs the extra `slack`."""

    def __init__(
        self,
        token: str,
        channel: str,
        level: int | str = 0,
        events: Sequence[str] = ("result",),
    ) -> None:
        super().__init__(level, events)
        try:
            from slack_sdk import (
                WebClient,
            )  # here: it costs every process half a second
        except ImportError as error:
            raise ImportError(
                "Slack notifications need django-eztaskmanager[slack]"
            ) from error
        self.client = WebClient(token=token)
        self.channel = channel

    def emit(self, report: LaunchReport) -> None:
        """Post what happened, the link and the end of the log."""
        link = f"<{_link(report)}|{gettext('Full logs')}>"
        tail = report.log_tail()[-SLACK_LIMIT:].replace("```", "'''")
        blocks: list[dict[str, Any]] = [
            {"type": "context", "elements": [_mark("django-eztaskmanager")]},
            {"type": "section", "text": _mark(self.text(report)[:SLACK_LIMIT])},
            {"type": "context", "elements": [_mark(link)]},
            {"type": "section", "text": _mark(f"```{tail}```")},
        ]
        self.client.chat_postMessage(channel=self.channel, blocks=blocks)


class WebhookNotificationHandler(NotificationHandler):
    """Posts JSON to an address on the public internet, signed with a shared secret."""

    def __init__(
        self,
        url: str,
        secret: str,
        level: int | str = 0,
        events: Sequence[str] = ("result",),
    ) -> None:
        super().__init__(level, events)
        webhook.check_url(url)
        self.url = url
        self.secret = secret

    def emit(self, report: LaunchReport) -> None:
        """Post what happened; WebhookError says why it did not arrive."""
        body = {
            "event": self.event,
            "text": self.text(report),
            "task": {"id": report.task_id, "name": report.task.name},
            "run": {
                "id": report.pk,
                "state": report.state,
                "result": report.invocation_result,
                "reason": report.reason,
                "exit_code": report.exit_code,
            },
            "link": _link(report),
        }
        webhook.post(self.url, body, self.secret)


def _mark(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def get_base_url() -> str:
    """Return host and port that links start with: the current site's, else the setting's."""
    try:
        config: Any = apps.get_app_config("sites")
        if hasattr(config, "get_current"):
            return str(config.get_current().domain)
        return str(config.get_model("Site").objects.get_current().domain)
    except LookupError:
        url = EZTASKMANAGER_BASE_URL or ""
        parts = urlsplit(url if "//" in url else f"//{url}")
        return f"{parts.netloc}{parts.path}".rstrip("/")


def _link(report: LaunchReport) -> str:
    """Return the address of a run's page; its path alone when no host is known."""
    path = reverse("eztaskmanager:live_log_viewer", args=[report.pk])
    base = get_base_url()
    scheme = urlsplit(EZTASKMANAGER_BASE_URL or "").scheme or "https"
    return f"{scheme}://{base}{path}" if base else path


def emit_notifications(report: LaunchReport) -> None:
    """Let every handler tell a run's result; one that fails stops none, and is recorded."""
    if not report.invocation_result:
        return
    for name, handler in report.get_notification_handlers().items():
        attempt(report, name, "result", handler.handle, report)


def attempt(
    report: LaunchReport | None, name: str, event: str, send: Any, *args: Any
) -> bool:
    """Call a handler and record what became of it; return whether it was delivered."""
    from eztaskmanager.models import Delivery

    try:
        sent = send(*args)
    except Exception as error:  # noqa: BLE001 - it is recorded
        logger.warning("Notification %s was not delivered: %s", name, error)
        detail = f"{type(error).__name__}: {error}"[:500]
        Delivery.objects.create(
            report=report, handler=name, event=event, delivered=False, detail=detail
        )
        return False
    if sent is True:
        Delivery.objects.create(
            report=report, handler=name, event=event, delivered=True
        )
    return sent is True


def build_handler(options: dict[str, Any]) -> NotificationHandler:
    """Return the handler one entry of the setting asks for; ValueError says what is wrong."""
    chosen = dict(options)
    path = chosen.pop("class", "")
    handler_class = locate(str(path))
    if not (
        isinstance(handler_class, type)
        and issubclass(handler_class, NotificationHandler)
    ):
        raise ValueError(f"class {path!r} is no NotificationHandler")
    try:
        handler: NotificationHandler = handler_class(**chosen)
    except (TypeError, ImportError) as error:
        raise ValueError(str(error)) from error
    return handler


def build_handlers() -> dict[str, NotificationHandler]:
    """Return the handlers of the setting; `manage.py check` tells of those left out."""
    handlers = {}
    for name, options in EZTASKMANAGER_NOTIFICATION_HANDLERS.items():
        try:
            handlers[name] = build_handler(options)
        except ValueError as error:
            logger.error("Notification handler %s is left out: %s", name, error)
    return handlers
