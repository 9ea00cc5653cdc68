"""What is kept of each printer's days for ever, and how far the nightly work on history has come."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.printer import Printer


class DailyReading(models.Model):
    """A printer's last good reading of a day and epoch, narrow: what a chart over months needs, without the raw reading.

    `day` is the local one (TIME_ZONE). `levels` is a list of `[index, name, colour, percent]`, one per supply that has an honest
    percentage and is used up. `readings` counts the day's good readings. Derived from polls, so it can be made again.
    """

    pk = models.CompositePrimaryKey("printer_id", "day", "epoch")
    printer = models.ForeignKey(Printer, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField(_("day"))
    epoch = models.PositiveIntegerField(_("epoch"))
    read_at = models.DateTimeField(_("read"))
    bw_a4 = models.BigIntegerField(null=True, blank=True)
    color_a4 = models.BigIntegerField(null=True, blank=True)
    bw_a3 = models.BigIntegerField(null=True, blank=True)
    color_a3 = models.BigIntegerField(null=True, blank=True)
    total_pages = models.BigIntegerField(_("total"), null=True, blank=True)
    levels = models.JSONField(_("supply levels"), default=list)
    readings = models.PositiveSmallIntegerField(_("readings"), default=1)

    objects: ClassVar[models.Manager[DailyReading]] = within("printer__organization")

    class Meta:
        verbose_name = _("daily reading")
        verbose_name_plural = _("daily readings")

    def __str__(self) -> str:
        return f"{self.printer_id} {self.day}"


class HistoryMark(models.Model):
    """One row: the last local day that is rolled up, and the last whose polls are thinned out; empty before the first."""

    rolled_through = models.DateField(null=True, blank=True)
    thinned_through = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("history mark")
        verbose_name_plural = _("history marks")

    def __str__(self) -> str:
        return f"{self.rolled_through} / {self.thinned_through}"
