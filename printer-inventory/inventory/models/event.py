"""What happened to each printer, for as long as the printer is remembered."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.choices import Change
from inventory.models.printer import Printer


class ChangeEvent(models.Model):
    """One change of one thing, by a person or by the system, never edited; a base for every timeline's table."""

    at = models.DateTimeField(_("at"), default=timezone.now)
    old_values = models.JSONField(_("before"), default=dict, blank=True)
    new_values = models.JSONField(_("after"), default=dict, blank=True)
    comment = models.CharField(_("comment"), max_length=500, blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True
        ordering = ["-at", "-id"]

    def differences(self) -> list[tuple[str, object, object]]:
        """Return (name, before, after) of every value that changed."""
        names = {**self.old_values, **self.new_values}
        return [(name, self.old_values.get(name), self.new_values.get(name)) for name in names]


class PrinterEvent(ChangeEvent):
    """One change of one printer, by a person or by a poll.

    It outlives its printer, its user and its poll: `printer_name` says which printer it was, and `poll_id` is a plain
    number because old polls are thinned out.
    """

    printer = models.ForeignKey(
        Printer, on_delete=models.SET_NULL, null=True, related_name="events", db_index=False, verbose_name=_("printer")
    )
    printer_name = models.CharField(_("printer"), max_length=100)
    change = models.CharField(_("change"), max_length=16, choices=Change.choices)
    related_printer = models.ForeignKey(Printer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    poll_id = models.BigIntegerField(_("poll"), null=True, blank=True)

    objects: ClassVar[models.Manager["PrinterEvent"]] = within("printer__organization")

    class Meta(ChangeEvent.Meta):
        verbose_name = _("change of a printer")
        verbose_name_plural = _("changes of printers")
        indexes = [models.Index(fields=["printer", "-at"], name="event_printer_at")]

    def __str__(self) -> str:
        return f"{self.printer_name}: {self.change}"
