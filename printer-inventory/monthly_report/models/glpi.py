"""Counters of a month on their way to GLPI: each export is kept, with what was there before and what was written."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.reach import own, within
from inventory.models import Organization
from inventory.models.leased import LeasedJob


class GlpiExport(LeasedJob):
    """One export: looked up first, then written by whoever has seen that. It has no tie to the month's rows and outlives them."""

    class Task(models.TextChoices):
        """What is done."""

        LOOK = "look", _("looking up in GLPI")
        WRITE = "write", _("writing to GLPI")

    month = models.DateField(_("month"))
    task = models.CharField(_("task"), max_length=5, choices=Task.choices, default=Task.LOOK)
    looked_at = models.DateTimeField(_("looked up"), null=True, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[models.Manager[Any]] = own("requested_by")

    class Meta:
        verbose_name = _("export of counters to GLPI")
        verbose_name_plural = _("exports of counters to GLPI")
        ordering = ["-requested_at", "-id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(state__in=["queued", "running"]), name="glpi_export_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("monthly_report:glpi_export", args=[self.pk])


class GlpiExportRow(models.Model):
    """One device of an export. `before` is what GLPI had when it was looked up, `after` what it has since it was written."""

    class Status(models.TextChoices):
        """What becomes, or became, of it (`monthly_report.rules.glpi_export`)."""

        WAITING = "waiting", _("not looked up yet")
        RISE = "rise", _("to be written")
        FALL = "fall", _("lower than in GLPI")
        DUE = "due", _("waits to be written")
        WRITTEN = "written", _("written")
        SAME = "same", _("GLPI has it already")
        CHANGED = "changed", _("changed since it was looked up")
        REFUSED = "refused", _("GLPI refused it")
        NOT_FOUND = "not_found", _("unknown to GLPI")
        MULTIPLE = "multiple", _("several in GLPI")
        SHARED = "shared", _("one in GLPI for several devices")
        NO_COUNTER = "no_counter", _("no counter known")
        NO_SERIAL = "no_serial", _("no serial number")
        OTHERS = "others", _("partly another client's")
        POLLED = "polled", _("polled over the network")

    export = models.ForeignKey(GlpiExport, on_delete=models.CASCADE, related_name="rows", db_index=False)
    device_key = models.CharField(max_length=110)
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True, default="")
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("organization")
    )
    equipment_model = models.CharField(_("model"), max_length=255, blank=True, default="")
    pages = models.PositiveBigIntegerField(_("counter of the month"), null=True, blank=True)
    status = models.CharField(_("what becomes of it"), max_length=10, choices=Status.choices)
    glpi_printer_id = models.PositiveBigIntegerField(_("number in GLPI"), null=True, blank=True)
    glpi_name = models.CharField(_("name in GLPI"), max_length=255, blank=True, default="")
    before = models.PositiveBigIntegerField(_("GLPI before"), null=True, blank=True)
    after = models.PositiveBigIntegerField(_("GLPI after"), null=True, blank=True)
    written_at = models.DateTimeField(_("written"), null=True, blank=True)
    error = models.CharField(_("why not"), max_length=500, blank=True, default="")

    objects: ClassVar[models.Manager[Any]] = within("organization")

    class Meta:
        verbose_name = _("device of an export to GLPI")
        verbose_name_plural = _("devices of exports to GLPI")
        ordering = ["serial_number", "id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["export", "device_key"], name="glpi_export_device_once")]
        indexes = [models.Index(fields=["export", "status", "serial_number"], name="glpi_export_status")]

    def __str__(self) -> str:
        return self.serial_number

    @property
    def difference(self) -> int | None:
        """Return by how much GLPI's counter changes; None when either is not known."""
        return None if self.pages is None or self.before is None else self.pages - self.before
