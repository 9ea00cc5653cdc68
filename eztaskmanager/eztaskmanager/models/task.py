"""Tasks: a command with its arguments, its schedule and its rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models

from eztaskmanager import arguments as syntax
from eztaskmanager.settings import EZTASKMANAGER_N_REPORTS_INLINE
from eztaskmanager.states import ChainRule, Gap, Missed, Overlap, Repeated, State

if TYPE_CHECKING:
    from eztaskmanager.models.report import LaunchReport


class TaskCategory(models.Model):
    """A heading to group tasks under."""

    name = models.CharField(max_length=255)

    class Meta:
        verbose_name = "Task category"
        verbose_name_plural = "Tasks categories"

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """What to run, with what, when, and under which rules.

    `status` and the `cached_*` columns repeat what the runs say, for lists and filters.
    """

    STATUS_IDLE = "idle"
    STATUS_SPOOLED = "spooled"
    STATUS_SCHEDULED = "scheduled"
    STATUS_STARTED = "started"
    STATUS_CHOICES = (
        (STATUS_IDLE, "IDLE"),
        (STATUS_SPOOLED, "SPOOLED"),
        (STATUS_SCHEDULED, "SCHEDULED"),
        (STATUS_STARTED, "STARTED"),
    )
    REPETITION_PERIOD_MINUTE = "minute"
    REPETITION_PERIOD_HOUR = "hour"
    REPETITION_PERIOD_DAY = "day"
    REPETITION_PERIOD_WEEK = "week"
    REPETITION_PERIOD_MONTH = "month"
    REPETITION_PERIOD_CHOICES = (
        (REPETITION_PERIOD_MINUTE, "MINUTE"),
        (REPETITION_PERIOD_HOUR, "HOUR"),
        (REPETITION_PERIOD_DAY, "DAY"),
        (REPETITION_PERIOD_WEEK, "WEEK"),
        (REPETITION_PERIOD_MONTH, "MONTH"),
    )
    PERIOD_SECONDS = {
        REPETITION_PERIOD_MINUTE: 60,
        REPETITION_PERIOD_HOUR: 3600,
        REPETITION_PERIOD_DAY: 86400,
        REPETITION_PERIOD_WEEK: 604800,
        REPETITION_PERIOD_MONTH: 30 * 86400,
    }

    name = models.CharField(max_length=255)
    command = models.ForeignKey(
        "eztaskmanager.AppCommand",
        on_delete=models.CASCADE,
        limit_choices_to={"active": True},
    )
    arguments = models.TextField(
        blank=True,
        help_text="Separated by commas: <code>-f, --count=3, --name some value</code>",
    )
    category = models.ForeignKey(
        TaskCategory, on_delete=models.SET_NULL, null=True, blank=True
    )
    status = models.CharField(
        max_length=20, choices=STATUS_CHOICES, default=STATUS_IDLE, editable=False
    )
    scheduling = models.DateTimeField("Initial scheduling", null=True, blank=True)
    repetition_period = models.CharField(
        max_length=20, choices=REPETITION_PERIOD_CHOICES, blank=True
    )
    repetition_rate = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(null=True, blank=True)
    scheduled_job_id = models.CharField(
        max_length=64, null=True, blank=True, editable=False
    )
    cached_last_invocation_datetime = models.DateTimeField(
        "Last datetime", null=True, blank=True
    )
    cached_last_invocation_result = models.CharField(
        "Last result", max_length=20, null=True, blank=True
    )
    cached_last_invocation_n_errors = models.IntegerField(
        "Errors", null=True, blank=True
    )
    cached_last_invocation_n_warnings = models.IntegerField(
        "Warnings", null=True, blank=True
    )
    cached_next_ride = models.DateTimeField(
        "Next execution time", null=True, blank=True
    )

    # What this package adds: see migrations 0004 and later.
    argv = models.JSONField(
        null=True, blank=True, editable=False, help_text="Arguments set by the form"
    )
    cron = models.CharField(
        max_length=120, blank=True, help_text="Five fields: 30 2 * * mon-fri"
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="Empty: the project's time zone"
    )
    on_gap = models.CharField(
        "When the clock goes forward",
        max_length=10,
        choices=Gap.choices,
        default=Gap.AFTER,
    )
    on_repeat = models.CharField(
        "When the clock goes back",
        max_length=10,
        choices=Repeated.choices,
        default=Repeated.ONCE,
    )
    window_start = models.TimeField("Not before", null=True, blank=True)
    window_end = models.TimeField("Not from", null=True, blank=True)
    ends_at = models.DateTimeField("Last day", null=True, blank=True)
    paused = models.BooleanField(default=False)
    jitter = models.PositiveIntegerField(
        default=0, help_text="Seconds; each run starts up to this much later"
    )
    next_due = models.DateTimeField(
        null=True, blank=True, editable=False, db_index=True
    )
    overlap = models.CharField(
        "While it still runs",
        max_length=10,
        choices=Overlap.choices,
        default=Overlap.QUEUE,
    )
    missed = models.CharField(
        "Missed times", max_length=10, choices=Missed.choices, default=Missed.ONCE
    )
    missed_limit = models.PositiveSmallIntegerField(
        default=10, help_text="At most this many, when all missed times run"
    )
    queue = models.CharField(max_length=40, default="default")
    priority = models.SmallIntegerField(default=0, help_text="Higher runs first")
    timeout = models.PositiveIntegerField(
        null=True, blank=True, help_text="Seconds; then it is stopped and has failed"
    )
    stop_grace = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Seconds from SIGTERM to SIGKILL"
    )
    log_level = models.CharField(
        max_length=10,
        blank=True,
        choices=[(level, level) for level in ("DEBUG", "INFO", "WARNING", "ERROR")],
        help_text="Empty: as the command's verbosity says",
    )
    retries = models.PositiveSmallIntegerField(
        default=0, help_text="How often a failed run is repeated"
    )
    retry_delay = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(1)], help_text="Seconds; then doubled"
    )
    retry_codes = models.CharField(
        max_length=100,
        blank=True,
        help_text="Exit codes to retry; empty: every failure",
    )
    retry_lost = models.BooleanField(
        default=False, help_text="Also when the worker was lost: it may have run"
    )
    started_by = models.CharField(max_length=150, blank=True, editable=False)
    expected_within = models.PositiveIntegerField(
        null=True, blank=True, help_text="Minutes; notify when a run takes longer"
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "Task"
        verbose_name_plural = "Tasks"
        permissions = [
            ("run_task", "Can run tasks"),
            ("stop_task", "Can stop tasks"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"

    @property
    def _args_dict(self) -> dict[str, str | None]:
        return syntax.read_pairs(self.arguments)

    @property
    def args(self) -> list[str]:
        """Arguments without a value, as typed."""
        return [key for key, value in self._args_dict.items() if value is None]

    @property
    def options(self) -> dict[str, str]:
        """Arguments with a value: `--a-b=1` as `{"a_b": "1"}`."""
        return {
            syntax.option_name(key): value
            for key, value in self._args_dict.items()
            if value is not None
        }

    @property
    def complete_args(self) -> list[str]:
        """The comma text as one flat list."""
        return syntax.flatten(self._args_dict)

    @property
    def command_line(self) -> list[str]:
        """What the command is given: the form's list, else the comma text."""
        return self.complete_args if self.argv is None else list(self.argv)

    @property
    def scheduling_utc(self) -> datetime | None:
        """The initial time in UTC."""
        return self.scheduling.astimezone(UTC) if self.scheduling else None

    @property
    def is_periodic(self) -> bool:
        """Whether it repeats: by cron, or by a period together with a rate."""
        return bool(self.cron or (self.repetition_period and self.repetition_rate))

    @property
    def interval_in_seconds(self) -> int:
        """Rate times period, a month counted as 30 days; KeyError when incomplete."""
        return self.PERIOD_SECONDS[self.repetition_period] * (self.repetition_rate or 0)

    def compute_cache(self) -> None:
        """Repeat the newest report in the `cached_last_*` columns and store them."""
        reports: models.QuerySet[LaunchReport] = self.launchreport_set.exclude(
            state=State.QUEUED
        )
        newest = reports.order_by("-invocation_datetime", "-id").first()
        for column, source in (
            ("datetime", "invocation_datetime"),
            ("result", "invocation_result"),
            ("n_errors", "n_log_errors"),
            ("n_warnings", "n_log_warnings"),
        ):
            value = None if newest is None else getattr(newest, source)
            setattr(self, f"cached_last_invocation_{column}", value)
        changed = [name for name in self.CACHED if name != "cached_next_ride"]
        if newest is None:
            self.cached_next_ride = self.next_due
            changed.append("cached_next_ride")
        self.save(update_fields=changed)

    CACHED = (
        "cached_last_invocation_datetime",
        "cached_last_invocation_result",
        "cached_last_invocation_n_errors",
        "cached_last_invocation_n_warnings",
        "cached_next_ride",
    )

    def prune_reports(self, n: int = EZTASKMANAGER_N_REPORTS_INLINE) -> None:
        """Keep the newest `n` reports and those still open; 0 keeps them all."""
        if n <= 0:
            return
        kept = self.launchreport_set.order_by("-id").values_list("id", flat=True)[:n]
        old = self.launchreport_set.exclude(id__in=list(kept))
        old.exclude(state__in=(State.QUEUED, State.RUNNING)).delete()
        self.compute_cache()


class TaskLink(models.Model):
    """One step of a chain: when `source` has ended as `rule` says, `target` runs."""

    source = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="next_links"
    )
    target = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="previous_links"
    )
    rule = models.CharField(
        max_length=10, choices=ChainRule.choices, default=ChainRule.SUCCESS
    )

    class Meta:
        verbose_name = "Next task"
        verbose_name_plural = "Next tasks"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "rule"], name="eztaskmanager_link_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source.name} > {self.target.name} ({self.rule})"
