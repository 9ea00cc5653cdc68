"""When each printer is due and who is asking it now."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.printer import Printer


class PollSchedule(models.Model):
    """One narrow row per printer: due time, lease, open poll.

    `due_at` is empty while the printer is not to be polled. A worker that leases the row writes a token and a deadline;
    only the holder of the token may store a result. Once the deadline has passed, anybody may lease the printer again,
    for the same poll row and due time. There is at most one open poll per printer, so a backlog can never exceed the
    fleet.
    """

    printer = models.OneToOneField(
        Printer, on_delete=models.CASCADE, primary_key=True, related_name="schedule", verbose_name=_("printer")
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=5, help_text=_("0 is asked by a person, 5 by schedule")
    )
    open_task = models.OneToOneField(
        "inventory.InventoryTask", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    leased_by = models.CharField(_("leased by"), max_length=100, blank=True, default="")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    interval_seconds = models.PositiveIntegerField(_("interval, s"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)

    objects: ClassVar[models.Manager["PollSchedule"]] = within("printer__organization")

    class Meta:
        verbose_name = _("poll schedule")
        verbose_name_plural = _("poll schedules")
        indexes = [
            models.Index(fields=["priority", "due_at"], condition=models.Q(due_at__isnull=False), name="schedule_due"),
        ]

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.due_at}"

    def is_abandoned(self, now: datetime) -> bool:
        """Whether the lease has run out, or was ended, while its poll is open: whoever asked stores nothing any more."""
        return self.lease_until is None or self.lease_until <= now


class LearnedPlan(models.Model):
    """What the collector has learned about a printer, so that the next poll needs one packet."""

    printer = models.OneToOneField(
        Printer, on_delete=models.CASCADE, primary_key=True, related_name="learned", verbose_name=_("printer")
    )
    data = models.JSONField(_("plan"))
    learned_at = models.DateTimeField(_("learned"))

    objects: ClassVar[models.Manager["LearnedPlan"]] = within("printer__organization")

    class Meta:
        verbose_name = _("learned plan")
        verbose_name_plural = _("learned plans")

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.learned_at}"
