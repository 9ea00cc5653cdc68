"""What printers complained about, from when to when."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models import Printer


class DeviceIncident(models.Model):
    """One alert or condition of one printer, from the reading that had it first to the first that had it no more."""

    printer = models.ForeignKey(
        Printer, on_delete=models.CASCADE, related_name="incidents", db_index=False, verbose_name=_("printer")
    )
    key = models.CharField(max_length=120)
    kind = models.CharField(_("kind"), max_length=60, blank=True, default="")
    code_name = models.CharField(_("code"), max_length=80, blank=True, default="")
    description = models.CharField(_("what it says"), max_length=255, blank=True, default="")
    severity = models.CharField(_("severity"), max_length=10, default="other")
    opened_at = models.DateTimeField(_("since"))
    closed_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects: ClassVar[models.Manager["DeviceIncident"]] = within("printer__organization")

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-opened_at", "-id"]
        indexes = [models.Index(fields=["opened_at"], name="incident_opened")]
        constraints = [
            models.UniqueConstraint(fields=["printer", "key"], condition=Q(closed_at=None), name="incident_one_open")
        ]

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.description or self.code_name}"
