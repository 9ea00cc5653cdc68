"""What the fleet did day by day, counted once, so that a page over months reads no poll."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models import City
from inventory.models import Organization, Printer


class Figures(models.Model):
    """Counts of one day. `pages` are the pages counted that day (those of silent days fall on the day of the next reading);
    `hours_silent` are the hours in which a printer was asked and never read.
    """

    polls = models.PositiveIntegerField(_("polls"), default=0)
    good = models.PositiveIntegerField(_("read"), default=0)
    failed = models.PositiveIntegerField(_("not read"), default=0)
    doubted = models.PositiveIntegerField(_("doubted"), default=0)
    hours_asked = models.PositiveIntegerField(_("hours asked"), default=0)
    hours_silent = models.PositiveIntegerField(_("hours silent"), default=0)
    pages_bw = models.BigIntegerField(_("black-and-white pages"), default=0)
    pages_color = models.BigIntegerField(_("colour pages"), default=0)
    pages = models.BigIntegerField(_("pages"), default=0)

    class Meta:
        abstract = True


class PrinterDay(Figures):
    """A printer's local day. Bit h of a mask stands for its hour h; None for days that were counted before there were any."""

    pk = models.CompositePrimaryKey("printer_id", "day")
    printer = models.ForeignKey(Printer, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(_("day"))
    asked_mask = models.IntegerField(_("hours asked, as bits"), null=True, blank=True)
    silent_mask = models.IntegerField(_("hours silent, as bits"), null=True, blank=True)

    objects: ClassVar[models.Manager[PrinterDay]] = within("printer__organization")

    class Meta:
        verbose_name = _("day of a printer")
        verbose_name_plural = _("days of printers")
        indexes = [models.Index(fields=["day"], name="printerday_day")]

    def __str__(self) -> str:
        return f"{self.printer_id} {self.day}"


class FleetDay(Figures):
    """A local day of the printers of one organization in one city, as both were when the day was counted."""

    day = models.DateField(_("day"))
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("organization"),
    )
    city = models.ForeignKey(
        City, on_delete=models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("city")
    )
    printers = models.PositiveIntegerField(_("printers"), default=0)

    objects: ClassVar[models.Manager[FleetDay]] = within("organization")

    class Meta:
        verbose_name = _("day of the fleet")
        verbose_name_plural = _("days of the fleet")
        constraints = [
            models.UniqueConstraint(fields=["day", "organization", "city"], nulls_distinct=False, name="fleetday_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.organization_id} {self.city_id}"


class DashboardMark(models.Model):
    """One row: the last whole day that is counted, and the last day for which forecasts were made."""

    counted_through = models.DateField(null=True, blank=True)
    forecast_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("mark of the dashboard")
        verbose_name_plural = _("marks of the dashboard")

    def __str__(self) -> str:
        return f"{self.counted_through} / {self.forecast_on}"
