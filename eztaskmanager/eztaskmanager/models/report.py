"""Runs (`LaunchReport`) and their log lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eztaskmanager.models.task import Task
from eztaskmanager.settings import option
from eztaskmanager.states import OPEN_STATES, State, Stream, Trigger
from eztaskmanager.utils import format_local_dt

if TYPE_CHECKING:
    from eztaskmanager.services.notifications import NotificationHandler


def hidden_lines(count: int) -> str:
    """Return what stands for lines that are not shown."""
    return gettext("%(count)d lines hidden ...") % {"count": count}


def current_time() -> datetime:
    """Return now; a name of its own, so that the default follows a patched clock."""
    return timezone.now()


class LaunchReport(models.Model):
    """One run of a task, from the moment it is asked for.

    `state` says where it stands, `invocation_result` is the verdict of the original, and
    `invocation_datetime` is when it started.
    """

    RESULT_NO = ""
    RESULT_OK = "ok"
    RESULT_FAILED = "failed"
    RESULT_ERRORS = "errors"
    RESULT_WARNINGS = "warnings"
    RESULT_STOPPED = "stopped"
    RESULT_CHOICES = (
        (RESULT_NO, "---"),
        (RESULT_OK, _("OK")),
        (RESULT_FAILED, _("FAILED")),
        (RESULT_ERRORS, _("ERRORS")),
        (RESULT_WARNINGS, _("WARNINGS")),
        (RESULT_STOPPED, _("STOPPED")),
    )

    task = models.ForeignKey(Task, on_delete=models.CASCADE, verbose_name=_("task"))
    invocation_result = models.CharField(
        _("result"), max_length=20, choices=RESULT_CHOICES, default=RESULT_NO
    )
    invocation_datetime = models.DateTimeField(_("started"), auto_now_add=True)

    # What this package adds: see migrations 0004 and later.
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.DONE
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    trigger = models.CharField(
        _("trigger"), max_length=10, choices=Trigger.choices, blank=True
    )
    requested_by = models.CharField(_("asked for by"), max_length=150, blank=True)
    service = models.CharField(_("service"), max_length=10, default="Database")
    queue = models.CharField(_("queue"), max_length=40, default="default")
    priority = models.SmallIntegerField(_("priority"), default=0)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    run_after = models.DateTimeField(_("not before"), null=True, blank=True)
    queued_at = models.DateTimeField(_("queued"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    previous = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="following",
    )
    argv = models.JSONField(_("arguments"), null=True, blank=True)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    pid = models.PositiveIntegerField(_("process"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    stop_requested_at = models.DateTimeField(_("stop asked for"), null=True, blank=True)
    stop_requested_by = models.CharField(
        _("stop asked for by"), max_length=150, blank=True
    )
    exit_code = models.IntegerField(_("exit code"), null=True, blank=True)
    signal = models.PositiveSmallIntegerField(_("signal"), null=True, blank=True)
    peak_memory = models.PositiveBigIntegerField(
        _("peak memory"), null=True, blank=True, help_text=_("Bytes")
    )
    cpu_seconds = models.FloatField(_("CPU seconds"), null=True, blank=True)
    progress_done = models.PositiveBigIntegerField(
        _("progress done"), null=True, blank=True
    )
    progress_total = models.PositiveBigIntegerField(
        _("progress total"), null=True, blank=True
    )
    progress_text = models.CharField(_("progress text"), max_length=200, blank=True)
    level_counts = models.JSONField(_("lines by level"), null=True, blank=True)
    notified = models.BooleanField(_("notified"), default=True)
    alone = models.BigIntegerField(
        _("alone"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The task, if it runs once at a time"),
    )

    class Meta:
        verbose_name = _("launch report")
        verbose_name_plural = _("launch reports")
        constraints = [
            models.UniqueConstraint(
                fields=["task", "due_at"], name="eztaskmanager_due_once"
            ),
            models.UniqueConstraint(
                fields=["alone"],
                condition=Q(state=State.RUNNING),
                name="eztaskmanager_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "-priority", "id"],
                name="eztaskmanager_waiting",
                condition=Q(state=State.QUEUED),
            ),
            models.Index(
                fields=["worker"],
                name="eztaskmanager_running",
                condition=Q(state=State.RUNNING),
            ),
            models.Index(
                fields=["id"],
                name="eztaskmanager_to_notify",
                condition=Q(notified=False),
            ),
            models.Index(
                fields=["task", "-invocation_datetime"], name="eztaskmanager_newest"
            ),
        ]

    def __str__(self) -> str:
        when = self.invocation_datetime
        return f"LaunchReport {self.task.name} {self.invocation_result} {when}"

    @classmethod
    def get_notification_handlers(cls) -> dict[str, NotificationHandler]:
        """Return the handlers the settings configure, by their names there."""
        config: Any = apps.get_app_config("eztaskmanager")
        handlers: dict[str, NotificationHandler] = config.notification_handlers
        return handlers

    @property
    def is_open(self) -> bool:
        """Whether it is queued or running."""
        return self.state in OPEN_STATES

    @property
    def is_stopping(self) -> bool:
        """Whether it runs and has been asked to stop."""
        return self.state == State.RUNNING and self.stop_requested_at is not None

    @property
    def duration(self) -> timedelta | None:
        """How long it ran, or has been running; None before it starts."""
        if self.started_at is None:
            return None
        return (self.finished_at or timezone.now()) - self.started_at

    def _count(self, level: str) -> int:
        if self.level_counts is not None:
            return int(self.level_counts.get(level, 0))
        return self.logs.filter(level=level).count()

    @property
    def n_log_lines(self) -> int:
        """How many lines the log holds."""
        return self.logs.count()

    @property
    def n_log_errors(self) -> int:
        """How many lines are errors; of our own runs, critical ones too."""
        if self.level_counts is not None:
            return self._count("ERROR") + self._count("CRITICAL")
        return self._count("ERROR")

    @property
    def n_log_warnings(self) -> int:
        """How many lines are warnings."""
        return self._count("WARNING")

    def get_log_lines(self) -> list[str]:
        """Return every line, oldest first."""
        return [log.formatted_line for log in self.logs.order_by("timestamp", "id")]

    def read_log_lines(self, offset: int) -> tuple[list[str], int]:
        """Return the lines from `offset` on (negative: from the end), and how many there are."""
        total = self.logs.count()
        logs = self.logs.order_by("timestamp", "id")
        start = offset if offset >= 0 else max(total + offset, 0)
        return [log.formatted_line for log in logs[start:]], total

    def log_tail(self, n_lines: int = 10) -> str:
        """Return the last lines, with how many were left out above them."""
        newest = list(self.logs.order_by("-timestamp", "-id")[: max(n_lines, 0)])
        lines = [log.formatted_line for log in reversed(newest)]
        hidden = self.n_log_lines - len(lines)
        if hidden > 0:
            lines.insert(0, hidden_lines(hidden))
        return "\n".join(lines)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete it and refresh what the task repeats of it."""
        deleted = super().delete(*args, **kwargs)
        self.task.compute_cache()
        return deleted


