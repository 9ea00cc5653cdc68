"""Tasks: a command with its arguments, its schedule and its rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from eztaskmanager import arguments as syntax
from eztaskmanager.settings import EZTASKMANAGER_N_REPORTS_INLINE
from eztaskmanager.states import ChainRule, Gap, Missed, Overlap, Repeated, State

if TYPE_CHECKING:
    from eztaskmanager.models.report import LaunchReport


class TaskCategory(models.Model):
    """A heading to group tasks under."""

    name = models.CharField(_("name"), max_length=255)

    class Meta:
        verbose_name = _("Task category")
        verbose_name_plural = _("Tasks categories")

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
        (STATUS_IDLE, _("IDLE")),
        (STATUS_SPOOLED, _("SPOOLED")),
        (STATUS_SCHEDULED, _("SCHEDULED")),
        (STATUS_STARTED, _("STARTED")),
    )
    REPETITION_PERIOD_MINUTE = "minute"
    REPETITION_PERIOD_HOUR = "hour"
    REPETITION_PERIOD_DAY = "day"
    REPETITION_PERIOD_WEEK = "week"
    REPETITION_PERIOD_MONTH = "month"
    REPETITION_PERIOD_CHOICES = (
        (REPETITION_PERIOD_MINUTE, _("MINUTE")),
        (REPETITION_PERIOD_HOUR, _("HOUR")),
        (REPETITION_PERIOD_DAY, _("DAY")),
        (REPETITION_PERIOD_WEEK, _("WEEK")),
        (REPETITION_PERIOD_MONTH, _("MONTH")),
    )
    PERIOD_SECONDS = {
        REPETITION_PERIOD_MINUTE: 60,
        REPETITION_PERIOD_HOUR: 3600,
        REPETITION_PERIOD_DAY: 86400,
        REPETITION_PERIOD_WEEK: 604800,
        REPETITION_PERIOD_MONTH: 30 * 86400,
    }

    name = models.CharField(_("name"), max_length=255)
    command = models.ForeignKey(
        "eztaskmanager.AppCommand",
        on_delete=models.CASCADE,
        verbose_name=_("command"),
        limit_choices_to={"active": True},
    )
    arguments = models.TextField(
        _("arguments"),
        blank=True,
        help_text=_(
            "Separated by commas: <code>-f, --count=3, --name some value</code>"
        ),
    )
    category = models.ForeignKey(
        TaskCategory,
        on_delete=models.SET_NULL,
        verbose_name=_("category"),
        null=True,
        blank=True,
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=STATUS_CHOICES,
        default=STATUS_IDLE,
        editable=False,
    )
    scheduling = models.DateTimeField(_("Initial scheduling"), null=True, blank=True)
    repetition_period = models.CharField(
        _("repetition period"),
        max_length=20,
        choices=REPETITION_PERIOD_CHOICES,
        blank=True,
    )
    repetition_rate = models.PositiveSmallIntegerField(
        _("repetition rate"), null=True, blank=True
    )
    note = models.TextField(_("note"), null=True, blank=True)
    scheduled_job_id = models.CharField(
        _("scheduled job id"), max_length=64, null=True, blank=True, editable=False
    )
    cached_last_invocation_datetime = models.DateTimeField(
        _("Last datetime"), null=True, blank=True
    )
    cached_last_invocation_result = models.CharField(
        _("Last result"), max_length=20, null=True, blank=True
    )
    cached_last_invocation_n_errors = models.IntegerField(
        _("Errors"), null=True, blank=True
    )
    cached_last_invocation_n_warnings = models.IntegerField(
        _("Warnings"), null=True, blank=True
    )
    cached_next_ride = models.DateTimeField(
        _("Next execution time"), null=True, blank=True
    )

    # What this package adds: see migrations 0004 and later.
    argv = models.JSONField(
        _("arguments"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Arguments set by the form"),
    )
    cron = models.CharField(
        _("cron expression"),
        max_length=120,
        blank=True,
        help_text=_("Five fields: 30 2 * * mon-fri"),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        help_text=_("Empty: the project's time zone"),
    )
    on_gap = models.CharField(
        _("When the clock goes forward"),
        max_length=10,
        choices=Gap.choices,
        default=Gap.AFTER,
    )
    on_repeat = models.CharField(
        _("When the clock goes back"),
        max_length=10,
        choices=Repeated.choices,
        default=Repeated.ONCE,
    )
    window_start = models.TimeField(_("Not before"), null=True, blank=True)
    window_end = models.TimeField(_("Not from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("Last day"), null=True, blank=True)
    paused = models.BooleanField(_("paused"), default=False)
    jitter = models.PositiveIntegerField(
        _("jitter"),
        default=0,
        help_text=_("Seconds; each run starts up to this much later"),
    )
    next_due = models.DateTimeField(
        _("next due time"), null=True, blank=True, editable=False, db_index=True
    )
    overlap = models.CharField(
        _("While it still runs"),
        max_length=10,
        choices=Overlap.choices,
        default=Overlap.QUEUE,
    )
    missed = models.CharField(
        _("Missed times"), max_length=10, choices=Missed.choices, default=Missed.ONCE
    )
    missed_limit = models.PositiveSmallIntegerField(
        _("missed limit"),
        default=10,
        help_text=_("At most this many, when all missed times run"),
    )
    queue = models.CharField(_("queue"), max_length=40, default="default")
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("Higher runs first")
    )
    timeout = models.PositiveIntegerField(
        _("timeout"),
        null=True,
        blank=True,
        help_text=_("Seconds; then it is stopped and has failed"),
    )
    stop_grace = models.PositiveSmallIntegerField(
        _("stop grace"),
        null=True,
        blank=True,
        help_text=_("Seconds from SIGTERM to SIGKILL"),
    )
    log_level = models.CharField(
        _("log level"),
        max_length=10,
        blank=True,
        choices=[(level, level) for level in ("DEBUG", "INFO", "WARNING", "ERROR")],
        help_text=_("Empty: as the command's verbosity says"),
    )
    retries = models.PositiveSmallIntegerField(
        _("retries"), default=0, help_text=_("How often a failed run is repeated")
    )
    retry_delay = models.PositiveIntegerField(
        _("retry delay"),
        default=60,
        validators=[MinValueValidator(1)],
        help_text=_("Seconds; then doubled"),
    )
    retry_codes = models.CharField(
        _("retry codes"),
        max_length=100,
        blank=True,
        help_text=_("Exit codes to retry; empty: every failure"),
    )
    retry_lost = models.BooleanField(
        _("retry lost"),
        default=False,
        help_text=_("Also when the worker was lost: it may have run"),
    )
    started_by = models.CharField(
        _("started by"), max_length=150, blank=True, editable=False
    )
    expected_within = models.PositiveIntegerField(
        _("expected within"),
        null=True,
        blank=True,
        help_text=_("Minutes; notify when a run takes longer"),
    )
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    class Meta:
        verbose_name = _("Task")
        verbose_name_plural = _("Tasks")
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
        Task,
        on_delete=models.CASCADE,
        verbose_name=_("task"),
        related_name="next_links",
    )
    target = models.ForeignKey(
        Task,
        on_delete=models.CASCADE,
        verbose_name=_("next task"),
        related_name="previous_links",
    )
    rule = models.CharField(
        _("when"), max_length=10, choices=ChainRule.choices, default=ChainRule.SUCCESS
    )

    class Meta:
        verbose_name = _("Next task")
        verbose_name_plural = _("Next tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "rule"], name="eztaskmanager_link_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source.name} > {self.target.name} ({self.rule})"

    def clean(self) -> None:
        """Refuse a chain that would come back to where it began, and go on for ever."""
        super().clean()
        if not (self.source_id and self.target_id):
            return
        following: dict[int, set[int]] = {}
        others = TaskLink.objects.exclude(pk=self.pk)
        for source, target in others.values_list("source", "target"):
            following.setdefault(source, set()).add(target)
        reached, fresh = set(), {self.target_id}
        while fresh:
            reached |= fresh
            fresh = {n for one in fresh for n in following.get(one, ())} - reached
        if self.source_id in reached:
            raise ValidationError(
                {"target": _("The chain would come back to this task.")}
            )
