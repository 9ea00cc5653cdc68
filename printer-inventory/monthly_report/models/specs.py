"""What models can print, and what people have decided about editing single devices."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class PrinterModelSpec(models.Model):
    """A model as the report spells it: only counters it can have are filled and edited, once `enforce` is set."""

    class Paper(models.TextChoices):
        A4 = "A4", _("A4 only")
        A3 = "A3", _("A3 only")
        BOTH = "A4A3", _("A4 and A3")

    model_name = models.CharField(_("model"), max_length=255)
    is_color = models.BooleanField(_("colour"), default=False)
    paper_format = models.CharField(_("paper"), max_length=4, choices=Paper.choices, default=Paper.BOTH)
    enforce = models.BooleanField(_("enforced"), default=True)
    allow_manual_edit = models.BooleanField(_("always editable by hand"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("model specification")
        verbose_name_plural = _("model specifications")
        ordering = ["model_name"]
        constraints = [models.UniqueConstraint(Lower("model_name"), name="spec_model_ci_unique")]

    def __str__(self) -> str:
        return self.model_name


class SerialEditOverride(models.Model):
    """A decision for one serial number: its end counters may be edited although the device tells them, or may not."""

    serial_number = models.CharField(_("serial number"), max_length=100, unique=True)
    allow_manual_edit = models.BooleanField(_("editable by hand"), default=True)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("exception from the lock")
        verbose_name_plural = _("exceptions from the lock")
        ordering = ["serial_number"]

    def __str__(self) -> str:
        return self.serial_number

    def is_active(self, now: datetime) -> bool:
        """Say whether it still holds."""
        return self.expires_at is None or now < self.expires_at
