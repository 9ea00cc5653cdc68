"""What holds for a month as a whole."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MonthControl(models.Model):
    """A month: until when it may be edited, who sees it, whether polls fill it.

    `revision` counts whatever changes its rows; a page that shows an older one looks again.
    """

    month = models.DateField(_("month"), unique=True)
    edit_until = models.DateTimeField(_("open for editing until"), null=True, blank=True)
    is_published = models.BooleanField(_("published"), default=False)
    auto_sync_enabled = models.BooleanField(_("filled by polls"), default=True)
    synced_at = models.DateTimeField(_("last taken over"), null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("month")
        verbose_name_plural = _("months")
        ordering = ["-month"]
        default_permissions = ("view", "change")
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="control_is_a_first")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    def is_open(self, now: datetime) -> bool:
        """Say whether the month may be edited."""
        return self.edit_until is not None and now < self.edit_until
