"""Alarms about the polling itself, which no printer can raise."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import within


class FleetAlarm(models.Model):
    """Polling stood still from `raised_at` to `cleared_at`: no printer was read for NO_SUCCESS_ALARM. One at a time."""

    raised_at = models.DateTimeField(_("raised"), default=timezone.now)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("last good reading before"), null=True, blank=True)
    text = models.TextField(_("what was seen"))

    objects: ClassVar[models.Manager["FleetAlarm"]] = within("")

    class Meta:
        verbose_name = _("alarm of the fleet")
        verbose_name_plural = _("alarms of the fleet")
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(cleared_at=None), name="alarm_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.raised_at:%Y-%m-%d %H:%M} {self.text}"