class Log(models.Model):
    """One line of a run. Its id is the order in which it was stored."""

    launch_report = models.ForeignKey(
        LaunchReport,
        on_delete=models.CASCADE,
        verbose_name=_("run"),
        related_name="logs",
        db_index=False,
    )
    timestamp = models.DateTimeField(
        _("timestamp"), default=current_time, editable=False
    )
    level = models.CharField(_("level"), max_length=10)
    message = models.TextField(_("message"))
    stream = models.CharField(
        _("stream"), max_length=6, choices=Stream.choices, default=Stream.LOG
    )
    logger = models.CharField(_("logger"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("log line")
        verbose_name_plural = _("log lines")
        ordering = ["timestamp"]
        indexes = [
            models.Index(
                fields=["launch_report", "id"], name="eztaskmanager_log_order"
            ),
            models.Index(
                fields=["launch_report", "level", "id"],
                name="eztaskmanager_log_trouble",
                condition=Q(level__in=["WARNING", "ERROR", "CRITICAL"]),
            ),
        ]

    def __str__(self) -> str:
        return f"Log {self.pk}: {self.level} at {self.timestamp}"

    @property
    def formatted_line(self) -> str:
        """`2026-10-05 09:49:07 CEST - INFO - text`; ISO time in UTC if so set."""
        if option("LOG_TIME_FORMAT") == "iso":
            return f"{self.timestamp.astimezone(UTC)} - {self.level} - {self.message}"
        return f"{format_local_dt(self.timestamp)} - {self.level} - {self.message}"


def fit_level(name: str) -> str:
    """Return a level's name cut to what the column holds."""
    return name[:10]
