"""How a printer stands now, one join away from the list."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.choices import Verdict
from inventory.models.printer import Printer


class PrinterState(models.Model):
    """The last believed reading and the last attempt of one printer.

    `supplies` is a list of dicts as `inventory.polling.reading.Supply` has them. `lowest_percent` is the least honest
    level of a supply that is used up (waste boxes do not count). `counters` are the raw ones of that reading, by which
    the next is judged; `epoch` counts baselines: pages are only ever counted between readings of one epoch.
    """

    printer = models.OneToOneField(
        Printer, on_delete=models.CASCADE, primary_key=True, related_name="status", verbose_name=_("printer")
    )
    last_attempt_at = models.DateTimeField(_("last poll"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("last good reading"), null=True, blank=True)
    last_verdict = models.CharField(_("verdict"), max_length=30, choices=Verdict.choices, blank=True, default="")
    last_error = models.TextField(_("last error"), blank=True, default="")
    counter_id = models.BigIntegerField(null=True, blank=True)
    counters = models.JSONField(_("raw counters"), null=True, blank=True)
    rule_version = models.PositiveSmallIntegerField(_("rule version"), null=True, blank=True)
    epoch = models.PositiveIntegerField(_("epoch"), default=0, db_default=0)
    pages_per_hour = models.FloatField(_("usual pages an hour"), null=True, blank=True)
    bw_a4 = models.BigIntegerField(null=True, blank=True)
    color_a4 = models.BigIntegerField(null=True, blank=True)
    bw_a3 = models.BigIntegerField(null=True, blank=True)
    color_a3 = models.BigIntegerField(null=True, blank=True)
    total_pages = models.BigIntegerField(_("total"), null=True, blank=True)
    supplies = models.JSONField(_("supplies"), default=list)
    lowest_percent = models.SmallIntegerField(_("lowest supply, %"), null=True, blank=True)
    printer_status = models.CharField(_("device status"), max_length=40, blank=True, default="")
    console = models.TextField(_("display"), blank=True, default="")
    errors = models.JSONField(_("conditions"), default=list)
    alerts = models.JSONField(_("alerts"), default=list)
    warnings = models.JSONField(_("warnings"), default=list)
    firmware = models.CharField(_("firmware"), max_length=200, blank=True, default="")

    objects: ClassVar[models.Manager["PrinterState"]] = within("printer__organization")

    class Meta:
        verbose_name = _("printer state")
        verbose_name_plural = _("printer states")

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.last_verdict}"
