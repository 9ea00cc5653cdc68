"""How long supplies last, and who gets the list of what to order."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from access.reach import within
from contracts.models import City
from inventory.models import Organization, Printer

WEEKDAYS = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


class SupplyForecast(models.Model):
    """What one supply is used by, per cent a day, with its 90 % interval (`dashboard.rules.forecast`); made anew every night."""

    printer = models.ForeignKey(Printer, on_delete=models.CASCADE, related_name="forecasts", db_index=False)
    index = models.CharField(max_length=40)
    rate = models.FloatField(_("per cent a day"))
    fastest = models.FloatField(_("at most"))
    slowest = models.FloatField(_("at least"))
    swaps = models.PositiveSmallIntegerField(_("cartridges swapped"), default=0)
    swapped_on = models.DateField(_("swapped"), null=True, blank=True)
    made_on = models.DateField(_("made"))

    objects: ClassVar[models.Manager["SupplyForecast"]] = within("printer__organization")

    class Meta:
        verbose_name = _("forecast of a supply")
        verbose_name_plural = _("forecasts of supplies")
        constraints = [models.UniqueConstraint(fields=["printer", "index"], name="forecast_once")]

    def __str__(self) -> str:
        return f"{self.printer_id} {self.index}: {self.rate:.2f}"


class SuppliesMail(models.Model):
    """A list of what to order, sent to people on days of the week. `weekdays` are digits, 0 is Monday; `at` is local time."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("organization")
    )
    city = models.ForeignKey(
        City, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("city")
    )
    recipients = models.TextField(_("e-mail to"))
    weekdays = models.CharField(_("on"), max_length=7, default="01234")
    at = models.TimeField(_("at"))
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects: ClassVar[models.Manager["SuppliesMail"]] = within("")

    class Meta:
        verbose_name = _("scheduled supplies mail")
        verbose_name_plural = _("scheduled supplies mails")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def days_in_words(self) -> str:
        """Return the weekdays as words."""
        return ", ".join(str(WEEKDAYS[int(digit)]) for digit in sorted(set(self.weekdays)) if digit in "0123456")


class SuppliesMailRun(models.Model):
    """That a mail was written for a day: its row and its message are made in one transaction, so there is one of each."""

    mail = models.ForeignKey(SuppliesMail, on_delete=models.CASCADE, related_name="runs", verbose_name=_("mail"))
    day = models.DateField(_("day"))
    message = models.ForeignKey("outbox.Message", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lines = models.PositiveIntegerField(_("lines"), default=0)

    objects: ClassVar[models.Manager["SuppliesMailRun"]] = within("")

    class Meta:
        verbose_name = _("run of a supplies mail")
        verbose_name_plural = _("runs of supplies mails")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["mail", "day"], name="suppliesmail_once_a_day")]

    def __str__(self) -> str:
        return f"{self.mail_id} {self.day}"
