"""Polls and what they read."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import own, within
from inventory.models.choices import OPEN_STATES, JobState, MatchRule, Trigger, Verdict
from inventory.models.printer import Printer


class PollBatch(models.Model):
    """A poll of many printers that one person asked for at once; its progress is counted from its polls."""

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    requested_at = models.DateTimeField(_("asked for"), default=timezone.now)
    scope = models.CharField(_("printers"), max_length=200)
    is_fleet = models.BooleanField(_("whole fleet"), default=False)
    total = models.PositiveIntegerField(_("total"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    objects: ClassVar[models.Manager["PollBatch"]] = own("requested_by")

    class Meta:
        verbose_name = _("poll batch")
        verbose_name_plural = _("poll batches")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_fleet"], condition=Q(is_fleet=True, finished_at=None), name="batch_one_open_fleet"
            ),
        ]

    def __str__(self) -> str:
        return self.scope


class InventoryTask(models.Model):
    """One poll of one printer: a row from the moment it is asked for.

    `state` says where it stands, `status` is the verdict once it has ended. `due_at` is the due time it serves; a
    printer has one row per due time and at most one open row.
    """

    printer = models.ForeignKey(
        Printer, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("printer"), db_index=False
    )
    batch = models.ForeignKey(
        PollBatch, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks", db_index=False
    )
    state = models.CharField(_("state"), max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    status = models.CharField(_("verdict"), max_length=30, choices=Verdict.choices, blank=True, default="")
    trigger = models.CharField(_("asked"), max_length=8, choices=Trigger.choices, default=Trigger.DAEMON)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    due_at = models.DateTimeField(_("due"))
    task_timestamp = models.DateTimeField(_("asked for"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    worker = models.CharField(_("worker"), max_length=100, blank=True, default="")
    error_message = models.TextField(_("reason"), blank=True, default="")
    match_rule = models.CharField(_("recognised by"), max_length=10, choices=MatchRule.choices, blank=True, default="")
    engine = models.CharField(_("engine"), max_length=10, blank=True, default="")
    packets = models.PositiveIntegerField(_("packets"), default=0)

    objects: ClassVar[models.Manager["InventoryTask"]] = within("printer__organization")

    class Meta:
        verbose_name = _("poll")
        verbose_name_plural = _("polls")
        ordering = ["-due_at", "-id"]
        indexes = [models.Index(fields=["batch", "state"], condition=Q(batch__isnull=False), name="task_batch_state")]
        constraints = [
            models.UniqueConstraint(fields=["printer", "due_at"], name="task_one_per_due_time"),
            models.UniqueConstraint(fields=["printer"], condition=Q(state__in=OPEN_STATES), name="task_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.printer_id} {self.due_at:%Y-%m-%d %H:%M} {self.state}"


class PageCounter(models.Model):
    """What a poll read: the raw reading, never changed, and the counters derived from it by a versioned rule.

    Pages are counted between readings of one `epoch`; a new baseline (swapped board, accepted reset) opens the next.
    """

    task = models.OneToOneField(InventoryTask, on_delete=models.CASCADE, related_name="counter", verbose_name=_("poll"))
    printer = models.ForeignKey(
        Printer, on_delete=models.CASCADE, related_name="counters", verbose_name=_("printer"), db_index=False
    )
    recorded_at = models.DateTimeField(_("read"))
    bw_a4 = models.BigIntegerField(_("A4 black-and-white"), null=True, blank=True)
    color_a4 = models.BigIntegerField(_("A4 colour"), null=True, blank=True)
    bw_a3 = models.BigIntegerField(_("A3 black-and-white"), null=True, blank=True)
    color_a3 = models.BigIntegerField(_("A3 colour"), null=True, blank=True)
    total_pages = models.BigIntegerField(_("total"), null=True, blank=True)
    rule_version = models.PositiveSmallIntegerField(_("rule version"))
    epoch = models.PositiveIntegerField(_("epoch"), default=0, db_default=0)
    reading = models.JSONField(_("raw reading"))

    objects: ClassVar[models.Manager["PageCounter"]] = within("printer__organization")

    class Meta:
        verbose_name = _("page counter")
        verbose_name_plural = _("page counters")
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["printer", "-recorded_at"], name="counter_printer_time")]

    def __str__(self) -> str:
        return f"{self.printer_id} {self.recorded_at:%Y-%m-%d %H:%M} {self.total_pages}"
